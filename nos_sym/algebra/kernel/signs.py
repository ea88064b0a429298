"""Signs of sums that bounds alone do not show, because multiplying out has hidden them.

``1.05 g^2 + (0.95/c - 0.663) ema(g^2)`` is a sum over tensors that are never negative, each with a function
of the step that is never negative; ``d erf(x) - 2 d`` is ``d (erf(x) - 2)``.
"""

from __future__ import annotations

from fractions import Fraction

from nos_sym.algebra.kernel.bounds import sign_of, sign_of_poly
from nos_sym.algebra.kernel.common_factors import base
from nos_sym.algebra.kernel.dominance import as_extremum
from nos_sym.algebra.kernel.powers import bernstein_sign
from nos_sym.algebra.kernel.products import mul, product
from nos_sym.algebra.kernel.term import Mono, Poly, add, mono, poly, single
from nos_sym.algebra.kernel.zeros import nonzero, nonzero_poly


def sign_of_sum(p: Poly) -> int:
    """Return 1 where a sum is never negative, -1 where it is never positive, else 0."""
    coefficient, monomial, remainder = base(p)
    if (remainder is None or remainder.args[0] is not p) and all(s != 1 for _, _, s in monomial.factors):
        inner = 1 if remainder is None else sign_of(remainder)
        if inner:
            return inner if coefficient > 0 else -inner
    found = as_extremum(p)
    if found is not None:
        op, arguments = found
        # An argument that is an extremum again could lead to ever larger ones.
        signs = [0 if as_extremum(x) is not None else sign_of_poly(x) for x in arguments]
        zeros = [not x.terms for x in arguments]  # of both signs
        one, other = (1, -1) if op == "max" else (-1, 1)
        if one in signs or any(zeros):
            return one
        if all(s == other or zero for s, zero in zip(signs, zeros, strict=True)):
            return other
    if p.scalar:
        return bernstein_sign(p)
    inside = _average_of(p)
    if inside is not None:
        return sign_of_poly(inside)
    groups = _by_tensor(p)
    return _of_groups(groups) or _of_shared_decay(groups)


def _average_of(p: Poly) -> Poly | None:
    """Return what a sum is the uncorrected average of, where it is one: averages with one beta."""
    parts: list[Poly] = []
    betas = set()
    for monomial, coefficient in p.terms:
        varying = [f for f in monomial.factors if not f[0].constant]
        if len(varying) != 1:
            return None
        a, q, s = varying[0]
        beside = single([f for f in monomial.factors if f[0].constant], coefficient)
        if q != 1 or a.op not in ("ema", "correction") or (a.op == "ema" and s != 1 and sign_of(a) <= 0):
            return None
        betas.add(a.param)
        parts.append(mul(a.args[0], beside) if a.op == "ema" else beside)
    return add(*parts) if len(betas) == 1 else None


def _by_tensor(p: Poly) -> dict[Mono, Poly]:
    """Return for each tensor the function of the step that multiplies it."""
    groups: dict[Mono, dict[Mono, Fraction]] = {}
    for m, c in p.terms:
        tensor = mono([f for f in m.factors if not f[0].scalar])
        decay = mono([f for f in m.factors if f[0].scalar])
        here = groups.setdefault(tensor, {})
        here[decay] = here.get(decay, Fraction(0)) + c
    return {m: poly(coefficients) for m, coefficients in groups.items()}


def one_sided(p: Poly) -> bool:
    """Return whether a sum over tensors has one sign, and one part of it that is never zero."""
    if p.scalar:
        return False
    groups = _by_tensor(p)
    return _of_groups(groups) != 0 and any(
        nonzero_poly(coefficient) and all(nonzero(a) for a, _, _ in m.factors)
        for m, coefficient in groups.items()
    )


def _of_groups(groups: dict[Mono, Poly]) -> int:
    signs = set()
    for m, coefficient in groups.items():
        if any(s == 1 for _, _, s in m.factors):
            return 0
        signs.add(sign_of_poly(coefficient))
    return signs.pop() if len(signs) == 1 else 0


def _of_shared_decay(groups: dict[Mono, Poly]) -> int:
    """Return the sign of a sum whose tensors share a sum of decays, or one decay, as a factor."""
    if len(groups) < 2:
        return 0
    rows = [(m, *base(coefficient)) for m, coefficient in groups.items()]
    sums = {a for _, _, _, a in rows}
    if len(sums) != 1:
        return 0
    shared = sums.pop()
    decays = {decay for _, _, decay, _ in rows}
    common = decays.pop() if len(decays) == 1 else None
    if shared is None and (common is None or not common.factors):
        return 0
    outside = [*(common.factors if common else ()), *([(shared, 1, 1)] if shared else [])]
    inside = [product(c, [*m.factors, *(() if common else decay.factors)]) for m, c, decay, _ in rows]
    return sign_of_poly(product(Fraction(1), outside)) * sign_of_poly(add(*inside))
