"""What a kernel of C can compute: programs of entries, and of numbers that are sums over a tensor."""

from __future__ import annotations

from nos_sym.backends.c.printer import CPrinter
from nos_sym.language.kind import Kind
from nos_sym.language.operation import Role
from nos_sym.language.registry import REGISTRY
from nos_sym.program.program import TOTAL, Program, Value

REDUCTIONS = {
    "norm2": ("sum", "{0} * (wide){0}", "nos_sqrt({0})"),
    "rms": ("sum", "{0} * (wide){0}", "nos_sqrt({0} / nos_count(size))"),
    "clip_norm": ("sum", "{0} * (wide){0}", "nos_sqrt({0})"),
    "norm1": ("sum", "nos_fabs({0})", "{0}"),
    "sum": ("sum", "{0}", "{0}"),
    "mean": ("sum", "{0}", "{0} / nos_count(size)"),
    "norm_inf": ("peak", "nos_fabs({0})", "{0}"),
}
"""Operations that make a number of a tensor: how entries are joined, what is joined, what is made of it."""


LEFT = ("orth", "orth_exact", "newton_schulz")
"""Functions of whole matrices, which the backend computes between two loops."""

SHAPES = ("rows", "cols", "rank")
"""What a kernel is told of the shape of a tensor, beside its size."""


def has_kernel(program: Program) -> bool:
    """Return whether a program has a kernel.

    It has none where it needs numbers of rows or columns, or both functions of matrices and what all
    parameters have in common.
    """
    needed = program.needed
    if any(v.operation in LEFT for v in needed) and any(v.kind is Kind.GLOBAL for v in needed):
        return False
    return all(map(_is_known, needed))


def _is_known(value: Value) -> bool:
    if value.kind.of_step:
        return True
    if value.kind not in (Kind.TENSOR, Kind.SCALAR, Kind.GLOBAL):
        return False
    operation = REGISTRY.get(value.operation)
    if operation is None or value.operation in REDUCTIONS or value.operation == TOTAL:
        return True
    if value.operation in LEFT:
        matrix, *rest = value.operands
        return matrix.kind is Kind.TENSOR and all(v.kind.of_step for v in rest)
    if operation.role is Role.LEAF:
        return value.operation in ("g", "w", "size", *SHAPES)
    return operation.role is not Role.REDUCTION and CPrinter().native(operation, value.kind)
