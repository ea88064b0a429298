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

from nos_sym.errors import RenderError
from nos_sym.language.kind import Kind
from nos_sym.language.registry import REGISTRY
from nos_sym.program.naming import free_name
from nos_sym.program.program import Program, Value, reachable

if TYPE_CHECKING:
    from nos_sym.backends.printer import CodePrinter, Precedence

WIDTH = 64
"""Longest statement, so that a line with its indentation stays below a formatter's 88 columns."""


_FIXED = ("t", "step", "total_steps", "group", "lr", "mu")
"""Names that the templates give to arguments of the emitted functions."""
_STEPS = {"t": "count", "T": "steps"}
"""What the step and the number of steps are called where the update of a tensor takes them."""


_ZEROS = {Kind.ROW: "row_zeros(weight)", Kind.COLUMN: "column_zeros(weight)"}
"""What makes the states of a kind in PyTorch."""


@dataclass(frozen=True, slots=True)
class Block:
    """Statements of one function.

    Attributes:
        inputs: names of the arguments, in the order of the values that they carry.
        lines: statements without indentation.
        outputs: the returned expressions, names but for the first.
    """

    inputs: tuple[str, ...]
    lines: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """What a template needs of a program: its scalars, its update, its states and what they are at first.

    ``states`` are keys of the optimizer's state and ``arguments`` the names of their old values; ``start``
    returns a value for each state, empty where that is zero; it is ``None`` where all states are
    tensors that begin with zeros.
    """

    scalars: Block
    update: Block
    states: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    start: Block | None = None
    zeros: tuple[str, ...] = ()


def emit(program: Program, printer: CodePrinter, reserved: frozenset[str] = frozenset()) -> Code:
    """Return the statements of a program in one backend; ``reserved`` names are not given to values."""
    settings = {setting.value: setting.name for setting in program.settings}
    fixed = {*_FIXED, *settings.values()}
    for name in settings.values():
        if name in reserved or name in _FIXED or keyword.iskeyword(name) or hasattr(builtins, name):
            raise RenderError(f"the rendered file uses the name of setting '{name}' itself; choose another")
    local = _local(program)
    is_schedule = program.update.kind.of_step
    outputs = [program.update] if is_schedule else _step_outputs(program, printer, local)
    scalars = _Emitter(printer, reserved | fixed, local, of_step=True)
    scalars.names |= settings
    scalars.count(outputs)
    if is_schedule:
        scalars.outputs.clear()  # a schedule returns an expression, an optimizer named scalars
        scalars.run(program.values)
        result = scalars.expression(program.update)
        return Code(Block((), tuple(scalars.lines), (result,)), Block((), (), ()), ())
    scalars.run(program.values)
    names = {value: scalars.names[value] for value in outputs}
    states = tuple(slot.name for slot in program.slots)
    tensors = _Emitter(printer, reserved | {"lr", "mu"} | set(names.values()), local, of_step=False)
    late = program.read_late
    for slot in program.slots:
        tensors.names[slot.old] = tensors.fixed[slot.new] = tensors.fresh(slot.name)
        if slot in late:
            tensors.fixed[slot.new] = tensors.fresh(f"new_{slot.name}")
    arguments = tuple(tensors.names[slot.old] for slot in program.slots)
    tensors.names |= names
    for value in program.values:
        if value.operation == "limit":
            tensors.fixed[value] = "gradient"
    for value in program.values:
        if value.operation in ("lr", "mu"):
            tensors.names[value] = value.operation
    inputs = ["lr", *(["mu"] if program.cycles else [])]
    inputs += names.values()
    if not printer.draw:
        for value in program.values:
            if value.operation == "draw":
                tensors.names[value] = tensors.fresh("uniform")
                inputs.append(tensors.names[value])
    start = None
    if any(slot.kind is not Kind.TENSOR or slot.start is not None for slot in program.slots):
        start = _start(program, _Emitter(printer, tensors.taken, local, of_step=False), tensors.names, inputs)
    tensors.doubles = program.doubles
    tensors.count(program.roots)
    tensors.run(program.values)
    change = tensors.expression(program.change)
    news = [tensors.fixed[slot.new] for slot in program.slots]
    return Code(
        Block((), tuple(scalars.lines), tuple(names.values())),
        Block(tuple(inputs), tuple(tensors.lines), (change, *news)),
        states,
        arguments,
        start,
        tuple(_ZEROS[slot.kind] for slot in program.slots if slot.kind in _ZEROS),
    )


def _start(program: Program, emitter: _Emitter, names: dict[Value, str], inputs: list[str]) -> Block:
    """Return the statements that make the states before the first step."""
    emitter.names |= names
    emitter.count(program.starts)
    emitter.run(program.values)
    outputs = [emitter.expression(slot.start) if slot.start is not None else "" for slot in program.slots]
    return Block(tuple(inputs), tuple(emitter.lines), tuple(outputs))


def _local(program: Program) -> set[Value]:
    """Return the scalars that are computed with the tensors: what the learning rate is part of."""
    found: set[Value] = set()
    for value in program.values:
        if value.kind.of_step and (value.operation in ("lr", "mu") or not found.isdisjoint(value.operands)):
            found.add(value)
    return found


def _is_condition(value: Value) -> bool:
    return value.operation in REGISTRY and REGISTRY[value.operation].logical


def _step_outputs(program: Program, printer: CodePrinter, local: set[Value]) -> list[Value]:
    """Return the scalars that the update of a tensor takes, in order."""
    found: set[Value] = set()
    for value in reachable([*program.roots, *program.starts]):
        if not value.kind.of_step or value in local:
            found.update(o for o in printer.used(value) if o.kind.of_step and not o.is_constant)
    return [value for value in program.values if value in found and value not in local]


class _Emitter:
    """Writes the values of one function, in order: the scalars of a step, or the update of a tensor."""

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
        self.lines: list[str] = []

    def count(self, roots: list[Value]) -> None:
        """Count the uses of every value of this function that the roots need."""
        self.outputs = set(roots)
        stack, seen = list(roots), set(roots)
        while stack:
            value = stack.pop()
            for index, operand in enumerate(value.operands):
                if not self._is_here(operand) or operand not in self.printer.used(value):
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
            return self.of_step
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
        from nos_sym.backends.printer import Precedence

        if value in self.names:
            return self.names[value], Precedence.ATOM
        if value not in self.inline:
            self.inline[value] = self._compose(value)
        return self.inline[value]

    def _operand(self, operand: Value, user: Value) -> tuple[str, Precedence]:
        from nos_sym.backends.printer import Precedence

        text, level = self._text(operand)
        double = operand in self.doubles and user not in self.doubles and not _is_condition(operand)
        if not (double and self.printer.narrow):
            return text, level
        return self.printer.narrow.format(text if level == Precedence.ATOM else f"({text})"), Precedence.ATOM

    def _compose(self, value: Value) -> tuple[str, Precedence]:
        """Return the text of a value, giving names to operands until it fits the width."""
        from nos_sym.backends.printer import Precedence

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
                if o in used and self._is_here(o) and o not in self.names and o.operation not in ("g", "w")
            ]
            if not candidates:
                return text, level
            self._emit(value.operands[max(candidates)[1]])
