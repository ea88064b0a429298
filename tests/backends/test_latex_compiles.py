"""LaTeX of the whole catalog goes through LaTeX itself and fits the page of an article."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import nos_sym
from nos_sym import catalog

HEAD = r"""\documentclass[11pt]{article}
\usepackage{amsmath}
\usepackage[margin=1in]{geometry}
\raggedbottom
\allowdisplaybreaks
\begin{document}
"""
SPARE = 10.0
"""Points by which a line may be wider than the text; an inch has 72, and so has the margin."""


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_every_entry_is_set(tmp_path: Path) -> None:
    names = catalog.names()
    parts = [
        rf"\typeout{{ENTRY {name}}}" + "\n" + nos_sym.render(catalog.entry(name), "latex") for name in names
    ]
    (tmp_path / "all.tex").write_text(HEAD + "\n".join(parts) + "\n\\end{document}\n")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "all.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert run.returncode == 0, run.stdout[-2000:]
    assert run.stdout.count("ENTRY ") == len(names)
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", run.stdout)]
    assert max(wide, default=0) <= SPARE
