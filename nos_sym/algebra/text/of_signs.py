"""Functions of signs, which the canonical form writes out: ``exp(sign(g))`` has three values."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import Atom, Poly, add, mul, product, scaled
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.atoms import terms_of
from nos_sym.algebra.text.recursion import recursive
from nos_sym.algebra.text.terms import collected, generator, times
from nos_sym.errors import RuleError
from nos_sym.language.registry import apply

_FUNCTIONS = ("exp", "softplus", "sigmoid", "erfc", "ln", "sqrt", "dsoft", "recip")
_LONGEST = 12
"""Most terms of a form that is searched for functions of signs."""


def with_functions_of_signs(p: Poly) -> Iterator[Basic]:
    """Yield texts of a form as a multiple of a function of a sign, and the rest."""
    if not 1 < len(p.terms) <= _LONGEST:
        return
    signs = _signs(p)
    if not signs:
        return
    for node in _templates(p, signs):
        try:
            value = polynomial(node)
        except RuleError:
            continue
        for multiple, rest in _parts(p, value):
            try:
                word = ((generator(node, positive=False), Fraction(1)),)
                whole = [(times(m, word), c) for m, c in terms_of(multiple).items()]
                c, m = recursive.factor_of_sum(collected([*whole, *terms_of(rest).items()]))
                yield recursive.assembled(c, m)
            except RuleError:
                continue


def _signs(p: Poly) -> list[Poly]:
    """Return signs of atoms on which a form may depend, and products of two."""
    atoms: dict[Atom, None] = {}
    for m, _ in p.terms:
        for a, q, s in m.factors:
            if not a.scalar and (s or q == 1):
                atoms[a] = None
    single = [product(Fraction(1), [(a, 0, 1)]) for a in atoms]
    return [*single, *(mul(x, y) for x, y in combinations(single, 2))][:10]


def _templates(p: Poly, signs: list[Poly]) -> Iterator[Basic]:
    """Yield functions of signs whose value at 1 occurs in the form."""
    inner: dict[Poly, set[str]] = {}
    for m, _ in p.terms:
        for a, _, _ in m.factors:
            if a.op == "exp" and a.scalar:
                inner.setdefault(a.args[0], set()).add("exp")
            if a.op in ("erf", "tanh") and a.scalar:
                number = scaled(a.args[0], 2 if a.op == "tanh" else 1)
                inner.setdefault(number, set()).add("erfc" if a.op == "erf" else "sigmoid")
            if a.op == "ln" and a.scalar:
                inner.update(_softplus(a))
    for argument, names in inner.items():
        for sign in signs:
            for name in sorted(names):
                yield apply(name, recursive.text(mul(argument, sign)))


def _softplus(a: Atom) -> dict[Poly, set[str]]:
    found: dict[Poly, set[str]] = {}
    for m, _ in a.args[0].terms:
        for b, _, _ in m.factors:
            for x in b.args[0].terms if b.op == "sum" else ():
                for e, _, _ in x[0].factors:
                    if e.op == "exp":
                        found[e.args[0]] = {"softplus"}
            if b.op == "exp":
                found[b.args[0]] = {"softplus"}
    return found


def _parts(p: Poly, value: Poly) -> Iterator[tuple[Poly, Poly]]:
    """Yield ``(x, rest)`` with the form equal to ``x value + rest``, the rest shorter."""
    tried: set[Poly] = set()
    for n, d in value.terms:
        known = {a: (q, s) for a, q, s in n.factors}
        for m, c in p.terms:
            here = {a: (q, s) for a, q, s in m.factors}
            if any(a not in here for a in known if a.scalar):
                continue
            left = []
            for a, (q, s) in here.items():
                q0, s0 = known.get(a, (0, 0))
                left.append((a, q - q0, (s - s0) % 2 if s0 != 2 else s))
            multiple = product(c / d, [f for f in left if f[1] or f[2]])
            if multiple in tried:
                continue
            tried.add(multiple)
            rest = add(p, -mul(multiple, value))
            if len(rest.terms) < len(p.terms) - 1 or not rest.terms:
                yield multiple, rest
