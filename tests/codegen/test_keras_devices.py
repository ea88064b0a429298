"""Rendered Keras files over two devices: those of ``MirroredStrategy`` and of ``keras.distribution``.

The devices are two parts of the processor, which a process has from its start.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.installed import required

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.faces import face_named, rule_of_face
from nos_sym.language.parser import parse

DROPPED = "Dropped = nesterov ~ drop(g, 0.5) + drop(v_hat, 0.3)"
FACES = ("keras.optimizers.Adafactor", "keras.optimizers.Muon", "keras.optimizers.Nadam")


def written(folder: Path, names: tuple[str, ...], target: str = "keras") -> list[str]:
    """Write the files of entries, of faces, and of dropout; return the names of their modules."""
    modules = []
    for index, name in enumerate(names):
        if name in FACES:
            source = render(rule_of_face(face_named(name)), "keras", face=face_named(name))
        else:
            source = render(parse(DROPPED) if name == "Dropped" else catalog.entry(name), target)
        modules.append(f"file_{index}")
        (folder / f"file_{index}.py").write_text(source, encoding="utf-8")
    return modules


def run(program: str, modules: list[str], folder: Path, repository: Path, **given: str) -> None:
    done = subprocess.run(
        [sys.executable, str(repository / "tests" / "support" / f"{program}.py"), *modules],
        env=os.environ | {"PYTHONPATH": str(folder)} | given,
        cwd=folder, capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert len(done.stdout.splitlines()) == 2 * len(modules), done.stdout


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("target", "names"),
    [
        pytest.param("keras", ("ProdigyPO",), id="sums"),
        pytest.param(
            "keras",
            ("AdanPO", "NadamKeras", "AdafactorKeras", "NovoGradPO", "Opt10", "Dropped", *FACES),
            marks=pytest.mark.heavy, id="kinds",
        ),
        pytest.param(
            "tensorflow", ("ProdigyPO", "NadamKeras", "AdafactorKeras", "Opt9", "Dropped"),
            marks=pytest.mark.heavy, id="kinds-tensorflow",
        ),
    ],
)  # fmt: skip
def test_two_mirrored_devices_do_what_one_does(
    target: str, names: tuple[str, ...], tmp_path: Path, repository: Path
) -> None:
    """Sums over all weights see gradients that are summed over the devices, whose copies stay the same."""
    required("keras", "tensorflow")
    run("mirrored", written(tmp_path, names, target), tmp_path, repository, KERAS_BACKEND="tensorflow")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("AdamKeras",), id="adam"),
        pytest.param(
            ("AdafactorKeras", "SGDMomentum", "NadamKeras", "ProdigyPO"), marks=pytest.mark.heavy, id="kinds"
        ),
    ],
)
def test_slots_lie_where_their_variable_lies(
    names: tuple[str, ...], tmp_path: Path, repository: Path
) -> None:
    """Those of bfloat16, which are in float32, as well; rows and columns are on all devices."""
    required("keras", "jax")
    devices = "--xla_force_host_platform_device_count=2"
    run("sharded", written(tmp_path, names), tmp_path, repository, KERAS_BACKEND="jax", XLA_FLAGS=devices)
