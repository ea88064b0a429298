"""Factors of sums over generators, by SymPy's polynomials with integer coefficients."""

from __future__ import annotations

from fractions import Fraction
from math import lcm, prod
from typing import Any

from sympy.polys.domains import ZZ
from sympy.polys.polyerrors import BasePolynomialError
from sympy.polys.rings import ring

from nos_sym.algebra.text.effort import is_spent, remembered, spend
from nos_sym.algebra.text.terms import (
    Generator,
    Monomial,
    Terms,
    common,
    content,
    key_of_terms,
    monomial,
    over,
    scaled,
)

LONGEST = 130
"""Most terms of a sum whose factors are looked for."""

SHORT = 12
"""The same where no work is left: what has few terms takes little time."""

DEGREE = 9
"""Largest degree in one of its generators."""

DEGREES = 2500
"""Largest product of the degrees of its generators, each plus 1."""

Factored = tuple[Fraction, Monomial, tuple[tuple[Terms, int], ...]]


@remembered(key_of_terms)
def factors(terms: Terms) -> Factored:
    """Return ``(c, m, ((f, k), ...))`` with the sum equal to ``c m f^k ...`` and each f without factors."""
    m = common(terms)
    rest = {over(n, m): c for n, c in terms.items()} if m else terms
    c = content(rest)
    rest = scaled(rest, 1 / c)
    if len(rest) == 1:
        return c, m, ()
    generators, units, degrees = _variables(rest)
    spend(1 + len(rest) // 4)
    if any(e < 0 for n in rest for _, e in n):
        return c, m, ((rest, 1),)
    longest = SHORT if is_spent() else LONGEST
    if len(rest) > longest or max(degrees) > DEGREE or prod(d + 1 for d in degrees) > DEGREES:
        return c, m, ((rest, 1),)
    _, *variables = ring([f"x{i}" for i in range(len(generators))], ZZ)
    field = variables[0].ring
    made = field.from_dict(
        {
            tuple(int(dict(n).get(x, Fraction(0)) / u) for x, u in zip(generators, units, strict=True)): int(
                d
            )
            for n, d in rest.items()
        }
    )
    found: list[tuple[Terms, int]] = []
    for f, k in _split(made):
        back = _back(f, generators, units)
        number = content(back)
        c *= number**k
        if len(back) > 1:
            found.append((scaled(back, 1 / number), k))
    return c, m, tuple(found)


def _split(p: Any) -> list[tuple[Any, int]]:
    """Return irreducible factors; a sum that is linear in a variable has those of its coefficients alone."""
    for i, d in enumerate(p.degrees()):
        if d == 1:
            x = p.ring.gens[i]
            constant = p.subs(x, 0)
            linear = (p - constant).quo(x)
            shared = linear.gcd(constant)
            if len(shared) == 1:
                return [(p, 1)]
            whole = p.quo(shared)
            return [(whole, 1), *_split(shared)] if whole.degree(x) else [(p, 1)]
    try:
        number, found = p.factor_list()
    except (BasePolynomialError, ArithmeticError, ValueError):
        return [(p, 1)]
    return [*found, (p.ring.ground_new(number), 1)]


def _variables(terms: Terms) -> tuple[list[Generator], list[Fraction], list[int]]:
    """Return generators, the unit of the exponents of each, and its degree in that unit."""
    exponents: dict[Generator, list[Fraction]] = {}
    for n in terms:
        for x, e in n:
            exponents.setdefault(x, []).append(e)
    generators = sorted(exponents, key=lambda x: x.order)
    units = [Fraction(1, lcm(*(e.denominator for e in exponents[x]))) for x in generators]
    degrees = [int(max(exponents[x]) / u) for x, u in zip(generators, units, strict=True)]
    return generators, units, degrees


def _back(f: Any, generators: list[Generator], units: list[Fraction]) -> Terms:
    return {
        monomial((x, e * u) for x, e, u in zip(generators, n, units, strict=True)): Fraction(int(d))
        for n, d in f.terms()
    }


def square_root(terms: Terms) -> tuple[Fraction, Monomial, list[tuple[Terms, int]]] | None:
    """Return ``(c, m, [(f, k), ...])`` with the sum equal to ``c (m f^k ...)^2`` and c > 0, else ``None``."""
    if not terms or not all(_even_span(x, terms) for x in {x for m in terms for x, _ in m}):
        return None
    c, m, parts = factors(terms)
    if c < 0 or any(k % 2 for _, k in parts):
        return None
    halved = []
    for x, e in m:
        if x.role == "mask" and e == 1 and x.atom is not None:
            # A mask is 0 or one number: its square is that number times itself.
            c *= 1 - x.atom.param[0]
            halved.append((x, Fraction(1)))
            continue
        if not x.positive and (e.denominator != 1 or int(e) % 2):
            return None
        halved.append((x, e / 2))
    return c, monomial(halved), [(f, k // 2) for f, k in parts]


def _even_span(x: Generator, terms: Terms) -> bool:
    """Return whether the powers of a generator span an even number, as they do in a square times a power."""
    exponents = [dict(m).get(x, Fraction(0)) for m in terms]
    span = max(exponents) - min(exponents)
    return span.denominator != 1 or int(span) % 2 == 0
