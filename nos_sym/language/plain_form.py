"""How SymPy's own functions write operations: one table, filled by :func:`plain` and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nos_sym import plugins
from nos_sym.errors import RuleError

_TABLE: dict[str, Callable[..., Any]] = {}


def plain(operation: str, form: Callable[..., Any]) -> None:
    """Say what an operation is in SymPy: ``form(sympy, *operands, *parameters)``.

    Raises:
        RuleError: the operation is written twice.
    """
    if operation in _TABLE:
        raise RuleError(f"operation '{operation}' is written twice in SymPy")
    _TABLE[operation] = plugins.blamed(plugins.current(), operation, form) if plugins.current() else form


def plain_form(operation: str, functions: Any, *arguments: Any) -> Any:
    """Return an operation over SymPy's operands and parameters.

    It is what its row of the table says, and an undefined function of SymPy with real values where there is
    none.
    """
    form = _TABLE.get(operation)
    if form is not None:
        return form(functions, *arguments)
    return functions.Function(operation, real=True)(*arguments)
