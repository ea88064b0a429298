"""How the authors' log writes operations: one table, filled by :func:`write` and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from nos_sym.errors import RuleError


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The spelling of one operation in the log; ``{0}`` and ``{1}`` are operands, ``{rate}`` a parameter.

    Attributes:
        update: in an update equation; ``None`` where the log has it there in no form.
        decay: in a decay function.
        values: values of the first parameter that the log can express.
        literals: numbers that the log allows as the last operand of an update, beside the named operands.
    """

    update: str | None = None
    decay: str | None = None
    values: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()


TABLE: dict[str, Form] = {}
"""Operation to its form, in the order of the paper's tables; what is not here the log cannot say."""

_UNWRITTEN = Form()


def write(
    operation: str,
    *,
    update: str | None = None,
    decay: str | None = None,
    values: tuple[str, ...] = (),
    literals: tuple[str, ...] = (),
) -> None:
    """Say how the log writes an operation; see :class:`Form`.

    Raises:
        RuleError: the operation is written twice.
    """
    if operation in TABLE:
        raise RuleError(f"operation '{operation}' is written twice in the authors' syntax")
    TABLE[operation] = Form(update=update, decay=decay, values=values, literals=literals)


def form_of(operation: str) -> Form:
    """Return how the log writes an operation; a form without spellings where it cannot."""
    return TABLE.get(operation, _UNWRITTEN)
