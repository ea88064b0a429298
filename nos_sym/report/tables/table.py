r"""A table as LaTeX: booktabs, a float that ``\input`` takes, or a document that compiles alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
        r"""Return the table as a float, which ``\input`` takes in a document with :data:`_NEEDED`."""
        lines = [comment(f"Needs {', '.join(_NEEDED)}, and the T1 encoding of fonts.")]
        lines += [comment(f"Source: {self.source}")] if self.source else []
        lines += [
            "\\begin{table}",
            "  \\centering",
            *([] if self.stretch == "1" else [f"  \\renewcommand{{\\arraystretch}}{{{self.stretch}}}"]),
            f"  \\caption{{{self.caption}}}",
            f"  \\label{{tab:{self.label}}}",
            # What is wider than the text is made smaller, and what is not keeps its size.
            "  \\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%",
            f"  \\begin{{tabular}}{{{self.columns}}}",
            "    \\toprule",
            *([f"    {_row(self.head)}", "    \\midrule"] if self.head else []),
        ]
        for index, group in enumerate(self.groups):
            lines += ["    \\midrule"] if index else []
            lines += [f"    {_row(row)}" for row in group]
        lines += ["    \\bottomrule", "  \\end{tabular}}"]
        if notes := " ".join(self.notes):
            lines.append(f"  \\par\\smallskip\\footnotesize {notes}")
        return "\n".join([*lines, "\\end{table}", ""])


def _row(cells: Sequence[str]) -> str:
    # A row that began with a bracket or a star would be an argument of what ends the line above it.
    return "{}" + " & ".join(cells) + r" \\"


def document(tables: Sequence[Table]) -> str:
    """Return a document that compiles alone, with a table or several."""
    packages = "\n".join(f"\\usepackage{{{name}}}" for name in _NEEDED)
    return _DOCUMENT.format(packages=packages, body="\n".join(table.latex() for table in tables))
