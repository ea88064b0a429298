"""Proof that a polynomial analytic in gradients and weights is not identically zero, at any step.

An analytic function vanishes on a null set unless it vanishes everywhere. So it is enough to find, for
every step, one history where it does not: all gradients and weights are zero before the step, and one of a
few pairs ``(g, w)`` at the step. Averages then are ``(1 - beta) x``. The scalars of the step are known only
to lie in a box; the boxes of all steps are covered, each with a pair for which interval arithmetic excludes
zero.

A divisor and the argument of a logarithm cut the domain: an analytic function may vanish on one part and not
on another, as ``arctan(1/g) + arctan(g) - 2 arctan(1)`` does for g > 0. So a pair is needed for every
combination of the signs of these.

At the first step ``v_hat - g`` is zero whatever the gradient is, and no pair is found.
"""

from __future__ import annotations

from nos_sym.algebra.kernel.bounds import sign_of
from nos_sym.algebra.kernel.kinds import Bounds
from nos_sym.algebra.kernel.scalars import Subdomain, atom_on, leaves_of, poly_on
from nos_sym.algebra.kernel.term import Atom, Mono, Poly, workspace

SUBDOMAINS = 8
CUTS = 3
"""Most divisors and arguments of logarithms that may change their sign."""

# Where g and w are far apart, one monomial outweighs the others whatever the scalars of the step are.
POINTS = ((1.3e-3, 1.7e-7), (41.0, 0.0213), (0.019, 37.0), (0.7, 1.3), (-1.9, 0.45))
_QUADRANTS = tuple((x * a, y * b) for x, y in POINTS for a in (1, -1) for b in (1, -1))


def witnessed(p: Poly) -> bool:
    """Return whether ``p``, which must be analytic, is proved not to vanish identically, at every step."""
    memo = workspace().memo
    key = ("witnessed", p)
    if key not in memo:
        memo[key] = all(_starts_at_zero(m) for m, _ in p.terms) and _everywhere(p)
    return memo[key]  # type: ignore[return-value]


def _everywhere(p: Poly) -> bool:
    """Return whether all steps are covered: the first, of any total, and subdomains of the others."""
    names = leaves_of(p) - {"g", "w"}
    if not names:
        return _somewhere(p, {})
    first = Subdomain((0.0, 0.0), (0.0, 1.0)).box() | {"first": (0.0, 0.0)}
    if not _somewhere(p, first):
        return False
    waiting = [Subdomain((0.0, 0.5), (0.0, 1.0)), Subdomain((0.5, 1.0), (0.0, 1.0))]
    for _ in range(SUBDOMAINS):
        subdomain = waiting.pop()
        if not _somewhere(p, subdomain.box() | {"later": (0.0, 0.0)}):
            if names <= {"correction"}:
                return False
            waiting += subdomain.halves(names)
        if not waiting:
            return True
    return False


def _somewhere(p: Poly, box: dict[str, Bounds]) -> bool:
    """Return whether a polynomial is nonzero at a pair of every part of its domain."""
    cuts = cuts_of(p)
    if len(cuts) > CUTS:
        return False
    seen: set[tuple[bool, ...]] = set()
    for g, w in _QUADRANTS if cuts else POINTS:
        here = {**box, "g": (g, g), "w": (w, w)}
        low, high = poly_on(p, here)
        if not (low > 0 or high < 0):
            continue
        values = [atom_on(a, here) for a in cuts]
        if all(x > 0 or y < 0 for x, y in values):
            seen.add(tuple(x > 0 for x, _ in values))
        if len(seen) == 2 ** len(cuts):
            return True
    return False


def cuts_of(p: Poly) -> list[Atom]:
    """Return the divisors and the factors of arguments of logarithms that are positive and negative."""
    memo = workspace().memo
    key = ("cuts", p)
    if key not in memo:
        found: dict[Atom, None] = {}
        seen: set[Poly] = set()
        waiting = [p]
        while waiting:
            here = waiting.pop()
            if here in seen:
                continue
            seen.add(here)
            for m, _ in here.terms:
                for a, q, _ in m.factors:
                    waiting += a.args
                    if q < 0:
                        found[a] = None
                    if a.op in ("ln", "abspow"):
                        found.update(dict.fromkeys(b for n, _ in a.args[0].terms for b, _, _ in n.factors))
        memo[key] = [a for a in found if not a.scalar and sign_of(a) == 0]
    return memo[key]  # type: ignore[return-value]


def _starts_at_zero(m: Mono) -> bool:
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
            _starts_at_zero(m) for m, _ in a.args[0].terms
        )
    if a.kind.varying and a.args:
        return False
    return all(_starts_at_zero(m) for x in a.args for m, _ in x.terms)


def _zero_at_zero(m: Mono) -> bool:
    """Return whether a monomial is zero, and no factor of it infinite, for zero gradients and weights."""
    zero = False
    for a, q, s in m.factors:
        if a.scalar or a.op == "exp":
            continue
        if q < 0 or not a.kind.zero_at_rest:
            return False
        inside = _all_zero(a)
        if not inside and a.kind.linear_filter:
            return False
        zero = zero or (inside and (q > 0 or s > 0))
    return zero


def _all_zero(a: Atom) -> bool:
    memo = workspace().memo
    key = ("zero at zero", a)
    if key not in memo:
        memo[key] = all(_zero_at_zero(n) for x in a.args for n, _ in x.terms)
    return memo[key]  # type: ignore[return-value]
