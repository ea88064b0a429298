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
