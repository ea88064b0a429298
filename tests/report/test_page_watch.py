"""Following a search: a page for each change, the last one when the runs end, none when nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.page_stores import evaluation

from nos_sym.report.page.record import Page
from nos_sym.report.page.watch import watch
from nos_sym.search.results import Evaluated
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.store import Store


class Turns:
    """Does what a search would do while the page waits: one step for each time that it sleeps."""

    def __init__(self, path: Path, *steps: str) -> None:
        self.store = Store.open(path)
        self.run = self.store.begin_run("search", "random", "{}").id
        self.steps = list(steps)
        self.waits: list[float] = []

    def clock(self) -> float:
        return sum(self.waits)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        match self.steps.pop(0):
            case "add":
                slot = Slot(Stage.RANDOM, len(self.waits))
                self.store.add(self.run, evaluation(slot, f"none ~ {len(self.waits)} * g", Evaluated(0.5)))
            case "end":
                self.store.finish_run(self.run, {})
                self.store.close()
            case "stop":
                raise KeyboardInterrupt


def test_a_page_for_each_change_and_the_last_at_the_end(tmp_path: Path) -> None:
    turns, pages = Turns(tmp_path / "a.db", "add", "nothing", "add", "end"), list[Page]()
    last = watch(tmp_path / "a.db", pages.append, top=0, seconds=2.0, sleep=turns.sleep, clock=turns.clock)
    assert [len(page.rows) for page in pages] == [0, 1, 2, 2]
    assert [page.live for page in pages] == [2.0, 2.0, 2.0, None]
    assert last is pages[-1] and last.finished
    assert turns.waits == [2.0] * 4


def test_a_store_that_has_ended_is_written_once(tmp_path: Path) -> None:
    turns, pages = Turns(tmp_path / "a.db"), list[Page]()
    turns.steps = ["end"]
    turns.sleep(0)
    watch(tmp_path / "a.db", pages.append, top=0, sleep=turns.sleep, clock=turns.clock)
    assert [page.live for page in pages] == [None]


def test_a_page_that_nobody_follows_any_more_does_not_say_so(tmp_path: Path) -> None:
    turns, pages = Turns(tmp_path / "a.db", "add", "nothing", "stop"), list[Page]()
    with turns.store, pytest.raises(KeyboardInterrupt):
        watch(tmp_path / "a.db", pages.append, top=0, sleep=turns.sleep, clock=turns.clock)
    assert [(len(page.rows), page.live is None) for page in pages] == [(0, False), (1, False), (1, True)]


def test_other_runs_do_not_keep_one_alive(tmp_path: Path) -> None:
    turns, pages = Turns(tmp_path / "a.db", "end"), list[Page]()
    turns.store.begin_run("search", "random", '{"seed": 1}')
    watch(tmp_path / "a.db", pages.append, run=turns.run, top=0, sleep=turns.sleep, clock=turns.clock)
    assert len(pages) == 2


def test_a_store_that_goes_away_is_one_line(tmp_path: Path) -> None:
    turns, pages = Turns(tmp_path / "a.db"), list[Page]()
    turns.store.close()

    def sleep(seconds: float) -> None:
        (tmp_path / "a.db").unlink()

    with pytest.raises(StoreError, match="there is no store"):
        watch(tmp_path / "a.db", pages.append, top=0, sleep=sleep)
    assert pages[-1].live is None


def test_a_page_that_takes_long_is_made_less_often_but_for_the_last(tmp_path: Path) -> None:
    turns, pages = Turns(tmp_path / "a.db", "add", "add", "add", "add", "end"), list[Page]()
    spent = [0.0]

    def write(page: Page) -> None:
        pages.append(page)
        spent[0] += 2.5

    def clock() -> float:
        return turns.clock() + spent[0]

    watch(tmp_path / "a.db", write, top=0, seconds=1.0, sleep=turns.sleep, clock=clock)
    assert [len(page.rows) for page in pages] == [0, 3, 4]
