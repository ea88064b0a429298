"""Python of pages whose comments show values: they become comparisons."""

from __future__ import annotations

import ast


def with_comparisons(text: str) -> str:
    """Return Python in which each expression with a literal in its comment is compared with it."""
    lines = text.splitlines()
    for statement in ast.parse(text).body:
        if not isinstance(statement, ast.Expr):
            continue
        end = statement.end_lineno or statement.lineno
        tail = lines[end - 1][statement.end_col_offset or 0 :].strip()
        if tail.startswith("#") and _is_literal(tail[1:]):
            # Offsets are of bytes; sources of pages are told by their lines.
            source = ast.get_source_segment(text, statement)
            lines[statement.lineno - 1 : end] = [f"__compare(({source}), ({tail[1:].strip()}))"] + [""] * (
                end - statement.lineno
            )
    return "\n".join([_COMPARE, *lines])


_COMPARE = (
    "def __compare(found, shown):\n"
    "    if found != shown: raise AssertionError(f'the page shows {shown!r}, and it is {found!r}')"
)


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return False
    return True
