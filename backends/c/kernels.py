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


_OF_LINES = (Kind.ROW, Kind.COLUMN)

LINES = {
    "row_mean": ("row", "sum", "{0} / nos_count(n_cols)"),
    "row_sum": ("row", "sum", "{0}"),
    "row_max": ("row", "largest", "n_cols > 0 ? {0} : 0"),
    "col_mean": ("column", "sum", "{0} / nos_count(n_rows)"),
    "col_sum": ("column", "sum", "{0}"),
    "col_max": ("column", "largest", "n_rows > 0 ? {0} : 0"),
}
"""Operations that make a number of each row or column: which, how entries are joined, what is made of it."""

LEFT = ("orth", "orth_exact", "orth_flat", "newton_schulz", "newton_schulz_flat")
"""Functions of whole matrices, which the backend computes between two loops."""

LONG = (
    "abspow", "arcsinh", "arctan", "cospi", "erf", "erfc", "exp", "i1e", "ln", "sigmoid", "softplus", "tanh",
)  # fmt: skip
"""Functions of an entry that are some dozens of instructions, each of which waits for another."""

SHAPES = ("rows", "cols", "rank", "first_axis", "second_axis")
"""What a kernel is told of the shape of a tensor, beside its size."""


def has_kernel(program: Program) -> bool:
    """Return whether a program has a kernel.

    It has none where it needs two of these: numbers of rows or columns, functions of matrices, and what all
    parameters have in common; and none where it sums up numbers of rows or columns.
    """
    needed = program.needed
    lines = any(v.kind in _OF_LINES for v in needed)
    left = any(v.operation in LEFT for v in needed)
    common = any(v.kind is Kind.GLOBAL for v in needed)
    return lines + left + common < 2 and all(map(_is_known, needed))


def _is_known(value: Value) -> bool:
    if value.kind.of_step:
        return True
    operation = REGISTRY.get(value.operation)
    if value.operation in REDUCTIONS or value.operation in LINES:
        return value.operands[0].kind not in _OF_LINES
    if operation is None or value.operation == TOTAL:
        return True
    if value.operation in LEFT:
        matrix, *rest = value.operands
        return matrix.kind is Kind.TENSOR and all(v.kind.of_step for v in rest)
    if operation.role is Role.LEAF:
        return value.operation in ("g", "w", "size", *SHAPES)
    return operation.role is not Role.REDUCTION and CPrinter().native(operation, value.kind)
