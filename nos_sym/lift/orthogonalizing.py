"""Newton-Schulz steps one after the other as one orthogonalization, ``orth``."""

from __future__ import annotations

from nos_sym.lift.algebra_of_terms import Maker
from nos_sym.lift.term import Term

ORTH = "orth"
"""Operation with the operands x, steps, eps, plus, a, b and c."""

PARAMETERS = ("steps", "eps", "plus", "a", "b", "c")
DEFAULTS = ("5", "1e-7", "0", "3.4445", "-4.775", "2.0315")
"""What the language takes for parameters that are left out."""


def orthogonalized(make: Maker, operands: tuple[Term, ...]) -> Term:
    """Return a Newton-Schulz step, joined with the division by the norm or the steps before it."""
    x, *coefficients = operands
    if x.operation == ORTH and list(x.operands[4:]) == coefficients:
        steps = make.number(x.operands[1].value + 1)
        return make.terms.apply(ORTH, x.operands[0], steps, *x.operands[2:])
    found = _divided(make, x)
    if found is None:
        return make.terms.apply("newton_schulz", *operands)
    matrix, eps, plus = found
    return make.terms.apply(ORTH, matrix, make.one, eps, plus, *coefficients)


def _divided(make: Maker, x: Term) -> tuple[Term, Term, Term] | None:
    """Return the matrix that is divided by its norm, the least norm, and what is added to it."""
    if x.operation != "div":
        return None
    matrix, norm = x.operands
    eps = plus = make.zero
    if norm.operation == "add":
        norm, plus = norm.operands if norm.operands[0].operation in ("norm2", "max") else norm.operands[::-1]
    if norm.operation == "max":
        norm, eps = norm.operands if norm.operands[0].operation == "norm2" else norm.operands[::-1]
    if norm.operation != "norm2" or norm.operands[0] is not matrix:
        return None
    return matrix, eps, plus
