"""What the authors' log can say: the registry's format strings, prepared for the parser and the printer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nos_sym.errors import RuleError
from nos_sym.language.authors.form import TABLE
from nos_sym.language.authors.form import form_of as written
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, is_number, kind_of
from nos_sym.language.operation import Operation, Role
from nos_sym.language.registry import REGISTRY
from nos_sym.language.rule import Momentum
from nos_sym.operations.operands import BY_AUTHORS, BY_EXPRESSION

TAGS: dict[Momentum, str] = {
    Momentum.NONE: "None",
    Momentum.MOMENTUM: "Mom",
    Momentum.NESTEROV: "Nest",
}
"""Momentum types (Table 1) as the log writes them."""

_CALL = re.compile(r"(?P<name>\w+)\((?P<bar>\|?)\{0\}(?P=bar)(?:, \{(?P<second>\w+)\})?\)")


@dataclass(frozen=True, slots=True)
class Call:
    """An operation that the log writes as a function.

    Attributes:
        operation: the operation.
        absolute: whether the argument stands between bars, as in ``ln(|x|)``.
        second: ``"1"`` for a second operand, the name of a parameter, or ``None``.
    """

    operation: Operation
    absolute: bool
    second: str | None

    @property
    def arity(self) -> int:
        """Number of arguments between the parentheses, parameters included."""
        return 1 if self.second is None else 2


def _calls(in_decays: bool) -> dict[str, Call]:
    calls = {}
    for name in TABLE:
        operation = REGISTRY[name]
        match = _CALL.fullmatch(_form(operation, in_decays) or "")
        if match:
            calls[match["name"]] = Call(operation, match["bar"] == "|", match["second"])
    return calls


def _form(operation: Operation, in_decays: bool) -> str | None:
    form = written(operation.name)
    return form.decay if in_decays else form.update


CALLS: dict[bool, dict[str, Call]] = {}
"""Functions of update equations (key ``False``) and of decay functions (key ``True``), by their spelling."""
CALLS.update({False: _calls(False), True: _calls(True)})

SCHEDULES: dict[str, str] = {
    form.decay: name for name, form in TABLE.items() if not REGISTRY[name].arity and form.decay is not None
}
"""Spelling of each schedule in the log to the name of its operation."""

NUMBERS: frozenset[str] = frozenset(
    [name for name, operand in BY_AUTHORS.items() if is_number(operand.expression)]
    + [text for form in TABLE.values() for text in (*form.literals, *form.values)]
)
"""Every numeral that stands alone somewhere in the log."""


def is_call(operation: Operation, in_decays: bool) -> bool:
    """Return whether the log writes the operation as a function in a decay or in an update."""
    return _CALL.fullmatch(_form(operation, in_decays) or "") is not None


def form_of(node: Node) -> str:
    """Return the format string with which the log writes a node, without looking below its operands.

    Raises:
        RuleError: the authors' syntax cannot say the operation, its parameter, or a number beside it.
    """
    operation, decay = node.operation, node.kind is Kind.STEP
    form = _form(operation, decay)
    if form is None:
        where = " of decay functions" if decay else " of tensors" if written(operation.name).decay else ""
        raise RuleError(f"the authors' syntax has no '{operation.name}'{where}")
    values = written(operation.name).values
    if values and decimal_text(node.parameters[0]) not in values:
        raise RuleError(
            f"the authors' syntax has '{operation.name}' only with {operation.parameters[0].name} "
            f"{' or '.join(values)}, not {decimal_text(node.parameters[0])}"
        )
    if not decay and operation.role is not Role.SCALE and Kind.STEP in map(kind_of, node.operands):
        raise RuleError(
            f"a decay function stands where a tensor must be, in '{operation.name}'; in the authors' syntax "
            "decay functions multiply tensors, as in '[a1][g]'"
        )
    for index, operand in enumerate(node.operands):
        must_decay = decay or (operation.role is Role.SCALE and index == 0)
        if must_decay and kind_of(operand) is not Kind.STEP:
            raise RuleError(
                f"{kind_of(operand).value} stands where a decay function must be, in '{operation.name}'; "
                "the authors' syntax makes decay functions of a1 to a14 alone"
            )
        last = index == operation.arity - 1
        if is_number(operand) and operand not in BY_EXPRESSION:
            text = decimal_text(operand)
            if not (last and text in written(operation.name).literals):
                raise RuleError(f"the authors' syntax has no number {text} in '{operation.name}'")
    return form
