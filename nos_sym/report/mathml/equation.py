"""The equation of an optimizer as a formula: its update in a line, or the whole display."""

from __future__ import annotations

from sympy.core.basic import Basic

from nos_sym.backends.latex.expression import latex_expression
from nos_sym.backends.latex.printer import latex_rule
from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.language.registry import apply
from nos_sym.language.rule import Rule, Schedule
from nos_sym.report.mathml.convert import formula_of
from nos_sym.report.mathml.tree import Formula

MATH_STYLE = """\
math { font-size: 1.05em; }
.nos-lines { display: inline-table; }
.nos-lines mtd { padding: .2em 0; }
.nos-lines .nos-cases mtd { padding: .1em .4em; }
.nos-cases mtd { padding: .1em .4em; }
.nos-right { text-align: right; }
.nos-left { text-align: left; }
"""
"""Style of what CSS alone says of MathML: the sides of the cells of a display, and its distances."""


def display_of(rule: Rule | Block | Schedule) -> Formula:
    """Return all that defines a rule as lines, those of ``nos-sym latex``.

    Raises:
        NosSymError: it has no LaTeX, or one of which no formula can be made.
    """
    return formula_of(body_of(latex_rule(rule)), display=True)


def mathml_of(latex: str) -> str:
    """Return the equation in a rule's LaTeX as MathML; empty where none can be made of it."""
    try:
        return formula_of(body_of(latex), display=True).to_mathml() if latex else ""
    except NosSymError:
        return ""


def body_of(latex: str) -> str:
    """Return a rule's LaTeX without the comments above it."""
    return "\n".join(line for line in latex.splitlines() if not line.startswith("%"))


def update_of(rule: Rule) -> Formula:
    """Return the update of a rule in one line, averages as papers write them.

    Raises:
        NosSymError: it has no LaTeX, or one of which no formula can be made.
    """
    return inline(apply("neg", rule.update) if rule.ascent else rule.update)


def inline(expression: Basic) -> Formula:
    """Return an expression in a line.

    Raises:
        NosSymError: it has no LaTeX, or one of which no formula can be made.
    """
    return formula_of(latex_expression(expression))
