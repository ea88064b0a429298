"""The functions of kernels that know rows and columns: loops over rows, and in each over its entries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nos_sym.codegen.kernel_joins import Joined, Joins
from nos_sym.codegen.kernel_parts import Kernel, Pass, Scalars
from nos_sym.codegen.kernel_stages import PART
from nos_sym.codegen.kernel_text import Writer

_WORD = re.compile(r"\w+")
_DECLARED = re.compile(r"const (\w+) (\w+) = ")
SHORT = 64
"""Rows of fewer entries are taken many at once: beginning and ending a loop over each takes longer."""

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
        kept = [entry for _, entry, _, _ in part.lines]
        arrays, loads = self._entries([*part.entries, *kept, *inner], writes=writes)
        read = _words([*part.rows, *part.entries, *kept, *inner])
        names = [name for name in self.axis if name in read]
        columns = [name for name in names if self.axis[name] == "column"]
        rows = [*(self._load(name) for name in names if self.axis[name] == "row"), *part.rows]
        given = part, inner, list(clauses), loads, rows, columns
        return [
            *_GRID,
            "const int64_t piece = start % grid.pieces, matrix = start / grid.pieces * grid.together;",
            "const int64_t low = piece * grid.height, rest = n_rows - low;",
            "const int64_t high = low + (rest < grid.height ? rest : grid.height);",
            "const int64_t last = matrix + grid.together;",
            *arrays,
            "if (n_cols < SHORT) {",
            *_indented(self._short_rows(*given)),
            "} else {",
            *_indented(self._long_rows(*given)),
            "}",
        ]

    def _long_rows(
        self,
        part: Pass,
        inner: list[str],
        clauses: list[str],
        loads: list[str],
        rows: list[str],
        columns: list[str],
    ) -> Iterator[str]:
        """Yield the loops over rows, and in each the loop over its entries."""
        joins = self._joins(part, "{entry}", "row")
        text = [*part.entries, *joins.entries, *inner]
        yield "for (int64_t b = matrix; b < last && b < grid.matrices; b++) {"
        yield from (f"    {self._pointer(name)}" for name in columns)
        yield from (f"    {line}" for line in [*self._joined_columns(part, "b"), *joins.of_columns])
        yield "    for (int64_t r = low; r < high; r++) {"
        yield "        const int64_t row = b * n_rows + r;"
        yield from (f"        {line}" for line in [*rows, *joins.before])
        yield f"#pragma omp simd{''.join(f' {c}' for c in [*clauses, *joins.clauses])}"
        yield "        for (int64_t j = 0; j < n_cols; j++) {"
        yield "            const int64_t i = row * n_cols + j;"
        yield from (f"            {line}" for line in [*loads, *map(self._load, columns), *text])
        yield "            (void)i;"
        yield "        }"
        yield from (f"        {line}" for line in joins.behind)
        yield "    }"
        yield "}"

    def _short_rows(
        self,
        part: Pass,
        inner: list[str],
        clauses: list[str],
        loads: list[str],
        rows: list[str],
        columns: list[str],
    ) -> Iterator[str]:
        """Yield the loops over rows that are short, of which many are taken at once.

        What is a number of a row or column is written beside each entry before a loop over entries, and what
        is joined to one is kept beside each entry and joined behind that loop.
        """
        kept = [f"line_{index}_at[e] = {entry};" for index, (_, entry, _, _) in enumerate(part.lines)]
        text = [*part.entries, *kept, *inner]
        declared = [match.groups() for line in rows if (match := _DECLARED.match(line))]
        beside = [(type_, name, name) for type_, name in declared if name in _words(text)]
        beside += [("real", name, f"{name}_all[j]") for name in columns]
        joins = self._joins(part, "{line}_at[e]", "joined")
        of_matrix = self._joined_columns(part, "joined_b")
        yield from (f"_Alignas(64) {type_} {name}_at[BLOCK];" for type_, name, _ in beside)
        yield from (f"_Alignas(64) wide line_{index}_at[BLOCK];" for index in range(len(kept)))
        if joins.of_columns:
            yield "for (int64_t b = matrix; b < last && b < grid.matrices; b++) {"
            yield from (f"    {line}" for line in [*self._joined_columns(part, "b"), *joins.of_columns])
            yield "}"
        yield "const int64_t stop = (last < grid.matrices ? last : grid.matrices) * n_rows;"
        yield "const int64_t end = grid.pieces > 1 ? matrix * n_rows + high : stop;"
        yield from ["int64_t b = matrix, r = low;"] * bool(columns)
        yield from ["int64_t joined_b = matrix, joined_r = low;"] * bool(of_matrix)
        yield "for (int64_t row = matrix * n_rows + low; row < end;) {"
        yield "    const int64_t first = row;"
        yield "    int64_t many = 0;"
        yield "    for (; row < end && many + n_cols <= BLOCK; row++) {"
        if beside:
            yield from (f"        {line}" for line in [*rows, *map(self._pointer, columns)])
            yield "        for (int64_t j = 0; j < n_cols; j++, many++) {"
            yield from (f"            {name}_at[many] = {value};" for _, name, value in beside)
            yield "        }"
            yield from (f"        {line}" for line in _next("b", "r") if columns)
        else:
            yield "        many += n_cols;"
        yield "    }"
        yield f"#pragma omp simd{''.join(f' {c}' for c in clauses)}"
        yield "    for (int64_t e = 0; e < many; e++) {"
        yield "        const int64_t i = first * n_cols + e;"
        yield from (f"        {line}" for line in loads)
        yield from (f"        const {type_} {name} = {name}_at[e];" for type_, name, _ in beside)
        yield from (f"        {line}" for line in text)
        yield "        (void)i;"
        yield "    }"
        if kept:
            yield "    for (int64_t joined = first, e = 0; joined < row; joined++) {"
            yield from (f"        {line}" for line in [*of_matrix, *joins.before])
            yield "        for (int64_t j = 0; j < n_cols; j++, e++) {"
            yield from (f"            {line}" for line in joins.entries)
            yield "        }"
            yield from (f"        {line}" for line in joins.behind)
            yield from (f"        {line}" for line in _next("joined_b", "joined_r") if of_matrix)
            yield "    }"
        yield "}"

    def _joined_columns(self, part: Pass, matrix: str) -> list[str]:
        """Return the declarations of what a pass joins to columns of a matrix."""
        start = f"({matrix} * grid.pieces + piece) * n_cols"
        return [
            f"wide *restrict line_{index} = columns_of(lines, grid, {self.place[name]}) + {start};"
            for index, (name, _, _, _) in enumerate(part.lines)
            if self.axis[name] == "column"
        ]

    def _joins(self, part: Pass, entry: str, row: str) -> Joins:
        """Return the statements that join entries to numbers of rows and columns.

        ``entry`` is the text of an entry, with ``{entry}`` for what it is computed by and ``{line}`` for the
        name of the number; ``row`` is the name of the row's index.
        """
        made = Joins()
        for index, (name, text, how, result) in enumerate(part.lines):
            line = f"line_{index}"
            own = Joined(self.axis[name], how, line, entry.format(entry=text, line=line))
            made.entries += own.entry
            made.clauses += own.clauses
            if self.axis[name] == "column":
                made.of_columns += own.begin
                continue
            made.before += own.begin
            value = f"{line}_lost ? NAN : {line}" if how == "largest" else line
            value = result.format(f"({value})")
            made.behind.append(f"rows_of(lines, grid, {self.place[name]})[{row}] = {value};")
        return made

    def tensors(self) -> str:
        """Return what a row of the table holds, and how many numbers of rows and columns are found."""
        first = len(self.position) + 5
        count = {axis: sum(own == axis for _, own in self.kernel.lines) for axis in ("row", "column")}
        places = f"ROWS = {first}, COLS = {first + 1}, MATRICES = {first + 2}"
        found = f"FOUND_ROWS = {count['row']}, FOUND_COLUMNS = {count['column']}"
        blocks = f"SHORT = {SHORT}, BLOCK = {PART}"
        return f"{super().tensors()}\nenum {{ {places}, {found}, {blocks} }};"


def _next(matrix: str, row: str) -> list[str]:
    """Return the statements that go on to the next row, and behind the last one to the next matrix."""
    return [f"if (++{row} == n_rows) {{", f"    {row} = 0;", f"    {matrix}++;", "}"]


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (line if line.startswith("#") else f"    {line}" for line in lines)


def _words(lines: Iterable[str]) -> set[str]:
    return set(_WORD.findall("\n".join(lines)))
