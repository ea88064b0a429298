"""The hall of fame: order, tasks, equal optimizers, schedules factored out; summaries of runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nos_sym import catalog
from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.levels import Level
from nos_sym.language.parser import parse
from nos_sym.search.reports.complexity import size_of_rule
from nos_sym.search.reports.hall_of_fame import (
    COLUMNS,
    HallOfFameError,
    describe,
    hall_of_fame,
)
from nos_sym.search.reports.summary import summarize
from nos_sym.search.results import Diverged, Evaluated, Rejected
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.rows import Evaluation, evaluation_at
from nos_sym.search.store.store import Store

SMALL, LARGE = "fake small", "fake large"


def evaluation(slot: Slot, text: str, fitness: float | None, task: str = LARGE) -> Evaluation:
    rule = parse(text)
    result = Rejected("too low", 2.0) if fitness is None else Evaluated(fitness, 0.1, 3.0)
    values = {"text": str(rule), "rule": rule.to_json(), "key": key_of(rule)}
    return evaluation_at(slot, task=task, seed=1, result=result, **values)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    with Store.open(tmp_path / "run.db") as found:
        run = found.begin_run("search", "particles", "{}", 3)
        rows = [
            (Slot(Stage.INITIAL, 0), "none ~ tanh(g)", 0.99, SMALL),
            (Slot(Stage.CHILD, 0, 0, 0), "none ~ [a1] tanh(g)", 0.7, LARGE),
            (Slot(Stage.CHILD, 0, 0, 1), "none ~ g / abs(g)", 0.5, LARGE),
            (Slot(Stage.CHILD, 0, 0, 2), "none ~ sign(g)", 0.6, LARGE),
            (Slot(Stage.CHILD, 0, 0, 3), "none ~ 2 * tanh(g)", 0.8, LARGE),
            (Slot(Stage.CHILD, 0, 1, 0), "nesterov ~ exp(g)", None, LARGE),
            (Slot(Stage.CHILD, 0, 1, 1), "none ~ tanh(g)", 0.8, LARGE),
        ]
        for slot, text, fitness, task in rows:
            found.add(run.id, evaluation(slot, text, fitness, task))
        yield found


def shown(best):
    return [(e.rank, e.fitness, str(e.rule)) for e in best.entries]


def test_the_best_come_first_and_each_optimizer_once(store: Store) -> None:
    best = hall_of_fame(store)
    assert (best.task, best.optimizers, best.evaluations) == (LARGE, 4, 6)
    assert best.other_tasks == (SMALL,)
    # Of equals the one whose slot comes first.
    assert shown(best) == [
        (1, 0.8, "none ~ 2 * tanh(g)"),
        (2, 0.8, "none ~ tanh(g)"),
        (3, 0.7, "none ~ [a1] tanh(g)"),
        (4, 0.6, "none ~ sign(g)"),
    ]
    sign = best.entries[3]
    assert sign.key == key_of(parse("none ~ g / abs(g)"))
    assert sign.count == 2 and sign.mean == pytest.approx(0.55)
    assert shown(hall_of_fame(store, limit=2)) == shown(best)[:2]


def test_equal_optimizers_share_a_place_at_coarser_levels(store: Store) -> None:
    assert [e.fitness for e in hall_of_fame(store, level=Level.SCALE).entries] == [0.8, 0.7, 0.6]
    by_schedule = hall_of_fame(store, level=Level.SCHEDULE)
    assert [(e.fitness, e.count) for e in by_schedule.entries] == [(0.8, 3), (0.6, 2)]


def test_tasks_are_never_mixed(store: Store) -> None:
    assert shown(hall_of_fame(store, task="small")) == [(1, 0.99, "none ~ tanh(g)")]
    assert shown(hall_of_fame(store, task=SMALL)) == shown(hall_of_fame(store, task="small"))
    message = "'fake' is part of several tasks; expected one of: 'fake small', '"
    with pytest.raises(HallOfFameError, match=message):
        hall_of_fame(store, task="fake")
    with pytest.raises(HallOfFameError, match="task 'huge' is not in the store"):
        hall_of_fame(store, task="huge")


def test_runs_are_told_apart(store: Store) -> None:
    other = store.begin_run("search", "random", "{}", 4).id
    store.add(other, evaluation(Slot(Stage.RANDOM, 0), "none ~ arctan(g)", 0.9))
    assert shown(hall_of_fame(store))[0] == (1, 0.9, "none ~ arctan(g)")
    assert len(hall_of_fame(store, run=1).entries) == 4
    assert shown(hall_of_fame(store, run=other)) == [(1, 0.9, "none ~ arctan(g)")]
    assert len(hall_of_fame(store, up_to=7).entries) == 4
    with pytest.raises(StoreError, match="has no run 9"):
        hall_of_fame(store, run=9)


def test_repeats_of_an_elimination_are_averaged_and_must_all_have_a_fitness(store: Store) -> None:
    run = store.begin_run("elimination", "of run 1", "{}", 0).id
    for number, text, values in [
        (0, "none ~ tanh(g)", (0.5, 0.9)),
        (1, "none ~ sign(g)", (0.6, 0.7)),
        (2, "none ~ g", (0.99, None)),
    ]:
        for repeat, value in enumerate(values):
            store.add(run, evaluation(Slot(Stage.ELIMINATION, number, 0, repeat), text, value, "fake 64"))
    best = hall_of_fame(store)
    assert [(e.fitness, str(e.rule)) for e in best.entries] == [
        (pytest.approx(0.7), "none ~ tanh(g)"),
        (pytest.approx(0.65), "none ~ sign(g)"),
    ]


def test_an_elimination_is_named_by_its_first_repeat_whichever_ended_first(store: Store) -> None:
    records = []
    for order in ((0, 1, 2), (2, 0, 1)):
        run = store.begin_run("elimination", "of run 1", "{}", 0).id
        for repeat in order:
            slot = Slot(Stage.ELIMINATION, 3, 0, repeat)
            store.add(run, evaluation(slot, "none ~ tanh(g)", 0.5 + repeat / 8, "fake 64"))
        records += [{**record, "run": 0} for record in describe(hall_of_fame(store, run=run).entries)]
    assert records[0] == records[1] and records[0]["slot"] == str(Slot(Stage.ELIMINATION, 3, 0, 0))


def test_nothing_is_shown_of_a_store_without_fitness(tmp_path: Path) -> None:
    with Store.open(tmp_path / "empty.db") as store:
        assert hall_of_fame(store).entries == ()
        run = store.begin_run("search", "random", "{}", 4).id
        failed = evaluation(Slot(Stage.RANDOM, 0), "none ~ g", None)
        store.add(run, failed)
        assert hall_of_fame(store).entries == ()
        with pytest.raises(HallOfFameError, match="nothing has a fitness yet"):
            hall_of_fame(store, task="x")


def test_records_factor_the_schedule_out(store: Store) -> None:
    records = describe(hall_of_fame(store).entries)
    assert json.loads(json.dumps(records)) == records
    decayed = records[2]
    assert (decayed["schedule"], decayed["constant"], decayed["core"]) == ("a1", "1", "none ~ tanh(g)")
    for record in records:
        momentum, core = record["core"].split(" ~ ")
        whole = f"{momentum} ~ [{record['schedule']}] ({record['constant']} * ({core}))"
        assert key_of(parse(whole)) == record["key"]
        assert key_of(parse(record["rule"])) == record["key"]
        assert (record["task"], record["run"], record["learning_rate"]) == (LARGE, 1, 0.1)


def test_where_nothing_was_taken_out_the_core_is_the_rule(store: Store) -> None:
    run = store.begin_run("search", "random", "{}", 4).id
    # The canonical form has a number before this maximum, and its inverse inside.
    text = "nesterov ~ max(ema_hat(agg_v, 0.95), qhm2(0.95))"
    store.add(run, evaluation(Slot(Stage.RANDOM, 0), text, 0.9))
    best, *_ = describe(hall_of_fame(store).entries)
    assert (best["schedule"], best["constant"], best["core"]) == ("1", "1", text)
    twice = describe(hall_of_fame(store).entries)[1]
    assert (twice["rule"], twice["constant"], twice["core"]) == ("none ~ 2 * tanh(g)", "2", "none ~ tanh(g)")


def test_optimizers_of_the_catalog_are_named(store: Store) -> None:
    run = store.begin_run("search", "random", "{}", 4).id
    store.add(run, evaluation(Slot(Stage.RANDOM, 0), str(catalog.entry("Opt4").named("")), 0.9))
    best, *_ = describe(hall_of_fame(store).entries)
    assert best["catalog"] == "Opt4"


def test_runs_in_numbers(store: Store) -> None:
    store.add_duplicate(1, Slot(Stage.CHILD, 0, 2), 0, "answered", "none ~ g", "k", 2)
    diverged = evaluation(Slot(Stage.CHILD, 0, 2, 1), "none ~ g^3", None)
    store.add(1, replace(diverged, result=Diverged("not finite", 3, 5.0)))
    store.begin_run("import", "a.log", '{"file": "a.log"}')
    first, second = summarize(store)
    assert first.outcomes == {"evaluated": 6, "rejected": 1, "diverged": 1}
    assert first.seconds == pytest.approx(6 * 3 + 2 + 5)
    assert (first.duplicates, first.best, first.rule) == (1, 0.8, "none ~ 2 * tanh(g)")
    record = first.to_json()
    assert record["evaluations"] == 8 and record["hours"] == pytest.approx(25 / 3600)
    assert record["finished"] is None and record["seed"] == 3
    assert second.to_json()["settings"] == {"file": "a.log"} and second.best is None


def test_a_run_has_what_earlier_runs_answered(store: Store) -> None:
    other = store.begin_run("search", "particles", "{}", 4).id
    for child, number in enumerate((5, 5, 6)):
        slot = Slot(Stage.CHILD, 0, 0, child)
        store.add_duplicate(other, slot, 0, "answered", "none ~ tanh(g) * 2", "key", number)
    assert shown(hall_of_fame(store, run=other)) == [(1, 0.8, "none ~ 2 * tanh(g)")]
    store.add(other, evaluation(Slot(Stage.CHILD, 0, 1, 0), "none ~ arctan(g)", 0.75))
    # What a particle drew again is in its own run; an answer from the run itself counts once.
    store.add_duplicate(other, Slot(Stage.CHILD, 0, 1, 1), 0, "redrawn", "none ~ sign(g)", "key", 4)
    store.add_duplicate(other, Slot(Stage.CHILD, 0, 1, 2), 0, "answered", "none ~ arctan(g)", "key", 8)
    best = hall_of_fame(store, run=other)
    assert shown(best) == [(1, 0.8, "none ~ 2 * tanh(g)"), (2, 0.75, "none ~ arctan(g)")]
    assert [e.count for e in best.entries] == [1, 1] and best.evaluations == 3
    assert summarize(store)[1].best == 0.8
    assert shown(hall_of_fame(store, run=other, up_to=4)) == []
    assert len(hall_of_fame(store, run=1).entries) == 4


def test_records_have_the_columns_of_the_table(store: Store) -> None:
    assert all(tuple(record) == COLUMNS for record in describe(hall_of_fame(store).entries))


@pytest.mark.parametrize(
    ("size", "texts"),
    [
        (1, ["none ~ g", "none ~ id(id(g))", "momentum ~ g"]),
        (2, ["none ~ sign(g)", "none ~ tanh(id(g))", "none ~ ema_hat(g, 0.9)"]),
        (4, ["none ~ 2 * tanh(g)", "none ~ g / abs(g)"]),
    ],
)
def test_the_size_is_the_nodes_without_identities(size: int, texts: list[str]) -> None:
    assert [size_of_rule(parse(text)) for text in texts] == [size] * len(texts)
