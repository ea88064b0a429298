"""The data sheet as HTML: one file that needs nothing else, in light and dark, for screens of any width."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from nos_sym.report.mathml.equation import MATH_STYLE, mathml_of

if TYPE_CHECKING:
    from nos_sym.report.sheet.line import Line
    from nos_sym.report.sheet.sheet import Sheet

STYLE = (
    MATH_STYLE
    + """\
.nos-sheet { color-scheme: light dark; --ink: #1a1a1a; --soft: #595959; --rule: #d0d0d0; --paper: #ffffff;
  --proved: #0b5d2e; --measured: #7a4a00; max-width: 50rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
@media screen and (prefers-color-scheme: dark) { .nos-sheet { --ink: #ececec; --soft: #b0b0b0;
  --rule: #444444;
  --paper: #161616; --proved: #7fd6a0; --measured: #f0b860; } }
.nos-sheet h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
.nos-sheet h2 { font-size: 1rem; margin: 0; }
.nos-sheet section { border-top: 1px solid var(--rule); padding: .75rem 0; }
.nos-sheet p { margin: .25rem 0; }
.nos-sheet pre { overflow-x: auto; margin: .25rem 0; font: .9rem/1.4 ui-monospace, monospace; }
.nos-sheet .by { color: var(--soft); font-size: .9rem; }
.nos-sheet .proved { color: var(--proved); font-weight: 600; }
.nos-sheet .measured { color: var(--measured); font-weight: 600; }
.nos-sheet .equation { overflow-x: auto; padding: .25rem 0; }
"""
)
"""Style of sheets, also of those within another page."""

_VERBATIM = ("equation",)


def page(sheet: Sheet) -> str:
    """Return a sheet as a page."""
    title = escape(sheet.name or "Optimizer")
    body = (
        "body { margin: 0; padding: 1rem; } "
        "@media screen and (prefers-color-scheme: dark) { body { background: #161616; } }"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}: data sheet</title>\n<style>{body}</style>\n</head>\n<body>\n"
        f"{fragment(sheet)}</body>\n</html>\n"
    )


def fragment(sheet: Sheet) -> str:
    """Return a sheet as a part of a page, with its style."""
    parts = [f"<style>\n{STYLE}</style>", '<article class="nos-sheet">']
    parts.append(f"<h1>{escape(sheet.name or 'Optimizer')}</h1>")
    parts.append(f"<pre>{escape(sheet.rule)}</pre>")
    if sheet.source:
        parts.append(f'<p class="by">from {escape(sheet.source)}</p>')
    if sheet.settings:
        at = ", ".join(f"{name} = {value}" for name, value in sheet.settings)
        parts.append(f'<p class="by">at {escape(at)}</p>')
    shown = mathml_of(sheet.latex)
    if shown:
        parts.append(f'<div class="equation" tabindex="0" role="group" aria-label="Equation">{shown}</div>')
    parts += [_section(line) for line in sheet.lines]
    parts.append(
        f"<section><details><summary>LaTeX</summary><pre>{escape(sheet.latex)}</pre></details></section>"
    )
    return "\n".join([*parts, "</article>"]) + "\n"


def _section(line: Line) -> str:
    if line.key in _VERBATIM:
        inner = f"<pre>{escape(chr(10).join(line.says))}</pre>"
    else:
        inner = "".join(f"<p>{escape(sentence)}</p>" for sentence in line.says)
    basis = line.basis.value
    by = f'<p class="by"><span class="{basis}">{basis}</span>: {escape(line.shown_by)}.</p>'
    return f"<section><h2>{escape(line.title)}</h2>{inner}{by}</section>"
