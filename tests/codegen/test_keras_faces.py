"""Rendered files of faces of Keras beside the originals: signatures, steps, configurations, saved states.

Runs on the backend that Keras has in this process; :mod:`test_keras_backends` runs it on JAX.
"""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from support.harness import load
from support.keras_backend import CHOSEN, keras
from support.peers import draws_of, problem

from nos_sym.codegen.render import render
from nos_sym.faces import Face, Use, face_named, faces, rule_of_face

ALL = [face for face in faces() if face.backend == "keras"]
# What the original computes elsewhere is another entry, as its comment says.
FACES = [face for face in ALL if CHOSEN == "jax" or face.class_name != "ScheduleFreeAdamW"]
ADAM = face_named("keras.optimizers.Adam")
STEPS = 6

UNNAMED = {
    "u_product": "Keras gives the product no name",
    "row_var": "Keras calls averages of rows as the weight",
    "col_var": "Keras calls averages of columns as the weight",
}
"""States whose names are not those of the original: they are loaded by position."""


def of(*names: str) -> list[Any]:
    """Return the faces; those that are not named are heavy."""
    return [pytest.param(f, id=str(f), marks=() if str(f) in names else pytest.mark.heavy) for f in FACES]


QUICK = pytest.mark.parametrize(
    "face", of("keras.optimizers.AdamW", "keras.optimizers.Nadam", "keras.optimizers.SGD")
)
EVERY = pytest.mark.parametrize("face", FACES, ids=str)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Face], Any]:
    """Return the class of a file that replaces the original of a face."""
    folder = tmp_path_factory.mktemp("rendered")

    @lru_cache(maxsize=64)
    def made(name: str) -> Any:
        face = face_named(name)
        return getattr(load(render(rule_of_face(face), "keras", face=face), folder), face.class_name)

    def make(face: Face) -> Any:
        keras.saving.get_custom_objects()[f"nos_sym>{face.class_name}"] = made(str(face))
        return made(str(face))

    return make


def original(face: Face) -> Any:
    module, _, name = face.name.rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    """Compute in float64, which JAX has as an option only, and in which Keras takes no means there."""
    with ExitStack() as stack:
        keras.config.set_floatx("float64")
        stack.callback(keras.config.set_floatx, "float32")
        if CHOSEN == "jax":
            import jax

            def mean(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
                return jax.numpy.mean(keras.ops.convert_to_tensor(x), axis, keepdims=keepdims)

            stack.enter_context(jax.enable_x64(True))
            stack.enter_context(patch.object(keras.src.backend.numpy, "mean", mean))
        yield


def flagged(face: Face, draw: dict[str, Any]) -> dict[str, Any]:
    """Return a draw of the original, and the same for a file: what selects it is its default."""
    return {**dict(face.flags), **draw}


def start(make: Any, face: Face, **given: Any) -> tuple[list[Any], Any]:
    weights, _ = problem(face)
    optimizer = make(**given)
    variables = [keras.Variable(w, dtype="float64", name=f"w{i}") for i, w in enumerate(weights)]
    optimizer.build(variables)
    return variables, optimizer


def go(variables: list[Any], optimizer: Any, face: Face, first: int, count: int = STEPS) -> list[Any]:
    _, gradients = problem(face)
    for row in gradients[first : first + count]:
        optimizer.apply([keras.ops.convert_to_tensor(g, dtype="float64") for g in row], variables)
    return values(variables)


def values(variables: list[Any]) -> list[Any]:
    return [np.array(keras.ops.convert_to_numpy(v)) for v in variables]


def assert_same(found: list[Any], wanted: list[Any], bound: float = 1e-12) -> None:
    for x, y in zip(found, wanted, strict=True):
        np.testing.assert_allclose(x, y, rtol=bound, atol=bound / 1000)


def saved(optimizer: Any) -> dict[str, Any]:
    store: dict[str, Any] = {}
    optimizer.save_own_variables(store)
    return {key: np.array(value) for key, value in store.items()}


def loaded(optimizer: Any, store: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it only warns where the numbers of variables differ
        optimizer.load_own_variables(store)


@EVERY
def test_the_signature_is_the_originals(face: Face, rendered: Any) -> None:
    wanted = dict(inspect.signature(original(face)).parameters)
    found = dict(inspect.signature(rendered(face)).parameters)
    assert list(found) == list(wanted)
    flags = dict(face.flags)
    for name, parameter in wanted.items():
        assert found[name].kind == parameter.kind, name
        default = flags.get(name, parameter.default)
        assert found[name].default == default and type(found[name].default) is type(default), name


@QUICK
def test_a_rendered_file_goes_where_the_original_goes(face: Face, rendered: Any) -> None:
    bound = max(face.precision, 1e-12) if face.because else 1e-12
    for draw in draws_of(face):
        found = go(*start(rendered(face), face, **draw), face, 0)
        assert_same(found, go(*start(original(face), face, **flagged(face, draw)), face, 0), bound)


@QUICK
def test_saved_variables_go_on_in_both_directions(face: Face, rendered: Any) -> None:
    mine, theirs = rendered(face), original(face)
    for draw in draws_of(face)[:2]:
        for begun, other in ((mine, theirs), (theirs, mine)):
            for before in (0, STEPS):
                variables, optimizer = start(begun, face, **flagged(face, draw))
                go(variables, optimizer, face, 0, before)
                again, resumed = start(other, face, **flagged(face, draw))
                for x, y in zip(again, variables, strict=True):
                    x.assign(y)
                loaded(resumed, saved(optimizer))
                wanted = go(variables, optimizer, face, before)
                assert_same(go(again, resumed, face, before), wanted)
                assert_same(list(saved(resumed).values()), list(saved(optimizer).values()))


@QUICK
def test_the_variables_are_the_originals(face: Face, rendered: Any) -> None:
    for draw in draws_of(face)[:2]:
        options = {"name": "made", "use_ema": True, "gradient_accumulation_steps": 2}
        _, found = start(rendered(face), face, **flagged(face, draw), **options)
        _, wanted = start(original(face), face, **flagged(face, draw), **options)
        assert len(found.variables) == len(wanted.variables)
        for x, y in zip(found.variables, wanted.variables, strict=True):
            assert (x.shape, x.dtype) == (y.shape, y.dtype), x.path
            assert x.path == y.path or x.name in UNNAMED, (x.path, y.path)
        # Before the first step too they are what the original's are.
        assert_same(values(found.variables), values(wanted.variables), 0)


@QUICK
def test_configurations_make_the_same_optimizers(face: Face, rendered: Any) -> None:
    mine, theirs = rendered(face), original(face)
    for draw in draws_of(face):
        given = flagged(face, draw) | {"clipnorm": 1.5, "name": "own", "ema_momentum": 0.9}
        found, wanted = mine(**given).get_config(), theirs(**given).get_config()
        assert found == wanted
        assert mine.from_config(dict(wanted)).get_config() == found
        assert theirs.from_config(dict(found)).get_config() == wanted
        kept = keras.optimizers.deserialize(keras.optimizers.serialize(mine(**given)))
        assert type(kept) is mine and kept.get_config() == found


@EVERY
def test_what_the_rule_does_not_honor_is_refused(face: Face, rendered: Any) -> None:
    for argument in face.arguments:
        if argument.use is Use.ONLY:
            with pytest.raises(ValueError) as refusal:
                rendered(face)(**{argument.name: "a text"})
            message = str(refusal.value)
            assert message.startswith(f"Invalid {argument.name}: 'a text', not ") and "\n" not in message
            other = next((f for f in ALL if f.name == face.name and f.flags != face.flags), None)
            assert other is None or f"nos-sym render '{other}' writes another file" in message
    with pytest.raises(ValueError, match="not recognized: {'nothing': 1}"):
        rendered(face)(nothing=1)
