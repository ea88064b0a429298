"""Figures 3 to 15 of the paper, from the catalog.

Source: Morgan and Hougen 2024, Appendix A. Where it does not say what is drawn over which values, the choice
is here: families of schedules are those of :func:`~nos_sym.report.figures.schedules.families`, inputs of time
slices other than that of Figure 7 reach to 20 in both directions, and surfaces have no decay functions.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy.core.basic import Basic

from nos_sym import catalog
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule, Schedule
from nos_sym.report.figures.model import Figure, FigureError
from nos_sym.report.figures.responses import slices, surface
from nos_sym.report.figures.schedules import decays, families, normalized, schedules

__all__ = ["FIGURES", "paper_figure"]

FIGURES = tuple(range(3, 16))
"""Numbers of the figures that are drawn from the catalog; 1 and 2 are graphs of a genome."""

_SLICES = {
    7: ("Opt4", "clip(2, [arctan(a13)] exp(v_hat))", "v_hat", 0.0, 20.0),
    8: ("Opt7", "tanh([max(a6, a10)] arcsinh(qhm(0.7)))", "qhm(0.7)", -20.0, 20.0),
    9: ("Opt10", "i1e(i1e([a13 * a2] g))", "g", -20.0, 20.0),
}
_SURFACES = {
    10: ("Opt1", "softsign(clip(1e-5 * w, 1e-5 * w - qhm2(0.95)))", "w", "qhm2(0.95)", (2.0, 2e-5)),
    11: ("Opt2", "softsign(rdiv(1e-5 * w, 1e-5 * w - qhm2(0.95)))", "w", "qhm2(0.95)", (2.0, 2.0)),
    12: ("Opt3", "softsign(rdiv(1e-5 * w, 1e-5 * w - qhm3(0.99)))", "w", "qhm3(0.99)", (2.0, 2.0)),
    13: ("Opt4 and Opt5", "qhm(0.7) / clip(2, exp(v_hat))", "qhm(0.7)", "v_hat", (2.0, 2.0)),
    14: ("Opt6", "qhm(0.7) / abs(exp(1e-4 * w))", "qhm(0.7)", "w", (2.0, 2e4)),
    15: ("Opt7", "tanh(arcsinh(0.3 * g + 0.7 * v_hat))", "g", "v_hat", (5.0, 5.0)),
}


def paper_figure(number: int) -> Figure:
    """Return a figure of the paper.

    Args:
        number: one of :data:`FIGURES`.

    Raises:
        FigureError: it is none of them.
    """
    if number in (3, 4, 5):
        return schedules(_families()[number - 3])
    if number == 6:
        return decays([catalog.entry(name) for name in ("Opt4", "Opt7", "Opt10")])
    if number in _SLICES:
        name, part, entry, low, high = _SLICES[number]
        rule = catalog.entry(name)
        assert isinstance(rule, Rule)
        return slices(rule, _expression(part), _expression(entry), low, high)
    if number in _SURFACES:
        title, text, first, second, reach = _SURFACES[number]
        found = surface(_expression(text), _expression(first), _expression(second), reach, f"{title}: {text}")
        return Figure((found,), f"{text} over {first} and {second}")
    raise FigureError(
        f"figure {number} is not drawn from the catalog; expected one of {FIGURES[0]} to {FIGURES[-1]}"
    )


def _families() -> Sequence[Sequence[Schedule]]:
    """Return the schedules of Table 10 as the two largest families and what is in none."""
    found = [catalog.entry(f"LR{i}") for i in range(1, 10)]
    rules = [rule for rule in found if isinstance(rule, Schedule)]
    groups = families([normalized(rule) for rule in rules])
    large = [group for group in groups if len(group) > 1]
    outside = [i for group in groups if len(group) == 1 for i in group]
    return [[rules[i] for i in group] for group in (*large, outside)]


def _expression(text: str) -> Basic:
    rule = parse(f"none ~ {text}")
    assert isinstance(rule, Rule)
    return rule.update
