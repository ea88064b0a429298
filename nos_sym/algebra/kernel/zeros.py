"""Which values are never zero.

On every history and at every step: exp(x), 1 + x^2, averages of such. In tables that work almost everywhere
(:class:`~nos_sym.algebra.kernel.term.Workspace`), a value that is zero on a null set of histories alone, as g
or ``g + w``, counts too and is recorded; a function of the step counts only if it is zero at no step.
"""

from __future__ import annotations

from fractions import Fraction

from nos_sym.algebra.kernel.bounds import bounds, bounds_of_atom, sign_of, sign_of_poly, sign_of_term
from nos_sym.algebra.kernel.recursion import recursive
from nos_sym.algebra.kernel.term import Atom, Mono, Poly, add, constant, poly, scaled, single, workspace
from nos_sym.language.operation import Parity


def nonzero(a: Atom) -> bool:
    """Return whether an atom is never zero, or may be taken for nonzero in the tables in use."""
    if a._nonzero is None:
        a._nonzero = _never_zero(a)
        if not a._nonzero and workspace().may_assume(a) and _null_zeros(a):
            workspace().assumed[a] = None
            a._nonzero = True
    return a._nonzero


def _never_zero(a: Atom) -> bool:
    low, high = bounds_of_atom(a)
    if low > 0 or high < 0 or a.kind.nonzero:
        return True
    if a.kind.zero_with_argument_only:
        return nonzero_poly(a.args[0])
    if a.op == "sum":
        return _one_sided(a.args[0]) or _scalar_nonzero(a.args[0])
    if a.op == "ema" or (a.op == "filter" and a.param.gathers):
        return _one_sided(a.args[0])
    if a.op == "running_max":
        return sign_of_poly(a.args[0]) > 0 and nonzero_poly(a.args[0])
    if a.op == "ln":
        # As ln(1 + e^x). Of a factor that is never zero alone: ln 0 is a constant that may be 0.
        inner = a.args[0]
        if not nonzero_poly(inner):
            return False
        return _one_sided(add(_opened(inner), constant(-1)))
    if a.op in ("max", "min"):
        # A maximum is zero only where one of its arguments is.
        return all(nonzero_poly(x) for x in a.args)
    return False


def _opened(p: Poly) -> Poly:
    """Return the absolute value of a sum as that sum, or its negative, where it is one of known sign."""
    if len(p.terms) != 1 or p.terms[0][1] != 1 or len(p.terms[0][0].factors) != 1:
        return p
    a, q, _ = p.terms[0][0].factors[0]
    return scaled(a.args[0], sign_of(a)) if a.op == "sum" and q == 1 and sign_of(a) else p


def _one_sided(p: Poly) -> bool:
    """Return whether a polynomial has one sign and is never zero; then its averages are never zero either."""
    return _positive_somewhere(p) or _beyond_number(p) or recursive.one_sided(p)


def _null_zeros(a: Atom) -> bool:
    """Return whether an atom is zero on a null set of histories alone, at every step."""
    if a.scalar:
        return False
    if a.kind.linear_filter:
        # It may vanish at a step although its argument does not, as delta(1) does at every other one.
        return all(_analytic(m) for m, _ in a.args[0].terms) and recursive.varies(a.args[0])
    return _generic(single([(a, 1, 1)]))


def nonzero_poly(p: Poly) -> bool:
    """Return whether a polynomial is never zero, or may be taken for nonzero in the tables in use."""
    if len(p.terms) == 1:
        return all(nonzero(a) for a, _, _ in p.terms[0][0].factors)
    low, high = bounds(p)
    if low > 0 or high < 0 or _positive_somewhere(p) or _beyond_number(p):
        return True
    if p.scalar:
        return _scalar_nonzero(p)
    if workspace().may_assume(p) and _generic(p):
        workspace().assumed[p] = None
        return True
    return False


def _beyond_number(p: Poly) -> bool:
    """Return whether a sum is a number and a rest of the same sign, as ``1 + y^2`` multiplied out."""
    number = next((c for m, c in p.terms if not m.factors), None)
    if number is None:
        return False
    sign = sign_of_poly(poly({m: c for m, c in p.terms if m.factors}))
    return sign != 0 and (sign > 0) == (number > 0)


def _positive_somewhere(p: Poly) -> bool:
    """Return whether all terms have one sign and one of them is nonzero."""
    signs = {sign_of_term(m, c) for m, c in p.terms}
    if len(signs) != 1 or 0 in signs:
        return False
    return any(all(nonzero(a) for a, _, _ in m.factors) for m, _ in p.terms)


def _generic(p: Poly) -> bool:
    """Return whether the zeros of a polynomial form a null set, because it is analytic in g and w."""
    return all(_analytic(m) for m, _ in p.terms) and recursive.witnessed(p)


def _scalar_nonzero(p: Poly) -> bool:
    """Return whether this is ``1 - p``, ``1 - r`` or the like, which is zero at no step."""
    constants = {c > 0 for m, c in p.terms if not m.factors}
    if len(constants) != 1:
        return False
    positive = constants.pop()
    value = Fraction(0)
    for m, c in p.terms:
        c = c if positive else -c
        value += min(c, Fraction(0)) if m.factors else c
        if len(m.factors) > 1:
            return False
        for a, q, s in m.factors:
            # Powers of p lie in [0, 1), and the cosine of pi p in (-1, 1].
            fraction = a.op in ("p", "r", "remaining") or (a.op == "setting" and a.param.fraction)
            below = fraction and s == 0 and q > 0 and c < 0
            above = a.op == "cospi" and _is_progress(a.args[0]) and (q, s) == (1, 1) and c > 0
            value -= c if above else 0
            if not (below or above or (sign_of(a) > 0 and c > 0)):
                return False
    # What lies below a bound never reaches it, and a number alone is not 0.
    return value >= 0


def _is_progress(p: Poly) -> bool:
    """Return whether this is ``p`` or ``r``."""
    if len(p.terms) != 1 or p.terms[0][1] != 1 or len(p.terms[0][0].factors) != 1:
        return False
    a, q, _ = p.terms[0][0].factors[0]
    return a.op in ("p", "r") and q == 1


def _analytic(m: Mono) -> bool:
    """Return whether a monomial is analytic almost everywhere with a null set of zeros."""
    parity: dict[Atom, int] = {}
    for a, q, s in m.factors:
        if a.scalar:
            continue
        if not isinstance(q, int) and Fraction(q).denominator != 1:
            return False
        if a.kind.elementwise and a.kind.analytic and a.kind.parity is Parity.ODD:
            # f(|x|)^q stands beside the sign of x where q is odd.
            if len(a.args[0].terms) != 1:
                return False
            inner = a.args[0].terms[0][0]
            if not all(_analytic_base(b) for b, _, _ in inner.factors):
                return False
            for b, e, _ in inner.factors:
                if Fraction(e).denominator != 1:
                    return False
                if int(q) % 2 and int(e) % 2 and sign_of(b) == 0:
                    parity[b] = parity.get(b, 0) + 1
            if s:
                return False
            continue
        if not _analytic_base(a):
            return False
        if sign_of(a) == 0:
            parity[a] = parity.get(a, 0) + int(q) + s
    return all(n % 2 == 0 for n in parity.values())


def _analytic_base(a: Atom) -> bool:
    if a.scalar:
        return True
    if not a.kind.analytic:
        return False
    memo = workspace().memo
    key = ("analytic", a)
    if key not in memo:
        memo[key] = all(_analytic(m) for x in a.args for m, _ in x.terms)
    return memo[key]  # type: ignore[return-value]
