"""Statements: the values of a program as lines of one function.

A value is a statement where it is used more than once, has a name of its own in the language, leaves the
block, or would make a line longer than :data:`WIDTH`; every other value is written where it is used.
"""

from __future__ import annotations

import builtins
import keyword
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from nos_sym.language.registry import REGISTRY
from nos_sym.program.naming import free_name
from nos_sym.program.program import Value

if TYPE_CHECKING:
    from nos_sym.backends.precedence import Precedence
    from nos_sym.backends.printer import CodePrinter

WIDTH = 64
"""Longest statement, so that a line with its indentation stays below a formatter's 88 columns."""

_STEPS = {"t": "count", "T": "steps"}
"""What the step and the number of steps are called where the update of a tensor takes them."""


class Statements:
    """Writes the values of one function, in order: the scalars of a step, or what is computed of a tensor.

    Attributes:
        names: the values that have a name, those that the function is given included.
        fixed: names that values get where they are written.
        doubles: values in double precision, see :attr:`.Program.doubles`.
        read: the values among those with a name that were used.
        lines: the statements so far, without indentation.
    """

    def __init__(
        self, printer: CodePrinter, reserved: Iterable[str], local: set[Value], *, of_step: bool
    ) -> None:
        self.printer = printer
        self.local = local
        self.doubles: frozenset[Value] = frozenset()
        self.of_step = of_step
        self.taken = {*reserved, *keyword.kwlist, *dir(builtins)}
        self.names: dict[Value, str] = {}
        self.fixed: dict[Value, str] = {}
        self.inline: dict[Value, tuple[str, Precedence]] = {}
        self.uses: Counter[Value] = Counter()
        self.outputs: set[Value] = set()
        self.repeated: set[Value] = set()
        self.read: set[Value] = set()
        self.lines: list[str] = []

    def count(self, roots: list[Value]) -> None:
        """Count the uses of every value of this function that the roots need."""
        self.outputs = set(roots)
        stack, seen = list(roots), set(roots)
        while stack:
            value = stack.pop()
            for index, operand in enumerate(value.operands):
                if operand in self.names or not self._is_here(operand):
                    continue
                if operand not in self.printer.used(value):
                    continue
                self.uses[operand] += 1
                if self.printer.repeats(value, index):
                    self.repeated.add(operand)
                if operand not in seen:
                    seen.add(operand)
                    stack.append(operand)
        self.needed = seen

    def run(self, values: tuple[Value, ...]) -> None:
        """Emit a statement for each needed value that wants one."""
        for value in values:
            if value not in self.needed or not self._is_here(value) or value in self.names:
                continue
            if self._is_statement(value):
                self._emit(value)
            else:
                self._text(value)  # kept for its user: a long chain needs no deep stack

    def expression(self, value: Value) -> str:
        """Return the text of a value where it is used."""
        return self._text(value)[0]

    def fresh(self, wish: str) -> str:
        """Return an unused name, ``wish`` or ``wish_2``, ``wish_3``, ..."""
        name = free_name(wish, self.taken)
        self.taken.add(name)
        return name

    def _is_here(self, value: Value) -> bool:
        """Return whether a value is computed in this function."""
        return not value.is_constant and (value.kind.of_step and value not in self.local) is self.of_step

    def _is_statement(self, value: Value) -> bool:
        if value.operation in ("g", "w", "constant"):
            return False
        if value.operation in _STEPS:  # an argument already, which only another function needs a name for
            return self.of_step and value in self.outputs
        if value.operation == "draw" or value in self.fixed or value in self.repeated:
            return True
        if value in self.outputs:
            # A move that a state reads is written before that state takes its new value.
            return self.of_step or self.uses[value] > 0
        return self.uses[value] > 1 or bool(value.label)

    def _emit(self, value: Value) -> None:
        text = self._compose(value)[0]
        name = self.fixed.get(value) or self.fresh(self._wish(value))
        self.lines.append(f"{name} = {text}")
        self.names[value] = name

    def _wish(self, value: Value) -> str:
        if value.label:
            return value.label
        if value.operation == "draw":
            return "uniform"
        if value.operation in _STEPS:
            return _STEPS[value.operation]
        if self.of_step and value in self.outputs:
            return "decay"
        if value.operation not in REGISTRY:
            return {"fill": "spread", "positive": "divisor", "apart": "nonzero"}.get(
                value.operation, "bounded"
            )
        return REGISTRY[value.operation].noun or "value"

    def _text(self, value: Value) -> tuple[str, Precedence]:
        from nos_sym.backends.precedence import Precedence

        if value in self.names:
            self.read.add(value)
            return self.names[value], Precedence.ATOM
        if value not in self.inline:
            self.inline[value] = self._compose(value)
        return self.inline[value]

    def _operand(self, operand: Value, user: Value) -> tuple[str, Precedence]:
        from nos_sym.backends.precedence import Precedence

        text, level = self._text(operand)
        double = operand in self.doubles and user not in self.doubles and not _is_condition(operand)
        if not (double and self.printer.narrow):
            return text, level
        return self.printer.narrow.format(text if level == Precedence.ATOM else f"({text})"), Precedence.ATOM

    def _compose(self, value: Value) -> tuple[str, Precedence]:
        """Return the text of a value, giving names to operands until it fits the width."""
        from nos_sym.backends.precedence import Precedence

        used = self.printer.used(value)
        while True:
            operands = [
                self._operand(o, value) if o in used else ("", Precedence.ATOM) for o in value.operands
            ]
            text, level = self.printer.format(value, operands)
            if len(text) <= WIDTH:
                return text, level
            candidates = [
                (len(self._text(o)[0]), i)
                for i, o in enumerate(value.operands)
                if o in used
                and self._is_here(o)
                and o not in self.names
                and o.operation not in ("g", "w", *_STEPS)
            ]
            if not candidates:
                return text, level
            self._emit(value.operands[max(candidates)[1]])


def _is_condition(value: Value) -> bool:
    return value.operation in REGISTRY and REGISTRY[value.operation].logical
