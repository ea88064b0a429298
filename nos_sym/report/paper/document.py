r"""The document that shows tables and figures: LaTeX, which finds them beside itself."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from nos_sym.report.paper.pieces import Made, Piece

__all__ = ["FIRST_LINE", "document"]

FIRST_LINE = "% Made by nos-sym paper, which replaces this file."
"""What a document of this module begins with."""

_HEAD = r"""
% Compile it in this folder: pdflatex paper.tex
\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[margin=2cm]{geometry}
\usepackage{booktabs,amsmath,amssymb,textcomp,graphicx,float}
% Where they stand in the text, not where LaTeX finds room.
\floatplacement{table}{H}
\floatplacement{figure}{H}
% The same text gives the same file.
\ifdefined\pdfinfoomitdate\pdfinfoomitdate=1\pdftrailerid{}\pdfsuppressptexinfo=-1\fi
\title{Tables and figures of \emph{Neural Optimizer Equation, Decay Function, and Learning Rate Schedule Joint
  Evolution} (Morgan and Hougen 2024)}
\author{}
\date{}
\begin{document}
\maketitle
\noindent
Numbers of tables and figures are those of the paper. Tables~1 to~10 and all figures are computed from the
search space and the catalog of nos-sym; where the paper does not say over which values it draws, the choice
is ours.
"""


def document(made: Sequence[tuple[Piece, Made]]) -> str:
    """Return a document with tables and figures, each under its number, in sections."""
    parts = [FIRST_LINE, _HEAD]
    for section, members in groupby(made, key=lambda item: item[0].section):
        parts.append(f"\\section*{{{section}}}")
        parts += [_shown(piece, content) for piece, content in members]
    return "\n".join([*parts, "\\end{document}", ""])


def _shown(piece: Piece, made: Made) -> str:
    # The number is set, so that a piece that is left out moves none of the others.
    counter = f"\\setcounter{{{piece.kind}}}{{{piece.number - 1}}}"
    if piece.kind == "table":
        return f"{counter}\n\\input{{{piece.file}}}"
    return "\n".join(
        [
            counter,
            "\\begin{figure}",
            "  \\centering",
            f"  \\includegraphics[width={piece.width:g}\\linewidth,height=0.8\\textheight,keepaspectratio]"
            f"{{{piece.file}}}",
            f"  \\caption{{{made.caption}}}",
            f"  \\label{{fig:{piece.number}}}",
            "\\end{figure}",
        ]
    )
