"""How the functions of records are called, without NumPy: guards, and the order of arguments."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from nos_sym.language.operation import Operation


class Guards(Enum):
    """What happens at singular points: the project's policy, nothing, or what the authors' code adds."""

    POLICY = "policy"
    NONE = "none"
    AUTHORS = "authors"


def arguments_of(operation: Operation, operands: Sequence[Any], literals: Sequence[Any]) -> list[Any]:
    """Return what a record's functions take: the operands, then every parameter in its place.

    Args:
        operation: the record.
        operands: the operands, and after them the parameters that need not be literal.
        literals: the parameters that must be.
    """
    given, fixed = iter(operands[operation.arity :]), iter(literals)
    parameters = [next(fixed) if p.literal else next(given) for p in operation.parameters]
    return [*operands[: operation.arity], *parameters]
