"""Equality of two rules: proved, refuted by a counterexample, or unknown."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sympy.core.basic import Basic

from nos_sym.algebra.canonical import canonical
from nos_sym.algebra.identities import IDENTITIES, Identity
from nos_sym.algebra.kernel import Atom, Poly, fresh_workspace, sign_of, single
from nos_sym.algebra.levels import Level, form_and_zeros, level_form, level_key
from nos_sym.algebra.text import as_update, canonical_rule
from nos_sym.algebra.verdicts import Different, Equal, Indistinguishable, Unknown, Verdict
from nos_sym.errors import RuleError
from nos_sym.language.block import Block
from nos_sym.language.operation import Role
from nos_sym.language.printer import print_body, print_expression
from nos_sym.language.rule import Rule
from nos_sym.language.system import system_of
from nos_sym.language.traversal import walk

if TYPE_CHECKING:
    from nos_sym.algebra.falsification.counterexample import Counterexample


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a rule gets its form.

    Attributes:
        digest: digest of the form.
        vanishes: whether the form is 0.
        identities: the identities that were used, in order of first use.
        assumed: digests of the values that were taken not to be zero, with their texts.
        zeros: at level ``schedule``, at how many steps the factor that left may be zero or singular.
    """

    digest: bytes
    vanishes: bool
    identities: tuple[Identity, ...]
    assumed: tuple[tuple[bytes, str], ...]
    zeros: int


def derive(
    rule: Rule,
    level: Level = Level.EXACT,
    *,
    almost: bool = False,
    allowed: frozenset[bytes] | None = None,
) -> Derivation:
    """Return the form of a rule at a level and what was used; ``float32`` has that of ``exact``.

    Args:
        rule: the rule.
        level: the level of equality.
        almost: whether values that are zero on a null set of histories count as nonzero.
        allowed: digests of those that may; ``None`` for all of them.
    """
    # Tables of its own: the record of what was used is then complete.
    with fresh_workspace(almost=almost, allowed=allowed) as tables:
        form, zeros = form_and_zeros(canonical(rule), level if level.is_proof else Level.EXACT)
        identities = named_identities(tables.used)
        assumed = tuple((value.digest, _text(_as_poly(value))) for value in list(tables.assumed))
        return Derivation(form.digest, not form.terms, identities, assumed, zeros)


def _form_text(rule: Rule, level: Level, *, almost: bool, allowed: frozenset[bytes] | None) -> str:
    """Return the form that ``derive`` finds, written in the language; empty where it is too large.

    Apart from it, since the search for a short text takes longer than the form.
    """
    with fresh_workspace(almost=almost, allowed=allowed):
        form = level_form(canonical(rule), level if level.is_proof else Level.EXACT)
        try:
            plain = replace(rule, update=as_update(form), ascent=False, name="", source="", settings=())
            return print_body(plain)
        except RuleError:
            return ""


def _as_poly(value: Atom | Poly) -> Poly:
    return value if isinstance(value, Poly) else single([(value, 1, 0 if sign_of(value) > 0 else 1)])


def _text(value: Poly) -> str:
    try:
        expression: Basic = as_update(value)
        return print_expression(expression)
    except RuleError:
        return "an expression too large to be written"


def identities_of(rules: Iterable[Rule | Block], level: Level = Level.EXACT) -> tuple[Identity, ...]:
    """Return the identities that carry rules to their forms, in order of first use."""
    with fresh_workspace() as tables:
        for rule in rules:
            level_key(rule, level if level.is_proof else Level.EXACT)
        return named_identities(tables.used)


def named_identities(names: Iterable[str]) -> tuple[Identity, ...]:
    """Return identities by their names; a test sees to it that every name that is used has one."""
    return tuple(IDENTITIES[name] for name in names if name in IDENTITIES)


def compare(a: Rule | Block, b: Rule | Block, level: Level = Level.EXACT, *, almost: bool = False) -> Verdict:
    """Compare two rules at a level of equality.

    Of blocks, ``almost`` asks for no more than equality on every history, and only ``exact`` is refuted.

    Only the algebra proves; only samples refute. A rule of the authors' log, which prints no sign, descends.
    Which dropout mask bears which number means nothing.

    Args:
        a: one rule.
        b: the other.
        level: what they may differ by and still count as equal.
        almost: whether they may also differ on a null set of histories, as where a gradient is exactly zero.
            The verdict then names the expressions that are taken not to be zero, and a state where one is.

    Returns:
        :class:`Equal` with the identities that prove it, :class:`Different` with a state on which interval
        arithmetic proves a difference, :class:`Indistinguishable` (``float32`` alone), or :class:`Unknown`.
    """
    if isinstance(a, Block) or isinstance(b, Block):
        from nos_sym.algebra.block_equality import compare_systems

        return compare_systems(a, b, level)
    first, second = derive(a, level), derive(b, level)
    if a.momentum is b.momentum and first.digest == second.digest:
        return _equal(level, first, second, form=_form_text(a, level, almost=False, allowed=None))
    found: Counterexample | None
    if a.momentum is b.momentum and _holds_states(a) and _holds_states(b):
        from nos_sym.algebra.block_equality import equal_systems

        equal = equal_systems(a, b, level)
        if equal is not None:
            return equal
    if almost and a.momentum is b.momentum:
        equal = _almost_equal(a, b, level)
        if equal is not None:
            return equal
    from nos_sym.algebra.falsification.samples import can_run, find_counterexample

    a, b = a.at_defaults(), b.at_defaults()
    if not (can_run(a) and can_run(b)):
        return Unknown(level)
    if level is Level.FLOAT32:
        return _compare_in_float32(a, b)

    # What is not zero differs from zero at every level, though a schedule may vanish at a step.
    one_vanishes = first.vanishes != second.vanishes and level is not Level.SCHEDULE
    sampled = Level.EXACT if one_vanishes else level
    found = find_counterexample(a, b, sampled, almost=almost)
    if found is None and level is Level.EXACT and not almost:
        from nos_sym.algebra.falsification.float32 import find_proved_counterexample

        found = find_proved_counterexample(a, b)
    if found is None:
        # Where a sum of a rule cancels to zero, its form says so: intervals then see what rounding hides.
        with suppress(RuleError):
            found = find_counterexample(canonical_rule(a), canonical_rule(b), sampled, almost=almost)
    if found is None and level is Level.EXACT and not almost and any(map(_sees_all, (a, b))):
        from nos_sym.algebra.falsification.histories import find_history

        # States are of one tensor alone; what is one number for all of them is told from one of each on two.
        found = find_history(system_of(a), system_of(b))
    return Different(level, found) if found is not None else Unknown(level)


def _sees_all(rule: Rule) -> bool:
    return any(node.operation.name == "total" for node in walk(rule.update))


def _holds_states(rule: Rule) -> bool:
    return any(node.operation.role is Role.STATE for node in walk(rule.update))


def _equal(
    level: Level, first: Derivation, second: Derivation, assumptions: tuple[str, ...] = (), *, form: str
) -> Equal:
    proved = level if level.is_proof else Level.EXACT
    zeros = first.zeros + second.zeros
    return Equal(proved, first.identities, second.identities, assumptions, form, zeros)


def _almost_equal(a: Rule, b: Rule, level: Level) -> Equal | None:
    """Return equality away from the zeros of as few expressions as the proof can do with, if it is proved."""

    def both(allowed: frozenset[bytes] | None) -> tuple[Derivation, Derivation] | None:
        found = derive(a, level, almost=True, allowed=allowed), derive(b, level, almost=True, allowed=allowed)
        return found if found[0].digest == found[1].digest else None

    derived, allowed = both(None), None
    if derived is None:
        return None
    texts = dict(derived[0].assumed) | dict(derived[1].assumed)
    needed = frozenset(texts)
    for digest in sorted(needed):
        fewer = both(needed - {digest})
        if fewer is not None:
            derived, allowed, needed = fewer, needed - {digest}, needed - {digest}
    used = {digest for x in derived for digest, _ in x.assumed}
    assumptions = tuple(sorted({text for digest, text in texts.items() if digest in needed & used}))
    form = _form_text(a, level, almost=True, allowed=allowed)
    found = _equal(level, *derived, assumptions, form=form)
    from nos_sym.algebra.falsification.samples import can_run, find_counterexample

    first, second = a.at_defaults(), b.at_defaults()
    if not (can_run(first) and can_run(second)):
        return found
    return replace(found, where_zero=find_counterexample(first, second, level, seeds=1))


def _compare_in_float32(a: Rule, b: Rule) -> Verdict:
    from nos_sym.algebra.falsification import float32
    from nos_sym.algebra.falsification.samples import find_counterexample

    if a.momentum is b.momentum:
        found = float32.find_float32_counterexample(a, b)
        if found is None:
            x, y = float32.training_values(a), float32.training_values(b)
            if float32.indistinguishable(x, y):
                return Indistinguishable(float32.distance(x, y), float32.compared(a, b))
    else:
        found = find_counterexample(a, b, Level.EXACT)
    return Different(Level.FLOAT32, found) if found is not None else Unknown(Level.FLOAT32)
