"""Families and relatives of an atlas, of rules that are given."""

from __future__ import annotations

import html
import json
from pathlib import Path

import pytest

from nos_sym.algebra.canonical import key_of
from nos_sym.atlas.atlas import Atlas, compared, joined, read_atlas
from nos_sym.atlas.census import AtlasError, census, chosen
from nos_sym.atlas.entry import BEYOND, FAILED, LIFTED, Entry, entry_from_json
from nos_sym.atlas.page import lines_of, page_of
from nos_sym.atlas.relatives import related
from nos_sym.atlas.tree import Tree
from nos_sym.faces import face_named, rule_of_face
from nos_sym.language.parser import parse

NAMES = ("torch.optim.Adam", "torch.optim.AdamW", "optax.adam", "optax.adamw", "optax.sgd", "torch.optim.SGD")


def entries() -> list[Entry]:
    found = []
    for name in NAMES:
        face = face_named(name)
        found.append(
            Entry(name, face.library, face.version, rule=str(rule_of_face(face).named("")), error=1e-16)
        )
    return [*found, Entry("x.Broken", "x", "1", status=FAILED, reason="it broke")]


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return compared(entries())


def test_what_is_equal_at_equal_settings_is_one_family(atlas: Atlas) -> None:
    families = [{entry.name for entry in family} for family in atlas.families()]
    # Adam with its decay in the gradient and AdamW are one without a decay only, which is no equal setting.
    assert {"torch.optim.AdamW", "optax.adamw"} in families
    assert {"torch.optim.Adam", "optax.adam"} in families
    assert {"torch.optim.SGD", "optax.sgd"} in families


def test_the_nearest_have_a_distance_and_a_step(atlas: Atlas) -> None:
    by_name = {entry.name: entry for entry in atlas.entries}
    near = by_name["torch.optim.Adam"].relatives[0]
    assert near.distance > 1e-6 and near.step is not None
    assert all(r.name not in by_name["torch.optim.Adam"].same for r in by_name["torch.optim.Adam"].relatives)


def test_what_has_no_rule_stays_as_it_is(atlas: Atlas) -> None:
    broken = atlas.entries[-1]
    assert broken.family is None and broken.reason == "it broke" and not broken.counts
    assert atlas.counts()["lifted whole"] == len(NAMES) and atlas.share == len(NAMES) / (len(NAMES) + 1)


def test_a_special_case_does_not_count() -> None:
    special = Entry("a", "b", "1", rule="none ~ g", conditions=("size > 3 (a.py, line 1)",), special=True)
    assert not special.counts and Entry("a", "b", "1", rule="none ~ g").counts


def test_an_atlas_is_read_as_it_was_written(atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / "atlas.json"
    path.write_text(json.dumps(atlas.to_json()))
    assert read_atlas(path) == atlas
    assert entry_from_json(atlas.entries[0].to_json()) == atlas.entries[0]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": "nos-sym atlas 1"}', '{"format": "nos-sym atlas 1", "entries": [1]}',
     '{"format": "nos-sym atlas 1", "entries": [{"nam": 1}]}', "[" * 100_000,
     '{"format": "nos-sym atlas 1", "entries": [], "tree": {"leaves": 3}}'],
)  # fmt: skip
def test_a_file_that_is_no_atlas_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "atlas.json"
    path.write_text(text)
    with pytest.raises(AtlasError) as raised:
        read_atlas(path)
    assert "\n" not in str(raised.value)


def test_entries_that_are_made_anew_take_their_places(atlas: Atlas) -> None:
    again = Entry("torch.optim.Adam", "torch", "9", rule="none ~ g")
    found = joined(atlas, [again])
    assert [e.name for e in found].count("torch.optim.Adam") == 1
    assert next(e for e in found if e.name == "torch.optim.Adam").version == "9"
    # In the order of the census, whatever the order of the names was.
    assert [e.name for e in found][:3] == ["torch.optim.Adam", "torch.optim.AdamW", "torch.optim.SGD"]


def test_a_page_shows_every_entry_and_loads_nothing(atlas: Atlas) -> None:
    hostile = Entry("<script>x</script>", "</b>", "1", rule="none ~ g", reason='"><img src=x>')
    text = page_of(Atlas(atlas.versions, (*atlas.entries, hostile)), b"<svg/>")
    for name in NAMES:
        assert f'<details id="{name}"' in text
    assert "<script>x" not in text and "<img src=x" not in text
    assert "http://" not in text and "https://" not in text
    assert "default-src 'none'" in html.unescape(text)


def test_lines_of_a_rule_read_as_the_rule() -> None:
    for entry in entries()[:-1]:
        assert parse(lines_of(entry.rule)) == entry.parsed()
    assert lines_of("none ~ g") == "none ~ g"


def test_the_tree_joins_what_is_near_first(atlas: Atlas) -> None:
    heights = [height for _, _, height in atlas.tree.merges]
    assert heights == sorted(heights) and len(heights) == len(atlas.tree.leaves) - 1
    assert sorted(atlas.tree.order()) == list(range(len(atlas.tree.leaves)))
    assert Tree().order() == []


def test_nothing_and_one_entry_have_no_tree() -> None:
    assert related([])[1] == Tree()
    alone, tree = related([entries()[0]])
    assert tree.merges == () and alone[0].relatives == () and alone[0].family == 0


def test_the_census_has_each_optimizer_once() -> None:
    names = [original.title for original in census()]
    assert len(names) == len(set(names)) == 199
    assert {original.distribution for original in census()} == {
        "torch",
        "keras",
        "optax",
        "pytorch_optimizer",
    }


def test_names_choose_libraries_modules_and_optimizers() -> None:
    assert [o.title for o in chosen(["optax.contrib.muon", "torch.optim:Adam"])] == [
        "optax.contrib.muon", "torch.optim.Adam",
    ]  # fmt: skip
    assert len(chosen(["keras"])) == 14
    with pytest.raises(AtlasError, match="expected torch, keras, optax"):
        chosen(["torch.optim.Adan"])


def test_reasons_are_of_what_no_rule_says() -> None:
    assert {o.name for o in census() if o.reason} >= {"LBFGS", "Shampoo", "AdaHessian", "sophia"}
    assert BEYOND == "beyond the language"


def test_the_readme_says_what_the_committed_atlas_has(repository: Path) -> None:
    atlas = read_atlas(repository / "atlas" / "atlas.json")
    counts = atlas.counts()
    readme = " ".join((repository / "README.md").read_text(encoding="utf-8").split())
    assert f"{counts[LIFTED]} of the {counts['all'] - counts[BEYOND]} that a rule can say" in readme
    family = next(f for f in atlas.families() if f[0].name == "keras.optimizers.Adam")
    assert {"AdamWSN", "APOLLO", "Fira"} <= {entry.name.rpartition(".")[2] for entry in family}


def test_every_rule_of_the_committed_atlas_reads_and_has_its_key(repository: Path) -> None:
    atlas = read_atlas(repository / "atlas" / "atlas.json")
    names = [original.title for original in census()]
    assert [entry.name for entry in atlas.entries] == names
    for entry in atlas.entries[::12]:
        if entry.key:
            assert key_of(entry.parsed()) == entry.key, entry.name
