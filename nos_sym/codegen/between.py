"""What stands between the loops of a kernel: functions of whole matrices, which the backend computes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nos_sym.backends.layout import fit, statement
from nos_sym.codegen.emit import Code, step_names
from nos_sym.codegen.statements import Statements
from nos_sym.program.program import Program, Value

if TYPE_CHECKING:
    from nos_sym.backends.printer import CodePrinter


@dataclass(frozen=True, slots=True)
class Between:
    """A function of a matrix and the scalars of the step.

    Attributes:
        name: by which it is called.
        head: its first line.
        body: its statements, without the documentation.
    """

    name: str
    head: str
    body: tuple[str, ...]


def between(program: Program, printer: CodePrinter, code: Code, left: Iterable[Value]) -> Iterator[Between]:
    """Yield a function for each value that a kernel leaves to the backend, of what the value is of."""
    names, local = step_names(program, printer, code)
    for number, value in enumerate(left, 1):
        made = Statements(printer, names.values(), local, of_step=False)
        made.names |= names
        matrix = made.names[value.operands[0]] = made.fresh("matrix")
        made.count([value])
        made.run(program.values)
        body = [*(line for text in made.lines for line in statement(text, 4))]
        body += statement(f"return {made.expression(value)}", 4)
        scalars = code.update.inputs if made.read - {value.operands[0]} else ("*_",)
        name = f"between_loops_{number}"
        yield Between(name, "\n".join(fit(f"def {name}(", [matrix, *scalars], "):", 0)), tuple(body))
