"""Where the store of a command is that keeps it only if it is asked to."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def store_place(store_file: Path | None) -> Iterator[Path]:
    """Give the path of a store; without one, a path in a folder that is removed with all that is in it."""
    if store_file is not None:
        yield store_file
        return
    with tempfile.TemporaryDirectory(prefix="nos-sym-") as folder:
        yield Path(folder) / "trainings.db"
