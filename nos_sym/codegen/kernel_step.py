"""The text of the function of a kernel that is called: it runs one loop after the other."""

from __future__ import annotations

from collections.abc import Iterator

from nos_sym.codegen.kernel import Kernel, Pass


def step_text(kernel: Kernel) -> str:
    """Return the function that is called."""
    return "\n".join(_Step(kernel).lines())


class _Step:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.sums = len(kernel.found)
        self.width = len(kernel.numbers_of_tensor)
        self.first_of_all = self.sums + len(kernel.common)
        self.row = f"found + k * {self.width}" if self.width else "NULL"
        self.given = f"(tensor, numbers + tensor[1] * NUMBERS, {self.row}"

    def lines(self) -> Iterator[str]:
        """Yield the lines of the function."""
        kernel = self.kernel
        yield "/* Moves count tensors in parts, which threads share, and returns 0, or moves none and"
        yield "   returns 1. Each row of the table is a tensor: its size, the row of its numbers, and the"
        yield "   addresses of its step, weights, gradients, states and uniform numbers. */"
        extra = ", double *common" if kernel.common else ", int (*between)(int place)" if kernel.left else ""
        yield f"int step(int64_t count, const int64_t *table, const double *numbers, int parts{extra})"
        yield "{"
        yield "    if (overlap(count, table))"
        yield "        return 1;"
        yield "    int64_t total = 0;"
        yield "    for (int64_t k = 0; k < count; k++)"
        yield "        total += chunks(table + k * LONG);"
        if self.width:
            yield f"    wide *sums = calloc(total * {self.sums} + 1, sizeof(wide));"
            yield f"    wide *found = calloc(count * {self.width} + 1, sizeof(wide));"
            yield "    if (sums == NULL || found == NULL) {"
            yield "        free(sums);"
            yield "        free(found);"
            yield "        return 1;"
            yield "    }"
        if kernel.common:
            yield "    for (int64_t k = 0; k < count; k++)"
            yield f"        for (int i = 0; i < {len(kernel.common)}; i++)"
            yield f"            found[k * {self.width} + {self.sums} + i] = common[i];"
        first, place, share = 0, 0, self.first_of_all
        for index, part in enumerate(kernel.passes[:-1]):
            if part.sums or part.operands:
                sums = f"sums + at * {self.sums}" if self.width else "NULL"
                yield from self._parallel(f"add_{index}{self.given}, start, stop, {sums});")
            if part.sums:
                yield from self._joined(part, first)
                first += len(part.sums)
            for _ in part.operands:
                yield from self._between(place)
                place += 1
            if part.shares.outputs:
                yield from self._shared(index, len(part.shares.outputs), share)
                share += len(part.shares.outputs)
        yield from self._parallel(f"move{self.given}, start, stop);")
        if kernel.finish.outputs:
            yield "    for (int64_t k = 0; k < count; k++) {"
            yield "        const int64_t *tensor = table + k * LONG;"
            yield f"        finish{self.given});"
            yield "    }"
        if kernel.agreed.outputs:
            yield "    if (count > 0)"
            yield "        agree(table, numbers + table[1] * NUMBERS, found, common);"
        if self.width:
            yield "    free(sums);"
            yield "    free(found);"
        yield "    for (int64_t k = 0; k < count; k++)"
        yield "        *(float *)table[k * LONG + 2] += 1;"
        yield "    return 0;"
        yield "}"

    @staticmethod
    def _parallel(call: str) -> Iterator[str]:
        """Yield the loop over all chunks, of which each part takes as many that follow each other."""
        yield "#pragma omp parallel for num_threads(parts) if (parts > 1) schedule(static, 1)"
        yield "    for (int part = 0; part < parts; part++) {"
        yield "        const int64_t low = total * part / parts, high = total * (part + 1) / parts;"
        yield "        int64_t at = 0;"
        yield "        for (int64_t k = 0; k < count && at < high; k++) {"
        yield "            const int64_t *tensor = table + k * LONG;"
        yield "            const int64_t end = at + chunks(tensor);"
        yield "            for (; at < end && at < high; at++) {"
        yield "                if (at < low)"
        yield "                    continue;"
        yield "                const int64_t start = (at - (end - chunks(tensor))) * CHUNK;"
        yield "                const int64_t stop = tensor[0] - start < CHUNK ? tensor[0] : start + CHUNK;"
        yield f"                {call}"
        yield "            }"
        yield "            at = end;"
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
        if self.width:
            yield f"    if (between({place})) {{"
            yield "        free(sums);"
            yield "        free(found);"
            yield "        return 2;"
            yield "    }"
        else:
            yield f"    if (between({place}))"
            yield "        return 2;"
