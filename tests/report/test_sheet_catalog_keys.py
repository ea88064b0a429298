"""The kept keys of the catalog: they are those of today, and what is of another catalog is never used."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from nos_sym import catalog
from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.language.rule import Schedule
from nos_sym.report.sheet import catalog_keys as kept
from nos_sym.report.sheet.neighbors import neighbors
from nos_sym.report.sheet.subject import Subject

SOME = ("SGD", "Adam", "Lion")


def text_of_file() -> str:
    return files("nos_sym.report.sheet").joinpath(kept.TABLE).read_text(encoding="utf-8")


@pytest.mark.timeout(120)
def test_the_kept_keys_are_those_of_the_catalog() -> None:
    """``make generated`` writes them anew."""
    assert text_of_file() == kept.written()


def changed(**changes: object) -> str:
    return json.dumps(json.loads(text_of_file()) | changes)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"version": 2}', changed(version=1), changed(catalog="0" * 32)],
    ids=["none", "cut", "list", "null", "no keys", "version", "catalog"],
)
def test_what_is_of_another_catalog_is_not_used(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_kept_text", lambda: text)
    monkeypatch.setattr(catalog, "names", lambda: SOME)
    kept._known.cache_clear()
    try:
        assert kept.catalog_keys() == kept.table_of(SOME)
    finally:
        kept._known.cache_clear()


def test_the_kept_keys_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def computed(_: object) -> dict[str, list[str]]:
        pytest.fail("keys are computed that are kept")

    monkeypatch.setattr(kept, "_rows", computed)
    kept._known.cache_clear()
    assert ["Adam", "AdamTorch", "AdamOptax"] in kept.catalog_keys()["exact"].values()


def test_another_definition_makes_another_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before, text_of = kept._digest_of_catalog(), catalog.text_of
    monkeypatch.setattr(catalog, "text_of", lambda name: text_of(name) + " " * (name == "SGD"))
    assert kept._digest_of_catalog() != before


@pytest.mark.parametrize("name", ["Adam", "Opt7", "RMSProp", "Lion"])
def test_rules_of_several_coefficients_have_their_lines(name: str) -> None:
    rule = catalog.entry(name)
    assert not isinstance(rule, Schedule)
    with fresh_workspace():
        found = neighbors(Subject(rule))
    assert all(line.basis.value == "proved" for line in found)
    if name == "Adam":
        assert found[0].says == ("Equal to AdamTorch, AdamOptax.",)
