"""How LaTeX writes operations: one table, filled by :func:`write` and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from nos_sym.backends.latex.measure import Level
from nos_sym.errors import RenderError
from nos_sym.language.format_fields import check_fields
from nos_sym.language.operation import Operation
from nos_sym.language.registry import REGISTRY

_LEVELS = frozenset(f"{bars}{name}" for bars in ("", "|") for name in ("", *(x.name.lower() for x in Level)))


@dataclass(frozen=True, slots=True)
class Form:
    """The LaTeX of one operation.

    Attributes:
        template: format string; :mod:`nos_sym.backends.latex.expression` documents its fields.
        definition: what the LaTeX of a rule says about a name that is not standard; empty where it says
            nothing.
    """

    template: str
    definition: str = ""


_TABLE: dict[str, Form] = {}


def write(operation: str, template: str, definition: str = "") -> None:
    """Say how LaTeX writes an operation.

    Raises:
        RenderError: the operation is written twice, or the template names what the operation does not have,
            or leaves an operand out.
    """
    if operation in _TABLE:
        raise RenderError(f"operation '{operation}' is written twice in LaTeX")
    if operation in REGISTRY:
        parameters = [p.name for p in REGISTRY[operation].parameters]
        operands = [str(index) for index in range(REGISTRY[operation].arity)]
        known = [*operands, *parameters, *(f"co_{name}" for name in parameters)]
        said = f"the LaTeX template of operation '{operation}'"
        check_fields(template, known, operands, said, RenderError, _LEVELS, ("{}",))
    _TABLE[operation] = Form(template, definition)


def form_of(operation: Operation) -> Form:
    """Return how LaTeX writes an operation: as a named function where nobody said more."""
    found = _TABLE.get(operation.name)
    return found or Form(_as_function(operation))


def _as_function(operation: Operation) -> str:
    name = operation.name.replace("_", r"\_")
    operands = [f"{{{index}}}" for index in range(operation.arity)]
    parameters = [f"{{{parameter.name}}}" for parameter in operation.parameters]
    head = rf"\operatorname{{{{{name}}}}}"
    subscript = f"_{{{{{','.join(parameters)}}}}}" if parameters else ""
    return f"{head}{subscript}({', '.join(operands)})" if operands else f"{head}{subscript}"
