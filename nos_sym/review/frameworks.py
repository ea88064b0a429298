"""The library that code is for, as far as its text says; nothing is run here.

What an optimizer is, a process that runs the code finds out; see :mod:`nos_sym.review.choosing`. What the
text says is a bound on what such a process may claim.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

FRAMEWORKS = ("torch", "keras", "optax")
"""Libraries whose optimizers are reviewed."""

TITLES = {"torch": "PyTorch", "keras": "Keras", "optax": "optax"}

_ROOTS = {"torch": "torch", "keras": "keras", "tf_keras": "keras", "tensorflow": "keras", "optax": "optax"}


def parsed(text: str) -> ast.Module:
    """Read a text as Python without running it; what Python warns of is for who wrote it.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it is not Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def imported_by(text: str) -> frozenset[str]:
    """Return which of these libraries a text of Python imports by their names, wherever in the text.

    Code can import in other ways, too, so that a library that is missing here may be used.
    """
    return frozenset(_ROOTS[root] for root in _roots(parsed(text)) if root in _ROOTS)


def of_module(name: str) -> frozenset[str]:
    """Return which of these libraries ``MODULE:NAME`` belongs to by its name."""
    root = name.partition(":")[0].partition(".")[0]
    return frozenset({_ROOTS[root]} if root in _ROOTS else ())


def is_for_torch(named: frozenset[str], claimed: str) -> bool:
    """Return whether code is to be checked as an optimizer of PyTorch.

    Args:
        named: libraries that its text names.
        claimed: the library that a process with the code has found; empty where it found none. It may be of
            the code itself, so that code that names PyTorch alone is for PyTorch whatever is claimed.
    """
    if named == {"torch"}:
        return True
    if claimed:
        return claimed == "torch"
    return not named or "torch" in named


def transforming(text: str) -> frozenset[str]:
    """Return the names of functions of a text that return a gradient transformation of optax.

    Told by the annotation of what they return, or by a ``return`` of a call of optax, of
    ``GradientTransformation``, of another such function, or of a name that was set to such a call.
    """
    tree = parsed(text)
    functions = [x for x in tree.body if isinstance(x, ast.FunctionDef)]
    known = {"optax", "GradientTransformation", "GradientTransformationExtraArgs"} | _names_from_optax(tree)
    found: set[str] = set()
    while True:
        new = {f.name for f in functions if f.name not in found and _transforms(f, known | found)}
        if not new:
            return frozenset(found)
        found |= new


def _roots(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (x.name.partition(".")[0] for x in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _names_from_optax(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "optax":
            found |= {x.asname or x.name for x in node.names}
        elif isinstance(node, ast.Import):
            found |= {x.asname or "optax" for x in node.names if x.name.partition(".")[0] == "optax"}
    return found


def _transforms(function: ast.FunctionDef, known: set[str]) -> bool:
    if function.returns is not None:
        return "GradientTransformation" in ast.unparse(function.returns)
    own = list(_own(function))
    made = set(known)
    for node in own:
        if isinstance(node, ast.Assign) and _is_call_of(node.value, made):
            made |= {x.id for x in node.targets if isinstance(x, ast.Name)}
    return any(isinstance(n, ast.Return) and n.value is not None and _is_made(n.value, made) for n in own)


def _own(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield what stands in a function, but not in functions inside it, in the order of the text."""
    waiting: list[ast.AST] = list(reversed(function.body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _is_made(value: ast.expr, made: set[str]) -> bool:
    if isinstance(value, ast.IfExp):
        return _is_made(value.body, made) or _is_made(value.orelse, made)
    return (isinstance(value, ast.Name) and value.id in made) or _is_call_of(value, made)


def _is_call_of(value: ast.expr, names: set[str]) -> bool:
    if not isinstance(value, ast.Call):
        return False
    called: ast.expr = value.func
    while isinstance(called, ast.Attribute | ast.Call):
        called = called.value if isinstance(called, ast.Attribute) else called.func
    return isinstance(called, ast.Name) and called.id in names
