"""Data sheets as text, JSON and HTML, and what a store has measured."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.sheet_catalog import use_small_catalog

import nos_sym
from nos_sym.language.rule import Rule
from nos_sym.report.sheet.simplify import with_bars
from nos_sym.search.results import Diverged, Evaluated
from nos_sym.search.store.store import Evaluation, Store


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_catalog(monkeypatch)


class _Tags(HTMLParser):
    """Collects the tags of a page and what they lead to."""

    VOID = ("meta",)

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.leads: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.leads += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_text_has_every_line_with_its_proof() -> None:
    sheet = nos_sym.explain("Adam")
    text = str(sheet)
    assert text.startswith("Adam\n")
    assert all(line.title in text for line in sheet.lines)
    assert "proved: " in text and "measured: " in text
    assert all(len(row) <= 110 for row in text.splitlines())


def test_json_is_json() -> None:
    data = json.loads(json.dumps(nos_sym.explain("torch.optim.AdamW").to_json()))
    assert data["settings"]["weight_decay"] == "0.01"
    assert {line["basis"] for line in data["lines"]} <= {"proved", "measured"}
    assert data["latex"].rstrip().endswith("\\end{align*}")


def test_a_page_is_whole_and_needs_nothing_else() -> None:
    page = nos_sym.explain("LAMBOptax").to_html()
    tags = _Tags()
    tags.feed(page)
    assert tags.open == [] and tags.leads == []
    assert not tags.seen & {"script", "link", "img", "iframe"}
    assert 'name="viewport"' in page and "prefers-color-scheme: dark" in page
    # A name space is a name, which no browser loads.
    own = page.replace('xmlns="http://www.w3.org/1998/Math/MathML"', "")
    assert "http" not in own.replace("https://", "").replace("http-equiv", "")


def test_text_of_users_is_escaped() -> None:
    rule = nos_sym.parse("none ~ g")
    assert isinstance(rule, Rule)
    sheet = nos_sym.explain(rule.named("Mine", source="<script>alert(1)</script> & co"))
    for text in (sheet.to_html(), sheet._repr_html_()):
        assert "<script" not in text and "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in text


def test_absolute_values_have_bars_where_these_cannot_be_misread() -> None:
    assert with_bars("g / (abs(g) + 1e-8)") == "g / (|g| + 1e-8)"
    assert with_bars("abs(g + abs(w))") == "abs(g + |w|)"
    assert with_bars("my_abs(g) + abs(sin(g))") == "my_abs(g) + |sin(g)|"


def test_a_schedule_is_refused_in_one_line() -> None:
    with pytest.raises(nos_sym.NosSymError, match="LR1 is a schedule of learning rates"):
        nos_sym.explain("LR1")


def test_what_a_store_has_measured(tmp_path: Path) -> None:
    rule = nos_sym.parse("none ~ g")
    assert isinstance(rule, Rule)
    details = {"first_stop": {"0.1": 0.4, "1.0": 0.3}, "first_stop_diverged": {"10.0": 3}}
    results = (
        Evaluated(0.75, 0.1, 2.0, details),
        Evaluated(0.8, 1.0, 2.0, {}),
        Diverged("it stopped being finite", 3, 1.0, {}),
    )
    path = tmp_path / "run.db"
    with Store.open(path) as store:
        run = store.begin_run("search", "random", "{}")
        for number, result in enumerate(results):
            store.add(
                run.id,
                Evaluation(
                    slot=f"random {number}",
                    stage="random",
                    task="small",
                    text="none ~ g",
                    result=result,
                    rule=rule.to_json(),
                    key=nos_sym.key_of(rule),
                ),
            )
    (line,) = nos_sym.explain("SGD", store=path).of("learning_rates")
    assert line.basis.value == "measured" and "3 evaluations" in line.shown_by
    assert (line.data["fitness"], line.data["learning_rate"], line.data["rates"]) == (0.8, 1.0, [0.1, 1.0])
    assert (line.data["ended"], line.data["diverged"]) == (2, [10.0])
    # Another writing of the same optimizer is the same optimizer.
    assert nos_sym.explain("none ~ -(-g)", store=path).of("learning_rates")
    assert nos_sym.explain("Adam", store=path).of("learning_rates") == ()


def test_a_store_that_is_none_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(nos_sym.NosSymError) as error:
        nos_sym.explain("SGD", store=tmp_path / "none.db")
    assert "\n" not in str(error.value)
