"""Proof that a polynomial analytic in gradients and weights is not identically zero, at any step.

An analytic function vanishes on a null set unless it vanishes everywhere. So it is enough to find, for
every step, one history where it does not: all gradients and weights are zero before the step, and one of a
few pairs ``(g, w)`` at the step. Averages then are ``(1 - beta) x``. The scalars of the step are known only
to lie in a box; the boxes of all steps are covered, each with a pair for which interval arithmetic excludes
zero.

A divisor and the argument of a logarithm cut the domain: an analytic function may vanish on one part and not
on another, as ``arctan(1/g) + arctan(g) - 2 arctan(1)`` does for g > 0. So a pair is needed for every part.
Affine functions of the history cut it into convex parts, one for each combination of their signs. Other
divisors may have several parts for one sign, as ``4 g^2 - 1``; there nothing is claimed.

At the first step ``v_hat - g`` is zero whatever the gradient is, and no pair is found.
"""

from __future__ import annotations

from collections.abc import Callable

from nos_sym.algebra.kernel.bounds import bounds_of_atom, sign_of_poly, sign_of_term
from nos_sym.algebra.kernel.kinds import Bounds
from nos_sym.algebra.kernel.scalars import Subdomain, atom_on, leaves_of, poly_on
from nos_sym.algebra.kernel.term import Atom, Mono, Poly, workspace

SUBDOMAINS = 8
CUTS = 3
"""Most affine functions that cut the domain."""

# Where g and w are far apart, one monomial outweighs the others whatever the scalars of the step are.
POINTS = ((1.3e-3, 1.7e-7), (41.0, 0.0213), (0.019, 37.0), (0.7, 1.3), (-1.9, 0.45))
_QUADRANTS = tuple((x * a, y * b) for x, y in POINTS for a in (1, -1) for b in (1, -1))


def witnessed(p: Poly) -> bool:
    """Return whether ``p``, which must be analytic, is proved not to vanish identically, at every step."""
    return _proved(p, _nonzero)


def varies(p: Poly) -> bool:
    """Return whether ``p``, which must be analytic, is proved to vary with its g and w, at every step.

    Then no average of it vanishes identically, whatever it adds up from the steps before.
    """
    return _proved(p, _different)


def _nonzero(values: list[Bounds]) -> bool:
    return any(low > 0 or high < 0 for low, high in values)


def _different(values: list[Bounds]) -> bool:
    return max(low for low, _ in values) > min(high for _, high in values)


Test = Callable[[list[Bounds]], bool]


def _proved(p: Poly, test: Test) -> bool:
    memo = workspace().memo
    key = (test, p)
    if key not in memo:
        memo[key] = all(starts_at_zero(m) for m, _ in p.terms) and _everywhere(p, test)
    return memo[key]  # type: ignore[return-value]


def _everywhere(p: Poly, test: Test) -> bool:
    """Return whether all steps are covered: the first, of any total, and subdomains of the others."""
    names = leaves_of(p) - {"g", "w"}
    if not names:
        return _somewhere(p, {}, test)
    first = Subdomain((0.0, 0.0), (0.0, 1.0)).box() | {"first": (0.0, 0.0)}
    if not _somewhere(p, first, test):
        return False
    waiting = [Subdomain((0.0, 0.5), (0.0, 1.0)), Subdomain((0.5, 1.0), (0.0, 1.0))]
    for _ in range(SUBDOMAINS):
        subdomain = waiting.pop()
        if not _somewhere(p, subdomain.box() | {"later": (0.0, 0.0)}, test):
            if names <= {"correction"}:
                return False
            waiting += subdomain.halves(names)
        if not waiting:
            return True
    return False


def _somewhere(p: Poly, box: dict[str, Bounds], test: Test) -> bool:
    """Return whether the values of a polynomial at the pairs of each part of its domain pass a test."""
    cuts = cuts_of(p)
    if cuts is None or len(cuts) > CUTS:
        return False
    values: dict[tuple[bool, ...], list[Bounds]] = {}
    for g, w in _QUADRANTS if cuts else POINTS:
        here = {**box, "g": (g, g), "w": (w, w)}
        sides = [atom_on(a, here) for a in cuts]
        if all(x > 0 or y < 0 for x, y in sides):
            values.setdefault(tuple(x > 0 for x, _ in sides), []).append(poly_on(p, here))
            if len(values) == 2 ** len(cuts) and all(map(test, values.values())):
                return True
    return False


def cuts_of(p: Poly) -> list[Atom] | None:
    """Return affine functions off whose zeros a polynomial is analytic, ``None`` where none are found.

    It is not analytic where a divisor or the argument of a logarithm vanishes, and ``i1e`` is not at 0. What
    is inside an average may not be so anywhere: the past of a witness is zero, which may be such a place.
    """
    memo = workspace().memo
    key = ("cuts", p)
    if key not in memo:
        memo[key] = _cuts(p)
    return memo[key]  # type: ignore[return-value]


def _cuts(p: Poly) -> list[Atom] | None:
    found: dict[Atom, None] = {}
    seen: set[tuple[Poly, bool]] = set()
    waiting = [(p, False)]
    while waiting:
        here, averaged = waiting.pop()
        if (here, averaged) in seen:
            continue
        seen.add((here, averaged))
        for a, q, _ in (f for m, _ in here.terms for f in m.factors if not f[0].scalar):
            waiting += [(x, averaged or a.kind.linear_filter) for x in a.args]
            singular = [_zeros_of_atom(a)] if q < 0 else []
            if a.op in ("ln", "i1e"):
                singular.append(_zeros_of(a.args[0]))
            for zeros in singular:
                if zeros is None or (zeros and averaged):
                    return None
                found.update(zeros)
    return list(found)


Zeros = dict[Atom, None]


def _zeros_of(p: Poly) -> Zeros | None:
    """Return affine functions of which one vanishes wherever a polynomial does, ``None`` if not found."""
    signs = {sign_of_term(m, c) for m, c in p.terms}
    if len(p.terms) > 1 and (len(signs) > 1 or 0 in signs):
        return None
    # Where a sum of terms of one sign vanishes each of them does: those of one term are enough.
    found = [x for x in (_zeros_of_product(m) for m, _ in p.terms) if x is not None]
    return min(found, key=len, default=None)


def _zeros_of_product(m: Mono) -> Zeros | None:
    found: Zeros = {}
    for a, _, _ in m.factors:
        zeros = _zeros_of_atom(a)
        if zeros is None:
            return None
        found |= zeros
    return found


def _zeros_of_atom(a: Atom) -> Zeros | None:
    low, high = bounds_of_atom(a)
    if low > 0 or high < 0 or a.kind.nonzero:
        return {}
    if a.scalar:
        return None
    if _is_affine_atom(a):
        return {a: None}
    if a.op in ("sum", "ema") or a.kind.zero_with_argument_only:
        # An average of values of one sign vanishes only where the value of the step does.
        return _zeros_of(a.args[0]) if sign_of_poly(a.args[0]) else None
    return None


def _is_affine_atom(a: Atom) -> bool:
    return a.kind.free or ((a.op == "sum" or a.kind.linear_filter) and _is_affine(a.args[0]))


def _is_affine(p: Poly) -> bool:
    """Return whether a polynomial is affine in the gradients and weights of all steps so far."""
    tensors = [[f for f in m.factors if not f[0].scalar] for m, _ in p.terms]
    return all(not f or (len(f) == 1 and f[0][1:] == (1, 1) and _is_affine_atom(f[0][0])) for f in tensors)


def starts_at_zero(m: Mono) -> bool:
    """Return whether each average in a monomial is of something that is zero where g and w are."""
    return all(_starts(a) for a, _, _ in m.factors)


def _starts(a: Atom) -> bool:
    memo = workspace().memo
    key = ("starts", a)
    if key not in memo:
        memo[key] = _begins(a)
    return memo[key]  # type: ignore[return-value]


def _begins(a: Atom) -> bool:
    if a.kind.linear_filter:
        return all(_zero_at_zero(m) for m, _ in a.args[0].terms) and all(
            starts_at_zero(m) for m, _ in a.args[0].terms
        )
    if a.kind.varying and a.args:
        return False
    return all(starts_at_zero(m) for x in a.args for m, _ in x.terms)


def _zero_at_zero(m: Mono) -> bool:
    """Return whether a monomial is zero for zero gradients and weights: one of its factors is."""
    return any(a.kind.zero_at_rest and _all_zero(a) for a, _, _ in m.factors)


def _all_zero(a: Atom) -> bool:
    memo = workspace().memo
    key = ("zero at zero", a)
    if key not in memo:
        memo[key] = all(_zero_at_zero(n) for x in a.args for n, _ in x.terms)
    return memo[key]  # type: ignore[return-value]
