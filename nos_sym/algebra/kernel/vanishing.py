"""Which values are zero wherever another one is: ``g`` beside the indicator of ``ema(g^2)`` leaves it out."""

from __future__ import annotations

from collections.abc import Set

from nos_sym.algebra.kernel.bounds import sign_of_poly, sign_of_term
from nos_sym.algebra.kernel.common_factors import base
from nos_sym.algebra.kernel.kinds import STEP
from nos_sym.algebra.kernel.term import Atom, Factor, Mono, Poly, add, note, single, workspace
from nos_sym.algebra.kernel.zeros import nonzero


def vanishes_with(a: Atom, b: Atom) -> bool:
    """Return whether an atom is zero at every entry and step at which another one is."""
    if a is b:
        return True
    if b.op == STEP:
        return a.kind.zero_at_start
    if not a.args and not _gathers(b):
        return False
    memo = workspace().memo
    key = ("vanishes with", a, b)
    if key not in memo:
        found = _vanishes(a, frozenset((b,)), of_step=True)
        if not found and _gathers(b):
            always = _zero_so_far(b)
            found = bool(always) and _vanishes(a, always, of_step=False)
        memo[key] = found
    return memo[key]  # type: ignore[return-value]


def _gathers(a: Atom) -> bool:
    """Return whether a state of values of one sign is zero only if all of them were, this step's included."""
    return a.op in ("ema", "running_max") or (a.op == "filter" and a.param.gathers)


def _vanishes(a: Atom, zero: Set[Atom], *, of_step: bool) -> bool:
    """Return whether an atom is zero where others are: at this step, or at it and all before."""
    if a in zero:
        return True
    if a.op in ("max", "min"):
        # A minimum of values that are never negative is 0 where one of them is.
        one = all(sign_of_poly(x) == (1 if a.op == "min" else -1) for x in a.args)
        return (any if one else all)(_poly_vanishes(x, zero, of_step=of_step) for x in a.args)
    state = a.kind.linear_filter or a.op in ("running_max", "filter")
    if a.op == "sum" or a.kind.zero_with_argument or (state and not of_step):
        return _poly_vanishes(a.args[0], zero, of_step=of_step)
    return False


def _poly_vanishes(p: Poly, zero: Set[Atom], *, of_step: bool) -> bool:
    return all(any(_vanishes(a, zero, of_step=of_step) for a, _, _ in m.factors) for m, _ in p.terms)


def _zero_so_far(b: Atom) -> frozenset[Atom]:
    """Return atoms that are zero at this step and at all before it, where an average or running maximum is.

    The average of values of one sign is zero only if all of them are.
    """
    found: set[Atom] = set()
    waiting = [b]
    while waiting:
        a = waiting.pop()
        if a in found:
            continue
        if _gathers(a) or a.op == "sum":
            inner = a.args[0]
            signs = {sign_of_term(m, c) for m, c in inner.terms}
            one_sided = len(signs) == 1 and 0 not in signs and (a.op != "running_max" or signs == {1})
            if one_sided:
                waiting += [x for m, _ in inner.terms for x in _only_zero(m)]
            elif a is b:
                # It may be zero now and not before.
                return frozenset()
        elif a.kind.zero_with_argument_only and len(a.args[0].terms) == 1:
            waiting += _only_zero(a.args[0].terms[0][0])
        found.add(a)
    return frozenset(found)


def _only_zero(m: Mono) -> list[Atom]:
    """Return the one factor of a monomial that may vanish, if only one may: it is 0 where the product is."""
    vanishing = [a for a, _, _ in m.factors if not nonzero(a)]
    return vanishing if len(vanishing) == 1 else []


def idle_beside(m: Mono, y: Poly) -> list[Factor]:
    """Return the indicators in a monomial of factors that a sum has, too: the sum is zero where they are."""
    indicators = [f for f in m.factors if f[1] == 0 and f[2] == 2]
    if not indicators:
        return []
    common = base(y)[1].factors
    return [f for f in indicators if any(vanishes_with(a, f[0]) for a, _, _ in common)]


def without_idle_beside(x: Poly, y: Poly) -> Poly:
    """Return a sum whose product with ``y`` is the same, without indicators of what ``y`` vanishes with."""
    idle = [(m, c, idle_beside(m, y)) for m, c in x.terms]
    if not any(gone for _, _, gone in idle):
        return x
    note("sign-square")
    return add(*(single([f for f in m.factors if f not in gone], c) for m, c, gone in idle))
