"""Proof that a polynomial analytic in gradients and weights is not identically zero, at any step.

An analytic function vanishes on a null set unless it vanishes everywhere. So it is enough to find, for
every step, one history where it does not: all gradients and weights are zero before the step, and one of a
few pairs ``(g, w)`` at the step. Averages then are ``(1 - beta) x``. The scalars of the step are known only
to lie in a box; the boxes of all steps are covered, each with a pair for which interval arithmetic excludes
zero.

At the first step ``v_hat - g`` is zero whatever the gradient is, and no pair is found.
"""

from __future__ import annotations

from nos_sym.algebra.kernel.kinds import Bounds
from nos_sym.algebra.kernel.scalars import Subdomain, leaves_of, poly_on
from nos_sym.algebra.kernel.term import Atom, Mono, Poly, workspace

SUBDOMAINS = 8
# Where g and w are far apart, one monomial outweighs the others whatever the scalars of the step are.
POINTS = ((1.3e-3, 1.7e-7), (41.0, 0.0213), (0.019, 37.0), (0.7, 1.3), (-1.9, 0.45))


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
    for g, w in POINTS:
        low, high = poly_on(p, {**box, "g": (g, g), "w": (w, w)})
        if low > 0 or high < 0:
            return True
    return False


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
