"""Keras' own tests of its optimizers, as it installs them, with rendered optimizers in their place.

What is not run is listed in :mod:`support.keras_in_place` with its reason.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.installed import required

from nos_sym.codegen.render import render
from nos_sym.faces import faces, rule_of_face

_SPEC = find_spec("keras")
if _SPEC is None or _SPEC.origin is None:
    pytest.skip("keras is not installed", allow_module_level=True)
pytest.importorskip("absl.testing", reason="Keras' tests need absl")
SOURCES = Path(_SPEC.origin).parent / "src"
if not (SOURCES / "optimizers" / "adam_test.py").is_file():
    pytest.skip("this Keras does not install its tests", allow_module_level=True)

ALL = sorted(x.name.removesuffix("_test.py") for x in (SOURCES / "optimizers").glob("*_test.py"))
"""Names of the files, those of wrappers of optimizers and of distribution among them."""
TIMES = {"tensorflow": ("adam", "optimizer_sparse"), "torch": ("adam", "optimizer")}
"""The files of which a backend takes some seconds; the others are heavy there."""


def parameters() -> list[object]:
    quick = [pytest.param(name, TIMES[name], id=f"{name}-some") for name in ("tensorflow", "torch")]
    slow = [
        pytest.param(name, tuple(ALL), marks=pytest.mark.heavy, id=f"{name}-all")
        for name in ("tensorflow", "jax", "torch")
    ]
    return [*quick, *slow]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the files in place of Keras' optimizers, with the table of their flags."""
    folder, rows = tmp_path_factory.mktemp("rendered"), []
    for index, face in enumerate(x for x in faces() if x.backend == "keras"):
        source = render(rule_of_face(face), "keras", face=face)
        (folder / f"face_{index}.py").write_text(source, encoding="utf-8")
        rows.append([face.class_name, dict(face.flags), f"face_{index}"])
    (folder / "table.json").write_text(json.dumps(rows), encoding="utf-8")
    return folder


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("backend", "names"), parameters())
def test_rendered_optimizers_pass(
    backend: str, names: tuple[str, ...], rendered: Path, repository: Path, tmp_path: Path
) -> None:
    required(backend)
    files = [str(SOURCES / "optimizers" / f"{name}_test.py") for name in names]
    if backend == "tensorflow" and len(names) == len(ALL):
        files.append(str(SOURCES / "backend" / "tensorflow" / "optimizer_distribute_test.py"))
    command = [sys.executable, "-m", "pytest", "-p", "support.keras_in_place", "-p", "no:cacheprovider"]
    command += ["-p", "no:xdist", "-q", "-rs", "-W", "ignore", "--import-mode=importlib", "--tb=short"]
    run = subprocess.run(
        [*command, "-c", os.devnull, f"--rootdir={tmp_path}", *files],
        env=os.environ
        | {
            "KERAS_BACKEND": backend, "NOS_SYM_RENDERED": str(rendered), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(repository / "tests"),
        },
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=800,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    passed = re.search(r"(\d+) passed", run.stdout)
    assert passed is not None and int(passed[1]) > 10 * len(names) // 2, run.stdout[-2000:]
    if len(names) == len(ALL):
        assert "entries for no test: []" in run.stdout, "the list of what is left out has too much"
