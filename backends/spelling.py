"""How backends spell operations: one table a backend, filled by :func:`spell` and by nothing else.

A table stands in ``backends/<name>/spellings.py``; a plug-in that adds an operation calls the same function.
An operation that a backend does not spell is written by its definition, and where it has none it is refused
by name.
"""

from __future__ import annotations

from dataclasses import dataclass

from nos_sym.errors import RenderError, quoted
from nos_sym.language.format_fields import check_fields
from nos_sym.language.operation import Operation, Role
from nos_sym.language.registry import REGISTRY

_DRAW = "draw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """Format strings of one operation in one backend; ``{0}``, ``{1}`` are operands.

    After the operands come the parameters that need not be literal: ``{2}`` is the weight of a weighted mean,
    and ``{3}`` one minus it. A literal parameter has its name, ``{rate}``, and ``{co_rate}`` is one minus it.

    A name without a module is that of a function that the rendered file defines, see ``backends/functions``.
    What is empty is not there.

    Attributes:
        general: tensors, and numbers where nothing else fits.
        guarded: with the value at singular points put in.
        unbounded: operands of any magnitude, where ``general`` overflows or is wrong for large ones.
        small: operands from -1 to 1.
        scalar: a tensor first and a scalar second.
        step: scalars of the step.
        plain: minimal files, which call the framework's own functions alone.
    """

    general: str = ""
    guarded: str = ""
    unbounded: str = ""
    small: str = ""
    scalar: str = ""
    step: str = ""
    plain: str = ""


TABLES: dict[str, dict[str, Spelling]] = {}
"""Backend to operation to spelling."""


def spell(backend: str, operation: str, general: str = "", **variants: str) -> None:
    """Say how a backend spells an operation; the variants are the attributes of :class:`Spelling`.

    Raises:
        RenderError: the operation is spelled twice in this backend, there is no such variant, or a format
            string names what the operation does not have, or leaves an operand out.
    """
    table = TABLES.setdefault(backend, {})
    if operation in table:
        raise RenderError(f"operation '{operation}' is spelled twice for '{backend}'")
    for name in variants:
        if name not in Spelling.__slots__:
            raise RenderError(
                f"the spelling of operation '{operation}' for '{backend}' has no variant {quoted(name)}; "
                f"expected one of {', '.join(Spelling.__slots__[1:])}"
            )
    if operation in REGISTRY:
        _check(backend, REGISTRY[operation], {"": general, **variants})
    table[operation] = Spelling(general=general, **variants)


def _check(backend: str, operation: Operation, texts: dict[str, str]) -> None:
    """Raise :class:`RenderError` unless each text has the fields of an operation."""
    literal = [p.name for p in operation.parameters if p.literal and p.name != _DRAW]
    values = len([p for p in operation.parameters if not p.literal])
    operands = [str(index) for index in range(operation.arity)]
    # The number that a mask is drawn by, and of a weighted mean what is left of one.
    more = operation.role is Role.RANDOM or operation.name == "wmean"
    after = [str(operation.arity + index) for index in range(values + more)]
    known = [*operands, *after, *literal, *(f"co_{name}" for name in literal)]
    needed = operands if more else [*operands, *after]
    for variant, text in texts.items():
        if text:
            which = f"'{variant}' " if variant else ""
            said = f"the spelling {which}of operation '{operation.name}' for '{backend}'"
            check_fields(text, known, needed, said, RenderError)


def spelling_of(backend: str, operation: str) -> Spelling | None:
    """Return how a backend spells an operation, or ``None`` where it does not."""
    return TABLES.get(backend, {}).get(operation)
