"""The data of a page are those of the store: rows, moves, schedules, sheets, what was saved; hostile text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from support.page_stores import HOSTILE, TASK, evaluation, page_store
from support.sheet_catalog import use_small_catalog
from support.store_fakes import LOG

from nos_sym.errors import escaped
from nos_sym.language.parser import parse
from nos_sym.language.printer import print_expression
from nos_sym.language.rule import Rule
from nos_sym.report.page import collect as collecting
from nos_sym.report.page.collect import Memory, collect
from nos_sym.report.page.confirmed import Confirmations
from nos_sym.report.page.drawn import Drawings, change
from nos_sym.report.page.html import embedded, page_of
from nos_sym.report.page.record import Page, Row
from nos_sym.search.reports.hall_of_fame import describe, hall_of_fame
from nos_sym.search.results import Evaluated, Rejected
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.authors_import import import_log, read_log
from nos_sym.search.store.store import Store


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_catalog(monkeypatch)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_store(tmp_path_factory.mktemp("data") / "run.db")


@pytest.fixture(scope="module")
def page(store: Path) -> Page:
    return collect(store, top=1)


class Reader(HTMLParser):
    """What a page holds, as a reader of HTML sees it: elements, and the text of those that are no style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: dict[str, str] = {}
        self.scripts = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        if tag == "script":
            self.scripts += 1

    def handle_data(self, data: str) -> None:
        name = f"script {self.scripts}" if self.tags[-1:] == ["script"] else "text"
        self.texts[name] = self.texts.get(name, "") + data


def data_of(text: str) -> Any:
    return json.loads(Reader(text).texts["script 1"])


def row(page: Page, text: str) -> Row:
    (found,) = [r for r in page.rows if r.text == text]
    return found


def test_rows_with_a_fitness_are_the_hall_of_fame(store: Path, page: Page) -> None:
    with Store.read(store) as opened:
        records = describe(hall_of_fame(opened).entries[:12])
    for shown, record in zip(page.rows, records, strict=False):
        assert (shown.rank, shown.fitness, shown.size) == (record["rank"], record["fitness"], record["size"])
        assert (shown.key, shown.text, shown.slot) == (record["key"], record["rule"], record["slot"])
        schedule = "1" if shown.schedule is None else page.schedules[shown.schedule].text
        assert schedule == record["schedule"]
    assert page.task == TASK and page.evaluations == len(page.trainings) == 62


def test_rows_without_a_fitness_say_why(page: Page) -> None:
    assert row(page, "none ~ exp(g)").status == "stopped early"
    assert row(page, "none ~ recip(g)").status == "diverged"
    failed = row(page, "none ~ abs(g)")
    assert failed.status == "failed" and failed.reason is not None
    assert page.reasons[failed.reason] == "ValueError: no"
    unreadable = row(page, HOSTILE)
    assert (unreadable.status, unreadable.rank, unreadable.formula, unreadable.size) == (
        "unreadable",
        None,
        None,
        None,
    )
    assert unreadable.fitness == 0.95 and page.unreadable == 1


def test_lineage_has_the_moves_and_what_each_mutation_replaced(page: Page) -> None:
    path = page.moves["1/0"]
    assert [move.time_step for move in path] == [0, 1, 2]
    assert path[1].change == (("tanh(g)", "arcsinh([a9] v_hat)"),)
    child = next(r for r in page.rows if r.slot == "child 0.2.1.0")
    assert child.place == "particle 0, step 3" and child.time_step == 3


def test_changes_are_found_where_the_rules_part(tmp_path: Path) -> None:
    drawings = Drawings()

    def of(old: str, new: str) -> tuple[tuple[str, str], ...]:
        return change(drawings.of_text(old), drawings.of_text(new))

    assert of("none ~ tanh(erf(g))", "none ~ tanh(erf(v_hat))") == (("g", "v_hat"),)
    assert of("none ~ tanh(g)", "nesterov ~ tanh(g)") == (("none", "nesterov"),)
    assert of("none ~ ema(g, 0.9)", "none ~ ema(g, 0.99)") == (("ema(g, 0.9)", "ema(g, 0.99)"),)
    assert of("none ~ id(tanh(g))", "none ~ tanh(g)") == ()
    assert of("none ~ this is none", "none ~ tanh(g)") == ()


def test_what_was_saved_stands_class_by_class(page: Page) -> None:
    (run,) = page.runs
    assert {name: count for name, count, _ in run.saved}["within particles, drawn again"] == 2
    found = {group.text: (group.redrawn, group.answered, group.seconds) for group in run.groups}
    assert found == {"momentum ~ tanh(g)": (2, 0, 7.0), "momentum ~ tanh(v_hat)": (0, 1, 4.5)}
    assert ("dedup", "exact") in run.settings and ("training.steps", "100") in run.settings


def test_sheets_and_sources_of_the_first_alone(page: Page) -> None:
    assert list(page.sheets) == ["0"]
    sheet = page.sheets["0"]
    assert sheet.display is not None and "\\tanh" in sheet.latex
    source = "\n".join(page.lines[line] for line in sheet.source)
    compile(source, "source", "exec")
    assert "import torch" in source


def test_a_page_that_is_made_again_computes_what_is_new_alone(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory()
    first = collect(store, top=1, memory=memory)
    for name in ("data_sheet", "render"):
        monkeypatch.setattr(f"nos_sym.report.page.sheets.{name}", None)
    monkeypatch.setattr("nos_sym.report.page.drawn.update_of", None)
    again = collect(store, top=1, memory=memory)
    assert again.rows == first.rows and again.sheets == first.sheets


def test_hostile_text_is_text_wherever_it_stands(page: Page) -> None:
    text = page_of(page)
    assert HOSTILE not in text and "\u202e" not in text and "\u2028" not in text
    read = Reader(text)
    assert read.scripts == 2 and "alert(1)" not in read.texts["script 2"]
    assert escaped(HOSTILE) in read.texts["text"]
    assert escaped(HOSTILE) in json.dumps(data_of(text), ensure_ascii=False).replace('\\"', '"').replace(
        "\\\\", "\\"
    )


def test_only_what_the_page_holds_may_run(page: Page) -> None:
    text = page_of(page)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src &#39;none&#39;; script-src &#39;sha256-")
    assert "unsafe" not in policy and "http" not in policy
    assert not re.findall(r"(?:src|href)=\"(?!#|data:,)", text)


@pytest.mark.parametrize("character", ["<", ">", "&", "\u2028", "\u2029", "\u202e", "\ufeff", "\x85"])
def test_json_in_a_page_ends_nothing(character: str) -> None:
    made = embedded({"a": f"x{character}y"})
    assert character not in made and json.loads(made) == {"a": f"x{character}y"}


def test_numbers_that_are_not_finite_are_null(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a.db") as opened:
        run = opened.begin_run("search", "random", "{}").id
        opened.add(run, evaluation(Slot(Stage.RANDOM), "none ~ g", Evaluated(-1e308, None, float("inf"))))
        opened.add(
            run, evaluation(Slot(Stage.RANDOM, 1), "none ~ w", Evaluated(1e308, float("nan"), float("nan")))
        )
    data = data_of(page_of(collect(tmp_path / "a.db", top=0)))
    seconds = data["fields"].index("seconds")
    assert [r[seconds] for r in data["rows"]] == [None, None]


def test_a_store_without_anything_and_one_without_a_fitness(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a.db") as opened:
        run = opened.begin_run("search", "random", "{}").id
    empty = collect(tmp_path / "a.db")
    assert (empty.rows, empty.task, empty.finished) == ((), "", False)
    assert "nothing has a fitness yet" in page_of(empty)
    with Store.open(tmp_path / "a.db") as opened:
        opened.add(run, evaluation(Slot(Stage.RANDOM), "none ~ g", Rejected("no learning rate reached 25 %")))
    page = collect(tmp_path / "a.db")
    assert [r.status for r in page.rows] == ["stopped early"] and page.sheets == {}
    page_of(page)


def test_an_imported_log_has_a_page_too(tmp_path: Path) -> None:
    log = tmp_path / "authors.log"
    log.write_text(LOG, encoding="utf-8")
    with Store.open(tmp_path / "a.db") as opened:
        import_log(read_log(log), opened)
    page = collect(tmp_path / "a.db", top=0)
    assert page.task == "authors' search" and page.finished
    first = page.rows[0]
    assert (first.text, first.change) == ("none ~ tanh(tanh(g))", (("g", "tanh(g)"),))
    assert {r.status for r in page.rows} >= {"fitness", "stopped early", "unreadable"}
    page_of(page)


def test_one_run_and_one_task(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a.db") as opened:
        for number, task in enumerate(("small", "large")):
            run = opened.begin_run("search", "random", "{}").id
            opened.add(
                run, evaluation(Slot(Stage.RANDOM), f"none ~ g * {number + 2}", Evaluated(0.5), task=task)
            )
    assert collect(tmp_path / "a.db", top=0).task == "large"
    assert collect(tmp_path / "a.db", top=0, task="sma").others == ("large",)
    one = collect(tmp_path / "a.db", top=0, run=1)
    assert [r.run for r in one.rows] == [1] and [r.number for r in one.runs] == [1] and one.run == 1
    assert one.rows[0].place.startswith("run 1, ")


def test_equal_optimizers_and_ties_are_one_row_and_keep_their_order(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a.db") as opened:
        run = opened.begin_run("search", "random", "{}").id
        for number, text in enumerate(("none ~ g + g", "none ~ 2 * g", "none ~ v_hat")):
            opened.add(run, evaluation(Slot(Stage.RANDOM, number), text, Evaluated(0.5)))
    page = collect(tmp_path / "a.db", top=0)
    assert [(r.rank, r.count) for r in page.rows] == [(1, 2), (2, 1)]
    assert [index for _, index in page.trainings] == [0, 0, 1]


def test_confirmations_are_columns_where_there_are_some(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = collect(store, top=0).rows[0].key
    found = Confirmations(("test accuracy",), {key: (0.75,)})
    monkeypatch.setattr(collecting, "confirmed_of", lambda entries: found)
    page = collect(store, top=0)
    assert page.columns == ("test accuracy",)
    assert page.rows[0].confirmed == (0.75,) and page.rows[1].confirmed == (None,)


def test_curves_of_schedules_reach_one(page: Page) -> None:
    (found,) = [s for s in page.schedules if s.text == "a4"]
    assert max(abs(y) for y in found.points if y is not None) == 1.0 and len(found.points) == 97


def test_a_schedule_is_the_one_that_factor_finds() -> None:
    from nos_sym.algebra.factor import factor, schedule_of

    for text in (
        "none ~ [a1] tanh(2 * g)",
        "none ~ [a4 * a4] g / abs([a9] g)",
        "none ~ tanh(g)",
        "none ~ 0 * g",
        "momentum ~ [2 * a3] g + [a3] w",
    ):
        rule = parse(text)
        assert isinstance(rule, Rule)
        assert print_expression(schedule_of(rule).factor) == print_expression(factor(rule).schedule.factor)
