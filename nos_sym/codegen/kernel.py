"""Kernels: a program as functions of C that move one tensor, or a part of it, in one pass over its entries.

A program whose entries depend on themselves alone is one loop. What is a number of the tensor (a norm, a
mean) takes a loop before it, which adds up what the number is of; numbers that depend on others take their
turn, and so do sums over all tensors. Each loop computes anew what it needs, so that nothing of the size of
the weights is kept, and only the last one writes. What C leaves to the backend, functions of whole matrices,
stands between two loops: one writes what it is of, and those behind it read what the backend makes of that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nos_sym.backends.c.kernels import LEFT, REDUCTIONS, SHAPES
from nos_sym.backends.c.printer import CPrinter, name_in_c
from nos_sym.codegen.statements import Statements
from nos_sym.language.kind import Kind
from nos_sym.language.registry import REGISTRY
from nos_sym.program.program import TOTAL, Program, Slot, Value


@dataclass(frozen=True, slots=True)
class Scalars:
    """Statements of numbers, and pairs of what a number is written to and its text."""

    lines: tuple[str, ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Pass:
    """One loop over the entries of a tensor, and what follows it.

    Attributes:
        scalars: statements before the loop.
        entries: statements of one entry.
        sums: what each number adds up of an entry, with how, and what is made of the result.
        stores: pairs of a state's index and the name of its new value.
        moved: text of what is added to the weight, or of the new weight; empty where the loop only adds up.
        operands: pairs of an array and what is written there, for the backend to work on after the loop.
        shares: what a tensor adds to each sum over all tensors after the loop, and the statements of that.
    """

    scalars: tuple[str, ...]
    entries: tuple[str, ...]
    sums: tuple[tuple[str, str, str], ...] = ()
    stores: tuple[tuple[int, str], ...] = ()
    moved: str = ""
    operands: tuple[tuple[str, str], ...] = ()
    shares: Scalars = Scalars()


@dataclass(frozen=True, slots=True)
class Kernel:
    """A program in C.

    Attributes:
        numbers: names of the scalars of the step, in the order in which they are given.
        slots: names of the states and their types: ``state`` of entries, ``real`` or ``double`` of a number.
        draws: names of the uniform numbers.
        left: what is left to the backend in order, and the name of the array of its operand and result.
        shape: names of what the kernel is told of the shape of a tensor, of :data:`.SHAPES`.
        found: names of the numbers of a tensor that the loops add up, in their order.
        common: names of the states that all tensors have in common.
        totals: names of the sums over all tensors.
        passes: the loops, the one that writes last.
        finish: the new states that are numbers of the tensor.
        agreed: the new states that all tensors have in common.
        replaces: whether ``moved`` is the new weight.
        unbounded: whether the new weight is cut to the numbers of its type.
    """

    numbers: tuple[str, ...]
    slots: tuple[tuple[str, str], ...]
    draws: tuple[str, ...]
    left: tuple[tuple[Value, str], ...]
    shape: tuple[tuple[str, str], ...]
    found: tuple[str, ...]
    common: tuple[str, ...]
    totals: tuple[str, ...]
    passes: tuple[Pass, ...]
    finish: Scalars
    agreed: Scalars
    replaces: bool
    unbounded: bool

    @property
    def numbers_of_tensor(self) -> tuple[str, ...]:
        """Names of the numbers that loops are given for each tensor: its own, then those of all."""
        return (*self.found, *self.common, *self.totals)


class _Lines(Statements):
    """Statements of C: each line declares its value.

    ``here`` says which values are computed in this function.
    """

    def __init__(self, printer: CPrinter, taken: Iterable[str], here: frozenset[Value]) -> None:
        super().__init__(printer, taken, set(), of_step=False)
        self.here = here

    def fresh(self, wish: str) -> str:
        """Return an unused name that C has not either."""
        return super().fresh(name_in_c(wish))

    def _is_here(self, value: Value) -> bool:
        return value in self.here

    def _emit(self, value: Value) -> None:
        super()._emit(value)
        self.lines[-1] = f"const {self._type(value)} {self.lines[-1]};"

    def _type(self, value: Value) -> str:
        if value.operation in REGISTRY and REGISTRY[value.operation].logical:
            return "int"
        return "double" if value in self.doubles else "real"


def kernel(program: Program, scalars: tuple[Value, ...]) -> Kernel:
    """Return a program that C can compute, given the scalars of the step that the update takes, in order."""
    return _Kernels(program, scalars).kernel()


class _Kernels:
    """Sorts the values of a program into loops and writes them."""

    def __init__(self, program: Program, scalars: tuple[Value, ...]) -> None:
        self.program = program
        self.needed = program.needed
        depth: dict[Value, int] = {}
        self.stages: dict[int, list[Value]] = {}
        for value in self.needed:
            inner = max((depth[o] for o in value.operands), default=0)
            depth[value] = inner + _waits(value)
            if _waits(value):
                self.stages.setdefault(inner, []).append(value)
        self.printer = CPrinter()
        lines = _Lines(self.printer, (), frozenset())
        new = lines.fresh

        self.given = [new("lr"), *([new("mu")] if program.cycles else [])]
        self.numbers = {v: v.operation for v in self.needed if v.operation in ("lr", "mu")}
        self.numbers |= {v: new(v.label or "decay") for v in scalars}
        self.given += [self.numbers[v] for v in scalars]
        self.slots = {slot.old: new(slot.name) for slot in program.own_slots}
        self.common = {slot.old: new(slot.name) for slot in program.common_slots}
        self.news = {slot.new: new(f"new_{slot.name}") for slot in program.slots}
        self.draws = {v: new("uniform") for v in self.needed if v.operation == "draw"}
        waiting = [v for _, stage in sorted(self.stages.items()) for v in stage]
        self.left = {v: new(v.operation) for v in waiting if v.operation in LEFT}
        self.shape = {v: new(v.operation) for v in self.needed if v.operation in SHAPES}
        self.found = {v: new("norm" if "norm" in v.operation else v.operation)
                      for v in waiting if v.operation in REDUCTIONS}  # fmt: skip
        self.totals = {v: new(TOTAL) for v in waiting if v.operation == TOTAL}
        self.printer.norms = {v: n for v, n in self.found.items() if v.operation == "clip_norm"}
        self.taken = frozenset(lines.taken)

    def kernel(self) -> Kernel:
        """Return the kernel."""
        passes = [self._stage(index) for index in sorted(self.stages)]
        slots = self.program.own_slots
        tensors = [s for s in slots if s.kind is Kind.TENSOR]
        roots = [self.program.change, *(s.new for s in tensors)]
        before, loop = self._lines()
        for slot in tensors:
            loop.fixed[slot.new] = self.news[slot.new]
        moved = self._run(before, loop, roots)[0]
        stores = [(slots.index(s), loop.names.get(s.new) or loop.expression(s.new)) for s in tensors]
        passes.append(Pass(tuple(before.lines), tuple(loop.lines), (), tuple(stores), moved))
        numbers = [(s.new, self.slots[s.old]) for s in slots if s.kind is not Kind.TENSOR]
        common = [(s.new, self.common[s.old]) for s in self.program.common_slots]
        return Kernel(
            tuple(self.given),
            tuple((self.slots[s.old], _type(s)) for s in slots),
            tuple(self.draws.values()),
            tuple(self.left.items()),
            tuple((name, value.operation) for value, name in self.shape.items()),
            tuple(self.found.values()),
            tuple(self.common.values()),
            tuple(self.totals.values()),
            tuple(passes),
            self._scalars(numbers),
            self._scalars(common),
            self.program.replaces,
            self.program.unbounded,
        )

    def _stage(self, index: int) -> Pass:
        """Return the loop that adds up the numbers of one stage, and writes what is left to the backend."""
        stage = self.stages[index]
        found = [v for v in stage if v in self.found]
        left = [v for v in stage if v in self.left]
        before, loop = self._lines()
        texts = self._run(before, loop, [v.operands[0] for v in (*found, *left)], named=True)
        sums = []
        for value, text in zip(found, texts, strict=False):
            how, entry, made = REDUCTIONS[value.operation]
            sums.append((how, entry.format(text), made))
        operands = [(self.left[v], text) for v, text in zip(left, texts[len(found) :], strict=True)]
        shares = self._scalars([(v.operands[0], self.totals[v]) for v in stage if v in self.totals])
        return Pass(tuple(before.lines), tuple(loop.lines), tuple(sums), (), "", tuple(operands), shares)

    def _names(self) -> dict[Value, str]:
        found = {v: n for v, n in self.found.items() if v.operation != "clip_norm"}
        given = {**self.numbers, **self.slots, **self.common, **self.draws, **self.left, **self.shape}
        return {**given, **self.totals, **found}

    def _lines(self) -> tuple[_Lines, _Lines]:
        """Return the writers of what stands before a loop and in it."""
        inside = frozenset(v for v in self.needed if v.kind is Kind.TENSOR)
        outside = frozenset(v for v in self.needed if v.kind is not Kind.TENSOR and not v.is_constant)
        before = _Lines(self.printer, self.taken, outside)
        loop = _Lines(self.printer, self.taken, inside)
        for lines in (before, loop):
            lines.names |= self._names()
            lines.doubles = self.program.doubles
        return before, loop

    def _run(self, before: _Lines, loop: _Lines, roots: list[Value], *, named: bool = False) -> list[str]:
        """Write what roots need, numbers before the loop, and return the roots' texts."""
        unique = list(dict.fromkeys(roots))
        inner = [v for v in unique if v in loop.here and v not in loop.names]
        loop.count(inner)
        if named:
            loop.repeated.update(inner)
        read = [
            o for v in loop.needed for o in self.printer.used(v) if o in before.here and o not in before.names
        ]
        own = [v for v in unique if v in before.here and v not in before.names]
        outer = list(dict.fromkeys([*read, *own]))
        before.count(outer)
        before.repeated.update(outer)  # each is a name that the loop reads
        before.run(tuple(self.needed))
        loop.taken |= before.taken
        loop.names |= before.names
        loop.run(tuple(self.needed))
        return [loop.expression(v) for v in roots]

    def _scalars(self, outputs: list[tuple[Value, str]]) -> Scalars:
        """Return statements of numbers, each named once, so that all may be written afterwards."""
        before, _ = self._lines()
        roots = list(dict.fromkeys(value for value, _ in outputs))
        for value in roots:
            if value in self.news:
                before.fixed[value] = self.news[value]
        before.count(roots)
        before.repeated.update(v for v in roots if v in before.here)
        before.run(tuple(self.needed))
        return Scalars(tuple(before.lines), tuple((to, before.expression(v)) for v, to in outputs))


def _type(slot: Slot) -> str:
    return "state" if slot.kind is Kind.TENSOR else "double" if slot.double else "real"


def _waits(value: Value) -> bool:
    """Return whether a value takes a loop over what it is of before it."""
    return value.operation in REDUCTIONS or value.operation in LEFT or value.operation == TOTAL
