"""Words of the language for forms: the operands of Table 2 and the schedules of Table 7, by their records."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import Poly, add, as_number, constant, scaled
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.terms import Generator, generator
from nos_sym.language.operands import OPERANDS
from nos_sym.language.registry import apply

SCHEDULES = tuple(f"a{i}" for i in range(1, 15))
_LEAVES = {"p": "a2", "r": "a10"}


def leaf_word(op: str) -> Basic | None:
    """Return the schedule that a leaf is, if any."""
    return apply(_LEAVES[op]) if op in _LEAVES else None


@lru_cache(maxsize=1)
def _by_digest() -> dict[bytes, tuple[Fraction, Basic]]:
    """Return the forms of schedules and operands, each divided by its first coefficient."""
    found: dict[bytes, tuple[Fraction, Basic]] = {}
    nodes = [apply(name) for name in SCHEDULES] + [o.expression for o in OPERANDS]
    for node in reversed(nodes):
        p = polynomial(node)
        if as_number(p) is None:
            c = p.terms[0][1]
            found[scaled(p, 1 / c).digest] = (c, node)
    return found


def word(p: Poly) -> tuple[Fraction, Basic] | None:
    """Return ``(c, node)`` where a form is a multiple of a schedule or an operand, else ``None``."""
    if not p.terms:
        return None
    c = p.terms[0][1]
    found = _by_digest().get(scaled(p, 1 / c).digest)
    return None if found is None else (c / found[0], found[1])


def exponential_word(argument: Poly) -> tuple[Generator, Fraction] | None:
    """Return a schedule and its power where ``exp(argument)`` is one, as ``0.01^p``."""
    for name in ("a11",):
        node = apply(name)
        own = polynomial(node).terms[0][0].factors[0][0].args[0]
        ratio = argument.terms[0][1] / own.terms[0][1]
        if scaled(own, ratio).digest == argument.digest:
            return generator(node, positive=True, role="word"), ratio
    return None


@lru_cache(maxsize=1)
def _shapes() -> dict[bytes, list[tuple[Fraction, Fraction, Basic]]]:
    """Return the schedules by their form without number and scale: ``a = x + y shape``."""
    found: dict[bytes, list[tuple[Fraction, Fraction, Basic]]] = {}
    for name in SCHEDULES:
        p = polynomial(apply(name))
        number, scale, digest = shape(p)
        found.setdefault(digest, []).append((number, scale, apply(name)))
    return found


def shape(p: Poly) -> tuple[Fraction, Fraction, bytes]:
    """Return ``(x, y, digest)`` with the form equal to ``x + y s``, s without a number and scaled."""
    number = sum((c for m, c in p.terms if not m.factors), Fraction(0))
    rest = add(p, constant(-number))
    if not rest.terms:
        return number, Fraction(0), rest.digest
    c = rest.terms[0][1]
    return number, c, scaled(rest, 1 / c).digest


def schedules_like(p: Poly) -> list[tuple[Fraction, Fraction, Basic]]:
    """Return ``(x, y, a)`` for each schedule a with ``p = x + y a``."""
    number, scale, digest = shape(p)
    if not scale:
        return []
    return [(number - scale * n / y, scale / y, node) for n, y, node in _shapes().get(digest, [])]
