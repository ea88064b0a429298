"""Another checkout of the project in the place of the installed package, for before and after in one run."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

_FOLDERS = {"nos_sym": "nos_sym", "nos_sym.grammar": "grammar", "nos_sym.backends": "backends"}


class _Finder:
    """Finds the package in a checkout, whatever is installed."""

    def __init__(self, checkout: Path) -> None:
        self._checkout = checkout

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name not in _FOLDERS:
            return None
        folder = self._checkout / _FOLDERS[name]
        found = folder / "__init__.py"
        if found.exists():
            return importlib.util.spec_from_file_location(
                name, found, submodule_search_locations=[str(folder)]
            )
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        return spec


def use(checkout: Path) -> None:
    """Import the package, the benchmarks and what tests use from a checkout from now on."""
    sys.meta_path.insert(0, _Finder(checkout))  # type: ignore[arg-type]
    sys.path[:0] = [str(checkout / "benchmarks"), str(checkout / "tests")]


def run_in(checkout: Path, code: str, *arguments: str) -> Any:
    """Return the JSON that code prints last, run in a process of its own that uses a checkout.

    Args:
        checkout: root of the checkout.
        code: Python; its arguments are ``sys.argv[1:]``.
        arguments: of the code.
    """
    root = checkout.resolve()
    head = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import checkouts, pathlib\n"
        f"checkouts.use(pathlib.Path({str(root)!r}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", head + code, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{checkout}: the measurement failed: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout.splitlines()[-1])
