"""The text of a kernel: its loops as C functions; what runs them is in :mod:`nos_sym.codegen.kernel_step`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nos_sym.backends.c.kernels import has_kernel
from nos_sym.backends.c.lanes import in_lanes
from nos_sym.backends.c.prelude import prelude, template
from nos_sym.codegen.emit import step_scalars
from nos_sym.codegen.kernel import kernel
from nos_sym.codegen.kernel_parts import Kernel, Pass, Scalars
from nos_sym.codegen.kernel_rounding import KEPT, declared, part_of_memory, stored, stored_state
from nos_sym.codegen.kernel_stages import PART, cut_loop, in_stages
from nos_sym.codegen.kernel_step import step_text
from nos_sym.program.program import Program, Value

if TYPE_CHECKING:
    from nos_sym.backends.printer import CodePrinter

FIRST = 5
"""Where the states of a tensor stand in its row: behind size, numbers, step, weight and gradient."""

GRID = ("rows", "cols", "matrices")
"""What the kernel is told of the shape of a tensor, last, where it knows rows and columns."""

_NUMBERS = ("real", "double")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Native:
    """What a template needs of a kernel.

    Attributes:
        source: its C.
        states: what each state is.
        draws: how many uniform numbers an entry takes.
        left: what the backend computes between the loops, in its order.
        shape: what the kernel is told of the shape of a tensor.
    """

    source: str
    states: tuple[str, ...]
    draws: int
    left: tuple[Value, ...]
    shape: tuple[str, ...]


def native(program: Program, printer: CodePrinter, *, low_precision: bool = False) -> Native | None:
    """Return the compiled step of a program; ``None`` where it, or the files of the backend, have none.

    With low precision it can compensate weights of 16 bits, and round them and states by chance.
    """
    if not printer.kernels or not has_kernel(program):
        return None
    made = kernel(program, step_scalars(program, printer))
    return Native(
        kernel_text(made, low_precision=low_precision),
        tuple(type_ for _, type_ in made.slots),
        len(made.draws),
        tuple(value for value, _ in made.left),
        (*(what for _, what in made.shape), *(GRID if made.knows_lines else ())),
    )


def kernel_text(kernel: Kernel, *, low_precision: bool = False) -> str:
    """Return the C source of a kernel."""
    from nos_sym.codegen.kernel_lines import LinesWriter

    made = LinesWriter if kernel.knows_lines else Writer
    writer = made(kernel, low_precision=low_precision)
    cut = template("lines" if kernel.knows_lines else "chunks")
    step = step_text(kernel, move="move_part" if writer.lanes else "move")
    body = [writer.tensors(), cut, *writer.functions(), template("tensors"), step]
    rounding = [template("rounding")] if low_precision else []
    return "\n\n".join([*prelude(body, lanes=writer.lanes), *rounding, *body]) + "\n"


class Writer:
    """Writes the functions of a kernel whose loops run over entries."""

    given = "const int64_t *tensor, const double *numbers, const wide *found"
    part = "int64_t start, int64_t stop"

    def __init__(self, kernel: Kernel, *, low_precision: bool) -> None:
        self.kernel = kernel
        self.low_precision = low_precision
        arrays = [name for _, name in kernel.left]
        kept = [KEPT] if low_precision else []
        names = [*(name for name, _ in kernel.slots), *kept, *kernel.draws, *arrays]
        names += [name for name, _ in kernel.shape]
        self.position = {name: FIRST + index for index, name in enumerate(names)}
        self.entries = [name for name, type_ in kernel.slots if type_ == "state"]
        self.arrays = [*kernel.draws, *arrays]
        self.sums = [how for part in kernel.passes for how in part.sums]
        self.lanes = kernel.lanes and not low_precision

    def functions(self) -> Iterator[str]:
        """Yield the loops, and the functions of numbers that stand behind them."""
        kernel, first = self.kernel, 0
        for index, part in enumerate(kernel.passes[:-1]):
            if part.loops:
                does = "Adds up" if part.sums or part.lines else "Writes"
                does += " and writes" if part.operands and does != "Writes" else ""
                head = (
                    f"/* {does} what a part of a tensor, from start to stop, takes part in. */\n"
                    f"static void add_{index}({self.given},\n"
                    f"                  {self.part}, wide *sums)"
                )
                yield self._function(head, part, self._adding(part, first))
            first += len(part.sums)
            if part.shares.outputs:
                head = (
                    "/* Adds up what sums over all tensors have of one. */\n"
                    f"static void share_{index}({self.given},\n"
                    "                    wide *shares)"
                )
                place = {name: f"shares[{i}] +=" for i, (name, _) in enumerate(part.shares.outputs)}
                yield self._numbers(head, part.shares, place)
        head = (
            "/* Moves a part of a tensor, from start to stop. */\n"
            f"static void move({self.given},\n"
            f"                 {self.part})"
        )
        yield self._function(head, kernel.passes[-1], self._moving(kernel.passes[-1]))
        if self.lanes:
            yield template("rest")
        if kernel.finish.outputs:
            head = f"/* Writes the states that are numbers of a tensor. */\nstatic void finish({self.given})"
            types = {name: type_ for name, type_ in kernel.slots if type_ in _NUMBERS}
            place = {name: f"*({types[name]} *)tensor[{self.position[name]}] =" for name in types}
            yield self._numbers(head, kernel.finish, place)
        if kernel.agreed.outputs:
            head = (
                "/* Writes the states that all tensors have in common. */\n"
                f"static void agree({self.given},\n"
                "                  double *common)"
            )
            place = {name: f"common[{i}] =" for i, name in enumerate(kernel.common)}
            yield self._numbers(head, kernel.agreed, place)

    def _numbers(self, head: str, part: Scalars, place: dict[str, str]) -> str:
        """Return a function of numbers, each of which is written to its place."""
        stores = [f"{place[name]} {text};" for name, text in part.outputs]
        read = set(_WORD.findall("\n".join([*part.lines, *stores])))
        lines = [*self._scalars(read), *part.lines, *stores]
        return "\n".join([head, "{", *(f"    {x}" for x in lines), "}"])

    def _function(self, head: str, part: Pass, body: list[str]) -> str:
        read = set(_WORD.findall("\n".join([*part.scalars, *body])))
        lines = [*self._scalars(read), *part.scalars, *body]
        return "\n".join([head, "{", *(f"    {x}" if x and not x.startswith("#") else x for x in lines), "}"])

    def _scalars(self, read: set[str]) -> Iterator[str]:
        """Yield the declarations of what is one number in a loop and read there."""
        if "size" in read:
            yield "const int64_t size = tensor[0];"
        for index, name in enumerate(self.kernel.numbers):
            if name in read:
                yield f"const real {name} = numbers[{index}];"
        for name, type_ in self.kernel.slots:
            if type_ in _NUMBERS and name in read:
                yield f"const {type_} {name} = *(const {type_} *)tensor[{self.position[name]}];"
        for index, name in enumerate(self.kernel.numbers_of_tensor):
            if name in read:
                yield f"const real {name} = found[{index}];"
        for name, _ in self.kernel.shape:
            if name in read:
                yield f"const real {name} = tensor[{self.position[name]}];"

    def _loop(self, part: Pass, inner: list[str], clauses: Iterable[str], *, writes: bool) -> list[str]:
        """Return the loop over the entries, the arrays that it takes before it."""
        arrays, loads = self._entries([*part.entries, *inner], writes=writes)
        return [
            *arrays,
            f"#pragma omp simd{''.join(f' {c}' for c in clauses)}",
            "for (int64_t i = start; i < stop; i++) {",
            *(f"    {line}" for line in [*loads, *part.entries, *inner]),
            "}",
        ]

    def _entries(self, text: list[str], *, writes: bool) -> tuple[list[str], list[str]]:
        """Return the declarations of the arrays that entries need, and of what is read of them."""
        read = set(_WORD.findall("\n".join(text)))
        constant = "" if writes else "const "
        lines, loads = [], []
        own = "WEIGHT_AT(i)" if self.low_precision else "LOAD(weights[i])"
        for name, load in (("weight", own), ("gradient", "LOAD(gradients[i])")):
            if name in read:
                loads.append(f"const real {name} = {load};")
        if "weights" in read or "weight" in read:
            lines.append(f"{constant}weight_t *restrict weights = (weight_t *)tensor[3];")
            lines += declared(self.position[KEPT], writes=writes) if self.low_precision else []
        if "gradient" in read:
            lines.append("const weight_t *restrict gradients = (const weight_t *)tensor[4];")
        for name in self.entries:
            if name in read or f"{name}_all" in read:
                place = self.position[name]
                lines.append(f"{constant}state_t *restrict {name}_all = (state_t *)tensor[{place}];")
            if name in read:
                loads.append(f"const real {name} = LOAD_STATE({name}_all[i]);")
        for name in self.arrays:
            if name in read or f"{name}_all" in read:
                own = "const " if name in read else ""
                lines.append(f"{own}real *restrict {name}_all = ({own}real *)tensor[{self.position[name]}];")
            if name in read:
                loads.append(f"const real {name} = {name}_all[i];")
        return lines, loads

    def _moving(self, part: Pass) -> list[str]:
        kernel = self.kernel
        moved = part.moved if kernel.replaces else f"weight + ({part.moved})"
        moved = f"nos_clamp({moved}, LARGEST_WEIGHT)" if kernel.unbounded else moved
        stores = {}
        for index, new in part.stores:
            name = kernel.slots[index][0]
            plain = f"{name}_all[i] = STORE_STATE({new});"
            stores[name] = stored_state(name, index, new) if self.low_precision else plain
        last = stored(moved) if self.low_precision else [f"weights[i] = STORE({moved});"]
        stages = in_stages(part, stores, last)
        if len(stages) == 1:
            loop = self._loop(part, stages[0].writes, (), writes=True)
        else:
            loop = [
                *self._entries([*part.entries, *stores.values(), *last], writes=True)[0],
                *cut_loop(
                    stages, lambda stage: self._entries([*stage.entries, *stage.writes], writes=True)[1]
                ),
            ]
        return list(in_lanes(loop)) if self.lanes else loop

    def _adding(self, part: Pass, first: int) -> list[str]:
        before, inner, clauses, after = [], [], [], []
        for index, (how, entry, _) in enumerate(part.sums):
            name = f"sums_{index}"
            before.append(f"wide {name} = 0;")
            if how == "peak":
                before.append(f"int lost_{index} = 0;")
                inner += [
                    f"const real entry_{index} = {entry};",
                    f"{name} = entry_{index} > {name} ? entry_{index} : {name};",
                    f"lost_{index} |= entry_{index} != entry_{index};",
                ]
                clauses += [f"reduction(max:{name})", f"reduction(|:lost_{index})"]
                after.append(f"sums[{first + index}] = lost_{index} ? NAN : {name};")
            else:
                inner.append(f"{name} += {entry};")
                clauses.append(f"reduction(+:{name})")
                after.append(f"sums[{first + index}] = {name};")
        inner += [f"{name}_all[i] = {text};" for name, text in part.operands]
        return [*before, *self._loop(part, inner, clauses, writes=False), *after]

    def tensors(self) -> str:
        """Return what a row of the table holds, and which of it is memory of how many bytes an entry."""
        parts = [(3, "weight_t", 1), (4, "weight_t", 0)]
        parts += [(self.position[name], "state_t", 1) for name in self.entries]
        long = FIRST + len(self.position) + (len(GRID) if self.kernel.knows_lines else 0)
        sizes = f"LONG = {long}, NUMBERS = {len(self.kernel.numbers)}"
        sizes += f", PART = {PART}" if self.kernel.passes[-1].is_cut else ""
        rows = "".join(f"    {{{at}, sizeof({type_}), {written}}},\n" for at, type_, written in parts)
        count = f"{len(parts)}"
        if self.low_precision:
            rows += part_of_memory(self.position[KEPT])
            count += " + (ROUNDING == 1)"
        return (
            f"enum {{ CHUNK = 4096, {sizes}, PARTS = {count} }};\n"
            "/* Where the addresses of weights, gradients and states stand in a row of the table. */\n"
            f"static const struct {{ int place, bytes, written; }} places[] = {{\n{rows}}};"
        )
