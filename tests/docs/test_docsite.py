"""The pages that are made for the site: nothing is left out, and nothing in a cell is read as a mark."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import markdown
import numpy as np
import pytest
from docsite import api, atlas, commands, curves, fences, gallery, hooks, links, math, operations, settings
from docsite.docstrings import as_markdown
from docsite.markdown import block, code, relative, table, text

import nos_sym
from nos_sym.atlas.atlas import Atlas
from nos_sym.atlas.census import AtlasError
from nos_sym.atlas.entry import FAILED, Entry, Relative
from nos_sym.cli.commands import COMMANDS, load
from nos_sym.cli.setting_paths import ELIMINATION_SETTINGS, IMAGE_TRANSFER, SEARCH_SETTINGS, TEXT_TRANSFER
from nos_sym.language.registry import REGISTRY
from nos_sym.report.figures.model import Line

ODD = "a | b \\| *c* _d_ `e` [f](g) <h> &lt; {i} ~~j~~ ^k^ $l$ #m ![n](o) - + 1. x"


class Cells(HTMLParser):
    """The rows of the tables of a page, as texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.open = True

    def handle_endtag(self, tag: str) -> None:
        self.open = self.open and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.open:
            self.rows[-1][-1] += data


def html(page: str) -> str:
    return markdown.markdown(page, extensions=["tables", "attr_list", "md_in_html", "pymdownx.superfences"])


def test_cells_show_what_they_are_given() -> None:
    rows = Cells(
        html(table(("x", "y", "z"), [(text(ODD), code(ODD), ""), (text("|"), code("||"), "*b*")]))
    ).rows
    assert rows == [["x", "y", "z"], [ODD, ODD, ""], ["|", "||", "b"]]


@pytest.mark.parametrize("inner", ["x = 1", "~~~\nx\n~~~~", "```python\n1\n```", "<b>&amp;"])
def test_blocks_show_what_they_are_given(inner: str) -> None:
    shown = Cells(html(block(inner)).replace("<pre", "<tr><td").replace("</pre", "</td")).rows
    assert shown[0][0].strip() == inner


def test_links_are_relative() -> None:
    assert relative("gallery/opt4.md", "reference/commands/render.md") == "../../gallery/opt4.md"
    assert relative("gallery/torch/Adam.md", "gallery/torch/SGD.md") == "Adam.md"
    assert relative("index.md", "a.md") == "index.md"


def test_links_out_of_the_folder_lead_to_pages_of_the_site(repository: Path) -> None:
    seen: list[str] = []
    page = "[a](../nos_sym/errors.py#L3) [b](language.md#x) [d](../benchmarks/results) [e](../no.py)"
    fenced = f"{page}\n```text\n[f](../Makefile)\n```\n[g](https://example.org/../Makefile)"
    found = links.rewritten(fenced, "search.md", repository, seen.append)
    assert (
        "[a](source/nos_sym/errors.py.md#L3)" in found and "[d](source/benchmarks/results/index.md)" in found
    )
    assert "[b](language.md#x)" in found and "[e](../no.py)" in found and "[f](../Makefile)" in found
    assert "[g](https://example.org/../Makefile)" in found and "nos_sym/errors.py" in seen
    deep = links.rewritten("[a](../../README.md)", "how-to/cite.md", repository)
    assert deep == "[a](../source/README.md)"


def test_files_of_the_checkout_are_shown_as_they_are(repository: Path) -> None:
    assert "class NosSymError" in str(links.shown("nos_sym/errors.py", repository))
    assert "[answered-pairs.json]" in str(links.shown("benchmarks/results", repository))
    readme = str(links.shown("README.md", repository))
    assert "](../tour.md)" in readme and "](docs/tour.md)" not in readme


def test_every_page_has_one_place_in_the_last_section(repository: Path) -> None:
    shown = hooks._in_depth(["search", "new-page", "language", "tour"])
    assert shown == [
        {"Language and proofs": ["language.md"]},
        {"Searches": ["search.md"]},
        {"nos-sym itself": ["new-page.md", "tour.md"]},
    ]
    names = [name for group in hooks._GROUPS.values() for name in group]
    assert len(set(names)) == len(names) and all(
        (repository / "docs" / f"{name}.md").exists() for name in names
    )


def test_every_operation_is_on_its_page() -> None:
    page = operations.page()
    assert all(f'<a id="{name}"></a>' in page for name in REGISTRY)
    rows = Cells(html(page)).rows
    widths = {len(row) for row in rows}
    assert widths == {2, 6} and len(rows) > len(REGISTRY)
    (absolute,) = [row for row in rows if row[0].startswith("abs") and row[1] == "absolute value"]
    assert absolute[2] == "|x|" and "even" in absolute[4]


def test_every_command_has_a_page_with_its_options() -> None:
    pages = commands.pages()
    assert set(pages) == set(commands.places()) and len(pages) == len(COMMANDS) + 1
    for name in COMMANDS:
        shown = " ".join(
            cell for row in Cells(html(pages[f"reference/commands/{name}.md"])).rows for cell in row
        )
        for param in load(name).params:
            hidden = getattr(param, "hidden", True)
            assert hidden or all(option in shown for option in param.opts), (name, param.opts)
    assert "Sentinel" not in "".join(pages.values())


def test_every_setting_is_on_its_page() -> None:
    rows = [row for row in Cells(html(settings.page())).rows if len(row) == 4]
    told = {row[0]: row for row in rows}
    named = {*SEARCH_SETTINGS, *ELIMINATION_SETTINGS, *IMAGE_TRANSFER, *TEXT_TRANSFER}
    missing = {name for name in named - told.keys() if not name.startswith("initial_training.")}
    assert missing == set()
    assert told["time_steps"][2] == "5" and "number of moves" in told["time_steps"][3]
    without = [name for name, row in told.items() if not row[3].strip() and name != "training.task"]
    assert without == []


def test_every_public_name_is_on_its_page() -> None:
    page = api.page()
    assert all(f".{name}\n" in page or f"{code(name)}" in page for name in nos_sym.__all__)


def test_docstrings_lose_the_words_of_sphinx() -> None:
    said = "See :func:`~nos_sym.faces.parsing.parse`, :data:`nos_sym.errors.X` and ``x | y``."
    assert as_markdown(said) == "See `parse`, `errors.X` and `x | y`."


def test_a_page_without_an_atlas_says_so(tmp_path: Path) -> None:
    assert "This build has no atlas" in atlas.page(tmp_path)


def test_an_atlas_is_shown_with_families_and_what_failed(tmp_path: Path) -> None:
    near = Relative("torch.optim.SGD", 0.25, 3)
    entries = (
        Entry("torch.optim.Adam", "torch", "2", rule="none ~ g", family=0, same=("optax.adam",), error=1e-16),
        Entry("optax.adam", "optax", "3", rule="none ~ g", family=0, same=("torch.optim.Adam",)),
        Entry("torch.optim.SGD", "torch", "2", rule="none ~ -g", family=1, relatives=(near,)),
        Entry(ODD, "torch", "2", status=FAILED, reason=ODD),
    )
    (tmp_path / "atlas").mkdir()
    made = Atlas({"nos-sym": "1", "torch": "2", "optax": "3"}, entries)
    (tmp_path / "atlas" / "atlas.json").write_text(json.dumps(made.to_json()), encoding="utf-8")
    (tmp_path / "atlas" / "map.svg").write_bytes(b"<svg/>")
    rows = Cells(html(atlas.page(tmp_path))).rows
    assert ["torch.optim.Adam, optax.adam"] in rows and [ODD, ODD] in rows
    assert ["torch.optim.SGD", "0, ? B", "", "torch.optim.SGD", "0.25", "step 3"] in rows
    shown = atlas.pictures(tmp_path)
    assert shown["atlas/map.svg"] == b"<svg/>" and b"torch.optim.Adam" in shown["atlas/index.html"]


@pytest.mark.parametrize("content", ["", "[1]", "{", "[" * 100_000, "7"])
def test_an_atlas_that_cannot_be_read_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "atlas").mkdir()
    (tmp_path / "atlas" / "atlas.json").write_text(content, encoding="utf-8")
    with pytest.raises(AtlasError, match=r"atlas\.json"):
        atlas.page(tmp_path)


@pytest.mark.parametrize(
    "y",
    [
        [np.nan, np.inf, -np.inf],
        [0.0, 0.0, 0.0],
        [1e308, -1e308, 0.0],
        [1.0, np.nan, 2.0],
        [-1.0, -2.0, -3.0],
    ],
)
def test_curves_of_any_values_are_drawn(y: list[float]) -> None:
    values = np.array(y)
    shown = curves._figure([("<step>", [Line("", np.arange(3.0), values, None)])], [values], ("a", "b"))
    assert "nan" not in shown and "inf" not in shown and "&lt;step&gt;" in shown
    assert shown.count("M", shown.index('class="curve"')) >= int(np.isfinite(values).any())


def test_a_peak_of_one_step_is_drawn() -> None:
    values = np.zeros(1000)
    values[501] = 7.0
    shown = curves._figure([("", [Line("", np.arange(1000.0), values, None)])], [values], ("a", "b"))
    heights = {point.split()[1] for point in shown.split('class="curve" d="M')[1].split('"')[0].split("L")}
    assert f"{curves._ABOVE}.0" in heights


def test_words_for_the_tests_are_not_in_the_site() -> None:
    page = '```console no-run it trains\n$ x\n```\n\n```\ny\n```\n\n```python title="a.py"\n1\n```\n'
    shown = '```console\n$ x\n```\n\n```text\ny\n```\n\n```python title="a.py"\n1\n```\n'
    assert fences.for_mkdocs(page) == shown


def test_formulas_become_mathml() -> None:
    shown = math.in_text("a\n```math\nw_{t+1} = \\frac{1}{2}\n```\nb")
    assert shown.startswith("a\n<div") and "<mfrac>" in shown and shown.endswith("</div>\nb")
    with pytest.raises(ValueError, match="line 1: no formula"):
        math.in_text("```math\n\\phantom{x}\n```")


def test_every_entry_of_the_catalog_has_a_group_in_the_gallery() -> None:
    assert tuple(gallery.GROUPS) == nos_sym.catalog.GROUPS
    lower = [name.lower() for name in nos_sym.catalog.names()]
    assert len(set(lower)) == len(lower), "two pages have one name where capitals do not count"
