"""Optimizers of Keras, lifted under JAX and proved equal to what the catalog says of them.

Keras has one backend in a process, and JAX is another one than that of most tests: what runs on it is skipped
unless ``KERAS_BACKEND=jax`` says so, as the heavy sweep does in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.lifted_faces import entry_at, lifted_at

import nos_sym
from nos_sym.faces import faces
from nos_sym.lift import LiftError
from nos_sym.lift.lifting import lift

keras = pytest.importorskip("keras")
pytest.importorskip("jax")

_FACES = {str(face): face for face in faces() if face.library == "keras"}
_UNPROVED = {
    "keras.optimizers.Adafactor",
    "keras.optimizers.Muon",
    "keras.optimizers.Muon(exclude_embeddings=False)",
    "keras.optimizers.Muon(nesterov=False)",
    "keras.optimizers.Muon(nesterov=False, exclude_embeddings=False)",
}
"""Faces whose lifted rules are neither proved equal to the entries nor told apart."""
_ON_JAX = keras.backend.backend() == "jax"
only_on_jax = pytest.mark.skipif(not _ON_JAX, reason="Keras has another backend in this process")


@pytest.mark.skipif(_ON_JAX, reason="Keras runs on JAX")
def test_another_backend_is_named() -> None:
    with pytest.raises(LiftError, match="KERAS_BACKEND=jax"):
        lift("keras.optimizers:Adam")


@only_on_jax
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", sorted(_FACES))
def test_lifted_rules_are_proved_equal_to_entries(name: str) -> None:
    face = _FACES[name]
    verdict = nos_sym.compare(lifted_at(face), entry_at(face))
    assert not str(verdict).startswith("different")
    assert bool(verdict) is (name not in _UNPROVED), str(verdict)


@only_on_jax
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", sorted({face.name for face in _FACES.values()}))
def test_lifted_rules_follow_the_originals(name: str) -> None:
    module, _, function = name.rpartition(".")
    usual = keras.config.floatx()
    found = lift(f"{module}:{function}").verification
    assert found.verified
    assert keras.config.floatx() == usual


@only_on_jax
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"clipnorm": 1.0}, "norm2(g)"),
        ({"global_clipnorm": 1.0}, "total(g^2)"),
        ({"clipvalue": 0.5}, "max(-clipvalue, g)"),
        ({"use_ema": True}, "average <-"),
        ({"weight_decay": 0.1}, "weight_decay"),
    ],
)
def test_arguments_of_the_base_class_are_part_of_the_rule(arguments: dict[str, object], text: str) -> None:
    found = lift("keras.optimizers:SGD", arguments)
    assert found.verification.error <= 1e-9
    assert text in str(found.rule)


@pytest.mark.heavy
@pytest.mark.timeout(3000)
def test_all_of_it_on_jax() -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        __file__,
        "-m",
        "not heavy",
    ]
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    root = Path(__file__).parents[2]
    run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=2900)
    assert run.returncode == 0, run.stdout[-3000:]
