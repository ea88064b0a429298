"""Equality of two rules: proved, refuted by a counterexample, or unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nos_sym.algebra.canonical import canonical
from nos_sym.algebra.identities import IDENTITIES, Identity, Label
from nos_sym.algebra.kernel import (
    fresh_workspace,
)
from nos_sym.algebra.levels import Level, level_form
from nos_sym.algebra.text import as_update
from nos_sym.errors import RuleError
from nos_sym.language.printer import print_body
from nos_sym.language.rule import Rule

if TYPE_CHECKING:
    from nos_sym.algebra.falsification.counterexample import Counterexample


@dataclass(frozen=True, slots=True)
class Equal:
    """Two rules have the same form, which proves them equal.

    Attributes:
        level: what equality means; ``exact`` where ``float32`` was asked for and equality is proved.
        first: identities that carry the first rule to the form.
        second: identities that carry the second rule to it.
        assumptions: what holds only almost everywhere, in words; empty for equality of all reals.
        form: the common form, written in the language; empty where it is too large to be written.
    """

    level: Level
    first: tuple[Identity, ...]
    second: tuple[Identity, ...]
    assumptions: tuple[str, ...]
    form: str


@dataclass(frozen=True, slots=True)
class Different:
    """Two rules differ, with a state on which they do.

    Attributes:
        level: what equality means.
        counterexample: the state and both updates.
    """

    level: Level
    counterexample: Counterexample


@dataclass(frozen=True, slots=True)
class Indistinguishable:
    """Two rules agree in float32 at magnitudes of training. This is a measurement and not a proof.

    Attributes:
        distance: the largest relative difference of an entry of their updates.
    """

    distance: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither a proof nor a counterexample was found.

    Attributes:
        level: what equality would mean.
    """

    level: Level


Verdict = Equal | Different | Indistinguishable | Unknown


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a rule gets its form.

    Attributes:
        digest: digest of the form.
        vanishes: whether the form is 0.
        identities: the identities that were used, in order of first use.
        form: the form, written in the language; empty where it is too large to be written.
    """

    digest: bytes
    vanishes: bool
    identities: tuple[Identity, ...]
    form: str


def derive(rule: Rule, level: Level = Level.EXACT) -> Derivation:
    """Return the form of a rule at a level and the identities used; ``float32`` has that of ``exact``."""
    # Tables of its own: the record of identities is then complete.
    with fresh_workspace() as tables:
        form = level_form(canonical(rule), level if level.is_proof else Level.EXACT)
        identities = named_identities(tables.used)
        try:
            text = print_body(
                replace(rule, update=as_update(form), ascent=False, name="", source="", settings=())
            )
        except RuleError:
            text = ""
        return Derivation(form.digest, not form.terms, identities, text)


def identities_of(rules: Iterable[Rule], level: Level = Level.EXACT) -> tuple[Identity, ...]:
    """Return the identities that carry rules to their forms, in order of first use."""
    with fresh_workspace() as tables:
        for rule in rules:
            level_form(canonical(rule), level if level.is_proof else Level.EXACT)
        return named_identities(tables.used)


def named_identities(names: Iterable[str]) -> tuple[Identity, ...]:
    """Return identities by their names; a test sees to it that every name that is used has one."""
    return tuple(IDENTITIES[name] for name in names if name in IDENTITIES)


def assumptions_of(identities: Iterable[Identity]) -> tuple[str, ...]:
    """Return names and conditions of those identities that hold almost everywhere only."""
    found = (f"{i.name}: {i.condition}" for i in identities if i.label is not Label.EXACT)
    return tuple(dict.fromkeys(found))


def compare(a: Rule, b: Rule, level: Level = Level.EXACT) -> Verdict:
    """Compare two rules at a level of equality.

    Only the algebra proves; only samples refute. A rule of the authors' log, which prints no sign, descends.
    Which dropout mask bears which number means nothing.

    Args:
        a: one rule.
        b: the other.
        level: what they may differ by and still count as equal.

    Returns:
        :class:`Equal` with the identities that prove it, :class:`Different` with a state on which interval
        arithmetic proves a difference, :class:`Indistinguishable` (``float32`` alone), or :class:`Unknown`.
    """
    first, second = derive(a, level), derive(b, level)
    if a.momentum is b.momentum and first.digest == second.digest:
        proved = level if level.is_proof else Level.EXACT
        used = (*first.identities, *second.identities)
        return Equal(proved, first.identities, second.identities, assumptions_of(used), first.form)
    from nos_sym.algebra.falsification.samples import can_run, find_counterexample

    a, b = a.at_defaults(), b.at_defaults()
    if not (can_run(a) and can_run(b)):
        return Unknown(level)
    if level is Level.FLOAT32:
        return _compare_in_float32(a, b)

    # What is not zero differs from zero at every level, though a schedule may vanish at a step.
    one_vanishes = first.vanishes != second.vanishes
    found = find_counterexample(a, b, Level.EXACT if one_vanishes else level)
    return Different(level, found) if found is not None else Unknown(level)


def _compare_in_float32(a: Rule, b: Rule) -> Verdict:
    from nos_sym.algebra.falsification import float32
    from nos_sym.algebra.falsification.samples import find_counterexample

    if a.momentum is b.momentum:
        x, y = float32.training_values(a), float32.training_values(b)
        if float32.indistinguishable(x, y):
            return Indistinguishable(float32.distance(x, y))
        found = float32.find_float32_counterexample(a, b)
    else:
        found = find_counterexample(a, b, Level.EXACT)
    return Different(Level.FLOAT32, found) if found is not None else Unknown(Level.FLOAT32)
