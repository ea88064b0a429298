"""Writes the renderings of the whole catalog: ``python -m nos_sym.codegen.generate FOLDER``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from nos_sym import catalog
from nos_sym.codegen.render import BACKENDS, render

_SUFFIX = {"torch": "py", "tensorflow": "py", "latex": "tex"}


def renderings() -> Iterator[tuple[PurePosixPath, str]]:
    """Yield path and text of every rendering of the catalog, for example ``torch/opt4.py``."""
    for backend in BACKENDS:
        for entry in catalog.entries():
            name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", entry.name).lower()
            yield PurePosixPath(backend, f"{name}.{_SUFFIX[backend]}"), render(entry, backend)


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
