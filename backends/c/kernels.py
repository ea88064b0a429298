"""What a kernel of C can compute: programs of entries, and of numbers that are sums over a tensor."""

from __future__ import annotations

from nos_sym.backends.c.printer import CPrinter
from nos_sym.language.kind import Kind
from nos_sym.language.operation import Role
from nos_sym.language.registry import REGISTRY
from nos_sym.program.program import Program, Value

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


def has_kernel(program: Program) -> bool:
    """Return whether a program has a kernel.

    It has none where it needs rows, columns or products of matrices, the shape of a tensor, or what all
    parameters have in common.
    """
    return all(map(_is_known, program.needed))


def _is_known(value: Value) -> bool:
    if value.kind.of_step:
        return True
    if value.kind not in (Kind.TENSOR, Kind.SCALAR):
        return False
    operation = REGISTRY.get(value.operation)
    if operation is None or value.operation in REDUCTIONS:
        return True
    if operation.role is Role.LEAF:
        return value.operation in ("g", "w", "size")
    return operation.role is not Role.REDUCTION and CPrinter().native(operation, value.kind)
