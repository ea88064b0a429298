"""Rules in color: for terminals, with their sixteen colors, and for pages, with classes and their styles.

Without Pygments a text stays as it is. What is printed has been escaped before: nothing here lets a text of a
user reach a terminal that was not to reach it, since colors are added and no character is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nos_sym.errors import RuleError, described

_HEAD = r"(?:none|momentum|nesterov|schedule)(?: ascent)? ~ "
_PLAIN = r"[^()\[\]{}~]*"  # without brackets, so that a text is read in one way only
_NAMED = rf"(?<!\w)[A-Za-z_]\w*(?:\({_PLAIN}(?:[(\[]{_PLAIN}[)\]]{_PLAIN})*\))? = "
_RULE = re.compile(rf"(?:{_NAMED})?{_HEAD}|{_NAMED}\{{|(?<!\S)\{{ ?(?=\w)")
_RECURSION = re.compile(r"^(?:[a-z]+ {2,}| +)(?=[A-Za-z_]\w*(?:\([^()]*\))? (?:<-|=) )")

BOLD, DIM, RED, GREEN, MAGENTA, CYAN = "1", "2", "31", "32", "35", "36"
"""Numbers of styles of terminals that can be read on dark and on light ones."""


def styled(text: str, *codes: str) -> str:
    """Return text in styles of a terminal."""
    return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if text else ""


def painted(rule: str) -> str:
    """Return the text of a rule, a block or an equation in colors of a terminal."""
    return "".join(styled(text, *codes) if codes else text for codes, text in _pieces(rule))


def painted_lines(text: str) -> str:
    """Return lines of a report with the rules, blocks and recursions in them in color.

    A rule goes from its name or its momentum type to the end of its line, a block that is open there to the
    line that closes it; a recursion (``s <- ...``, ``U = ...``) has a line of its own in a report.
    """
    lines, depth = [], 0
    for line in text.split("\n"):
        found = None if depth else _RULE.search(line) or _RECURSION.match(line)
        start = 0 if depth else len(line)
        if found is not None:
            start = found.end() if found.re is _RECURSION else found.start()
        lines.append(line[:start] + painted(line[start:]))
        if depth or (found is not None and found.re is _RULE):
            depth = max(depth + line.count("{", start) - line.count("}", start), 0)
    return "\n".join(lines)


def html(rule: str) -> str:
    """Return the text of a rule as HTML, escaped, with classes that :data:`STYLE` colors.

    Raises:
        RuleError: it is no text.
    """
    from html import escape

    if not isinstance(rule, str):
        raise RuleError(f"expected the text of a rule, not {described(rule)}")

    def span(codes: tuple[str, ...], text: str) -> str:
        classes = " ".join(_CLASSES[code] for code in codes)
        return f'<span class="{classes}">{escape(text)}</span>' if classes else escape(text)

    return f'<code class="nos">{"".join(span(*piece) for piece in _pieces(rule))}</code>'


_CLASSES = {
    BOLD: "nos-keyword",
    DIM: "nos-comment",
    RED: "nos-error",
    GREEN: "nos-step",
    MAGENTA: "nos-tensor",
    CYAN: "nos-function",
}

STYLE = """\
code.nos { white-space: pre-wrap; --keyword: #1f2328; --comment: #59636e; --error: #b3261e; --step: #116329;
  --tensor: #8250df; --function: #0550ae; }
@media (prefers-color-scheme: dark) { code.nos { --keyword: #f0f6fc; --comment: #9198a1; --error: #ff7b72;
  --step: #7ee787; --tensor: #d2a8ff; --function: #79c0ff; } }
.nos-keyword { color: var(--keyword); font-weight: 600; } .nos-comment { color: var(--comment); }
.nos-error { color: var(--error); } .nos-step { color: var(--step); }
.nos-tensor { color: var(--tensor); } .nos-function { color: var(--function); }
"""
"""Styles of :func:`html` for pages, light and dark; every color has a contrast of 4.5 or more."""


def _pieces(rule: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the parts of a text with the styles of each."""
    try:
        from pygments.token import Comment, Error, Keyword, Name, String

        from nos_sym.highlight.lexer import NosLexer
    except ImportError:
        yield (), rule
        return
    table = (
        (Keyword, (BOLD,)),
        (Name.Class, (BOLD,)),
        (Name.Function, (CYAN,)),
        (Name.Constant, (GREEN,)),
        (Name.Builtin.Pseudo, (MAGENTA,)),
        (String, (GREEN,)),
        (Comment, (DIM,)),
        (Error, (RED,)),
    )
    for _, kind, text in NosLexer().get_tokens_unprocessed(rule):
        yield next((codes for each, codes in table if kind in each), ()), text
