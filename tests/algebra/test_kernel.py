"""The kernel of the canonical form is one room: its outside is stated, its circle closed in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import nos_sym
from nos_sym.algebra import kernel
from nos_sym.algebra.kernel.recursion import Recursion, recursive

SOURCE = Path(nos_sym.__file__).parent
INSIDE = sorted((SOURCE / "algebra" / "kernel").glob("*.py"))
OUTSIDE = sorted(p for p in SOURCE.rglob("*.py") if p not in INSIDE)


def imports(path: Path, *, inside_functions: bool) -> Iterator[str]:
    """Yield the modules that a file imports, those that only annotations need left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (id(node) in top) is not inside_functions:
            yield node.module or ""


@pytest.mark.parametrize("path", INSIDE, ids=lambda p: p.stem)
def test_no_import_stands_inside_a_function(path: Path) -> None:
    hidden = [m for m in imports(path, inside_functions=True) if m.startswith("nos_sym")]
    assert hidden == []


def test_the_outside_calls_what_is_stated() -> None:
    """No module outside the kernel imports from a module inside it."""
    used = [
        (path.name, module)
        for path in OUTSIDE
        for module in imports(path, inside_functions=False)
        if module.startswith("nos_sym.algebra.kernel.")
    ]
    assert used == []


def test_what_is_stated_is_there() -> None:
    assert all(hasattr(kernel, name) for name in kernel.__all__)


def test_the_circle_is_closed() -> None:
    assert all(callable(getattr(recursive, name)) for name in Recursion.__slots__)
