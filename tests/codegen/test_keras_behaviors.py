"""Rendered files and Keras' own optimizers, side by side: what they do beside stepping.

Runs on the backend that Keras has in this process; :mod:`test_keras_backends` runs it on the others. What
Keras' own tests ask for is in :mod:`test_keras_own_tests`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import keras_behaviors
from support.harness import load
from support.keras_backend import CHOSEN, keras
from support.keras_behaviors_of_tensorflow import OF_TENSORFLOW

from nos_sym.codegen.render import render
from nos_sym.faces import face_named, rule_of_face

FACES = {
    "keras.optimizers.Adam": {},
    "keras.optimizers.SGD": {"momentum": 0.9},
    "keras.optimizers.RMSprop(centered=True)": {"centered": True, "momentum": 0.5},
    "keras.optimizers.Nadam": {},
}
LEFT_OUT = {
    ("Nadam", "names_and_shapes"): "the original gives its product no name",
    **({("Nadam", "scaled_loss"): "on JAX the original loses its product there"} if CHOSEN == "jax" else {}),
    **({("RMSprop", "sparse_gradients"): "the original fails on PyTorch"} if CHOSEN == "torch" else {}),
}
"""What is not compared, with its reason."""
RELATIVE = 1e-4
"""Originals have ``1 - beta^t`` in float32, which for 0.999 and the first step is right to 6e-5."""
QUICK = ("keras.optimizers.Adam",)


@pytest.fixture(scope="module")
def makers(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Any, Any]]:
    """Return the makers of the rendered optimizer and the original, by the name of a face."""
    folder, made = tmp_path_factory.mktemp("rendered"), {}

    def of(name: str) -> tuple[Any, Any]:
        face = face_named(name)
        if name not in made:
            source = render(rule_of_face(face), "keras", face=face)
            made[name] = getattr(load(source, folder), face.class_name)
        keras.saving.get_custom_objects()[f"nos_sym>{face.class_name}"] = made[name]

        def maker(made_by: Any) -> Callable[..., Any]:
            return lambda **given: made_by(**({"learning_rate": 0.1} | FACES[name] | given))

        return maker(made[name]), maker(getattr(keras.optimizers, face.class_name))

    return of


def compare(found: list[Any], wanted: list[Any]) -> None:
    assert len(found) == len(wanted)
    for x, y in zip(found, wanted, strict=True):
        if isinstance(y, str | bool):
            assert x == y
        else:
            np.testing.assert_allclose(x, y, rtol=RELATIVE, atol=RELATIVE / 10)


def cases() -> list[Any]:
    behaviors = [*keras_behaviors.BEHAVIORS]
    behaviors += OF_TENSORFLOW if CHOSEN == "tensorflow" else []
    return [
        pytest.param(
            name, behavior, id=f"{name}-{behavior.__name__}", marks=() if name in QUICK else pytest.mark.heavy
        )
        for name in FACES
        for behavior in behaviors
        if not LEFT_OUT.get((face_named(name).class_name, behavior.__name__))
    ]


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize(("name", "behavior"), cases())
def test_it_behaves_as_the_original(name: str, behavior: Any, makers: Any, tmp_path: Path) -> None:
    results = []
    for index, make in enumerate(makers(name)):
        folder = tmp_path / str(index)
        given = (make, folder) if "folder" in inspect.signature(behavior).parameters else (make,)
        results.append(behavior(*given))
    compare(*results)
