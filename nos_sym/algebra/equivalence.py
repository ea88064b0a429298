"""Equality of two rules: proved, refuted by a counterexample, or unknown."""

from __future__ import annotations

from dataclasses import dataclass

from nos_sym.algebra.canonical import canonical
from nos_sym.algebra.identities import IDENTITIES, Identity
from nos_sym.algebra.levels import Level, level_form
from nos_sym.algebra.probes import Counterexample, find_counterexample, float32_distance
from nos_sym.algebra.restore import as_update
from nos_sym.algebra.term import fresh_workspace
from nos_sym.language.printer import print_expression
from nos_sym.language.rule import Rule

FLOAT32_ULPS = 16
"""Units of 2^-24 within which two float32 updates count as indistinguishable."""


@dataclass(frozen=True, slots=True)
class Equal:
    """Two rules have the same form.

    Attributes:
        level: what equality means.
        first: identities that carry the first rule to the form.
        second: identities that carry the second rule to it.
        assumptions: what holds only almost everywhere, in words; empty for equality of all reals.
        form: the common form, written in the language.
    """

    level: Level
    first: tuple[Identity, ...]
    second: tuple[Identity, ...]
    assumptions: tuple[str, ...]
    form: str


@dataclass(frozen=True, slots=True)
class Different:
    """Two rules differ, with a state on which they do."""

    level: Level
    counterexample: Counterexample


@dataclass(frozen=True, slots=True)
class Indistinguishable:
    """Two rules agree in float32 at magnitudes of training. This is a measurement and not a proof."""

    distance: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither a proof nor a counterexample was found."""

    level: Level


Verdict = Equal | Different | Indistinguishable | Unknown


def compare(a: Rule, b: Rule, level: Level = Level.EXACT) -> Verdict:
    """Compare two rules at a level of equality.

    Only the algebra proves; probes refute. A rule of the authors' log, which prints no sign, has that of
    descent.
    """
    forms, used = [], []
    for rule in (a, b):
        # Tables of its own: the record of identities is then complete.
        with fresh_workspace() as tables:
            p = level_form(canonical(rule), level if level.is_proof else Level.EXACT)
            forms.append((rule.momentum, p.digest, p))
            used.append(tuple(tables.used))
    if forms[0][:2] == forms[1][:2]:
        first, second = (tuple(IDENTITIES[name] for name in names if name in IDENTITIES) for names in used)
        assumptions = dict.fromkeys(i.condition for i in (*first, *second) if i.label.value != "exact")
        return Equal(level, first, second, tuple(assumptions), print_expression(as_update(forms[0][2])))
    if level is Level.FLOAT32:
        distance = float32_distance(a, b)
        if distance <= FLOAT32_ULPS * 2.0**-24:
            return Indistinguishable(distance)
    found = find_counterexample(a, b, level)
    return Different(level, found) if found is not None else Unknown(level)
