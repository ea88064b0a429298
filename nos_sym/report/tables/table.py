r"""A table as LaTeX: booktabs, a float that ``\input`` takes, or a document that compiles alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nos_sym.report.tables.text import comment

_NEEDED = ("booktabs", "amsmath", "amssymb", "textcomp", "graphicx")
_DOCUMENT = """\
\\documentclass{{article}}
\\usepackage[T1]{{fontenc}}
\\usepackage[margin=2cm]{{geometry}}
{packages}
\\begin{{document}}
{body}\\end{{document}}
"""


_MOST_ROWS = 42
"""Rows of a float: what is taller than a page goes on below its end, where nobody sees it."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose cells are LaTeX.

    Attributes:
        label: what ``\\ref`` takes, behind ``tab:``.
        caption: its caption, LaTeX.
        columns: a letter for each column, as ``tabular`` has them.
        head: cells of the head.
        groups: rows, in groups that a rule parts.
        source: where it comes from, a text for a comment.
        notes: sentences below the table, LaTeX.
        stretch: distance of the rows, as a multiple of LaTeX's own; fractions need more.
    """

    label: str
    caption: str
    columns: str
    head: Sequence[str]
    groups: Sequence[Sequence[Sequence[str]]]
    source: str = ""
    notes: Iterable[str] = ()
    stretch: str = "1"

    def latex(self) -> str:
        r"""Return the table as a float, which ``\input`` takes in a document with :data:`_NEEDED`.

        One that is taller than a page becomes several, with the same number.
        """
        lines = [comment(f"Needs {', '.join(_NEEDED)}, and the T1 encoding of fonts.")]
        lines += [comment(f"Source: {self.source}")] if self.source else []
        parts = list(_parts(self.groups, max(1, int(_MOST_ROWS / float(self.stretch)))))
        for index, groups in enumerate(parts):
            # LaTeX keeps a few dozen floats that wait for their page, and no more.
            lines += ["\\clearpage"] if index and index % 16 == 0 else []
            lines += self._float(groups, first=index == 0, last=index == len(parts) - 1)
        return "\n".join([*lines, ""])

    def _float(self, groups: Sequence[Sequence[Sequence[str]]], *, first: bool, last: bool) -> list[str]:
        """Return the lines of a float with some of the rows."""
        lines = [
            "\\begin{table}",
            "  \\centering",
            *([] if self.stretch == "1" else [f"  \\renewcommand{{\\arraystretch}}{{{self.stretch}}}"]),
            *([] if first else ["  \\addtocounter{table}{-1}"]),
            f"  \\caption{{{self.caption}{'' if first else ' (Continued.)'}}}",
            *([f"  \\label{{tab:{self.label}}}"] if first else []),
            # What is wider than the text is made smaller, and what is not keeps its size.
            "  \\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%",
            f"  \\begin{{tabular}}{{{self.columns}}}",
            "    \\toprule",
            *([f"    {_row(self.head)}", "    \\midrule"] if self.head else []),
        ]
        for index, group in enumerate(groups):
            lines += ["    \\midrule"] if index else []
            lines += [f"    {_row(row)}" for row in group]
        lines += ["    \\bottomrule", "  \\end{tabular}}"]
        if last and (notes := " ".join(self.notes)):
            lines.append(f"  \\par\\smallskip\\footnotesize {notes}")
        return [*lines, "\\end{table}"]


def _parts(groups: Sequence[Sequence[Sequence[str]]], most: int) -> Iterator[list[list[Sequence[str]]]]:
    """Yield groups of rows in parts of a number of rows."""
    part: list[list[Sequence[str]]] = []
    room = most
    for group in groups:
        begin = 0
        while begin < len(group):
            if room == 0:
                yield part
                part, room = [], most
            taken = list(group[begin : begin + room])
            part.append(taken)
            begin, room = begin + len(taken), room - len(taken)
    yield part


def _row(cells: Sequence[str]) -> str:
    # A row that began with a bracket or a star would be an argument of what ends the line above it.
    return "{}" + " & ".join(cells) + r" \\"


def document(tables: Sequence[Table]) -> str:
    """Return a document that compiles alone, with a table or several."""
    packages = "\n".join(f"\\usepackage{{{name}}}" for name in _NEEDED)
    return _DOCUMENT.format(packages=packages, body="\n".join(table.latex() for table in tables))
