"""The functions of kernels that know rows and columns: loops over rows, and in each over its entries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nos_sym.codegen.kernel_parts import Kernel, Pass, Scalars
from nos_sym.codegen.kernel_text import Writer

_WORD = re.compile(r"\w+")
_GRID = (
    "const struct grid grid = grid_of(tensor);",
    "const int64_t n_rows = grid.n_rows, n_cols = grid.n_cols;",
)


class LinesWriter(Writer):
    """Writes the functions of a kernel that knows rows and columns.

    A number of a row or column is found in a loop, and kept beside those of the other lines of its tensor.
    """

    given = f"{Writer.given}, wide *lines"
    part = "int64_t start"

    def __init__(self, kernel: Kernel, *, low_precision: bool) -> None:
        super().__init__(kernel, low_precision=low_precision)
        self.states = {name: type_ for name, type_ in kernel.slots if type_ in ("row", "column")}
        self.axis = {**dict(kernel.lines), **self.states}
        self.place: dict[str, int] = {}
        for axis in ("row", "column"):
            names = [name for name, own in kernel.lines if own == axis]
            self.place |= {name: index for index, name in enumerate(names)}

    def functions(self) -> Iterator[str]:
        """Yield the loops, and the functions of numbers that stand behind them."""
        yield from super().functions()
        kernel = self.kernel
        if kernel.finish_rows.outputs:
            body = self._finish(kernel.finish_rows, "row")
            loop = ["for (int64_t row = 0; row < grid.matrices * n_rows; row++) {", *body, "}"]
            yield self._finishing("rows", kernel.finish_rows, loop)
        if kernel.finish_columns.outputs:
            names = [name for name, axis in self.axis.items() if axis == "column"]
            body = self._finish(kernel.finish_columns, "j")
            read = _words(body)
            pointers = [f"    {self._pointer(name)}" for name in names if f"{name}_all" in read]
            inner = ["    for (int64_t j = 0; j < n_cols; j++) {", *(f"    {line}" for line in body), "    }"]
            loop = ["for (int64_t b = 0; b < grid.matrices; b++) {", *pointers, *inner, "}"]
            yield self._finishing("columns", kernel.finish_columns, loop)

    def _finish(self, part: Scalars, index: str) -> list[str]:
        """Return the body of the loop that writes states of rows or columns."""
        stores = [f"{self._state(name)}[{index}] = {text};" for name, text in part.outputs]
        read = _words([*part.lines, *stores])
        loads = [self._load(name) for name in self.axis if name in read]
        return [f"    {line}" for line in [*loads, *part.lines, *stores]]

    def _finishing(self, what: str, part: Scalars, loop: list[str]) -> str:
        lines = [
            *_GRID,
            *self._scalars(_words([*part.lines, *loop])),
            *loop,
            "(void)n_rows;",
            "(void)n_cols;",
        ]
        head = [
            f"/* Writes the states that are numbers of {what}. */",
            f"static void finish_{what}({self.given})",
        ]
        return "\n".join([*head, "{", *(f"    {line}" for line in lines), "}"])

    def _state(self, name: str) -> str:
        if self.axis[name] == "row":
            return f"((real *)tensor[{self.position[name]}])"
        return f"{name}_all"

    def _load(self, name: str) -> str:
        """Return the declaration of the number of a row or column that a loop is at."""
        if self.axis[name] == "column":
            return f"const real {name} = {name}_all[j];"
        if name in self.states:
            return f"const real {name} = {self._state(name)}[row];"
        return f"const real {name} = rows_of(lines, grid, {self.place[name]})[row];"

    def _pointer(self, name: str) -> str:
        """Return the declaration of the numbers of the columns of a matrix."""
        if name in self.states:
            return f"real *restrict {name}_all = (real *)tensor[{self.position[name]}] + b * n_cols;"
        start = f"columns_of(lines, grid, {self.place[name]})"
        return f"const wide *restrict {name}_all = {start} + b * grid.pieces * n_cols;"

    def _loop(self, part: Pass, inner: list[str], clauses: Iterable[str], *, writes: bool) -> list[str]:
        before, begin, entries, of_rows, after = [], [], [], [], []
        for index, (name, entry, how, made) in enumerate(part.lines):
            line = f"line_{index}"
            own = _Joined(self.axis[name], how, line, entry)
            entries += own.entry
            of_rows += own.clauses
            if self.axis[name] == "row":
                begin += own.begin
                value = f"{line}_lost ? NAN : {line}" if how == "largest" else line
                made = made.format(f"({value})")
                after.append(f"rows_of(lines, grid, {self.place[name]})[row] = {made};")
            else:
                start = f"columns_of(lines, grid, {self.place[name]}) + (b * grid.pieces + piece) * n_cols"
                before += [f"wide *restrict {line} = {start};", *own.begin]
        arrays, loads = self._entries([*part.entries, *entries, *inner], writes=writes)
        text = [*part.entries, *entries, *inner]
        read = _words([*part.rows, *text])
        names = [name for name in self.axis if name in read]
        columns = [name for name in names if self.axis[name] == "column"]
        rows = [self._load(name) for name in names if self.axis[name] == "row"]
        loads += [self._load(name) for name in columns]
        return [
            *_GRID,
            "const int64_t piece = start % grid.pieces, matrix = start / grid.pieces * grid.together;",
            "const int64_t low = piece * grid.height, rest = n_rows - low;",
            "const int64_t high = low + (rest < grid.height ? rest : grid.height);",
            "const int64_t last = matrix + grid.together;",
            *arrays,
            "for (int64_t b = matrix; b < last && b < grid.matrices; b++) {",
            *(f"    {self._pointer(name)}" for name in columns),
            *(f"    {line}" for line in before),
            "    for (int64_t r = low; r < high; r++) {",
            "        const int64_t row = b * n_rows + r;",
            *(f"        {line}" for line in [*rows, *part.rows, *begin]),
            f"#pragma omp simd{''.join(f' {c}' for c in [*clauses, *of_rows])}",
            "        for (int64_t j = 0; j < n_cols; j++) {",
            "            const int64_t i = row * n_cols + j;",
            *(f"            {line}" for line in [*loads, *text]),
            "            (void)i;",
            "        }",
            *(f"        {line}" for line in after),
            "    }",
            "}",
        ]

    def tensors(self) -> str:
        """Return what a row of the table holds, and how many numbers of rows and columns are found."""
        first = len(self.position) + 5
        count = {axis: sum(own == axis for _, own in self.kernel.lines) for axis in ("row", "column")}
        places = f"ROWS = {first}, COLS = {first + 1}, MATRICES = {first + 2}"
        found = f"FOUND_ROWS = {count['row']}, FOUND_COLUMNS = {count['column']}"
        return f"{super().tensors()}\nenum {{ {places}, {found} }};"


class _Joined:
    """How the number of a row or column is joined of entries: what stands before, in and beside the loop."""

    def __init__(self, axis: str, how: str, line: str, entry: str) -> None:
        self.begin: list[str] = []
        self.clauses: list[str] = []
        if axis == "row" and how == "sum":
            self.begin = [f"wide {line} = 0;"]
            self.entry = [f"{line} += {entry};"]
            self.clauses = [f"reduction(+:{line})"]
        elif axis == "row":
            self.begin = [f"wide {line} = -INFINITY;", f"int {line}_lost = 0;"]
            self.entry = [
                f"const real {line}_entry = {entry};",
                f"{line} = {line}_entry > {line} ? {line}_entry : {line};",
                f"{line}_lost |= {line}_entry != {line}_entry;",
            ]
            self.clauses = [f"reduction(max:{line})", f"reduction(|:{line}_lost)"]
        elif how == "sum":
            self.entry = [f"{line}[j] += {entry};"]
        else:
            self.begin = ["for (int64_t j = 0; j < n_cols; j++)", f"    {line}[j] = -INFINITY;"]
            self.entry = [f"{line}[j] = wide_max({line}[j], {entry});"]


def _words(lines: Iterable[str]) -> set[str]:
    return set(_WORD.findall("\n".join(lines)))
