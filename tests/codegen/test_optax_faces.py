"""Rendered files of faces of optax beside the originals: signatures, steps, wrappers, what is refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support.harness import backends, load
from support.peers import draws_of, problem

from nos_sym.codegen.render import render
from nos_sym.faces import Face, Use, face_named, faces, rule_of_face

if "optax" not in backends():
    pytest.skip("optax is not installed", allow_module_level=True)

import jax
import jax.numpy as jnp
import optax

pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")

FACES = [face for face in faces() if face.backend == "optax"]
FAST = ("optax.adam",)
"""What the fast tests render; the others are as many again in the heavy ones."""
STEPS = 6
CASTS = ("dtype_momentum",)
"""Casts of the originals that draws take out, by an argument at which rendered files do not cast."""
STAND_INS = {
    "optax.contrib.adopt": ("clip_value_fn",),  # a function, which no table says
    "optax.adafactor": ("dtype_momentum",),  # float32, to which rendered files do not cast
}
"""Arguments whose default is None in place of the original's, which stands for what the file does."""

Transformation = optax.GradientTransformation


def parameters(chosen: list[Face]) -> list[Any]:
    marks = {face: () if str(face) in FAST else pytest.mark.heavy for face in map(str, chosen)}
    return [pytest.param(face, id=str(face), marks=marks[str(face)]) for face in chosen]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Face], Any]:
    """Return the function of a file that replaces the original of a face."""
    folder = tmp_path_factory.mktemp("faces")
    made: dict[str, Any] = {}

    def make(face: Face) -> Any:
        if str(face) not in made:
            module = load(render(rule_of_face(face), "optax", face=face), folder)
            assert hasattr(module, f"{face.class_name[0].upper()}{face.class_name[1:]}State")
            made[str(face)] = getattr(module, face.class_name)
        return made[str(face)]

    return make


def original(face: Face) -> Any:
    found: Any = optax
    for part in face.name.split(".")[1:]:
        found = getattr(found, part)
    return found


def run(transform: Transformation, face: Face, steps: int = STEPS) -> list[np.ndarray]:
    """Return the weights after some steps in float64, compiled; they are a tree with a list in it."""
    weights, gradients = problem(face)
    with jax.enable_x64(True):
        now = tree([jnp.asarray(w) for w in weights])
        state = transform.init(now)

        @jax.jit
        def step(now: Any, state: Any, row: Any) -> Any:
            change, state = transform.update(row, state, now)
            return optax.apply_updates(now, change), state

        for row in gradients[:steps]:
            now, state = step(now, state, tree([jnp.asarray(g) for g in row]))
        return [np.asarray(w) for w in jax.tree.leaves(now)]


def tree(leaves: list[Any]) -> dict[str, Any]:
    return {"first": leaves[0], "others": leaves[1:]}


def assert_same(found: list[Any], wanted: list[Any], bound: float = 1e-12) -> None:
    for x, y in zip(found, wanted, strict=True):
        np.testing.assert_allclose(x, y, rtol=bound, atol=bound / 1000)


@pytest.mark.parametrize("face", parameters(FACES))
def test_the_signature_is_the_originals(face: Face, rendered: Any) -> None:
    wanted = dict(inspect.signature(original(face)).parameters)
    found = dict(inspect.signature(rendered(face)).parameters)
    assert list(found)[: len(wanted)] == list(wanted)
    flags = dict(face.flags)
    for name, parameter in wanted.items():
        assert found[name].kind == parameter.kind, name
        if name in STAND_INS.get(face.name, ()):
            assert found[name].default is None
        else:
            assert found[name].default == flags.get(name, parameter.default), name
    assert all(p.kind is p.KEYWORD_ONLY for p in list(found.values())[len(wanted) :])


@pytest.mark.parametrize("face", parameters(FACES))
def test_a_rendered_file_goes_where_the_original_goes(face: Face, rendered: Any) -> None:
    bound = max(face.precision, 1e-12 if not face.because else 0)
    for draw in draws_of(face)[:2]:
        ours = {name: value for name, value in draw.items() if name not in CASTS}
        found = run(rendered(face)(**ours), face)
        assert_same(found, run(original(face)(**draw), face), bound)


@pytest.mark.parametrize("face", parameters(FACES))
def test_what_is_refused_is_named_in_one_line(face: Face, rendered: Any) -> None:
    make, draw = rendered(face), draws_of(face)[0]
    draw = {name: value for name, value in draw.items() if name not in CASTS}
    for argument in face.arguments:
        if argument.use is not Use.ONLY:
            continue
        for wrong in ("a text", jnp.float32, lambda count: 0.5, {"w": True}, np.ones(3), jnp.ones(3)):
            with pytest.raises(ValueError, match=rf"\AInvalid {argument.name}: .*, not ") as error:
                make(**{**draw, argument.name: wrong})
            assert repr(wrong) in str(error.value)
        if isinstance(argument.default, bool):
            with pytest.raises(ValueError, match=rf"\AInvalid {argument.name}: {not argument.default}, not "):
                make(**{**draw, argument.name: not argument.default})
    rate = next(a for a in face.arguments if a.use is Use.RATE)
    if rate.none is None:
        with pytest.raises(ValueError, match="Invalid learning_rate: None, not a number or a schedule"):
            make(**{**draw, "learning_rate": None})
    with pytest.raises(TypeError, match="unexpected keyword argument 'no_such_thing'"):
        make(**draw, no_such_thing=1)


@pytest.mark.heavy
@pytest.mark.parametrize("face", [face for face in FACES if not face.flags], ids=str)
def test_the_weights_are_needed_where_the_original_needs_them(face: Face, rendered: Any) -> None:
    """Without decay many originals take no weights, so that code does not pass any."""
    weights, gradients = problem(face)
    draw = {name: value for name, value in draws_of(face)[0].items() if name not in CASTS}
    with jax.enable_x64(True):
        now = [jnp.asarray(w) for w in weights]
        row = [jnp.asarray(g) for g in gradients[1]]
        theirs, ours = original(face)(**draw), rendered(face)(**draw)
        try:
            wanted, _ = theirs.update(row, theirs.init(now))
        except (ValueError, TypeError, AttributeError):
            return  # it needs them
        decays = any("weight_decay" in a.name and a.use is Use.SETTINGS for a in face.arguments)
        if decays:  # the rule reads the weight, whatever the decay is
            with pytest.raises(ValueError, match="params are needed"):
                ours.update(row, ours.init(now))
            return
        found, _ = ours.update(row, ours.init(now))
        assert_same(found, wanted, max(face.precision, 1e-12))


ADAM = face_named("optax.adam")


def both(rendered: Any) -> tuple[Any, Any]:
    return rendered(ADAM), optax.adam


@pytest.mark.heavy
def test_positions_are_the_originals(rendered: Any) -> None:
    ours, theirs = (make(0.1, 0.8, 0.95, 1e-3, 1e-4, None) for make in both(rendered))
    assert_same(run(ours, ADAM), run(theirs, ADAM))


@pytest.mark.heavy
def test_schedules_of_rate_and_settings(rendered: Any) -> None:
    rate = optax.exponential_decay(0.1, 2, 0.5)
    ours, theirs = (make(rate, b1=0.7) for make in both(rendered))
    assert_same(run(ours, ADAM), run(theirs, ADAM))
    momentum = optax.linear_schedule(0.5, 0.9, 4)
    ours = rendered(ADAM)(rate, b1=momentum)
    theirs = optax.inject_hyperparams(optax.adam)(rate, b1=momentum)
    assert_same(run(ours, ADAM), run(theirs, ADAM), 1e-7)  # optax has the schedule in float32


@pytest.mark.heavy
def test_inject_hyperparams(rendered: Any) -> None:
    """Arguments become arrays that may be set from outside; the others stay what they are."""
    ours, theirs = (optax.inject_hyperparams(make)(0.1, b2=0.9) for make in both(rendered))
    assert_same(run(ours, ADAM), run(theirs, ADAM))
    weights = [jnp.ones(3)]
    states = [transform.init(weights) for transform in (ours, theirs)]
    for state in states:
        assert set(state.hyperparams) == {"learning_rate", "b1", "b2", "eps", "eps_root"}
        state.hyperparams["learning_rate"] = jnp.asarray(0.5)
    changes = [
        jax.jit(transform.update)([jnp.full(3, 0.3)], state, weights)[0]
        for transform, state in zip((ours, theirs), states, strict=True)
    ]
    assert_same(*changes, 1e-6)
    np.testing.assert_allclose(changes[0][0], -0.5, rtol=1e-5)


@pytest.mark.heavy
@pytest.mark.parametrize(
    "wrap",
    [
        lambda make: optax.chain(optax.clip_by_global_norm(0.1), make(0.1), optax.scale(0.5)),
        lambda make: optax.masked(make(0.1), {"first": True, "others": [False, True]}),
        lambda make: optax.multi_transform(
            {"a": make(0.1), "b": make(optax.linear_schedule(0.2, 0.1, 3), nesterov=False)},
            {"first": "a", "others": ["b", "a"]},
        ),
        lambda make: optax.MultiSteps(make(0.1), 2).gradient_transformation(),
        lambda make: optax.apply_if_finite(make(0.1), 3),
    ],
    ids=["chain", "masked", "multi_transform", "MultiSteps", "apply_if_finite"],
)
def test_wrappers_of_optax(wrap: Any, rendered: Any) -> None:
    ours, theirs = map(wrap, both(rendered))
    assert_same(run(ours, ADAM), run(theirs, ADAM))


def test_a_state_is_found_by_its_name(rendered: Any) -> None:
    state = rendered(ADAM)(0.1).init([jnp.ones(2)])
    assert type(state).__name__ == "AdamState"
    assert optax.tree_utils.tree_get(state, "mu")[0].shape == (2,)
    assert int(optax.tree_utils.tree_get(state, "count")) == 0


def test_settings_outside_of_their_domain(rendered: Any) -> None:
    with pytest.raises(ValueError, match=r"Invalid b1: 1\.0, not in \[0, 1\)"):
        rendered(ADAM)(0.1, b1=1.0)


@pytest.mark.heavy
def test_none_is_what_the_original_takes_it_for(rendered: Any) -> None:
    face = face_named("optax.adafactor")
    for draw in ({}, {"learning_rate": None, "clipping_threshold": None, "momentum": None}):
        found, wanted = run(rendered(face)(**draw), face), run(optax.adafactor(**draw), face)
        assert_same(found, wanted, 10 * face.precision)  # a rate of 1
