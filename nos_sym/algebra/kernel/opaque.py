"""Opaque operations: atoms of operations that the algebra has no rule for, bounded by their records alone."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from nos_sym.algebra.kernel.functions_of_signs import outer_signs
from nos_sym.algebra.kernel.kinds import opaque_kind
from nos_sym.algebra.kernel.products import product
from nos_sym.algebra.kernel.rational_powers import absolute
from nos_sym.algebra.kernel.term import ONE, Atom, Parameters, Poly, atom_of_kind, note
from nos_sym.language.operation import Operation, Parity, Role

_OF_PARITY = (Role.ELEMENTWISE, Role.REDUCTION)


def opaque(
    operation: Operation, operands: Sequence[Poly], parameters: Sequence[Fraction | Poly] = (), mark: str = ""
) -> Poly:
    """Return an operation that the algebra has no rule for, as one atom.

    Only what its record says is used: that its operands may be exchanged, its parity where it has one
    operand, and its range.

    Args:
        operation: its record.
        operands: their canonical forms.
        parameters: numbers, or canonical forms of functions of the step.
        mark: tells apart nodes whose values may differ although operands and parameters are the same.
    """
    operands = list(operands)
    if operation.meaning.commutative and len(operands) == 2:
        operands.sort(key=lambda p: p.digest)
    parity = operation.meaning.parity
    if operation.role not in _OF_PARITY or len(operands) != 1 or parity is Parity.NONE:
        return product(ONE, [(_atom(operation, operands, parameters, mark), 1, 1)])
    kind, inner = opaque_kind(operation), operands[0]
    if parity is Parity.EVEN:
        note("even")
        inner = absolute(inner) if len(inner.terms) == 1 else min(inner, -inner, key=lambda p: p.digest)
        return product(ONE, [(_atom(operation, [inner], parameters, mark), 1, 1)])
    if not inner.terms and (kind.zero_with_argument or operation.role is Role.REDUCTION):
        # Of a whole tensor it is 0 there, since -f(0) is f(-0); another may have a pole, which is no value.
        note("odd-zero")
        return inner
    if kind.zero_with_argument:
        # The sign of the argument stands outside, as that of tanh does.
        unit, signs = outer_signs(inner)
        if unit < 0 or signs:
            note("odd")
        made = _atom(operation, [absolute(inner)], parameters, mark)
        return product(Fraction(unit), [*signs, (made, 1, 1)])
    negated = -inner
    whole = operation.role is Role.REDUCTION
    if inner.terms[0][1] < 0 if whole else negated.digest < inner.digest:
        note("odd")
        return product(-ONE, [(_atom(operation, [negated], parameters, mark), 1, 1)])
    return product(ONE, [(_atom(operation, operands, parameters, mark), 1, 1)])


def _atom(
    operation: Operation, operands: Sequence[Poly], parameters: Sequence[Fraction | Poly], mark: str
) -> Atom:
    kind = opaque_kind(operation)
    numbers = [p if isinstance(p, Fraction) else None for p in parameters]
    forms = [p for p in parameters if isinstance(p, Poly)]
    given = (*numbers, mark) if mark else tuple(numbers)
    return atom_of_kind(kind, (*operands, *forms), Parameters(given))
