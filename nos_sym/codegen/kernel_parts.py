"""What a kernel is made of: loops over the entries of a tensor, and numbers that stand between them."""

from __future__ import annotations

from dataclasses import dataclass

from nos_sym.program.program import Value


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
        rows: statements of one row, of a kernel that knows rows and columns.
        entries: statements of one entry.
        sums: what each number adds up of an entry, with how, and what is made of the result.
        stores: pairs of a state's index and the name of its new value.
        moved: text of what is added to the weight, or of the new weight; empty where the loop only adds up.
        operands: pairs of an array and what is written there, for the backend to work on after the loop.
        shares: what a tensor adds to each sum over all tensors after the loop, and the statements of that.
        lines: of each number of a row or column, its name, what of an entry is joined, how, and what is made.
        stages: of each statement of an entry the stage of the loop that it is part of.
        stored: of each store the stage whose loop has the new value.
    """

    scalars: tuple[str, ...]
    rows: tuple[str, ...]
    entries: tuple[str, ...]
    sums: tuple[tuple[str, str, str], ...] = ()
    stores: tuple[tuple[int, str], ...] = ()
    moved: str = ""
    operands: tuple[tuple[str, str], ...] = ()
    shares: Scalars = Scalars()
    lines: tuple[tuple[str, str, str, str], ...] = ()
    stages: tuple[int, ...] = ()
    stored: tuple[int, ...] = ()

    @property
    def loops(self) -> bool:
        """Whether there is something to do of each entry."""
        return bool(self.sums or self.operands or self.lines or self.moved)

    @property
    def is_cut(self) -> bool:
        """Whether its loop is one stage after the other."""
        return any((*self.stages, *self.stored))


@dataclass(frozen=True, slots=True)
class Kernel:
    """A program in C.

    Attributes:
        numbers: names of the scalars of the step, in the order in which they are given.
        slots: names of the states and their types: ``state`` of entries, ``real`` or ``double`` of a number,
            ``row`` or ``column`` of numbers.
        draws: names of the uniform numbers.
        left: what is left to the backend in order, and the name of the array of its operand and result.
        shape: names of what the kernel is told of the shape of a tensor, of :data:`.SHAPES`.
        found: names of the numbers of a tensor that the loops add up, in their order.
        common: names of the states that all tensors have in common.
        totals: names of the sums over all tensors.
        passes: the loops, the one that writes last.
        lines: names of the numbers of rows and columns that the loops find, and ``row`` or ``column``.
        finish: the new states that are numbers of the tensor.
        finish_rows: those that are numbers of a row.
        finish_columns: those that are numbers of a column.
        agreed: the new states that all tensors have in common.
        replaces: whether ``moved`` is the new weight.
        unbounded: whether the new weight is cut to the numbers of its type.
        lanes: whether the loop that writes may take whole vectors of entries.
    """

    numbers: tuple[str, ...]
    slots: tuple[tuple[str, str], ...]
    draws: tuple[str, ...]
    left: tuple[tuple[Value, str], ...]
    shape: tuple[tuple[str, str], ...]
    found: tuple[str, ...]
    common: tuple[str, ...]
    totals: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]
    passes: tuple[Pass, ...]
    finish: Scalars
    finish_rows: Scalars
    finish_columns: Scalars
    agreed: Scalars
    replaces: bool
    unbounded: bool
    lanes: bool

    @property
    def knows_lines(self) -> bool:
        """Whether the loops know rows and columns."""
        return bool(self.lines) or any(type_ in ("row", "column") for _, type_ in self.slots)

    @property
    def numbers_of_tensor(self) -> tuple[str, ...]:
        """Names of the numbers that loops are given for each tensor: its own, then those of all."""
        return (*self.found, *self.common, *self.totals)
