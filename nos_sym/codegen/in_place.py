"""The update of a tensor in place: every operation writes into a buffer that is free, or into a state.

It computes what the pure update does, operation by operation; memory for temporaries is what a step without a
compiler spends most of its time on. A buffer is free when no later operation reads what it holds. A new state
is written over the old one where nothing reads that any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nos_sym.codegen.statements import Statements
from nos_sym.language.kind import Kind
from nos_sym.program.program import Program, Value

if TYPE_CHECKING:
    from nos_sym.backends.printer import CodePrinter

BUFFER = "buffer_{0}"
"""Names of the buffers."""


@dataclass(frozen=True, slots=True)
class InPlace:
    """Statements of the update in place.

    Attributes:
        lines: statements without indentation.
        outputs: the new states; one that is written in place is the state itself.
        buffers: names of the buffers, tensors like the weight.
    """

    lines: tuple[str, ...]
    outputs: tuple[str, ...]
    buffers: tuple[str, ...]


class InPlaceStatements(Statements):
    """Writes each value into a buffer, or as the pure update does where its operation cannot.

    Args:
        program: whose update it is.
        printer: of the backend.
        names: the values that the function is given.
        reserved: names that stand for something else.
        local: scalars of the step that are computed with the tensors.
    """

    def __init__(
        self,
        program: Program,
        printer: CodePrinter,
        names: dict[Value, str],
        reserved: Iterable[str],
        local: set[Value],
    ) -> None:
        super().__init__(printer, {*reserved, *names.values()}, local, of_step=False)
        self.names |= names
        self.doubles = program.doubles
        self.slots = {slot.new: slot for slot in program.own_slots if slot.kind is Kind.TENSOR}
        self.states = [slot.new for slot in program.own_slots]
        self.count(list(dict.fromkeys([program.change, *self.states])))
        self.left: Counter[Value] = Counter(self.states)
        self.move, self.moving, parts = self._tail(program)
        self.left.update(self.moving)
        self.needed -= parts
        for value in self.needed:
            if value not in self.names:
                self.left.update(set(printer.used(value)))
        self.held: dict[Value, str] = {}
        self.free: list[str] = []
        self.buffers: list[str] = []
        self.run(program.values)

    def result(self) -> InPlace:
        """Return the statements."""
        texts = [self.expression(value) for value in self.moving]
        lines = [*self.lines, self.move.format(*texts)]
        outputs = tuple(self.expression(value) for value in self.states)
        return InPlace(tuple(lines), outputs, tuple(self.buffers))

    def _tail(self, program: Program) -> tuple[str, list[Value], set[Value]]:
        """Return how the weight is moved, by which values, and which are no statements for that.

        A product with the rate, and a quotient in it, are parts of the addition where nothing else uses them.
        """
        change = program.change
        if program.replaces:
            return "weight.copy_({0})", [change], set()
        if not self._is_once(change, "mul") or not any(o.kind.of_step for o in change.operands):
            return "weight.add_({0})", [change], set()
        tensor, rate = sorted(change.operands, key=lambda o: o.kind.of_step)
        if tensor.kind.of_step or rate.is_constant:
            return "weight.add_({0})", [change], set()
        whole = [o.kind is Kind.TENSOR and not o.is_constant for o in tensor.operands]
        if self._is_once(tensor, "div") and not tensor.guarded and all(whole):
            return "weight.addcdiv_({0}, {1}, value={2})", [*tensor.operands, rate], {change, tensor}
        return "weight.add_({0}, alpha={1})", [tensor, rate], {change}

    def _is_once(self, value: Value, operation: str) -> bool:
        """Return whether a value is an operation on whose result one other depends."""
        return (
            value.operation == operation
            and value not in self.names
            and self.uses[value] <= 1
            and (value not in self.states)
        )

    def _is_statement(self, value: Value) -> bool:
        return value.operation not in ("g", "w", "constant", "t", "T")

    def _emit(self, value: Value) -> None:
        from nos_sym.backends.precedence import Precedence

        used = dict.fromkeys(self.printer.used(value))  # in their order, so that files are the same each time
        operands = [self._operand(o, value) if o in used else ("", Precedence.ATOM) for o in value.operands]
        form = self.printer.in_place(value) if value.kind is Kind.TENSOR else None
        slot = self.slots.get(value)
        if form is None:
            text = self.printer.format(value, operands)[0]
            if text in self.names.values():
                text = f"{text}.clone()"  # what holds it may be written over
            self._leave(used)
        else:
            # Not aliased: the operation reads its operands after it began to write.
            if form.aliased:
                self._leave(used)
            over = slot is not None and self._is_over(slot.old, used, aliased=form.aliased)
            target = self.names[slot.old] if slot is not None and over else self._buffer()
            if not form.aliased:
                self._leave(used)
            written = form.text if over else form.lent or form.text
            text = written.format(*(text for text, _ in operands), out=target, **form.fields)
            if over:
                self.lines.append(text)
                self.names[value] = target
                return
            self.held[value] = target
        name = self.fresh(self._wish(value))
        self.lines.append(f"{name} = {text}")
        self.names[value] = name

    def _is_over(self, old: Value, used: Iterable[Value], *, aliased: bool) -> bool:
        """Return whether an old state has no use from here on, so that the new one may be written over it."""
        return self.left[old] == 0 and (aliased or old not in used)

    def _leave(self, used: Iterable[Value]) -> None:
        """Count the uses of a statement; a buffer whose value has no more is free."""
        for operand in used:
            self.left[operand] -= 1
            if not self.left[operand] and operand in self.held:
                self.free.append(self.held.pop(operand))

    def _buffer(self) -> str:
        if not self.free:
            self.buffers.append(self.fresh(BUFFER.format(len(self.buffers) + 1)))
            return self.buffers[-1]
        return self.free.pop()
