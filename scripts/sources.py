"""Copies the sources of a checkout: what is under version control or will be, and nothing that was built.

    python scripts/sources.py FOLDER

In an unpacked source distribution, which has no version control, everything is copied but what ``make``
leaves.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILT = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", "*.egg-info", "build", "dist", ".pytest_cache", ".mypy_cache",
    ".ruff_cache", ".hypothesis", "PKG-INFO", "setup.cfg",
)  # fmt: skip


def listed() -> list[Path] | None:
    """Return the files of the checkout that are not ignored; nothing where it is no checkout."""
    if not (ROOT / ".git").exists():
        return None
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    files = [Path(name) for name in told.stdout.split("\0") if name]
    return [file for file in files if (ROOT / file).exists()]  # others were removed


def copy(folder: Path) -> None:
    """Copy the sources into a folder that is not there yet."""
    files = listed()
    if files is None:
        shutil.copytree(ROOT, folder, ignore=BUILT)
        return
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, folder / file)


if __name__ == "__main__":
    copy(Path(sys.argv[1]))
