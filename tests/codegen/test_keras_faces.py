"""Rendered files of faces of Keras beside the originals: signatures, steps, configurations, saved states.

Runs on the backend that Keras has in this process; :mod:`test_keras_backends` runs it on JAX.
"""

from __future__ import annotations

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
from support.keras_runs import BOUND, STEPS, assert_same, flagged, go, loaded, saved, start, values
from support.peers import draws_of, original_of, problem

from nos_sym.codegen.render import render
from nos_sym.errors import RenderError
from nos_sym.faces import Face, Use, face_named, faces, rule_of_face

ALL = [face for face in faces() if face.backend == "keras"]
# What the original computes elsewhere is another entry, as its comment says.
FACES = [face for face in ALL if CHOSEN == "jax" or face.class_name != "ScheduleFreeAdamW"]
ADAM_W = face_named("keras.optimizers.AdamW")
NADAM = face_named("keras.optimizers.Nadam")

UNNAMED = {
    "u_product": "Keras gives the product no name",
    "row_var": "Keras calls averages of rows as the weight",
    "col_var": "Keras calls averages of columns as the weight",
}
"""States whose names are not those of the original: they are loaded by position.

Those of rows and columns have its type only where they are kept: of vectors it has an integer 0 there.
"""


def of(*names: str) -> list[Any]:
    """Return the faces; those that are not named are heavy."""
    return [pytest.param(f, id=str(f), marks=() if str(f) in names else pytest.mark.heavy) for f in FACES]


QUICK = pytest.mark.parametrize(
    "face", of("keras.optimizers.AdamW", "keras.optimizers.Nadam", "keras.optimizers.Muon")
)


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


@QUICK
def test_the_signature_is_the_originals(face: Face, rendered: Any) -> None:
    wanted = dict(inspect.signature(original_of(face)).parameters)
    found = dict(inspect.signature(rendered(face)).parameters)
    assert list(found) == list(wanted)
    flags = dict(face.flags)
    for name, parameter in wanted.items():
        assert found[name].kind == parameter.kind, name
        default = flags.get(name, parameter.default)
        assert found[name].default == default and type(found[name].default) is type(default), name


@QUICK
def test_a_rendered_file_goes_where_the_original_goes(face: Face, rendered: Any) -> None:
    bound = max(face.precision, BOUND) if face.because else BOUND
    for draw in draws_of(face):
        found = go(*start(rendered(face), face, **draw), face, 0)
        assert_same(found, go(*start(original_of(face), face, **flagged(face, draw)), face, 0), bound)


@QUICK
def test_saved_variables_go_on_in_both_directions(face: Face, rendered: Any) -> None:
    mine, theirs = rendered(face), original_of(face)
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
                bound = max(face.precision, BOUND) if face.because else BOUND
                assert_same(go(again, resumed, face, before), wanted, bound)
                assert_same(list(saved(resumed).values()), list(saved(optimizer).values()))


@QUICK
def test_the_variables_are_the_originals(face: Face, rendered: Any) -> None:
    for draw in draws_of(face)[:2]:
        options = {"name": "made", "use_ema": True, "gradient_accumulation_steps": 2}
        _, found = start(rendered(face), face, **flagged(face, draw), **options)
        _, wanted = start(original_of(face), face, **flagged(face, draw), **options)
        assert len(found.variables) == len(wanted.variables)
        for x, y in zip(found.variables, wanted.variables, strict=True):
            assert x.shape == y.shape and (x.dtype == y.dtype or y.dtype[:3] == "int"), x.path
            assert x.path == y.path or x.name in UNNAMED, (x.path, y.path)
        # Before the first step too they are what the original's are.
        assert_same(values(found.variables), values(wanted.variables))


@QUICK
def test_configurations_make_the_same_optimizers(face: Face, rendered: Any) -> None:
    mine, theirs = rendered(face), original_of(face)
    for draw in draws_of(face):
        given = flagged(face, draw) | {"clipnorm": 1.5, "name": "own", "ema_momentum": 0.9}
        found, wanted = mine(**given).get_config(), theirs(**given).get_config()
        assert found == wanted
        assert mine.from_config(dict(wanted)).get_config() == found
        assert theirs.from_config(dict(found)).get_config() == wanted
        kept = keras.optimizers.deserialize(keras.optimizers.serialize(mine(**given)))
        assert type(kept) is mine and kept.get_config() == found


@QUICK
def test_what_the_rule_does_not_honor_is_refused(face: Face, rendered: Any) -> None:
    for argument in face.arguments:
        if argument.use is Use.ONLY:
            with pytest.raises(ValueError) as refusal:
                rendered(face)(**{argument.name: "a text"})
            message = str(refusal.value)
            assert message.startswith(f"Invalid {argument.name}: 'a text', not ") and "\n" not in message
            others = [f for f in ALL if f.name == face.name]
            apart = [f for f in others if f.flags.get(argument.name) != face.flags.get(argument.name)]
            assert not apart or f"nos-sym render '{apart[0]}' writes another file" in message
    with pytest.raises(ValueError, match=r"not recognized: \{'nothing': 1\}"):
        rendered(face)(nothing=1)


OPTIONS: dict[str, dict[str, Any]] = {
    "no decay": {"weight_decay": None},
    "decay": {"weight_decay": 0.2},
    "a decay of 0": {"weight_decay": 0},
    "clipnorm": {"clipnorm": 0.1},
    "clipvalue": {"clipvalue": 0.05},
    "global_clipnorm": {"global_clipnorm": 0.2},
    "average": {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3},
    "accumulation": {"gradient_accumulation_steps": 2},
    "scaled loss": {"loss_scale_factor": 8.0},
    "schedule": {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)},
}


@pytest.mark.parametrize("option", [
    name if name == "accumulation" else pytest.param(name, marks=pytest.mark.heavy) for name in OPTIONS
])  # fmt: skip
@pytest.mark.parametrize(
    "face", [NADAM, pytest.param(face_named("keras.optimizers.Adafactor"), marks=pytest.mark.heavy)], ids=str
)
def test_options_do_what_the_originals_do(face: Face, option: str, rendered: Any) -> None:
    given = OPTIONS[option]
    variables, optimizer = start(rendered(face), face, **given)
    same, wanted = start(original_of(face), face, **given)
    assert_same(go(variables, optimizer, face, 0), go(same, wanted, face, 0))
    assert_same(list(saved(optimizer).values()), list(saved(wanted).values()))
    optimizer.finalize_variable_values(variables)
    wanted.finalize_variable_values(same)
    assert_same(values(variables), values(same))
    kept = rendered(face).from_config(wanted.get_config())
    assert kept.get_config() == optimizer.get_config() | {"name": wanted.name}


@pytest.mark.parametrize("face", [ADAM_W, pytest.param(NADAM, marks=pytest.mark.heavy)], ids=str)
def test_variables_are_excluded_from_weight_decay(face: Face, rendered: Any) -> None:
    found = []
    for make in (rendered(face), original_of(face)):
        weights, _ = problem(face)
        optimizer = make(learning_rate=0.1, weight_decay=0.3)
        variables = [keras.Variable(w, dtype="float64", name=f"w{i}") for i, w in enumerate(weights)]
        optimizer.exclude_from_weight_decay(var_list=variables[:1], var_names=["w2"])
        optimizer.build(variables)
        found.append(go(variables, optimizer, face, 0))
    assert_same(*found)


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize("face", [NADAM, pytest.param(ADAM_W, marks=pytest.mark.heavy)], ids=str)
def test_a_variable_without_a_gradient_is_left_out(face: Face, rendered: Any) -> None:
    """Steps are counted for all variables, and so is what Nadam keeps of them."""
    found = []
    for make in (rendered(face), original_of(face)):
        variables, optimizer = start(make, face, learning_rate=0.1)
        for step, row in enumerate(problem(face)[1][:STEPS]):
            gradients = [keras.ops.convert_to_tensor(g, dtype="float64") for g in row]
            gradients[step % 3] = None
            optimizer.apply(gradients, variables)
        found.append(values(variables) + list(saved(optimizer).values()))
    assert_same(*found)


def network() -> Any:
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)])


def fit(model: Any) -> list[Any]:
    inputs = np.random.default_rng(0).normal(size=(48, 4))
    model.fit(inputs, inputs.sum(1, keepdims=True), batch_size=16, epochs=1, shuffle=False, verbose=0)
    return [np.array(w) for w in model.get_weights()]


@pytest.mark.parametrize("face", of("keras.optimizers.RMSprop(centered=True)"))
def test_saved_weights_of_models_go_on_in_both_directions(face: Face, rendered: Any, tmp_path: Path) -> None:
    """``fit`` compiles steps: on JAX always, elsewhere where Keras does by itself."""
    mine, theirs = rendered(face), original_of(face)
    path = tmp_path / "model.weights.h5"
    draw = flagged(face, draws_of(face)[0])
    bound = 100 * (max(face.precision, BOUND) if face.because else BOUND)
    trained = []
    for begun, other in ((mine, theirs), (theirs, mine)):
        first = network()
        first.compile(begun(**draw), "mse")
        trained.append(fit(first))
        first.save_weights(path)
        again = network()
        again.compile(other(**draw), "mse")
        again.optimizer.build(again.trainable_variables)
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "Skipping variable loading")
            again.load_weights(path)
        assert int(again.optimizer.iterations) == 3
        assert_same(fit(again), fit(first), bound)
    assert_same(*trained, bound)


@pytest.mark.heavy
@pytest.mark.parametrize("face", [ADAM_W, NADAM], ids=str)
def test_a_saved_model_has_the_optimizer(face: Face, rendered: Any, tmp_path: Path) -> None:
    model = network()
    model.compile(rendered(face)(learning_rate=0.01, weight_decay=0.1), "mse", jit_compile=CHOSEN != "torch")
    fit(model)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.optimizer) is rendered(face)
    assert_same(fit(again), fit(model))
    same = network()
    same.compile(
        original_of(face)(learning_rate=0.01, weight_decay=0.1), "mse", jit_compile=CHOSEN != "torch"
    )
    fit(same)
    assert_same(fit(same), [np.array(w) for w in model.get_weights()], BOUND * 100)


def test_tensorflow_has_the_rule_without_the_arguments_of_keras() -> None:
    from click.testing import CliRunner

    from nos_sym.cli.main import cli

    result = CliRunner().invoke(cli, ["render", "keras.optimizers.Adam", "--backend", "tensorflow"])
    assert result.exit_code == 0 and "beta1=0.9," in result.output and "beta_1" not in result.output
    with pytest.raises(RenderError, match="is replaced by a whole file for keras"):
        render(rule_of_face(ADAM_W), "tensorflow", face=ADAM_W)
