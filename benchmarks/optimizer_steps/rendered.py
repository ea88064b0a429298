"""Rendered files as modules, imported as a user would."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import needs_total_steps

TOTAL_STEPS = 10_000
"""Length T of the decay functions, more than a measurement takes."""
_COUNT = itertools.count()


def entry(name: str) -> Rule:
    """Return an optimizer of the catalog."""
    rule = catalog.entry(name)
    if not isinstance(rule, Rule):
        raise SystemExit(f"{name} is a schedule; expected an optimizer")
    return rule


def optimizer(name: str, backend: str, folder: Path) -> Any:
    """Return the class or function of a freshly rendered and imported file.

    The file has a name of its own: a compiler knows code by its place, and shapes that change make it
    compile for all shapes.
    """
    path = folder / f"{backend}_{name.lower()}_{next(_COUNT)}.py"
    path.write_text(render(entry(name), backend), encoding="utf-8")
    return getattr(load(path), name)


def settings(name: str) -> dict[str, Any]:
    """Return the arguments that a rendered optimizer needs beside the learning rate."""
    return {"total_steps": TOTAL_STEPS} if needs_total_steps(entry(name).update) else {}


def load(path: Path) -> ModuleType:
    """Return a file as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
