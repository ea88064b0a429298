"""The equations of a run: schedules apart, shared parts named, and nothing lost."""

from __future__ import annotations

from pathlib import Path

from support.tex import compiled

import nos_sym
from nos_sym.report.tables.notation import Notation
from nos_sym.report.tables.run_table import found_equations
from nos_sym.report.tables.table import document

RULES = (
    "Opt5",
    "none ~ [a1] tanh(g)",
    "nesterov ascent ~ clip(tanh(ema_hat(g * w, 0.95)) + erf(tanh(ema_hat(g * w, 0.95))), g)",
    "none ~ exp(w) * tanh(ema_hat(g * w, 0.95))",
    "none ~ [a1] (3 * sign(g))",
)


def test_schedules_and_shared_parts_have_names(tmp_path: Path) -> None:
    found = [(nos_sym.parse(text) if "~" in text else nos_sym.catalog.entry(text), 0.9) for text in RULES]
    made = found_equations(found, "Fitness", "run.db: 100 % _", Notation(weights=r"\theta"))  # type: ignore[arg-type]
    rows, schedules = made.groups
    assert [row[0] for row in rows] == ["Opt1", "Opt2", "Opt3", "Opt4", "Opt5"]
    assert [row[2] for row in rows] == ["LR1", r"LR$_{\mathrm{a}}$", "", "", r"LR$_{\mathrm{a}}$"]
    assert [row[0] for row in schedules] == ["LR1", r"LR$_{\mathrm{a}}$"]
    assert rows[1][3] == r"$\tanh(g)$" and rows[4][3] == r"$3\,\operatorname{sign}(g)$"
    # What three places share has one definition, and a rule of ascent the opposite sign.
    assert all("ema" not in row[3] for row in rows) and "x_{1}" in rows[2][3] and "x_{1}" in rows[3][3]
    assert rows[2][3].startswith(r"$-\left(")
    note, _ = made.notes
    assert note.count("ema") == 1 and r"\theta" in note
    pages = compiled(document([made]), tmp_path)
    assert not pages or "Opt5" in pages


def test_a_fitness_of_many_digits_has_an_exponent() -> None:
    rule = nos_sym.parse("none ~ g")
    rows, *_ = found_equations([(rule, -2.04213e285), (rule, -12.5)], "Fitness", "run.db").groups  # type: ignore[list-item]
    assert [row[4] for row in rows] == [r"$-2.0421 \times 10^{285}$", "$-12.5000$"]


def test_a_schedule_of_the_catalog_has_its_name_however_it_is_written() -> None:
    names = [name for name in nos_sym.catalog.names() if nos_sym.catalog.group_of(name) == "schedules"]
    entries = [nos_sym.catalog.entry(name) for name in names]
    rules = [nos_sym.parse(f"none ~ [{entry.factor}] tanh(g)") for entry in entries]  # type: ignore[union-attr]
    made = found_equations([(rule, 0.5) for rule in rules], "Fitness", "run.db")  # type: ignore[misc]
    rows, schedules = made.groups
    assert [row[2] for row in rows] == names == [row[0] for row in schedules]
    # What the catalog multiplies its schedule with is in it, and not in the core.
    assert {row[3] for row in rows} == {r"$\tanh(g)$"}


def test_a_constant_beside_a_schedule_of_the_catalog_stays_in_the_core() -> None:
    rule = nos_sym.parse("none ~ [6 * sigmoid(a2)^2 / sigmoid(2 * softsign(a1))] tanh(g)")
    rows, _ = found_equations([(rule, 0.5)], "Fitness", "run.db").groups  # type: ignore[list-item]
    assert rows[0][2:4] == ("LR4", r"$6\,\tanh(g)$")
