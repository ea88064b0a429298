"""The equations that a run found, as a table: schedule and core apart, what they share under a name."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

from sympy.core.basic import Basic

from nos_sym.algebra.factor import factor
from nos_sym.backends.latex.measure import width_of
from nos_sym.language.node import Node, is_number
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Rule, Schedule
from nos_sym.report.tables.equations import averages_note, equation_row, quasi_hyperbolic_terms
from nos_sym.report.tables.known_schedule import in_catalog
from nos_sym.report.tables.notation import PAPER, Notation
from nos_sym.report.tables.table import Table
from nos_sym.report.tables.text import latex_text

_WORTH = 8.0
"""Widths, in digits, that a name has to save."""

_NAME = 2.0
"""Width of the name of a part."""


def found_equations(
    found: Sequence[tuple[Rule, float]], metric: str, source: str, notation: Notation = PAPER
) -> Table:
    """Return a table of optimizers with their fitness, best first, named ``Opt1`` and so on as in the paper.

    A schedule that can leave the rule exactly stands apart from the core: those of the catalog under their
    names, others as ``LR`` with letters. Terms that rows share, or that one has several times, have a name
    where that makes the table shorter.

    Args:
        found: rules and what is known of them.
        metric: what the numbers are, a text.
        source: where the rules come from, a text.
        notation: the symbols.
    """
    cores, schedules = zip(*(_apart(rule, notation) for rule, _ in found), strict=True) if found else ((), ())
    names = _names_of_schedules([schedule for schedule in schedules if schedule is not None])
    terms = quasi_hyperbolic_terms(core.update for core in cores)
    terms |= _shared([core.update for core in cores], notation, terms)
    rows: list[tuple[str, ...]] = []
    for rank, (core, schedule, (_, value)) in enumerate(zip(cores, schedules, found, strict=True), 1):
        _, momentum, update = equation_row(core, notation, terms)
        shown = "" if schedule is None else names[schedule.factor]
        rows.append((f"Opt{rank}", momentum, shown, update, _score(value)))
    printer = notation.printer()
    own: list[tuple[str, ...]] = [
        (text, "", "", f"${printer.print(node)}$", "") for node, text in names.items()
    ]
    groups = [rows, own] if own else [rows]
    head = ("Optimizer", "Momentum", "Schedule", f"${notation.update}$, or factor", latex_text(metric))
    notes = [*_definitions(terms, notation), averages_note(notation)]
    caption = "Discovered optimizers; the learning rate is the base schedule times the schedule of the row."
    return Table("found", caption, "llllr", head, groups, source, notes, "1.6")


def _apart(rule: Rule, notation: Notation) -> tuple[Rule, Schedule | None]:
    """Return the core of a rule, with its constant, and its schedule; the rule where that is no shorter."""
    parts = factor(rule)
    schedule, constant = parts.schedule, parts.constant
    known = in_catalog(schedule) if parts.has_schedule else None
    if known is not None:
        schedule, constant = known[0], _divided(constant, known[1])
    update = parts.core.update if constant == 1 else apply("mul", constant, parts.core.update)
    printer = notation.printer()
    # A decay under a root, say, leaves by a detour.
    longer = width_of(printer.plain(update)) > width_of(printer.plain(rule.update))
    if not parts.has_schedule or longer:
        return rule, None
    return dataclasses.replace(parts.core, update=update), schedule


def _divided(constant: Basic, times: Basic) -> Basic:
    """Return a constant over that of an entry of the catalog, each a number or an expression of numbers."""
    if constant == times:
        return number(1)
    if is_number(constant) and is_number(times):
        return number(constant / times)
    return constant if times == 1 else apply("div", constant, times)


def _names_of_schedules(schedules: Sequence[Schedule]) -> dict[Basic, str]:
    """Return the names of schedules: those of the catalog, and letters for the others."""
    found: dict[Basic, str] = {}
    for schedule in schedules:
        if schedule.factor not in found:
            own = sum(text.startswith("LR$") for text in found.values())
            letter = chr(ord("a") + own % 26) + (str(own // 26) if own >= 26 else "")
            found[schedule.factor] = latex_text(schedule.name) or rf"LR$_{{\mathrm{{{letter}}}}}$"
    return found


def _shared(updates: Sequence[Basic], notation: Notation, terms: dict[Basic, str]) -> dict[Basic, str]:
    """Return names for parts that occur several times, the widest first, where a name saves enough."""
    found: dict[Basic, str] = {}
    while True:
        printer = notation.printer(terms | found)
        counts = Counter(node for update in updates for node in _occurrences(update, terms | found))
        saved = {
            node: (count - 1) * width_of(printer.plain(node)) - (count + 1) * _NAME
            for node, count in counts.items()
            if count > 1
        }
        best = max(saved, key=lambda node: (saved[node], str(node)), default=None)
        if best is None or saved[best] < _WORTH:
            return found
        found[best] = f"x_{{{len(found) + 1}}}"


def _occurrences(update: Basic, named: dict[Basic, str]) -> list[Node]:
    """Return the parts of an expression each time that they are printed, without the expression itself."""
    found: list[Node] = []
    waiting = [part for part in getattr(update, "operands", ()) if isinstance(part, Node)]
    while waiting:
        node = waiting.pop()
        if node in named:
            continue
        found.append(node)
        waiting += [part for part in node.operands if isinstance(part, Node)]
    return found


def _definitions(terms: dict[Basic, str], notation: Notation) -> list[str]:
    if not terms:
        return []
    parts = []
    for node, symbol in terms.items():
        others = {other: text for other, text in terms.items() if other != node}
        parts.append(f"${symbol} = {notation.printer(others).print(node)}$")
    return [f"Here {', '.join(parts)}."]


def _score(value: float) -> str:
    r"""Return a fitness as a cell, for example ``$-2.0421 \times 10^{285}$``."""
    # Of a loss that is its opposite, the digits would be as wide as the page.
    digits, _, exponent = (f"{value:.4e}" if abs(value) >= 1e7 else f"{value:.4f}").partition("e")
    return rf"${digits} \times 10^{{{int(exponent)}}}$" if exponent else f"${digits}$"
