"""Writes the renderings of the whole catalog: ``python -m nos_sym.codegen.generate FOLDER``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from nos_sym import catalog
from nos_sym.codegen.backend import BACKENDS
from nos_sym.codegen.render import render, render_one_cycle
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule

SUFFIX = {"torch": "py", "tensorflow": "py", "keras": "py", "optax": "py", "latex": "tex"}
"""File names of a backend end so."""


def renderings() -> Iterator[tuple[PurePosixPath, str]]:
    """Yield path and text of every rendering of the catalog, for example ``torch/opt4.py``.

    They are for reading, without the compiled step, whose larger part is the same in every file.
    """
    for backend in BACKENDS:
        for entry in filter(_generated, catalog.entries()):
            name = f"{file_name(entry.name)}.{SUFFIX[backend]}"
            yield PurePosixPath(backend, name), render(entry, backend, fused=False)
        if backend != "latex":
            yield PurePosixPath(backend, f"one_cycle.{SUFFIX[backend]}"), render_one_cycle(backend)


def _generated(entry: Rule | Block | Schedule) -> bool:
    """Return whether an entry is rendered into the folder: those of libraries are blocks, and many."""
    return not isinstance(entry, Block)


def file_name(name: str) -> str:
    """Return the name of a class as that of a module: ``sgd_momentum`` of ``SGDMomentum``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def main(folder: Path) -> int:
    """Write every rendering below ``folder`` and return how many there are."""
    count = 0
    for path, text in renderings():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        count += 1
    return count


if __name__ == "__main__":
    print(main(Path(sys.argv[1] if len(sys.argv) > 1 else "generated")), "files")
