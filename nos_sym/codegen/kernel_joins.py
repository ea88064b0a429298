"""How entries of a kernel are joined to numbers of their row or column."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Joins:
    """What joins entries to numbers of rows and columns.

    Attributes:
        of_columns: statements before the rows of a matrix.
        before: statements before the entries of a row.
        entries: statements of an entry.
        clauses: of the loop over the entries of a row.
        behind: statements behind the entries of a row.
    """

    of_columns: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    clauses: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)


class Joined:
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
