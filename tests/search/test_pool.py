"""Eliminations of several runs: the pool, who is picked, the second searches, the best, and going on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.schedule_stores import add_run
from support.search_fakes import Shuffled
from support.store_fakes import RULES, SizedTask, SizedTrainer

from nos_sym.search.errors import SearchError
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.protocols.elimination import eliminate
from nos_sym.search.protocols.elimination_settings import EliminationSettings, EliminationStage
from nos_sym.search.protocols.pool import Source, eliminate_pooled
from nos_sym.search.protocols.pool_settings import (
    FinalSettings,
    PooledSettings,
    PoolSettings,
    SecondSettings,
)
from nos_sym.search.protocols.pooled import PooledElimination
from nos_sym.search.store.migrate import migrate
from nos_sym.search.store.store import Store

LAST = EliminationStage(8, 10, 2, 2)
SETTINGS = PooledSettings(
    EliminationSettings((EliminationStage(4, 10, 2, 3), LAST), SizedTask(), candidates=4, trainer="sized"),
    FinalSettings((LAST,), report=5),
    PoolSettings(pick=2),
    SecondSettings(1, 2, 2, 2),
)
OF_SEARCH = '{"trainer": "sized", "training": {"warmup": 7}, "particles": 3, "confirm": [2, 8]}'


@pytest.fixture(autouse=True)
def trainer() -> Iterator[None]:
    SizedTrainer.calls.clear()
    SizedTrainer.stop_after.clear()
    yield
    SizedTrainer.stop_after.clear()


def with_runs(path: Path, *runs: Sequence[str]) -> Store:
    store = Store.open(path)
    for texts in runs:
        add_run(store, [(t, 0.9 - 0.01 * n) for n, t in enumerate(texts)], "sized small", OF_SEARCH)
    return store


def play(
    store: Store, sources: Sequence[Source], executor: Executor | None = None, **options: Any
) -> PooledElimination:
    return eliminate_pooled(SETTINGS, store, sources, executor=executor or InProcess(), **options)[1]


BOTH = (Source(1), Source(2))


def test_the_whole_protocol(tmp_path: Path) -> None:
    shown: list[tuple[str, int, int]] = []
    with with_runs(tmp_path / "run.db", RULES[:4], RULES[3:7]) as store:
        found = play(store, BOTH, told=lambda *values: shown.append(values))
        # Each run leaves two; what both leave is one optimizer of the pool.
        assert 3 <= len(found.pool) <= 4 and sum(len(each.sources) for each in found.pool) == 4
        assert [each.name for each in found.pool] == [f"Opt{n + 1}" for n in range(len(found.pool))]
        means = [each.mean for each in found.pool]
        assert means == sorted(means, reverse=True)
        assert (found.picked, found.second, found.best) == ((), (), ())
        assert [run.kind for run in store.runs()] == [
            "search",
            "search",
            "pool",
            "elimination",
            "elimination",
        ]
        assert store.run(3).finished is None and store.run(3).report is None
        trained = len(SizedTrainer.calls)
        done = play(store, BOTH, resume=True, pick=("Opt1", "Opt3"))
        # What was eliminated is not trained again: two searches of a particle and two children, twice each.
        finals = list(store.evaluations(done.final))
        assert len(SizedTrainer.calls) == trained + 2 * 3 * 2 + len(finals)
        assert done.pool == found.pool and (done.picked, done.by) == (("Opt1", "Opt3"), "hand")
        for number, run in enumerate(done.second):
            settings = json.loads(store.run(run).settings)
            assert settings["initial"] == [done.pool[(0, 2)[number]].text] and settings["particles"] == 1
            assert (settings["repeats"], settings["time_steps"], settings["mutations"]) == (2, 1, 2)
            # All else is of the run that the optimizer is from; nothing is confirmed in between.
            assert settings["training"]["warmup"] == 7 and settings["confirm"] == [0, 0]
            assert store.run(run).finished is not None
        assert len({json.loads(store.run(run).settings)["seed"] for run in done.second}) == 2
        # The best three of the searches had the last training; all that ever had it are compared.
        assert len({e.key for e in finals}) == 2
        known: dict[str, list[float]] = {}
        for run in (4, 5, done.final):
            for e in store.evaluations(run, task=finals[0].task):
                known.setdefault(str(e.key), []).append(e.fitness or 0)
        expected = sorted(((sum(v) / len(v), len(v)) for v in known.values()), reverse=True)[:5]
        assert [each.mean for each in done.best] == pytest.approx([mean for mean, _ in expected])
        assert [each.count for each in done.best] == [count for _, count in expected]
        assert store.run(3).report == json.loads(json.dumps(done.to_json()))
    assert {what for what, _, _ in shown} == {
        f"elimination of run {n}, stage {s}" for n in (1, 2) for s in (1, 2)
    }


def test_who_is_picked_is_said_and_kept(tmp_path: Path) -> None:
    with with_runs(tmp_path / "run.db", RULES[:4], RULES[3:7]) as store:
        found = play(store, BOTH)
        with pytest.raises(SearchError, match=r"run 3 of .* is such a pool and is interrupted; continue"):
            play(store, BOTH)
        for pick, message in (
            (("Opt1",), "1 of the pool are picked; expected 2, or another 'pool.pick'"),
            (("Opt1", "Opt1"), "'Opt1' is picked twice"),
            (("Opt1", "Opt77"), "'Opt77' is not of the pool"),
            (("Opt1", "proposed"), "'proposed' is not of the pool"),
            (("Opt1", "a\nb\x1b" * 99), "is not of the pool"),
        ):
            with pytest.raises(SearchError, match=message) as caught:
                play(store, BOTH, resume=True, pick=pick)
            assert "\n" not in str(caught.value)
        proposed = tuple(each.name for each in found.pool if each.choice.taken)
        SizedTrainer.stop_after.append(len(SizedTrainer.calls) + 1)
        with pytest.raises(KeyboardInterrupt):
            play(store, BOTH, resume=True, pick=("proposed",))
        SizedTrainer.stop_after.clear()
        other = next(each.name for each in found.pool if each.name not in proposed)
        with pytest.raises(SearchError, match=f"has picked {', '.join(proposed)} before"):
            play(store, BOTH, resume=True, pick=(proposed[0], other))
        assert (store.run(3).report or {})["picked"] == list(proposed) and store.run(3).finished is None


def total_of(path: Path) -> tuple[PooledElimination, int]:
    SizedTrainer.calls.clear()
    with with_runs(path, RULES[:4], RULES[3:7]) as store:
        return play(store, BOTH, pick=("proposed",)), len(SizedTrainer.calls)


def test_what_is_killed_goes_on_and_comes_to_the_same(tmp_path: Path) -> None:
    expected, total = total_of(tmp_path / "whole.db")
    with with_runs(tmp_path / "run.db", RULES[:4], RULES[3:7]) as store:
        SizedTrainer.calls.clear()
        # In the first elimination, the second, each search, and the last trainings; then no more.
        for after in (0, 7, 15, total - 12, total - 5, total - 1):
            SizedTrainer.stop_after[:] = [max(after, len(SizedTrainer.calls))]
            with pytest.raises(KeyboardInterrupt):
                play(store, BOTH, resume=True, pick=("proposed",))
        SizedTrainer.stop_after.clear()
        assert play(store, BOTH, resume=True, pick=("proposed",)) == expected
        # Of a child that is trained twice, a training is lost where it ends between the two.
        trained = len(SizedTrainer.calls)
        assert total <= trained <= total + 6
        # A migration computes keys anew; where none changed it changes nothing of this.
        migrate(store)
        again = play(store, BOTH, resume=True)
        assert again == expected and again.by == "proposal" and len(SizedTrainer.calls) == trained


@pytest.mark.heavy
def test_the_order_in_which_trainings_end_changes_nothing(tmp_path: Path) -> None:
    expected, _ = total_of(tmp_path / "whole.db")
    with with_runs(tmp_path / "run.db", RULES[:4], RULES[3:7]) as store:
        assert play(store, BOTH, Shuffled(5, 1), pick=("proposed",)) == expected


def test_runs_of_other_stores_are_read_and_not_written(tmp_path: Path) -> None:
    with with_runs(tmp_path / "b.db", RULES[3:7]) as other:
        other.begin_run("search", "particles", OF_SEARCH)
    before = (tmp_path / "b.db").read_bytes()
    with with_runs(tmp_path / "a.db", RULES[:4]) as store:
        with Store.read(tmp_path / "b.db") as other:
            found = play(store, (Source(1), Source(1, other)))
            assert found.sources == ("run 1", "run 1 of b.db")
            with pytest.raises(SearchError, match=r"run 2 of .*b.db' has not ended; continue it"):
                play(store, (Source(1), Source(2, other)))
        # Under another name it is the same run; another run under its name is not.
        (tmp_path / "b.db").rename(tmp_path / "c.db")
        with with_runs(tmp_path / "b.db", RULES[5:9]):
            pass
        with Store.read(tmp_path / "c.db") as moved, Store.read(tmp_path / "b.db") as another:
            calls = len(SizedTrainer.calls)
            assert play(store, (Source(1), Source(1, moved)), resume=True).pool == found.pool
            assert len(SizedTrainer.calls) == calls
            assert play(store, (Source(1), Source(1, another)), resume=True).pool != found.pool
            assert len(SizedTrainer.calls) > calls
    assert (tmp_path / "c.db").read_bytes() == before


@pytest.mark.heavy
def test_an_elimination_of_before_is_taken_where_it_had_the_whole_run(tmp_path: Path) -> None:
    with with_runs(tmp_path / "run.db", RULES[:4], RULES[3:7]) as store:
        eliminate(SETTINGS.elimination, store, 1, executor=InProcess())
        calls = len(SizedTrainer.calls)
        found = play(store, BOTH)
        assert found.eliminations[0] == 3 and len(SizedTrainer.calls) == 2 * calls
        # One more optimizer of the run came after it.
        add = next(store.evaluations(1))
        store.add(
            1, add.__class__(**{n: getattr(add, n) for n in add.__slots__} | {"slot": "child 99.0.0.0"})
        )
        again = eliminate_pooled(SETTINGS, store, BOTH, executor=InProcess(), resume=True)[1]
        assert again.eliminations[0] != 3


def test_what_cannot_be_pooled_is_refused(tmp_path: Path) -> None:
    with with_runs(tmp_path / "run.db", RULES[:4]) as store:
        add_run(store, [("none ~ g", None)], "sized small", OF_SEARCH)
        for sources, message in (
            ((), "no run is given"),
            ((Source(1), Source(1)), "run 1 is given twice"),
            ((Source(1, store), Source(1)), "run 1 of run.db is given twice"),
            ((Source(1), Source(9)), "has no run 9"),
            ((Source(1), Source(2)), "run 2 of .* has no optimizer with a fitness"),
        ):
            with pytest.raises(Exception, match=message):
                play(store, sources)
        # Nothing but what was trained is left.
        assert [run.kind for run in store.runs()] == ["search", "search", "elimination"]
