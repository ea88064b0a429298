"""Sums of products over generators: the forms that a text is searched among.

A generator is a value with a text: an atom of the canonical form, its absolute value or sign, an operand, or
a sum that stays one factor. Unlike the kernel's terms nothing is normalized here: the same value may be
written with other generators, and the cheapest text wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import gcd, lcm

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import Atom, Poly, nonzero_poly
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.cost import cost_of, nodes_of
from nos_sym.algebra.text.effort import memo
from nos_sym.language.kind import Kind
from nos_sym.language.node import kind_of

Monomial = tuple[tuple["Generator", Fraction], ...]
Terms = dict[Monomial, Fraction]


class Generator:
    """A value with a text.

    Attributes:
        node: its text.
        kind: number, function of the step, or tensor.
        positive: whether it is never negative.
        atom: the atom of the canonical form that it stands for, if any.
        role: what it is of its atom: ``plain``, ``abs``, ``sign``, ``dual``, or ``sum`` and ``word``.
        terms: the sum that it is, if it is one.
        items: the products that its text adds, if it is a sum.
        inner: the value of which it is the absolute value, if it is one.
        parts: number and powers of the product that it is, if it is one.
        extremum: name and arguments of a maximum or minimum, if it is one.
        nodes: nodes of its text.
        order: its place among others.
    """

    __slots__ = (
        "atom",
        "extremum",
        "inner",
        "items",
        "kind",
        "node",
        "nodes",
        "order",
        "parts",
        "positive",
        "role",
        "terms",
    )

    def __init__(
        self, node: Basic, positive: bool, atom: Atom | None, role: str, terms: Terms | None
    ) -> None:
        self.node = node
        self.kind = kind_of(node)
        self.positive = positive
        self.atom = atom
        self.role = role
        self.terms = terms
        self.items: tuple[tuple[Fraction, Monomial], ...] | None = None
        self.inner: Generator | None = None
        self.parts: tuple[Fraction, Monomial] | None = None
        self.extremum: tuple[str, tuple[Poly, ...]] | None = None
        self.nodes = nodes_of(node)
        # Numbers and functions of the step come last: sums are polynomials in tensors first.
        self.order = (self.kind is Kind.TENSOR, self.kind is not Kind.NUMBER, *cost_of(node))

    @property
    def tensor(self) -> bool:
        """Whether it may differ between entries."""
        return not self.kind.of_step


def generator(
    node: Basic, *, positive: bool, atom: Atom | None = None, role: str = "word", terms: Terms | None = None
) -> Generator:
    """Return the one generator of a text."""
    known = memo()
    key = ("generator", node)
    found = known.get(key)
    if found is None:
        found = known[key] = Generator(node, positive, atom, role, terms)
    return found  # type: ignore[return-value]


def _by_order(factor: tuple[Generator, Fraction]) -> tuple[object, ...]:
    return factor[0].order


def monomial(factors: Iterable[tuple[Generator, Fraction | int]]) -> Monomial:
    """Return a product of powers, each generator once."""
    joint: dict[Generator, Fraction] = {}
    for x, e in factors:
        # Most occur once: sums of fractions are the work of texts, and 0 + e is one.
        before = joint.get(x)
        joint[x] = before + e if before is not None else e if isinstance(e, Fraction) else Fraction(e)
    for x, e in joint.items():
        if x.role == "sign" and e > 2:
            joint[x] = 2 - e % 2
    return tuple(sorted(((x, e) for x, e in joint.items() if e), key=_by_order))


def times(m: Monomial, n: Monomial) -> Monomial:
    """Return the product of two monomials."""
    return monomial((*m, *n)) if m and n else m or n


def over(m: Monomial, n: Monomial) -> Monomial:
    """Return the quotient of two monomials."""
    return monomial((*m, *((x, -e) for x, e in n)))


def to_power(m: Monomial, q: Fraction | int) -> Monomial:
    """Return a power of a monomial."""
    return tuple((x, e * q) for x, e in m)


def collected(parts: Iterable[tuple[Monomial, Fraction]]) -> Terms:
    """Return a sum with equal terms collected."""
    total: Terms = {}
    for m, c in parts:
        before = total.get(m)
        total[m] = c if before is None else before + c
    return {m: c for m, c in total.items() if c}


def product(x: Terms, y: Terms) -> Terms:
    """Return the product of two sums, multiplied out."""
    return collected((times(m, n), c * d) for m, c in x.items() for n, d in y.items())


def power(x: Terms, n: int) -> Terms:
    """Return a power of a sum, multiplied out."""
    result: Terms = {(): Fraction(1)}
    for _ in range(n):
        result = product(result, x)
    return result


def scaled(x: Terms, c: Fraction, m: Monomial = ()) -> Terms:
    """Return a sum times a monomial."""
    return {times(n, m): d * c for n, d in x.items()}


def substituted(terms: Terms, x: Generator, step: int, value: Terms) -> Terms | None:
    """Return terms with ``x^step`` replaced by a value, or ``None`` where x has other powers."""
    total: list[tuple[Monomial, Fraction]] = []
    powers: dict[int, Terms] = {}
    for m, c in terms.items():
        e = dict(m).get(x, Fraction(0)) / step
        if e.denominator != 1 or not 0 <= e <= 8:
            return None
        rest = tuple(f for f in m if f[0] is not x)
        n = int(e)
        if n not in powers:
            powers[n] = power(value, n)
        total += [(times(rest, k), c * d) for k, d in powers[n].items()]
    return collected(total)


def content(terms: Terms) -> Fraction:
    """Return the number that leaves coprime integers, with the sign of the first term."""
    values = list(terms.values())
    bottom = lcm(*(c.denominator for c in values))
    top = gcd(*(int(c * bottom) for c in values))
    first = terms[min(terms, key=order_of)]
    return Fraction(top, bottom) * (1 if first > 0 else -1)


def common(terms: Iterable[Monomial]) -> Monomial:
    """Return the powers that clear denominators and that every term has: the least exponents."""
    rows = [dict(m) for m in terms]
    found: list[tuple[Generator, Fraction]] = []
    for x in dict.fromkeys(x for row in rows for x in row):
        exponents = [row.get(x, Fraction(0)) for row in rows]
        least = min(exponents)
        if least < 0 <= max(exponents) and not nonzero_poly(polynomial(x.node)):
            # 1 + 1/x is not (x + 1)/x where x is zero.
            continue
        if least:
            found.append((x, least))
    return monomial(found)


def order_of(m: Monomial) -> tuple[object, ...]:
    """Return the place of a monomial: higher degrees in the first generators first."""
    return tuple((x.order, -e) for x, e in m) if m else (((True,) * 2,),)


def key_of_terms(terms: Terms) -> frozenset[tuple[Monomial, Fraction]]:
    """Return terms as what may be a key."""
    return frozenset(terms.items())


def mapped(terms: Terms, change: Callable[[Monomial], Monomial]) -> Terms:
    """Return terms with other monomials."""
    return collected((change(m), c) for m, c in terms.items())
