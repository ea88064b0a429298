"""Which argument of a maximum or minimum decides against which, and which sums are extrema."""

from __future__ import annotations

from fractions import Fraction

from nos_sym.algebra.kernel.bounds import bounds, sign_of, sign_of_poly
from nos_sym.algebra.kernel.comparisons import sign_of_difference
from nos_sym.algebra.kernel.products import mul
from nos_sym.algebra.kernel.refutation import exceeds_somewhere, not_refuted
from nos_sym.algebra.kernel.scalars import scalar_bounds
from nos_sym.algebra.kernel.term import Atom, Mono, Poly, add, mono, note, poly, scaled, single, workspace


def as_extremum(p: Poly) -> tuple[str, list[Poly]] | None:
    """Return operation and arguments where a polynomial is a maximum or minimum, negated, scaled or shifted.

    A shift and a factor that is never negative belong to the arguments: ``1 + |z| max(x, y)`` is
    ``max(1 + |z| x, 1 + |z| y)``. So is ``x + |x|``, which is ``max(2 x, 0)``.
    """
    return _as_extremum(p) or _as_positive_part(p)


def _as_extremum(p: Poly) -> tuple[str, list[Poly]] | None:
    found: Atom | None = None
    factors: dict[Mono, Fraction] = {}
    rest: dict[Mono, Fraction] = {}
    for m, c in p.terms:
        inner = [f for f in m.factors if f[0].op in ("max", "min")]
        others = [f for f in m.factors if f[0].op not in ("max", "min")]
        if len(inner) == 1 and inner[0][1] == 1:
            a, _, s = inner[0]
            sign = sign_of(a)
            if s == 1 or sign:
                if found is not None and found is not a:
                    return None
                # |a| is -a where a is never positive.
                found, factors[mono(others)] = a, -c if s == 0 and sign < 0 else c
                continue
        rest[m] = c
    if found is None:
        return None
    factor, outer = poly(factors), poly(rest)
    sign = sign_of_poly(factor)
    if not sign:
        return None
    arguments = [add(outer, mul(factor, x)) for x in found.args]
    return (found.op if sign > 0 else dual(found.op)), arguments


def _as_positive_part(p: Poly) -> tuple[str, list[Poly]] | None:
    """Return ``R + c (|x| + x)`` as the extremum of ``R + 2 c x`` and ``R``."""
    if len(p.terms) < 2:
        return None
    terms = dict(p.terms)
    for m, c in p.terms:
        if not any(s == 0 and q > 0 and sign_of(a) == 0 for a, q, s in m.factors):
            continue
        if any(s == 1 for _, _, s in m.factors):
            continue
        signed = _signed_partner(m, terms)
        if signed is None:
            continue
        x = scaled(signed, c)
        for part in (x, -x):
            if all(terms.get(n) == d for n, d in part.terms):
                rest = add(p, -part, poly({m: -c}))
                return ("max" if c > 0 else "min"), [add(rest, scaled(part, 2)), rest]
    return None


def _signed_partner(m: Mono, terms: dict[Mono, Fraction]) -> Poly | None:
    """Return x of which a monomial is the absolute value, where x may stand beside it in a sum."""
    for a, q, s in m.factors:
        if a.op == "sum" and s == 0 and q == 1 and sign_of(a) == 0:
            others = [f for f in m.factors if f[0] is not a]
            return mul(single(others), a.args[0])
    size = [(a, q) for a, q, _ in m.factors]
    for n in terms:
        # The absolute value of a product with the same powers is this one, which has no sign.
        if n is not m and [(a, q) for a, q, _ in n.factors] == size:
            return single(n.factors)
    return None


def dual(op: str) -> str:
    """Return the operation of the negated arguments."""
    return "min" if op == "max" else "max"


def pruned(op: str, arguments: dict[Poly, Poly]) -> list[Poly]:
    """Return the arguments of an extremum that no other bounds, sorted by their digests.

    Args:
        op: ``max`` or ``min``.
        arguments: each to the extremum that it is an argument of, or to itself.
    """
    kept: list[Poly] = []
    shifted = {p: _is_shifted(p) for p in arguments.values()}
    for p in _without_jointly_dominated(op, list(arguments)):
        # No argument of an extremum bounds another one of it: that was asked when it was made.
        one = arguments[p] if shifted[arguments[p]] else None
        others = [q for q in kept if arguments[q] is not one]
        below, above = not_refuted(p, others)
        over, under = (above, below) if op == "max" else (below, above)
        if any(_dominates(op, q, p) for q in over):
            note("max-bounded")
            continue
        bounded = [q for q in under if _dominates(op, p, q)]
        if bounded:
            note("max-bounded")
            kept = [q for q in kept if q not in bounded]
        kept.append(p)
    return sorted(kept, key=lambda p: p.digest)


def _is_shifted(p: Poly) -> bool:
    """Return whether a polynomial is an extremum times a number, with other terms beside it."""
    found = [m for m, _ in p.terms if any(a.op in ("max", "min") for a, _, _ in m.factors)]
    return len(found) == 1 and len(found[0].factors) == 1


def _without_jointly_dominated(op: str, arguments: list[Poly]) -> list[Poly]:
    """Leave out min(max(x, y), z) where x and y stand beside it: it is no more than their maximum."""
    kept = arguments
    for p in arguments:
        if len(kept) > 2 and as_extremum(p) is not None:
            others = [q for q in kept if q is not p]
            if _jointly_dominated(op, p, others):
                note("max-bounded")
                kept = others
    return kept


def _jointly_dominated(op: str, p: Poly, others: list[Poly], depth: int = 0) -> bool:
    if any(_dominates(op, q, p) for q in others):
        return True
    inner = as_extremum(p)
    if inner is None or depth > 3:
        return False
    test = all if inner[0] == op else any
    return test(_jointly_dominated(op, x, others, depth + 1) for x in inner[1])


def _dominates(op: str, p: Poly, q: Poly) -> bool:
    """Return whether ``p`` alone decides against ``q``: p >= q in a maximum, p <= q in a minimum."""
    return at_most(q, p) if op == "max" else at_most(p, q)


def at_most(p: Poly, q: Poly, depth: int = 0) -> bool:
    """Return whether ``p <= q`` is proved, everywhere and at every step."""
    if p is q:
        return True
    memo = workspace().memo
    key = ("at most", p, q, depth)
    if key not in memo:
        memo[key] = _at_most(p, q, depth)
    return bool(memo[key])


def _at_most(p: Poly, q: Poly, depth: int) -> bool:
    if exceeds_somewhere(p, q):
        return False
    difference = add(q, -p)
    if difference.scalar and difference.terms and scalar_bounds(difference)[0] >= 0:
        return True
    if sign_of_difference(difference) > 0 or bounds(p)[1] <= bounds(q)[0]:
        return True
    if depth > 3:
        return False
    for x, y, order in ((p, q, "left"), (q, p, "right")):
        inner = as_extremum(x)
        if inner is None:
            continue
        op, arguments = inner
        every = (op == "max") == (order == "left")
        test = all if every else any
        if test(at_most(a, y, depth + 1) if order == "left" else at_most(y, a, depth + 1) for a in arguments):
            return True
    return False
