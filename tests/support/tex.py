"""Compiles documents with a real LaTeX, without the network and without a shell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def compiled(text: str, folder: Path, name: str = "document") -> str:
    """Compile a document and return the text on its pages; skip the test where there is no LaTeX.

    Raises:
        AssertionError: it does not compile.
    """
    program, reader = shutil.which("pdflatex"), shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdflatex is not installed")
    (folder / f"{name}.tex").write_text(text, encoding="utf-8")
    options = ["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", f"{name}.tex"]
    found = subprocess.run([program, *options], cwd=folder, capture_output=True, timeout=55, check=False)
    log = found.stdout.decode(errors="replace")
    assert found.returncode == 0, log[-2000:]
    assert "Undefined control sequence" not in log and "Missing character" not in log
    if reader is None:
        return ""
    pages = subprocess.run(
        [reader, "-layout", f"{name}.pdf", "-"], cwd=folder, capture_output=True, timeout=30
    )
    return pages.stdout.decode()
