"""Tables 8 to 10: discovered optimizers, Adam variants and learning-rate schedules, from the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy.core.basic import Basic

from nos_sym import catalog
from nos_sym.language.operands import BY_NAME, as_quasi_hyperbolic
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.language.traversal import walk
from nos_sym.report.tables.notation import Notation
from nos_sym.report.tables.table import Table
from nos_sym.report.tables.text import latex_text

_TITLES = {Momentum.NONE: "none", Momentum.MOMENTUM: "momentum", Momentum.NESTEROV: "Nesterov"}
_STRETCH = "1.6"
_TERMS = {"qhm": "q", "qhm2": "q_2", "qhm3": "q_3"}


def discovered(notation: Notation) -> Table:
    """Return Table 8: the discovered optimizers, and those of them with fewer decay functions."""
    rules = [catalog.entry(name) for name in catalog.names() if catalog.group_of(name) == "discovered"]
    found = [rule for rule in rules if isinstance(rule, Rule)]
    whole = [rule for rule in found if "Table" in rule.source]
    rest = [rule for rule in found if rule not in whole]
    terms = quasi_hyperbolic_terms(rule.update for rule in found)
    groups = [[equation_row(rule, notation, terms) for rule in part] for part in (whole, rest) if part]
    head = ("Optimizer", "Momentum", f"${notation.update}$")
    notes = [*([terms_note(terms, notation)] if terms else []), averages_note(notation)]
    caption = "Discovered optimizers, and the same with fewer decay functions."
    return Table(
        "discovered", caption, "lll", head, groups, "Morgan and Hougen 2024, Table 8", notes, _STRETCH
    )


def adam_variants(notation: Notation) -> Table:
    """Return Table 9: the Adam variants."""
    rules = [catalog.entry(name) for name in catalog.names() if catalog.group_of(name) == "adam_variants"]
    rows = [equation_row(rule, notation, {})[::2] for rule in rules if isinstance(rule, Rule)]
    source = "Morgan and Hougen 2024, Table 9"
    head = ("Adam variant", f"${notation.update}$")
    return Table(
        "adam-variants", "Adam variants.", "ll", head, [rows], source, [averages_note(notation)], _STRETCH
    )


def learning_rates(notation: Notation) -> Table:
    """Return Table 10: the learning-rate schedules, each times the base schedule."""
    entries = [catalog.entry(name) for name in catalog.names() if catalog.group_of(name) == "schedules"]
    printer = notation.printer()
    rows = [(latex_text(s.name), f"${printer.print(s.factor)}$") for s in entries if isinstance(s, Schedule)]
    notes = [f"Each is a factor of the base schedule of the learning rate ${notation.rate}$."]
    head = ("Learning-rate schedule", "Factor")
    caption = "Learning-rate schedules."
    return Table(
        "learning-rates", caption, "ll", head, [rows], "Morgan and Hougen 2024, Table 10", notes, _STRETCH
    )


def equation_row(rule: Rule, notation: Notation, terms: Mapping[Basic, str]) -> tuple[str, str, str]:
    """Return name, momentum type and update of a rule; a rule of ascent has the opposite sign."""
    update = notation.printer(terms).print(rule.update)
    if rule.ascent:
        update = rf"-\left({update}\right)"
    return latex_text(rule.name), _TITLES[rule.momentum], f"${update}$"


def quasi_hyperbolic_terms(updates: Iterable[Basic]) -> dict[Basic, str]:
    """Return the quasi-hyperbolic terms of expressions, with a symbol for each."""
    found: dict[Basic, str] = {}
    betas: dict[str, set[object]] = {}
    for node in (node for update in updates for node in walk(update)):
        term = as_quasi_hyperbolic(node)
        if term is not None and node not in found:
            name, beta = term
            others = betas.setdefault(name, set())
            # A second one of a kind says its coefficient.
            symbol = (
                _TERMS[name] if not others else rf"{_TERMS[name][0]}_{{{_TERMS[name][2:]}({float(beta):g})}}"
            )
            others.add(beta)
            found[node] = symbol
    return found


def averages_note(notation: Notation) -> str:
    """Return what the averages of the operands are, as a sentence."""
    letters = (notation.first, notation.second, notation.third)
    hats = [rf"$\hat{{{letter}}}$" for letter in letters]
    printer = notation.printer()
    averages = [BY_NAME[name].expression for name in ("v_hat", "s_hat", "lam_hat")]
    powers = [f"${printer.print(average.operands[0])}$" for average in averages]
    betas = [f"${printer.plain(average.parameters[0])}$" for average in averages]
    return (
        f"{_listed(hats)} are exponential moving averages of {_listed(powers)} with coefficients "
        f"{_listed(betas)}, corrected for their bias; without a hat, they are not corrected."
    )


def _listed(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def terms_note(terms: Mapping[Basic, str], notation: Notation) -> str:
    """Return the definitions of terms as a sentence."""
    printer = notation.printer()
    parts = [f"${symbol} = {printer.print(term)}$" for term, symbol in terms.items()]
    return f"Here {', '.join(parts)}."
