"""Emission: a program to the statements of two functions, the scalars of a step and the update of a tensor.

A value is a statement where it is used more than once, has a name of its own in the language, leaves the
block, or would make a line longer than :data:`WIDTH`; every other value is written where it is used.
"""

from __future__ import annotations

import builtins
import keyword
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nos_sym.language.registry import REGISTRY
from nos_sym.program.program import Program, Rate, Setting, Value, reachable

if TYPE_CHECKING:
    from nos_sym.backends.printer import CodePrinter, Precedence

WIDTH = 64
"""Longest statement, so that a line with its indentation stays below a formatter's 88 columns."""


@dataclass(frozen=True, slots=True)
class Block:
    """Statements of one function.

    Attributes:
        inputs: names of the arguments, in the order of the values that they carry.
        lines: statements without indentation.
        outputs: the returned expressions, names but for the first and the complements of betas.
    """

    inputs: tuple[str, ...]
    lines: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """What a template needs of a program: its scalars, its update, and the names of its state."""

    scalars: Block
    update: Block
    states: tuple[str, ...]


def emit(program: Program, printer: CodePrinter, reserved: frozenset[str] = frozenset()) -> Code:
    """Return the statements of a program in one backend; ``reserved`` names are not given to values."""
    step_outputs = _step_outputs(program)
    tunables = {t.value: t.name for t in program.tunables}
    fixed = {"t", "step", "total_steps", "group", *tunables.values()}
    scalars = _Emitter(printer, reserved | fixed, Rate.STEP)
    scalars.names |= tunables
    scalars.count(step_outputs)
    if program.update.rate is not Rate.TENSOR:
        scalars.outputs.clear()  # a schedule returns an expression, an optimizer named scalars
        scalars.run(program.values)
        result = scalars.expression(program.update)
        return Code(Block((), tuple(scalars.lines), (result,)), Block((), (), ()), ())
    scalars.run(program.values)
    names = {value: scalars.names[value] for value in step_outputs}
    outputs = names
    if printer.complements:
        betas = {t.value for t in program.settings(Setting.BETA)}
        outputs = {v: f"1 - {name}" if v in betas else name for v, name in names.items()}
        names = {v: f"co_{name}" if v in betas else name for v, name in names.items()}

    states = tuple(slot.name for slot in program.slots)
    tensors = _Emitter(printer, reserved | set(names.values()), Rate.TENSOR)
    for slot in program.slots:
        tensors.names[slot.old] = tensors.fixed[slot.new] = tensors.fresh(slot.name)
    tensors.names |= names
    inputs = list(names.values())
    if not printer.draw:
        for value in program.values:
            if value.operation == "draw":
                tensors.names[value] = tensors.fresh("uniform")
                inputs.append(tensors.names[value])
    tensors.count([program.update, *(slot.new for slot in program.slots)])
    tensors.run(program.values)
    update = tensors.expression(program.update)
    if states and update not in tensors.taken:
        tensors.lines.append(f"u = {update}")
        update = "u"
    return Code(
        Block((), tuple(scalars.lines), tuple(outputs.values())),
        Block(tuple(inputs), tuple(tensors.lines), (update, *states)),
        states,
    )


def _step_outputs(program: Program) -> list[Value]:
    """Return the scalars that tensor values use, in order."""
    if program.update.rate is not Rate.TENSOR:
        return [program.update]
    found: dict[Value, None] = {}
    for value in _reachable(program):
        if value.rate is Rate.TENSOR:
            found.update((o, None) for o in value.operands if o.rate is Rate.STEP)
    return [value for value in program.values if value in found]


def _reachable(program: Program) -> list[Value]:
    wanted = reachable([program.update, *(slot.new for slot in program.slots)])
    return [value for value in program.values if value in wanted]


class _Emitter:
    """Writes the values of one rate, in order."""

    def __init__(self, printer: CodePrinter, reserved: Iterable[str], rate: Rate) -> None:
        self.printer = printer
        self.rate = rate
        self.taken = {*reserved, *keyword.kwlist, *dir(builtins)}
        self.names: dict[Value, str] = {}
        self.fixed: dict[Value, str] = {}
        self.inline: dict[Value, tuple[str, Precedence]] = {}
        self.uses: Counter[Value] = Counter()
        self.outputs: set[Value] = set()
        self.repeated: set[Value] = set()
        self.lines: list[str] = []

    def count(self, roots: list[Value]) -> None:
        """Count the uses of every value of this rate that the roots need."""
        self.outputs = set(roots)
        stack, seen = list(roots), set(roots)
        while stack:
            value = stack.pop()
            if value.operation in ("constant", "state", "draw", "tunable"):
                continue
            for index, operand in enumerate(value.operands):
                if operand.rate is not self.rate:
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
            if value not in self.needed or value.rate is not self.rate or value in self.names:
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
        name, count = wish, 1
        while name in self.taken:
            count += 1
            name = f"{wish}_{count}"
        self.taken.add(name)
        return name

    def _is_statement(self, value: Value) -> bool:
        if value.operation in ("g", "w", "constant"):
            return False
        if value.operation == "draw" or value in self.fixed or value in self.repeated:
            return True
        if value in self.outputs:
            return self.rate is Rate.STEP
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
        if self.rate is Rate.STEP and value in self.outputs:
            return "decay"
        return "spread" if value.operation == "fill" else REGISTRY[value.operation].noun or "value"

    def _text(self, value: Value) -> tuple[str, Precedence]:
        from nos_sym.backends.printer import Precedence

        if value in self.names:
            return self.names[value], Precedence.ATOM
        if value not in self.inline:
            self.inline[value] = self._compose(value)
        return self.inline[value]

    def _compose(self, value: Value) -> tuple[str, Precedence]:
        """Return the text of a value, giving names to operands until it fits the width."""
        operands = [self._text(o) for o in value.operands]
        while True:
            text, level = self.printer.format(value, operands)
            if len(text) <= WIDTH:
                return text, level
            candidates = [
                (len(self._text(o)[0]), i)
                for i, o in enumerate(value.operands)
                if o.rate is self.rate and o not in self.names and o.operation not in ("g", "w")
            ]
            if not candidates:
                return text, level
            longest = value.operands[max(candidates)[1]]
            self._emit(longest)
            operands = [self._text(o) for o in value.operands]
