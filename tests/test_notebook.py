"""The notebook of the first hour runs, shows what it was committed with, and names no machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.notebooks import code_cells, form_of, run_as_program, shown_by, source_of

SHORT = {"particles": 2, "time_steps": 1, "mutations": 1, "steps": 130}
"""Settings of a search of seconds."""

BEFORE_TRAINING = 6
"""Cells with code whose output is the same everywhere: those before the first training."""


@pytest.fixture
def notebook(repository: Path) -> Path:
    return repository / "examples" / "first_hour.ipynb"


@pytest.mark.timeout(200)
def test_the_notebook_shows_what_it_was_committed_with(notebook: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    cells = code_cells(notebook)
    shown = run_as_program(notebook, tmp_path, SHORT, 180)
    assert len(shown) == len(cells)
    exact = [cell for cell in cells if not re.search(r"train\(|evolve|best|accuracy", source_of(cell, {}))]
    assert len(exact) >= BEFORE_TRAINING
    for cell, text in zip(cells, shown, strict=True):
        committed = shown_by(cell)
        if cell in exact:
            assert text.strip() == committed.strip()
        else:
            assert bool(text.strip()) == bool(committed.strip())
    # The search is shorter here, so that its numbers differ; what the numbers are of does not.
    trained, searched = shown[7], shown[8]
    assert form_of(trained) == form_of(shown_by(cells[7]))
    labels = [re.match(r"[^:\d]*", line) for line in shown_by(cells[8]).splitlines()]
    assert [re.match(r"[^:\d]*", line) for line in searched.splitlines()] != []
    assert [match and match[0] for match in labels] == [
        match and match[0] for match in map(re.compile(r"[^:\d]*").match, searched.splitlines())
    ]


def test_the_notebook_was_run_from_top_to_bottom_and_names_no_machine(notebook: Path) -> None:
    cells = code_cells(notebook)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert all(output["output_type"] != "error" for cell in cells for output in cell["outputs"])
    text = notebook.read_text(encoding="utf-8")
    assert not re.search(r"/(?:home|root|tmp|usr|work|Users)/|\.local|\.venv|site-packages", text)
    # Times of a run would change the file with every run.
    assert not re.search(r"\d ?(?:s|ms|seconds)\b|\d{4}-\d\d-\d\d", "".join(map(shown_by, cells)))


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_the_notebook_runs_in_a_kernel(notebook: Path, tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    found = nbformat.read(notebook, as_version=4)
    client = nbclient.NotebookClient(
        found, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    ran = [cell for cell in found.cells if cell.cell_type == "code"]
    for cell, before in zip(ran, code_cells(notebook), strict=True):
        assert form_of(shown_by(cell)).split("\n")[0] == form_of(shown_by(before)).split("\n")[0]
    assert list(tmp_path.iterdir()) == []
