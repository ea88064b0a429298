"""Settings of rendered Keras files that are no numbers: what is refused, in one line, and what is taken.

Runs on the backend that Keras has in this process; :mod:`test_keras_backends` runs it on the others.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load
from support.keras_backend import TARGETS, keras

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.faces import face_named, rule_of_face

NO_NUMBERS: dict[str, Any] = {
    "NoneType": None,
    "str": "0.5",
    "list": [0.5],
    "function": lambda: 0.5,
    "ExponentialDecay": keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5),
    "Variable": keras.Variable(0.5),
}
FACES = {
    "keras.optimizers.AdamW": ("weight_decay", "beta_1", "beta_2", "epsilon"),
    "keras.optimizers.SGD": ("momentum",),
    "keras.optimizers.RMSprop(centered=True)": ("rho", "momentum", "epsilon"),
}


def ours(name: str, target: str, folder: Path) -> Any:
    return getattr(load(render(catalog.entry(name), target), folder), name)


def theirs(name: str, folder: Path) -> Any:
    face = face_named(name)
    return getattr(load(render(rule_of_face(face), "keras", face=face), folder), face.class_name)


@pytest.mark.parametrize("face", FACES)
def test_settings_of_faces(face: str, tmp_path: Path) -> None:
    make = theirs(face, tmp_path)
    for setting in FACES[face]:
        for kind, value in NO_NUMBERS.items():
            with pytest.raises(TypeError) as error:
                make(**{setting: value})
            assert str(error.value).startswith(f"Invalid {setting}: of type ") and kind in str(error.value)
            assert str(error.value).endswith(", not a number that stays the same")
        make(**{setting: np.float32(0.5)})


@pytest.mark.parametrize("target", TARGETS)
def test_settings_of_rules(target: str, tmp_path: Path) -> None:
    for name, setting in (("Opt4", "total_steps"), ("AdamKeras", "beta2"), ("SGDMomentum", "momentum")):
        make = ours(name, target, tmp_path)
        for kind, value in NO_NUMBERS.items():
            if setting == "momentum" and callable(value):
                continue  # a schedule
            with pytest.raises(TypeError, match=f"Invalid {setting}: of type .*{kind}") as error:
                make(**{setting: value})
            assert "\n" not in str(error.value)


@pytest.mark.parametrize("face", ["keras.optimizers.Adam", "keras.optimizers.Muon"])
def test_none_is_taken_where_the_original_takes_it(face: str, tmp_path: Path) -> None:
    assert theirs(face, tmp_path)(weight_decay=None).get_config()["weight_decay"] is None


@pytest.mark.parametrize("target", TARGETS)
def test_a_rate_that_is_a_number_of_python_is_that_of_its_step(target: str, tmp_path: Path) -> None:
    """In steps that are not compiled; others refuse it, as :mod:`test_keras_optimizer` has it."""
    rates = iter([0.5, 0.0, np.float32(0.25)])
    variable = keras.Variable(np.ones(2, "float32"))
    optimizer = ours("SGD", target, tmp_path)(learning_rate=lambda: next(rates))
    optimizer.build([variable])
    for _ in range(3):
        optimizer.apply([keras.ops.ones(2)], [variable])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable.value), 0.25)


@pytest.mark.parametrize("target", TARGETS)
def test_numbers_that_no_backend_takes(target: str, tmp_path: Path) -> None:
    """At construction, not in the first step or when a model is saved."""
    for name, setting in (("Opt4", "total_steps"), ("AdamKeras", "beta2"), ("SGDMomentum", "momentum")):
        make = ours(name, target, tmp_path)
        with pytest.raises(TypeError) as fraction:
            make(**{setting: Fraction(1, 2)})
        assert str(fraction.value) == f"Invalid {setting}: of type Fraction; give it as a float"
        with pytest.raises(ValueError, match=rf"\AInvalid {setting}: beyond the range of floats\Z"):
            make(**{setting: 10**400})
    with pytest.raises(ValueError, match=r"\AInvalid momentum: 1e\+300\Z"):
        make(momentum=1e300)  # infinite as a variable
