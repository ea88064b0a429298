"""Newton-Schulz steps one after the other as one orthogonalization, ``orth``."""

from __future__ import annotations

from nos_sym.lift.algebra_of_terms import Maker
from nos_sym.lift.deep_axes import AS_ONE, EACH
from nos_sym.lift.term import Term

STEPS = {"newton_schulz": "orth", AS_ONE: "orth_flat"}
"""Newton-Schulz steps, and what many are: with the operands x, steps, eps, plus, a, b and c."""

PARAMETERS = ("steps", "eps", "plus", "a", "b", "c")
DEFAULTS = ("5", "1e-7", "0", "3.4445", "-4.775", "2.0315")
"""What the language takes for parameters that are left out."""


def orthogonalized(make: Maker, step: str, operands: tuple[Term, ...]) -> Term:
    """Return a Newton-Schulz step, joined with the division by the norm or the steps before it."""
    x, *coefficients = operands
    each, step = step == EACH, "newton_schulz" if step == EACH else step
    orth = STEPS[step]
    if x.operation == orth and list(x.operands[4:]) == coefficients:
        steps = make.number(x.operands[1].value + 1)
        return make.terms.apply(orth, x.operands[0], steps, *x.operands[2:])
    found = _divided(make, x, each)
    if found is None:
        return make.terms.apply(step, *operands)
    matrix, eps, plus = found
    return make.terms.apply(orth, matrix, make.one, eps, plus, *coefficients)


def _divided(make: Maker, x: Term, each: bool) -> tuple[Term, Term, Term] | None:
    """Return the matrix that is divided by its norm, the least norm, and what is added to it.

    With several matrices in a tensor, it is the norm of each.
    """
    if x.operation != "div":
        return None
    matrix, norm = x.operands
    is_norm = _is_norm_of_each if each else _is_norm
    eps = plus = make.zero
    if norm.operation == "add":
        ahead = norm.operands[0].operation == "max" or is_norm(make, norm.operands[0], matrix)
        norm, plus = norm.operands if ahead else norm.operands[::-1]
    if norm.operation == "max":
        norm, eps = norm.operands if is_norm(make, norm.operands[0], matrix) else norm.operands[::-1]
    return (matrix, eps, plus) if is_norm(make, norm, matrix) else None


def _is_norm(make: Maker, x: Term, matrix: Term) -> bool:
    return x.operation == "norm2" and x.operands[0] is matrix


def _is_norm_of_each(make: Maker, x: Term, matrix: Term) -> bool:
    squares = make.apply("row_sum", make.square(matrix))
    return x is make.apply("sqrt", make.apply("col_sum", squares))
