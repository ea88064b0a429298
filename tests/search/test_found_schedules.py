"""Collections of schedules: what is one class, what is counted, which runs and tasks are looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.schedule_stores import OF_TABLE_10, ONE_CLASS, WITHOUT, add_run, made

from nos_sym import collect_schedules
from nos_sym.algebra.schedule_keys import schedule_form, schedule_key, schedule_of_form
from nos_sym.catalog import entry
from nos_sym.errors import NosSymError
from nos_sym.language.parser import parse, parse_file
from nos_sym.language.rule import Rule, Schedule
from nos_sym.report.figures.found_schedules import found_schedules
from nos_sym.report.figures.model import FigureError, Panel
from nos_sym.report.figures.schedules import values_at
from nos_sym.search.store.store import Store


def schedule(text: str) -> Schedule:
    (found,) = parse_file(f"schedule ~ {text}")
    assert isinstance(found, Schedule)
    return found


def test_a_row_is_a_class_and_counts_optimizers_once(tmp_path: Path) -> None:
    with Store.read(made(tmp_path / "run.db", [*ONE_CLASS, *OF_TABLE_10, *WITHOUT])) as store:
        found = collect_schedules(store)
    rows = {row.schedule.name: row for row in found.rows}
    assert list(rows) == ["LR5", "LR1", "LRa"]
    assert [(row.fitness, row.optimizers, row.known) for row in found.rows] == [
        (0.9, 1, True), (0.8, 1, True), (0.7, 4, False),
    ]  # fmt: skip
    assert rows["LR1"].schedule == entry("LR1") and rows["LRa"].rule == "none ~ [3 * a1] v_hat"
    assert rows["LRa"].key == schedule_key(schedule("a1")) == schedule_key(schedule("-2 * a1"))
    assert (found.optimizers, found.without, found.unreadable, found.tasks) == (11, 5, 0, ("digits",))
    assert "LRa    0.7000" in str(found) and "4 optimizers, best none ~ [3 * a1] v_hat" in str(found)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a1 + 2 * a2", "0.5 * a1 + a2", True),
        ("a1 - a5", "a5 - a1", True),
        ("1 / sqrt(4 * dsoft(a6))", "1 / sqrt(dsoft(a6))", True),
        ("sqrt(abs(a5))", "sqrt(a5)", True),
        ("a1", "a1^2", False),
        ("a1 + 2 * a2", "a1 + a2", False),
        ("abs(a5 - 0.5)", "a5 - 0.5", False),
        ("exp(a1)", "exp(2 * a1)", False),
        ("max(a1, 0.5)", "max(2 * a1, 0.5)", False),
    ],
)
def test_a_constant_factor_is_all_that_schedules_of_a_class_differ_by(
    one: str, other: str, same: bool
) -> None:
    assert (schedule_key(schedule(one)) == schedule_key(schedule(other))) is same
    assert schedule_key(schedule(one)) is not None


@pytest.mark.parametrize(
    ("decay", "shown"),
    [
        ("2 * min(a9, a4)", "min(a4, a9)"),
        ("-(sqrt(2) * a1) / 3", "a1"),
        ("3 * sqrt(dsoft(a6)) / (2 * a13)", None),
        ("rdiv(5 * a1, a6) / exp(1)", "rdiv(a1, a6)"),
        ("0.5 * a1 + a2^2", None),
    ],
)
def test_a_schedule_is_shown_without_its_constant_and_is_else_the_same(decay: str, shown: str | None) -> None:
    rule = parse(f"none ~ [{decay}] tanh(g)")
    assert isinstance(rule, Rule)
    form = schedule_form(rule)
    assert form is not None
    found = schedule_of_form(form)
    assert shown is None or str(found) == f"schedule ~ {shown}"
    # Judged by numbers, which know nothing of keys: the quotient of both is one number at every step.
    steps = np.arange(1, 96_000, 4_001)
    quotient = values_at(schedule(decay).factor, steps) / values_at(found.factor, steps)
    assert np.ptp(quotient) < 1e-9 * np.max(np.abs(quotient))


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("none ~ [a13] tanh([a13] g)", True),
        ("none ~ ([a1] g) * tanh([a1] g)", True),
        ("none ~ max([a1] g, [a1] w)", True),
        ("none ~ rdiv(v_hat, rdiv([dsoft(a13)] g^2, qhm(0.7)))", False),
        ("nesterov ~ clip(agg_v, recip([a1^2] lam_hat))", False),
        ("nesterov ~ softsign(id([a13 * a2] g))", False),
    ],
)
def test_a_schedule_that_stays_behind_in_another_place_has_not_left(text: str, leaves: bool) -> None:
    rule = parse(text)
    assert isinstance(rule, Rule)
    assert (schedule_form(rule) is not None) is leaves


def test_what_does_not_vary_has_no_key() -> None:
    assert [schedule_key(schedule(text)) for text in ("1", "a1 - a1", "2 * a1 / a1 * 0")] == [None] * 3


def test_runs_of_several_stores_are_one_collection(tmp_path: Path) -> None:
    first = made(tmp_path / "a.db", ONE_CLASS[:1], ONE_CLASS[1:2])
    second = made(tmp_path / "b.db", [*ONE_CLASS[:1], *OF_TABLE_10])
    with Store.read(first) as a, Store.read(second) as b:
        both = collect_schedules([a, b])
        assert [(r.schedule.name, r.optimizers) for r in both.rows] == [("LR5", 1), ("LR1", 1), ("LRa", 2)]
        # A run that is given twice, alone and with its store, counts once.
        assert collect_schedules([(a, 2), a, b, (b, 1)]).rows == both.rows[:0] + both.rows
        (only,) = collect_schedules([(a, 1)]).rows
        assert (only.fitness, only.run, only.optimizers) == (0.5, 1, 1)
        with pytest.raises(NosSymError, match="has no run 7"):
            collect_schedules([(a, 7)])


def test_fitness_is_that_of_a_task(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with Store.open(path) as store:
        add_run(store, [("none ~ [a1] g", 0.9)], "large")
        add_run(store, [("none ~ [a1] g", 0.5), ("none ~ [a2] g", 0.4)], "small")
        other = collect_schedules(store, task="small")
        assert [row.fitness for row in other.rows] == [0.5, 0.4] and other.tasks == ("small",)
        every = collect_schedules(store)
        assert every.tasks == ("large", "small") and every.optimizers == 2
        assert "fitness of different tasks is not comparable" in str(every)
        with pytest.raises(NosSymError, match="task 'x' is in none of the runs"):
            collect_schedules(store, task="x")


def test_stores_without_anything_to_show(tmp_path: Path) -> None:
    with Store.read(made(tmp_path / "failed.db", [("none ~ [a2] g", None)], [])) as store:
        found = collect_schedules(store)
        assert (found.rows, found.optimizers, str(found)) == ((), 0, "no optimizer has a fitness yet")
    with (
        Store.read(made(tmp_path / "empty.db")) as store,
        pytest.raises(NosSymError, match="has no search or imported log"),
    ):
        collect_schedules(store)


def test_a_rule_that_cannot_be_read_is_counted_and_left_out(tmp_path: Path) -> None:
    path = made(tmp_path / "run.db", [("none ~ [a1] g", 0.5), ("none ~ [a2] g", 0.4)])
    with Store.open(path) as store:
        first = next(store.evaluations())
        store.replace_rule(first.id, {"of": "another version"}, first.key)
        found = collect_schedules(store)
    assert (len(found.rows), found.optimizers, found.unreadable) == (1, 2, 1)


def test_a_figure_has_a_panel_a_family_and_curves_up_to_1() -> None:
    made_of = [
        schedule(t).named(f"S{n}")
        for n, t in enumerate(("0 - a1", "a1^2", "sqrt(a1)", "a2", "min(a5 - 0.5, 0)"))
    ]
    figure = found_schedules(made_of)
    panels = [part for part in figure.parts if isinstance(part, Panel)]
    for panel in panels:
        assert panel.lines[-1].color is None and panel.lines[-1].label == "base schedule"
        for line in panel.lines:
            assert np.max(line.y) == np.max(np.abs(line.y)) == 1
    assert sorted(line.label for p in panels for line in p.lines[:-1]) == [f"S{n}" for n in range(5)]
    assert panels[0].title == "family 1" and panels[-1].title == "outside of families"
    # What is 0 throughout has no largest value; it is named, and the others are drawn.
    zero = schedule("max(a1 - 2, 0)").named("Zero")
    assert (
        "not drawn, because their rates are not finite or all 0: Zero"
        in found_schedules([zero, made_of[0]]).caption
    )
    with pytest.raises(FigureError, match="none of them can be normalized"):
        found_schedules([zero])
    with pytest.raises(FigureError, match="no schedule leaves an optimizer"):
        found_schedules([])
