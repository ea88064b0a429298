"""Runs notebooks: as a plain program, which needs no Jupyter, or in a kernel."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

Cell = dict[str, Any]

_DISPLAY = """\
class HTML:
    def __init__(self, data):
        print(data)


Latex = HTML
"""
"""Stands for ``IPython.display`` where IPython may be missing: what is shown is printed."""

_MARK = "@cell "


def code_cells(notebook: Path) -> list[Cell]:
    """Return the cells with code."""
    cells: list[Cell] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def source_of(cell: Cell, parameters: dict[str, int]) -> str:
    """Return the code of a cell; one that is tagged ``parameters`` has other numbers."""
    source = "".join(cell["source"])
    if "parameters" in cell["metadata"].get("tags", ()):
        return "\n".join(f"{name} = {value}" for name, value in parameters.items())
    return source


def shown_by(cell: Cell) -> str:
    """Return what a cell shows as it was committed: what it prints, and what its last line displays."""
    parts: list[str] = []
    for output in cell["outputs"]:
        data = output.get("data", {})
        parts += output.get("text", data.get("text/html", data.get("text/latex", ())))
    return "".join(parts)


def run_as_program(notebook: Path, folder: Path, parameters: dict[str, int], seconds: float) -> list[str]:
    """Run the code of a notebook in one process, and return what each cell shows.

    Raises:
        AssertionError: a cell fails.
    """
    (folder / "IPython").mkdir()
    (folder / "IPython" / "__init__.py").touch()
    (folder / "IPython" / "display.py").write_text(_DISPLAY, encoding="utf-8")
    program = folder / "notebook.py"
    sources = [source_of(cell, parameters) for cell in code_cells(notebook)]
    program.write_text("".join(f"print('{_MARK}')\n{source}\n" for source in sources), encoding="utf-8")
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    found = subprocess.run(
        [sys.executable, program], cwd=folder, capture_output=True, text=True, timeout=seconds, check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return found.stdout.split(f"{_MARK}\n")[1:]


def form_of(text: str) -> str:
    """Return a text with every number in it alike, for what another machine computes otherwise."""
    return re.sub(r"\d+(?:\.\d+)?(?:e[-+]?\d+)?", "0", text)
