"""Whether an original catches the errors of what it computes now, so that one is a branch of its code."""

from __future__ import annotations

import ast
import sys
from functools import lru_cache
from pathlib import Path

from nos_sym.lift.recorder import is_of_original

_ARITHMETIC = frozenset(
    ("ZeroDivisionError", "ArithmeticError", "ValueError", "OverflowError", "Exception", "BaseException")
)


_RUNS = ("nos_sym/lift/torch_run.py", "nos_sym/lift/torch_lift.py", "nos_sym/lift/lifting.py")


def catches() -> bool:
    """Return whether code of the original that runs now stands in a ``try`` for errors of arithmetic."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.endswith(_RUNS):
            # Who lifts may catch errors too.
            return False
        if is_of_original(file) and any(a <= frame.f_lineno <= b for a, b in _tries(file)):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


@lru_cache(maxsize=512)
def _tries(file: str) -> tuple[tuple[int, int], ...]:
    """Return first and last lines of the bodies whose errors of arithmetic a file catches."""
    if "/site-packages/" not in file and "/lib/python" in file:
        return ()
    try:
        tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return ()
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(_arithmetic(h.type) for h in node.handlers):
            found.append((node.body[0].lineno, max(x.end_lineno or x.lineno for x in node.body)))
    return tuple(found)


def _arithmetic(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    return any(isinstance(x, ast.Name | ast.Attribute) and _name(x) in _ARITHMETIC for x in ast.walk(kind))


def _name(x: ast.Name | ast.Attribute) -> str:
    return x.id if isinstance(x, ast.Name) else x.attr
