"""Factors that the terms of a sum share, numbers and denominators included."""

from __future__ import annotations

from fractions import Fraction

from nos_sym.algebra.kernel.exponents import joined
from nos_sym.algebra.kernel.recursion import recursive
from nos_sym.algebra.kernel.reduction import leading_term
from nos_sym.algebra.kernel.term import (
    ONE,
    Atom,
    Exponent,
    Mono,
    Poly,
    add,
    atom,
    mono,
    note,
    scaled,
    workspace,
)


def base(p: Poly) -> tuple[Fraction, Mono, Atom | None]:
    """Return ``(c, M, A)`` with ``p = c M A``: a number, common factors, and the remaining sum, if any.

    The first term of the remaining sum has coefficient 1, so ``x - y`` and ``y - x`` have the same sum.
    """
    if len(p.terms) == 1:
        return p.terms[0][1], p.terms[0][0], None
    key = ("base", p)
    memo = workspace().memo
    if key not in memo:
        memo[key] = _base(p)
    return memo[key]  # type: ignore[return-value]


def _base(p: Poly) -> tuple[Fraction, Mono, Atom | None]:
    common = _common(p)
    head = mono([(a, q, s) for a, (q, s) in common.items()])
    rest = divided(p, common) if common else p
    if not rest.terms:
        # Without denominators the sum is zero, as in g/(g + w) + w/(g + w) - 1.
        head, rest = mono(()), p
    if common and len(rest.terms) > 1:
        # Without denominators its terms may share more: 1 - x - (1 - x)/(1 + y) is y (1 - x)/(1 + y).
        more = _common(rest)
        left = divided(rest, more) if more else rest
        if more and left.terms:
            head = _joint(head, mono([(a, q, s) for a, (q, s) in more.items()]))
            rest = left
    lead = rest.terms[0][1]
    if len(rest.terms) == 1:
        # 1 - 1/(1 + |x|) is |x| / (1 + |x|).
        return lead, _joint(head, rest.terms[0][0]), None
    root, exponent = rest, 1
    content = ONE
    while len(root.terms) > 2:
        # A root may be a power itself, as x^2 is in x^4.
        found = recursive.perfect_power(root)
        if found is None:
            break
        c, root, k = found
        content *= c**exponent
        exponent *= k
    if exponent > 1:
        first = root.terms[0][1]
        whole = atom("sum", (scaled(root, 1 / first),))
        note("perfect-power")
        return content * first**exponent, _joint(head, mono([(whole, exponent, exponent % 2)])), None
    return lead, head, atom("sum", (scaled(rest, 1 / lead),))


def _joint(m: Mono, n: Mono) -> Mono:
    """Return a product of monomials as it is, without the normal form that would multiply it out again."""
    together: dict[Atom, tuple[Exponent, int]] = {a: (q, s) for a, q, s in m.factors}
    for a, q, s in n.factors:
        r, t = joined(together.get(a, (0, 0)), (q, s))
        together[a] = r, 0 if t == 2 and (r != 0 or recursive.nonzero(a)) else t
    return mono([(a, q, s) for a, (q, s) in together.items() if q or s])


def _common(p: Poly) -> dict[Atom, tuple[Exponent, int]]:
    """Return the factors that all terms share, and those that clear the denominators of all terms."""
    rows = [{a: (q, s) for a, q, s in m.factors} for m, _ in p.terms]
    common: dict[Atom, tuple[Exponent, int]] = {}
    for a in dict.fromkeys(a for row in rows for a in row):
        here = [row.get(a, (0, 0)) for row in rows]
        least = shared_exponent(a, [q for q, _ in here])
        if least < 0 and (0, 0) in here and not recursive.nonzero(a):
            # 1/a + y is not (1 + a y)/a where a is 0.
            least = 0
        signs = {s for _, s in here}
        shared = signs.pop() if len(signs) == 1 else 0
        if least or shared:
            common[a] = least, shared
    return common


def shared_factors(p: Poly) -> dict[Atom, tuple[Exponent, int]]:
    """Return the factors that every term has, numerators and denominators apart."""
    shared = {a: (q, s) for a, q, s in p.terms[0][0].factors}
    for m, _ in p.terms[1:]:
        here = {a: (q, s) for a, q, s in m.factors}
        for a, (q, s) in list(shared.items()):
            here_exponent, here_sign = here.get(a, (0, 0))
            if q * here_exponent > 0 or (q == here_exponent == 0 and s == here_sign):
                shared[a] = min(q, here_exponent, key=lambda e: abs(Fraction(e))), s if s == here_sign else 0
            else:
                del shared[a]
    return {a: (q, s) for a, (q, s) in shared.items() if q or s}


def shared_exponent(a: Atom, exponents: list[Exponent]) -> Exponent:
    """Return the power that terms share, or that clears a denominator which reduces numerators."""
    least, most = min(exponents), max(exponents)
    if least < 0 and a.op == "sum" and leading_term(a) is None:
        return most if most < 0 else 0
    return least


def divided(p: Poly, common: dict[Atom, tuple[Exponent, int]]) -> Poly:
    """Return ``p`` without factors that every term has or that clear its denominators."""
    parts: list[Poly] = []
    for m, c in p.terms:
        left: dict[Atom, tuple[Exponent, int]] = {a: (q, s) for a, q, s in m.factors}
        for a, (q0, s0) in common.items():
            q, s = left.get(a, (0, 0))
            left[a] = q - q0, 0 if s == s0 else s
        parts.append(recursive.product(c, [(a, q, s) for a, (q, s) in left.items() if q or s]))
    return add(*parts)
