"""Opaque operations: atoms of operations that the algebra has no rule for, bounded by their records alone."""

from __future__ import annotations

from collections.abc import Sequence

from nos_sym.algebra.kernel.kinds import range_by_record
from nos_sym.algebra.kernel.term import Atom, Bounded, Bounds


def opaque_bounds(a: Atom, operands: Sequence[Bounds]) -> Bounds:
    """Return bounds of an opaque atom, given those of its arguments."""
    operation = a.kind.operation
    assert operation is not None
    parameters = a.param.parameters if isinstance(a.param, Bounded) else a.param
    return range_by_record(operation, operands[: operation.arity], parameters[: len(operation.parameters)])
