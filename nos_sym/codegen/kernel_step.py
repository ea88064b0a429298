"""The text of the function of a kernel that is called: it runs one loop after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nos_sym.codegen.kernel_parts import Kernel, Pass


def step_text(kernel: Kernel, *, move: str = "move") -> str:
    """Return the function that is called.

    Args:
        kernel: what it runs.
        move: name of the function that moves a part.
    """
    return "\n".join(_Step(kernel, move).lines())


class _Step:
    def __init__(self, kernel: Kernel, move: str) -> None:
        self.kernel = kernel
        self.move = move
        self.sums = len(kernel.found)
        self.width = len(kernel.numbers_of_tensor)
        self.first_of_all = self.sums + len(kernel.common)
        self.row = f"found + k * {self.width}" if self.width else "NULL"
        own = ", own" if kernel.knows_lines else ""
        self.given = f"(tensor, numbers + tensor[1] * NUMBERS, {self.row}{own}"
        self.part = "start" if kernel.knows_lines else "start, stop"

    def lines(self) -> Iterator[str]:
        """Yield the lines of the function."""
        kernel = self.kernel
        yield "/* Moves count tensors in parts, which threads share, and returns 0, or moves none and"
        yield "   returns 1. Each row of the table is a tensor: its size, the row of its numbers, and the"
        end = "" if kernel.left else " */"
        yield f"   addresses of its step, weights, gradients, states and uniform numbers.{end}"
        if kernel.left:
            yield "   Between two loops it calls what is left to the caller; where that fails, it returns 2,"
            yield "   and nothing has moved. */"
        extra = ", double *common" if kernel.common else ", int (*between)(int place)" if kernel.left else ""
        yield f"int step(int64_t count, const int64_t *table, const double *numbers, int parts{extra})"
        yield "{"
        yield "    if (overlap(count, table))"
        yield "        return 1;"
        yield "    int64_t total = 0;"
        yield "    for (int64_t k = 0; k < count; k++)"
        yield "        total += chunks(table + k * LONG);"
        sizes = {}
        if self.width:
            sizes = {"sums": f"total * {self.sums}", "found": f"count * {self.width}"}
        if kernel.knows_lines:
            yield "    int64_t all = 0;"
            yield "    for (int64_t k = 0; k < count; k++)"
            yield "        all += length(table + k * LONG);"
            sizes["lines"] = "all"
        self.memory = [f"free({name});" for name in sizes]
        for name, size in sizes.items():
            yield f"    wide *{name} = calloc({size} + 1, sizeof(wide));"
        if sizes:
            yield f"    if ({' || '.join(f'{name} == NULL' for name in sizes)}) {{"
            yield from (f"        {line}" for line in self.memory)
            yield "        return 1;"
            yield "    }"
        if kernel.knows_lines:
            yield "    wide *own = lines;"
        if kernel.common:
            yield "    for (int64_t k = 0; k < count; k++)"
            yield f"        for (int i = 0; i < {len(kernel.common)}; i++)"
            yield f"            found[k * {self.width} + {self.sums} + i] = common[i];"
        axes, columns = dict(kernel.lines), [name for name, axis in kernel.lines if axis == "column"]
        first, place, share = 0, 0, self.first_of_all
        for index, part in enumerate(kernel.passes[:-1]):
            if part.loops:
                sums = f"sums + at * {self.sums}" if self.width else "NULL"
                yield from self._parallel(f"add_{index}{self.given}, {self.part}, {sums});")
            if part.sums:
                yield from self._joined(part, first)
                first += len(part.sums)
            for name, _, how, made in part.lines:
                if axes[name] == "column":
                    yield from self._columns(columns.index(name), how, made)
            for _ in part.operands:
                yield from self._between(place)
                place += 1
            if part.shares.outputs:
                yield from self._shared(index, len(part.shares.outputs), share)
                share += len(part.shares.outputs)
        yield from self._parallel(f"{self.move}{self.given}, {self.part});")
        # Numbers of the tensor last: those of rows and columns read them as they were.
        ends = {"finish_rows": kernel.finish_rows, "finish_columns": kernel.finish_columns}
        ends["finish"] = kernel.finish
        calls = [f"        {name}{self.given});" for name, part in ends.items() if part.outputs]
        if calls:
            yield from self._each(calls)
        if kernel.agreed.outputs:
            yield "    if (count > 0)"
            yield "        agree(table, numbers + table[1] * NUMBERS, found, common);"
        yield from (f"    {line}" for line in self.memory)
        yield "    for (int64_t k = 0; k < count; k++)"
        yield "        *(float *)table[k * LONG + 2] += 1;"
        yield "    return 0;"
        yield "}"

    def _each(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield the loop over all tensors."""
        if self.kernel.knows_lines:
            yield "    own = lines;"
        yield "    for (int64_t k = 0; k < count; k++) {"
        yield "        const int64_t *tensor = table + k * LONG;"
        yield from lines
        if self.kernel.knows_lines:
            yield "        own += length(tensor);"
        yield "    }"

    def _parallel(self, call: str) -> Iterator[str]:
        """Yield the loop over all chunks, of which each part takes as many that follow each other."""
        yield "#pragma omp parallel for num_threads(parts) if (parts > 1) schedule(static, 1)"
        yield "    for (int part = 0; part < parts; part++) {"
        yield "        const int64_t low = total * part / parts, high = total * (part + 1) / parts;"
        lined = self.kernel.knows_lines
        yield "        int64_t at = 0;"
        if lined:
            yield "        wide *own = lines;"
        yield "        for (int64_t k = 0; k < count && at < high; k++) {"
        yield "            const int64_t *tensor = table + k * LONG;"
        yield "            const int64_t first = at, end = at + chunks(tensor);"
        yield "            for (; at < end && at < high; at++) {"
        yield "                if (at < low)"
        yield "                    continue;"
        if lined:
            yield "                const int64_t start = at - first;"
        else:
            yield "                const int64_t start = (at - first) * CHUNK, rest = tensor[0] - start;"
            yield "                const int64_t stop = start + (rest < CHUNK ? rest : CHUNK);"
        yield f"                {call}"
        yield "            }"
        yield "            at = end;"
        if lined:
            yield "            own += length(tensor);"
        yield "        }"
        yield "    }"

    def _joined(self, part: Pass, first: int) -> Iterator[str]:
        """Yield the loop that joins the chunks of each tensor, in their order whatever the threads."""
        yield "    for (int64_t k = 0, at = 0; k < count; k++) {"
        yield "        const int64_t *tensor = table + k * LONG, size = tensor[0], end = at + chunks(tensor);"
        yield f"        wide *own = {self.row};"
        yield "        for (; at < end; at++) {"
        for index, (how, _, _) in enumerate(part.sums, first):
            entry = f"sums[at * {self.sums} + {index}]"
            join = f"+= {entry}" if how == "sum" else f"= wide_max(own[{index}], {entry})"
            yield f"            own[{index}] {join};"
        yield "        }"
        for index, (_, _, made) in enumerate(part.sums, first):
            if made != "{0}":
                yield f"        own[{index}] = {made.format(f'own[{index}]')};"
        yield "        (void)size;"
        yield "    }"

    def _columns(self, column: int, how: str, made: str) -> Iterator[str]:
        """Yield the loop that joins the pieces of each matrix, in their order, to numbers of columns."""
        join = "all[j] + piece[j]" if how == "sum" else "wide_max(all[j], piece[j])"
        lines = [
            "const struct grid grid = grid_of(tensor);",
            "const int64_t n_rows = grid.n_rows, n_cols = grid.n_cols;",
            f"wide *all = columns_of(own, grid, {column});",
            "for (int64_t b = 0; b < grid.matrices; b++, all += grid.pieces * n_cols) {",
            "    for (const wide *piece = all + n_cols; piece < all + grid.pieces * n_cols; piece += n_cols)",
            "        for (int64_t j = 0; j < n_cols; j++)",
            f"            all[j] = {join};",
            "    for (int64_t j = 0; j < n_cols; j++)",
            f"        all[j] = {made.format('all[j]')};",
            "}",
            "(void)n_rows;",
        ]
        return self._each(f"        {line}" for line in lines)

    def _shared(self, index: int, number: int, first: int) -> Iterator[str]:
        """Yield the loop that adds up sums over all tensors, in their order, and hands them to each."""
        yield "    {"
        yield f"        wide shares[{number}] = {{0}};"
        yield "        for (int64_t k = 0; k < count; k++) {"
        yield "            const int64_t *tensor = table + k * LONG;"
        yield f"            share_{index}{self.given}, shares);"
        yield "        }"
        yield "        for (int64_t k = 0; k < count; k++)"
        yield f"            memcpy(found + k * {self.width} + {first}, shares, sizeof shares);"
        yield "    }"

    def _between(self, place: int) -> Iterator[str]:
        """Yield the call of what is left to the caller; where it fails, nothing has moved."""
        yield f"    if (between({place})) {{"
        yield from (f"        {line}" for line in self.memory)
        yield "        return 2;"
        yield "    }"
