"""The text of a kernel: its loops as C functions, and the function that runs them over all tensors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nos_sym.backends.c.kernels import has_kernel
from nos_sym.backends.c.prelude import prelude, template
from nos_sym.codegen.emit import step_scalars
from nos_sym.codegen.kernel import Kernel, Pass, kernel
from nos_sym.program.program import Program

if TYPE_CHECKING:
    from nos_sym.backends.printer import CodePrinter

FIRST = 5
"""Where the states of a tensor stand in its row: behind size, numbers, step, weight and gradient."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Native:
    """What a template needs of a kernel: its source, what each state is, and how many numbers are drawn."""

    source: str
    states: tuple[str, ...]
    draws: int


def native(program: Program, printer: CodePrinter) -> Native | None:
    """Return the compiled step of a program; ``None`` where it, or the files of the backend, have none."""
    if not printer.kernels or not has_kernel(program):
        return None
    made = kernel(program, step_scalars(program, printer))
    return Native(kernel_text(made), tuple(type_ for _, type_ in made.slots), len(made.draws))


def kernel_text(kernel: Kernel) -> str:
    """Return the C source of a kernel."""
    writer = _Writer(kernel)
    table = template("tensors")
    body = [*writer.loops(), *writer.finish(), writer.tensors(), table, writer.step()]
    return "\n\n".join([*prelude(body), *body]) + "\n"


class _Writer:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        names = [*(name for name, _ in kernel.slots), *kernel.draws]
        self.position = {name: FIRST + index for index, name in enumerate(names)}
        self.entries = [name for name, type_ in kernel.slots if type_ == "state"]
        self.sums = [how for part in kernel.passes for how in part.sums]

    def loops(self) -> Iterator[str]:
        """Yield the functions of the loops."""
        first = 0
        for index, part in enumerate(self.kernel.passes[:-1]):
            head = (
                f"/* Adds up what entries start to stop of a tensor are part of. */\n"
                f"static void add_{index}(const int64_t *tensor, const double *numbers, const wide *found,\n"
                "                  int64_t start, int64_t stop, wide *sums)"
            )
            yield self._function(head, part, self._adding(part, first))
            first += len(part.sums)
        head = (
            "/* Moves entries start to stop of a tensor. */\n"
            "static void move(const int64_t *tensor, const double *numbers, const wide *found,\n"
            "                 int64_t start, int64_t stop)"
        )
        yield self._function(head, self.kernel.passes[-1], self._moving(self.kernel.passes[-1]))

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
            if type_ != "state" and name in read:
                yield f"const {type_} {name} = *(const {type_} *)tensor[{self.position[name]}];"
        for index, name in enumerate(self.kernel.found):
            if name in read:
                yield f"const real {name} = found[{index}];"

    def _loop(self, part: Pass, inner: list[str], clauses: Iterable[str], *, writes: bool) -> list[str]:
        read = set(_WORD.findall("\n".join([*part.entries, *inner])))
        constant = "" if writes else "const "
        lines, loads = [], []
        for name, load in (("weight", "LOAD(weights[i])"), ("gradient", "LOAD(gradients[i])")):
            if name in read:
                loads.append(f"const real {name} = {load};")
        if "weights" in read or "weight" in read:
            lines.append(f"{constant}weight_t *restrict weights = (weight_t *)tensor[3];")
        if "gradient" in read:
            lines.append("const weight_t *restrict gradients = (const weight_t *)tensor[4];")
        for name in self.entries:
            if name in read or f"{name}_all" in read:
                place = self.position[name]
                lines.append(f"{constant}state_t *restrict {name}_all = (state_t *)tensor[{place}];")
            if name in read:
                loads.append(f"const real {name} = LOAD_STATE({name}_all[i]);")
        for name in self.kernel.draws:
            if name in read:
                lines.append(
                    f"const real *restrict {name}_all = (const real *)tensor[{self.position[name]}];"
                )
                loads.append(f"const real {name} = {name}_all[i];")
        return [
            *lines,
            f"#pragma omp simd{''.join(f' {c}' for c in clauses)}",
            "for (int64_t i = start; i < stop; i++) {",
            *(f"    {line}" for line in [*loads, *part.entries, *inner]),
            "}",
        ]

    def _moving(self, part: Pass) -> list[str]:
        kernel = self.kernel
        inner = []
        for index, new in part.stores:
            inner.append(f"{kernel.slots[index][0]}_all[i] = STORE_STATE({new});")
        moved = part.moved if kernel.replaces else f"weight + ({part.moved})"
        moved = f"nos_clamp({moved}, LARGEST_WEIGHT)" if kernel.unbounded else moved
        inner.append(f"weights[i] = STORE({moved});")
        return self._loop(part, inner, (), writes=True)

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
        return [*before, *self._loop(part, inner, clauses, writes=False), *after]

    def finish(self) -> Iterator[str]:
        """Yield the function that writes the states that are numbers of a tensor."""
        kernel = self.kernel
        if not kernel.finished:
            return
        stores = [
            f"*({kernel.slots[i][1]} *)tensor[{self.position[kernel.slots[i][0]]}] = {new};"
            for i, new in kernel.finished
        ]
        read = set(_WORD.findall("\n".join([*kernel.finish, *stores])))
        head = (
            "/* Writes the states that are numbers of a tensor. */\n"
            "static void finish(const int64_t *tensor, const double *numbers, const wide *found)"
        )
        yield "\n".join(
            [head, "{", *(f"    {x}" for x in [*self._scalars(read), *kernel.finish, *stores]), "}"]
        )

    def tensors(self) -> str:
        """Return what a row of the table holds, and which of it is memory of how many bytes an entry."""
        parts = [(3, "weight_t", 1), (4, "weight_t", 0)]
        parts += [(self.position[name], "state_t", 1) for name in self.entries]
        sizes = f"LONG = {FIRST + len(self.position)}, NUMBERS = {len(self.kernel.numbers)}"
        rows = "".join(f"    {{{at}, sizeof({type_}), {written}}},\n" for at, type_, written in parts)
        return (
            f"enum {{ CHUNK = 4096, {sizes}, PARTS = {len(parts)} }};\n"
            "/* Where the addresses of weights, gradients and states stand in a row of the table. */\n"
            f"static const struct {{ int place, bytes, written; }} places[] = {{\n{rows}}};"
        )

    def step(self) -> str:
        """Return the function that is called."""
        kernel, sums = self.kernel, len(self.kernel.found)
        lines = [
            "/* Moves count tensors in parts, which threads share, and returns 0, or moves none and",
            "   returns 1. Each row of the table is a tensor: its size, the row of its numbers, and the",
            "   addresses of its step, weights, gradients, states and uniform numbers. */",
            "int step(int64_t count, const int64_t *table, const double *numbers, int parts)",
            "{",
            "    if (overlap(count, table))",
            "        return 1;",
            "    int64_t total = 0;",
            "    for (int64_t k = 0; k < count; k++)",
            "        total += chunks(table + k * LONG);",
        ]
        if sums:
            lines += [
                f"    wide *sums = calloc(total * {sums} + 1, sizeof(wide));",
                f"    wide *found = calloc(count * {sums} + 1, sizeof(wide));",
                "    if (sums == NULL || found == NULL) {",
                "        free(sums);",
                "        free(found);",
                "        return 1;",
                "    }",
            ]
        first = 0
        for index, part in enumerate(kernel.passes[:-1]):
            arguments = (
                f"add_{index}(tensor, numbers + tensor[1] * NUMBERS, found + k * {sums}, start, stop, "
            )
            lines += self._parallel(f"{arguments}sums + at * {sums});")
            lines += self._joined(part, first, sums)
            first += len(part.sums)
        found = f"found + k * {sums}" if sums else "NULL"
        call = f"(tensor, numbers + tensor[1] * NUMBERS, {found}"
        lines += self._parallel(f"move{call}, start, stop);")
        if kernel.finished:
            lines += [
                "    for (int64_t k = 0; k < count; k++) {",
                "        const int64_t *tensor = table + k * LONG;",
                f"        finish{call});",
                "    }",
            ]
        if sums:
            lines += ["    free(sums);", "    free(found);"]
        lines += ["    for (int64_t k = 0; k < count; k++)", "        *(float *)table[k * LONG + 2] += 1;"]
        return "\n".join([*lines, "    return 0;", "}"])

    @staticmethod
    def _parallel(call: str) -> list[str]:
        """Return the loop over all chunks, of which each part takes as many that follow each other."""
        return [
            "#pragma omp parallel for num_threads(parts) if (parts > 1) schedule(static, 1)",
            "    for (int part = 0; part < parts; part++) {",
            "        const int64_t low = total * part / parts, high = total * (part + 1) / parts;",
            "        int64_t at = 0;",
            "        for (int64_t k = 0; k < count && at < high; k++) {",
            "            const int64_t *tensor = table + k * LONG;",
            "            const int64_t end = at + chunks(tensor);",
            "            for (; at < end && at < high; at++) {",
            "                if (at < low)",
            "                    continue;",
            "                const int64_t start = (at - (end - chunks(tensor))) * CHUNK;",
            "                const int64_t stop = tensor[0] - start < CHUNK ? tensor[0] : start + CHUNK;",
            f"                {call}",
            "            }",
            "            at = end;",
            "        }",
            "    }",
        ]

    @staticmethod
    def _joined(part: Pass, first: int, sums: int) -> list[str]:
        """Return the loop that joins the chunks of each tensor, in their order whatever the threads."""
        lines = [
            "    for (int64_t k = 0, at = 0; k < count; k++) {",
            "        const int64_t *tensor = table + k * LONG, size = tensor[0], end = at + chunks(tensor);",
            f"        wide *own = found + k * {sums};",
            "        for (; at < end; at++) {",
        ]
        for index, (how, _, _) in enumerate(part.sums, first):
            entry = f"sums[at * {sums} + {index}]"
            join = f"+= {entry}" if how == "sum" else f"= wide_max(own[{index}], {entry})"
            lines.append(f"            own[{index}] {join};")
        lines += ["        }"]
        for index, (_, _, made) in enumerate(part.sums, first):
            if made != "{0}":
                lines.append(f"        own[{index}] = {made.format(f'own[{index}]')};")
        return [*lines, "        (void)size;", "    }"]
