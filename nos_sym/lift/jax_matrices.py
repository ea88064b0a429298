"""Products of matrices: odd polynomials in one matrix, which Newton-Schulz loops compute.

``X X' X`` and its kin change the singular values of ``X`` alone. A value is followed as such a polynomial
until something else is done to it; what has at most three terms is a ``newton_schulz`` of the language, and
every other product of matrices is unknown to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nos_sym.lift.jax_algebra import Making
from nos_sym.lift.jax_values import UnhandledError, Value, uniform
from nos_sym.lift.term import Term


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A sum of products of a matrix with itself.

    Attributes:
        base: the matrix ``X``, as the parameter has it.
        odd: whether it is ``c0 X + c1 X X' X + ...``, a matrix of the shape of ``X`` or of its transpose;
            else it is ``c1 S + c2 S S + ...`` of the square matrix ``S = X X'``, or ``X' X``.
        coefficients: by their number.
    """

    base: Term
    odd: bool
    coefficients: Mapping[int, Term]


def product(making: Making, x: Value, y: Value, shape: Sequence[int]) -> Value:
    """Return the product of two matrices, whose leading axes have length one.

    Raises:
        UnhandledError: it is no polynomial in one matrix.
    """
    if any(n != 1 for n in (*x.shape[:-2], *y.shape[:-2])):
        raise UnhandledError("a product of several matrices")
    inner, outer = x.axes[-1], (x.axes[-2], y.axes[-1])
    if inner != y.axes[-2] or any(not axis for axis in (inner, *outer)):
        raise UnhandledError("a product of different matrices")
    first, second = _polynomial(making, x), _polynomial(making, y)
    if first.odd and second.odd:
        first, second = _rebased(making, x, first), _rebased(making, y, second)
        if outer[0] != outer[1] or inner == outer[0]:
            raise UnhandledError("a product of different matrices")
        found = Polynomial(_same_base(first, second), False, _multiplied(making, first, second, 1))
    else:
        if first.base is not second.base:
            first = _rebased(making, x, first) if first.odd else first
            second = _rebased(making, y, second) if second.odd else second
        found = Polynomial(
            _same_base(first, second), first.odd or second.odd, _multiplied(making, first, second, 0)
        )
    axes = ((),) * (len(shape) - 2) + outer
    return _value(making, found, shape, axes)


def scaled(making: Making, x: Value, factor: Term, *, over: bool = False) -> Value:
    """Return a polynomial times a number, or over it."""
    assert x.polynomial is not None
    by = making.div if over else making.mul
    changed = {k: by(c, factor) for k, c in x.polynomial.coefficients.items()}
    plain = uniform(by(x.term, factor), x.shape, x.axes)
    found = Polynomial(x.polynomial.base, x.polynomial.odd, changed)
    return Value(plain.shape, plain.axes, plain.entries, found)


def summed(making: Making, x: Value, y: Value, *, less: bool = False) -> Value:
    """Return the sum or the difference of two polynomials.

    Raises:
        UnhandledError: they are of different matrices.
    """
    first, second = _polynomial(making, x), _polynomial(making, y)
    if first.base is not second.base:
        first, second = _multiple(making, x, second) or first, _multiple(making, y, first) or second
    if x.axes != y.axes or first.odd != second.odd:
        raise UnhandledError("a sum of different matrices")
    base = _same_base(first, second)
    found = dict(first.coefficients)
    for k, c in second.coefficients.items():
        before = found.get(k, making.number(0))
        found[k] = making.sub(before, c) if less else making.add(before, c)
    return _value(making, Polynomial(base, first.odd, found), x.shape, x.axes)


def _multiple(making: Making, x: Value, other: Polynomial) -> Polynomial | None:
    """Return a value as a multiple of the matrix that another one is a polynomial of."""
    term = x.term
    if term is other.base:
        return Polynomial(term, True, {0: making.number(1)})
    if term.operation == "neg" and term.operands[0].operation == "mul":
        found = _multiple(making, uniform(term.operands[0], x.shape, x.axes), other)
        return found and Polynomial(found.base, True, {0: making.neg(found.coefficients[0])})
    if term.operation == "mul" and other.base in term.operands:
        factor = term.operands[1 if term.operands[0] is other.base else 0]
        return Polynomial(other.base, True, {0: factor})
    return None


def _polynomial(making: Making, x: Value) -> Polynomial:
    return x.polynomial or Polynomial(x.term, True, {0: making.number(1)})


def _rebased(making: Making, x: Value, found: Polynomial) -> Polynomial:
    """Return a matrix as itself, where it is a step of the loop already or a multiple."""
    return found if found.base is x.term else Polynomial(x.term, True, {0: making.number(1)})


def _same_base(x: Polynomial, y: Polynomial) -> Term:
    if x.base is not y.base:
        raise UnhandledError("a product of different matrices")
    return x.base


def _multiplied(making: Making, x: Polynomial, y: Polynomial, more: int) -> dict[int, Term]:
    found: dict[int, Term] = {}
    for i, c in x.coefficients.items():
        for j, d in y.coefficients.items():
            term = making.mul(c, d)
            found[i + j + more] = making.add(found[i + j + more], term) if i + j + more in found else term
    return found


def _value(making: Making, found: Polynomial, shape: Sequence[int], axes: Sequence[object]) -> Value:
    zero = making.number(0)
    if not found.odd or max(found.coefficients) > 2:
        term = making.terms.opaque("a product of matrices", found.base)
    elif set(found.coefficients) == {0}:
        term = making.mul(found.coefficients[0], found.base)
    else:
        term = making.terms.apply(
            "newton_schulz", found.base, *(found.coefficients.get(k, zero) for k in range(3))
        )
    plain = uniform(term, shape, axes)  # type: ignore[arg-type]
    return Value(plain.shape, plain.axes, plain.entries, found)
