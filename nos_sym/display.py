"""Rules and genomes as notebooks show them: HTML, LaTeX and SVG, which have no colors but those of the page.

The classes of rules and of genomes load this module by its name when a notebook shows one of them: it stands
above them. What cannot be drawn is ``None``, and the notebook takes another form.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from nos_sym.backends.latex.printer import latex_rule
from nos_sym.codegen.equation import equation
from nos_sym.errors import NosSymError
from nos_sym.genome.decode import decode
from nos_sym.genome.encode import encode, with_room
from nos_sym.genome.genome import Genome
from nos_sym.genome.picture import draw
from nos_sym.genome.settings import DEFAULT
from nos_sym.language.block import Block
from nos_sym.language.json_form import setting_record
from nos_sym.language.printer import print_body
from nos_sym.language.rule import Rule, Schedule
from nos_sym.program.lower import lower

Value = Rule | Block | Schedule | Genome

_MARGIN = "margin: 0.3em 0"
_TEXT = f"{_MARGIN}; color: inherit; background: transparent; white-space: pre-wrap"
_SOURCE = "font: inherit; color: inherit; background: transparent; opacity: 0.7"
_CELL = "text-align: left; padding: 0 1em 0 0; color: inherit; background: transparent"


def html_of(value: Value) -> str | None:
    """Return a value as HTML: name, text, equation, settings and source; of a genome its graph."""
    rule = decode(value) if isinstance(value, Genome) else value
    parts = [_head(rule)]
    if not isinstance(rule, Block):
        parts.append(_text(print_body(rule)))
    if isinstance(value, Genome):
        parts.append(f'<div style="{_MARGIN}">{svg_of(value)}</div>')
    else:
        parts += [*_equation(rule), _settings(rule)]
    return f'<div class="nos-sym">{"".join(parts)}</div>'


def latex_of(value: Value) -> str | None:
    """Return a value as equations of LaTeX, or nothing where they cannot be written."""
    try:
        text = latex_rule(decode(value) if isinstance(value, Genome) else value)
    except NosSymError:
        return None
    # MathJax would show the comments before the equations.
    return "\n".join(line for line in text.splitlines() if not line.startswith("%"))


def svg_of(value: Value) -> str | None:
    """Return the graph of a genome, or that which a search would begin with at a rule; else nothing."""
    if isinstance(value, Genome):
        return draw(value)
    if not isinstance(value, Rule):
        return None
    try:
        return draw(encode(value, with_room(DEFAULT, value)), value.name)
    except NosSymError:
        return None


def _head(rule: Rule | Block | Schedule) -> str:
    # MathJax passes code by, whose dollars are no mathematics.
    source = f' <code style="{_SOURCE}">{escape(rule.source)}</code>' if rule.source else ""
    name = f"<strong>{escape(rule.name)}</strong>" if rule.name else ""
    return f'<div style="{_MARGIN}">{name}{source}</div>' if name or source else ""


def _text(text: str) -> str:
    return f'<pre style="{_TEXT}">{escape(text)}</pre>'


def _equation(rule: Rule | Block | Schedule) -> list[str]:
    try:
        return [_text("\n".join(equation(rule, lower(rule))))]
    except NosSymError:
        return [_text(str(rule))] if isinstance(rule, Block) else []


def _settings(rule: Rule | Block | Schedule) -> str:
    if not rule.settings:
        return ""
    records = [setting_record(node) for node in rule.settings]
    rows = [_row("th", ("setting", "default", "domain"))]
    rows += [_row("td", (r["name"], r["default"], r["domain"])) for r in records]
    return f'<table style="{_MARGIN}">{"".join(rows)}</table>'


def _row(tag: str, cells: Iterable[str]) -> str:
    shown = (f'<{tag} style="{_CELL}">{escape(cell)}</{tag}>' for cell in cells)
    return f"<tr>{''.join(shown)}</tr>"
