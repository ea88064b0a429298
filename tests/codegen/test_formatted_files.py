"""Every form of a rendered file has the lines that ruff would give it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nos_sym import catalog
from nos_sym.codegen.backend import BACKENDS
from nos_sym.codegen.render import render
from nos_sym.codegen.with_runtime import render_with_runtime
from nos_sym.errors import RenderError
from nos_sym.faces import Face, face_named, faces, rule_of_face
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule

FORMS = ({}, {"fused": False}, {"minimal": True}, {"low_precision": True})
LABELS = (
    "AdaFactorAMS", "COCOBOptax", "DoGOptax", "MuonDionOptax", "Opt91", "YogiL2", "keras.optimizers.Nadam",
    "optax.adafactor", "pytorch_optimizer.ADOPT", "pytorch_optimizer.ScheduleFreeAdamW",
)  # fmt: skip
"""Files with long names, many states, or long expressions."""


def texts(rule: Rule | Block | Schedule, face: Face | None) -> Iterator[str]:
    """Yield the files of a rule, or those in place of a library's own, in all forms that it has."""
    targets = [x for x in BACKENDS if x != "latex"] if face is None else [face.backend]
    for backend in targets:
        for options in FORMS if backend == "torch" and not isinstance(rule, Schedule) else FORMS[:1]:
            try:
                yield render(rule, backend, face=face, **options)
            except RenderError:
                assert options or backend != "torch"  # no such form of this rule
    if "torch" in targets and not isinstance(rule, Schedule):
        yield from render_with_runtime(rule, face=face).values()


def check(folder: Path, found: Iterator[str]) -> None:
    for number, text in enumerate(dict.fromkeys(found)):
        (folder / f"file_{number}.py").write_text(text)
    command = [sys.executable, "-m", "ruff", "format", "--diff", "--isolated", folder]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def given(label: str) -> tuple[Rule | Block | Schedule, Face | None]:
    if "." not in label:
        return catalog.entry(label), None
    face = face_named(label)
    return rule_of_face(face), face


@pytest.mark.timeout(240)
def test_long_lines_are_broken_in_every_form(tmp_path: Path) -> None:
    check(tmp_path, (text for label in LABELS for text in texts(*given(label))))


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(8))
def test_every_form_of_every_entry(part: int, tmp_path: Path) -> None:
    labels = [*catalog.names(), *map(str, faces())]
    check(tmp_path, (text for label in labels[part::8] for text in texts(*given(label))))
