"""The schedule of the catalog that another one is, whatever either is written as."""

from __future__ import annotations

from functools import cache

from sympy.core.basic import Basic

from nos_sym import catalog
from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.factor import factor
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Momentum, Rule, Schedule


def in_catalog(schedule: Schedule) -> tuple[Schedule, Basic] | None:
    """Return the entry that is a constant times a schedule, with the constant; ``None`` if there is none.

    Args:
        schedule: what :func:`~nos_sym.algebra.factor.factor` takes out of a rule.
    """
    return _entries().get(key_of(_lifted(schedule.factor)))


@cache
def _entries() -> dict[str, tuple[Schedule, Basic]]:
    """Return the learning-rate schedules of the paper by the keys of what varies in them."""
    found: dict[str, tuple[Schedule, Basic]] = {}
    for name in catalog.names():
        if catalog.group_of(name) != "schedules":
            continue
        entry = catalog.entry(name)
        assert isinstance(entry, Schedule)
        parts = factor(_lifted(entry.factor))
        if parts.has_schedule:
            found.setdefault(key_of(_lifted(parts.schedule.factor)), (entry, parts.constant))
    return found


def _lifted(factor_of_step: Basic) -> Rule:
    return Rule(Momentum.NONE, apply("scale", factor_of_step, number(1)))
