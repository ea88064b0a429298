"""Kernels: a program as functions of C that move one tensor, or a part of it, in one pass over its entries.

A program whose entries depend on themselves alone is one loop. What is a number of the tensor (a norm, a
mean) takes a loop before it, which adds up what the number is of; numbers that depend on others take their
turn, and so do sums over all tensors. Each loop computes anew what it needs, so that nothing of the size of
the weights is kept, and only the last one writes. What C leaves to the backend, functions of whole matrices,
stands between two loops: one writes what it is of, and those behind it read what the backend makes of that.
"""

from __future__ import annotations

from collections.abc import Iterable

from nos_sym.backends.c.kernels import LEFT, LINES, LONG, REDUCTIONS, SHAPES
from nos_sym.backends.c.lanes import has_lanes
from nos_sym.backends.c.printer import CPrinter, name_in_c
from nos_sym.codegen.kernel_parts import Kernel, Pass, Scalars
from nos_sym.codegen.kernel_stages import staged
from nos_sym.codegen.statements import Statements
from nos_sym.language.kind import Kind
from nos_sym.language.registry import REGISTRY
from nos_sym.program.program import TOTAL, Program, Slot, Value


class _Lines(Statements):
    """Statements of C: each line declares its value.

    Attributes:
        here: which values are computed in this function.
        values: what each line declares.
        stages: of each value of an entry the stage of the loop that computes it.
    """

    def __init__(self, printer: CPrinter, taken: Iterable[str], here: frozenset[Value]) -> None:
        super().__init__(printer, taken, set(), of_step=False)
        self.here = here
        self.values: list[Value] = []
        self.stages: dict[Value, int] = {}

    def fresh(self, wish: str) -> str:
        """Return an unused name that C has not either."""
        return super().fresh(name_in_c(wish))

    def _is_here(self, value: Value) -> bool:
        return value in self.here

    def _emit(self, value: Value) -> None:
        super()._emit(value)
        self.lines[-1] = f"const {self._type(value)} {self.lines[-1]};"
        self.values.append(value)

    def cut(self, values: Iterable[Value]) -> None:
        """Sort values into stages, the last value of each stage a statement, for the next one to read."""
        self.stages = staged(values, self.needed & self.here)
        last = max(self.stages.values(), default=0)
        self.repeated.update(v for v, at in self.stages.items() if v.operation in LONG and at < last)

    @property
    def staged_lines(self) -> tuple[tuple[int, str], ...]:
        """The lines with their stages, one stage after the other."""
        stages = (self.stages.get(value, 0) for value in self.values)
        return tuple(sorted(zip(stages, self.lines, strict=True), key=lambda pair: pair[0]))

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
        self.lines = {v: new(v.operation) for v in waiting if v.operation in LINES}
        self.printer.norms = {v: n for v, n in self.found.items() if v.operation == "clip_norm"}
        self.taken = frozenset(lines.taken)
        self.lined = bool(self.lines) or any(s.kind in (Kind.ROW, Kind.COLUMN) for s in program.own_slots)

    def kernel(self) -> Kernel:
        """Return the kernel."""
        passes = [self._stage(index) for index in sorted(self.stages)]
        slots = self.program.own_slots
        tensors = [s for s in slots if s.kind is Kind.TENSOR]
        roots = [self.program.change, *(s.new for s in tensors)]
        levels = self._levels()
        for slot in tensors:
            levels[-1].fixed[slot.new] = self.news[slot.new]
        moved = self._run(levels, roots)[0]
        last = levels[-1]
        stores = [(slots.index(s), last.names.get(s.new) or last.expression(s.new)) for s in tensors]
        scalars, rows, _ = (tuple(level.lines) for level in levels)
        stages, entries = zip(*last.staged_lines, strict=True) if last.lines else ((), ())
        end = max(last.stages.values(), default=0)
        stored = tuple(last.stages.get(s.new, end) for s in tensors)
        passes.append(
            Pass(scalars, rows, entries, stores=tuple(stores), moved=moved, stages=stages, stored=stored)
        )
        of_kind = {k: [(s.new, self.slots[s.old]) for s in slots if s.kind is k] for k in Kind}
        numbers = [x for k in (Kind.NUMBER, Kind.STEP, Kind.SCALAR) for x in of_kind[k]]
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
            tuple((name, LINES[value.operation][0]) for value, name in self.lines.items()),
            tuple(passes),
            self._scalars(numbers),
            self._scalars(of_kind[Kind.ROW], Kind.ROW),
            self._scalars(of_kind[Kind.COLUMN], Kind.COLUMN),
            self._scalars(common),
            self.program.replaces,
            self.program.unbounded,
            self._has_lanes(last.needed & last.here, roots),
        )

    def _has_lanes(self, entries: set[Value], roots: list[Value]) -> bool:
        """Return whether whole vectors have what is computed of an entry; it pays where that is long."""
        if self.lined or self.draws or self.left or not any(v.operation in LONG for v in entries):
            return False
        return (
            entries.issuperset(roots)
            and entries.isdisjoint(self.program.doubles)
            and all(map(has_lanes, entries))
        )

    def _stage(self, index: int) -> Pass:
        """Return the loop that adds up the numbers of one stage, and writes what is left to the backend."""
        stage = self.stages[index]
        found = [v for v in stage if v in self.found]
        left = [v for v in stage if v in self.left]
        lined = [v for v in stage if v in self.lines]
        levels = self._levels()
        texts = iter(self._run(levels, [v.operands[0] for v in (*found, *left, *lined)], named=True))
        sums = []
        for value, text in zip(found, texts, strict=False):
            how, entry, made = REDUCTIONS[value.operation]
            sums.append((how, entry.format(text), made))
        operands = [(self.left[v], text) for v, text in zip(left, texts, strict=False)]
        lines = [
            (self.lines[v], text, *LINES[v.operation][1:]) for v, text in zip(lined, texts, strict=False)
        ]
        shares = self._scalars([(v.operands[0], self.totals[v]) for v in stage if v in self.totals])
        scalars, rows, entries = (tuple(level.lines) for level in levels)
        return Pass(
            scalars, rows, entries, tuple(sums), operands=tuple(operands), shares=shares, lines=tuple(lines)
        )

    def _names(self) -> dict[Value, str]:
        found = {v: n for v, n in self.found.items() if v.operation != "clip_norm"}
        given = {**self.numbers, **self.slots, **self.common, **self.draws, **self.left, **self.shape}
        return {**given, **self.totals, **self.lines, **found}

    def _levels(self) -> tuple[_Lines, _Lines, _Lines]:
        """Return the writers of what stands before the loops, of a row, and of an entry.

        What is a number of each column is computed of each entry, where it is part of vectors.
        """
        return self._writer(*_WHOLE), self._writer(Kind.ROW), self._writer(Kind.COLUMN, Kind.TENSOR)

    def _writer(self, *kinds: Kind) -> _Lines:
        here = frozenset(v for v in self.needed if v.kind in kinds and not v.is_constant)
        lines = _Lines(self.printer, self.taken, here)
        lines.names |= self._names()
        lines.doubles = self.program.doubles
        return lines

    def _run(self, levels: tuple[_Lines, ...], roots: list[Value], *, named: bool = False) -> list[str]:
        """Write what roots need, each value where its kind says, and return the roots' texts."""
        wanted = list(dict.fromkeys(roots))
        for level in reversed(levels):
            own = [v for v in wanted if v in level.here and v not in level.names]
            level.count(own)
            if named or level is not levels[-1]:
                level.repeated.update(own)  # each is a name that an inner level reads
            elif not self.lined:
                level.cut(self.needed)
            read = [o for v in level.needed for o in self.printer.used(v) if o not in level.here]
            wanted = list(dict.fromkeys([*wanted, *read]))
        for outer, level in zip((None, *levels), levels, strict=False):
            if outer is not None:
                level.taken |= outer.taken
                level.names |= outer.names
            level.run(tuple(self.needed))
        return [levels[-1].expression(v) for v in roots]

    def _scalars(self, outputs: list[tuple[Value, str]], kind: Kind = Kind.SCALAR) -> Scalars:
        """Return statements of numbers, each named once, so that all may be written afterwards.

        Numbers of rows or columns, where that is their kind, and all that they need, stand in one place.
        """
        lines = self._writer(kind, *_WHOLE)
        roots = list(dict.fromkeys(value for value, _ in outputs))
        for value in roots:
            if value in self.news:
                lines.fixed[value] = self.news[value]
        lines.count(roots)
        lines.repeated.update(v for v in roots if v in lines.here)
        lines.run(tuple(self.needed))
        return Scalars(tuple(lines.lines), tuple((to, lines.expression(v)) for v, to in outputs))


_WHOLE = (Kind.NUMBER, Kind.STEP, Kind.GLOBAL, Kind.SCALAR)
"""Kinds of what is one number in all loops over a tensor."""


def _type(slot: Slot) -> str:
    types = {Kind.TENSOR: "state", Kind.ROW: "row", Kind.COLUMN: "column"}
    return types.get(slot.kind) or ("double" if slot.double else "real")


def _waits(value: Value) -> bool:
    """Return whether a value takes a loop over what it is of before it."""
    return value.operation in {*REDUCTIONS, *LINES, *LEFT, TOTAL}
