"""Formulas in pages: blocks of ``math``, which are LaTeX as GitHub reads it, become MathML in the site."""

from __future__ import annotations

from docsite.fences import blocks


def in_text(page: str) -> str:
    """Return a page whose blocks of ``math`` are formulas.

    Raises:
        ValueError: a formula cannot be read; the message has its line.
    """
    from nos_sym.errors import NosSymError
    from nos_sym.report.mathml.convert import formula_of

    lines = page.split("\n")
    for found in reversed([block for block in blocks(page) if block.info.language == "math"]):
        try:
            formula = formula_of(found.text.strip(), display=True).to_mathml()
        except NosSymError as error:
            raise ValueError(f"line {found.line}: {error}") from None
        height = found.text.count("\n") + 2
        box = f'<div class="nos-equation" tabindex="0" role="group" aria-label="Equation">{formula}</div>'
        lines[found.line - 1 : found.line - 1 + height] = [box]
    return "\n".join(lines)
