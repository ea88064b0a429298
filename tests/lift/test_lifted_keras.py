"""Optimizers of Keras, lifted under each of its backends and proved equal to what the catalog says of them.

Keras has one backend in a process. The usual run lifts two of a file under the one that it has; the heavy
sweep lifts all of them under each, in a process of its own, where ``NOS_SYM_KERAS_SWEEP`` is set.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.keras_backend import CHOSEN, keras
from support.lifted_faces import entry_at, lifted_at
from support.peers.draws import draws_of

import nos_sym
from nos_sym.faces import faces
from nos_sym.lift import LiftError
from nos_sym.lift.arguments import arguments_of
from nos_sym.lift.keras_backends import BACKENDS, chosen_backend
from nos_sym.lift.keras_lift import runner
from nos_sym.lift.lifting import lift
from nos_sym.lift.originals import original_of
from nos_sym.lift.verifying import SHAPES, distance, problem, ran

_FACES = {str(face): face for face in faces() if face.library == "keras"}
_UNPROVED = {
    "keras.optimizers.Adafactor",
    "keras.optimizers.Muon",
    "keras.optimizers.Muon(exclude_embeddings=False)",
    "keras.optimizers.Muon(nesterov=False)",
    "keras.optimizers.Muon(nesterov=False, exclude_embeddings=False)",
}
"""Faces whose lifted rules are neither proved equal to the entries nor told apart."""
_LIVE = ("keras.optimizers.ScheduleFreeAdamW",) if CHOSEN != "jax" else ()
"""Faces that are other optimizers than the entries here: what they read of a variable after its assignment
is its new value, where JAX reads the old one."""
_LOOSE: dict[str, float] = {"keras.optimizers.Muon": 1e-8}
"""Errors above 1e-9 that are those of the originals: rounding that a loop of matrices makes larger."""
sweep = pytest.mark.skipif("NOS_SYM_KERAS_SWEEP" not in os.environ, reason="part of the heavy sweep")


@sweep
@pytest.mark.timeout(600)
def test_an_optimizer_is_lifted_under_the_backend_of_the_process() -> None:
    usual = keras.config.floatx()
    found = lift("keras.optimizers:Lion")
    assert found.verification.error <= 1e-9
    assert "sign(" in str(found.rule)
    assert set(found.states.values()) == {"momentum"}
    assert keras.config.floatx() == usual


@sweep
@pytest.mark.timeout(600)
def test_a_branch_on_a_setting_is_one_of_the_rule() -> None:
    assert "if momentum == 0" in str(lift("keras.optimizers:SGD").rule)


_OWN = """
import keras
from keras import ops


class Base(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, gain=0.5, **more):
        super().__init__(learning_rate=learning_rate, **more)
        self.gain = gain


class Branching(Base):
    def update_step(self, gradient, variable, learning_rate):
        gradient = gradient * self.gain if self.gain > 0.2 else gradient
        gradient = ops.where(gradient > 0, gradient, 2 * gradient)
        self.assign_sub(variable, learning_rate * gradient / (ops.norm(variable) + 1e-3))


class Rounding(Base):
    def update_step(self, gradient, variable, learning_rate):
        root = ops.cast(ops.sqrt(ops.cast(self.iterations + 1, "float32")), variable.dtype)
        self.assign_sub(variable, learning_rate * ops.tanh(self.gain * gradient) / root)


class Scheduled(Base):
    def __init__(self, learning_rate=keras.optimizers.schedules.CosineDecay(0.1, 50)):
        super().__init__(learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, learning_rate * gradient)


class Scheduling(Scheduled):
    def __init__(self):
        super().__init__(keras.optimizers.schedules.CosineDecay(0.1, 50))


class Named(Scheduled):
    def __init__(self, learning_rate=0.05):
        super().__init__(learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        factor = 0.5 if "bias" in variable.name else 1
        self.assign_sub(variable, learning_rate * factor * gradient)


class Placed(Named):
    def update_step(self, gradient, variable, learning_rate):
        factor = 0.5 if self._get_variable_index(variable) > 3 else 1
        self.assign_sub(variable, learning_rate * factor * gradient)


class Counting(Named):
    def __init__(self, learning_rate=0.05):
        super().__init__(learning_rate)
        self.calls = 0

    def update_step(self, gradient, variable, learning_rate):
        self.calls += 1
        factor = 0.5 if self.calls > 250 else 1
        self.assign_sub(variable, learning_rate * factor * gradient)


class Summing(Base):
    def update_step(self, gradient, variable, learning_rate):
        found = ops.cumsum(ops.reshape(gradient, (-1,)))
        self.assign_sub(variable, learning_rate * ops.reshape(found, variable.shape))
"""

_LINE = 1 + next(i for i, line in enumerate(_OWN.splitlines()) if "cumsum" in line)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a file with optimizers of its own."""
    path = tmp_path / "own.py"
    path.write_text(_OWN, encoding="utf-8")
    return path


def test_branches_and_choices_of_an_optimizer_in_a_file(own: Path) -> None:
    usual = keras.config.floatx()
    found = lift(f"{own}:Branching")
    assert found.verification.error <= 1e-9
    text = str(found.rule)
    assert "gain > 0.2" in text and "norm2(w)" in text
    assert keras.config.floatx() == usual


def test_what_has_no_handler_is_named_with_its_line(own: Path) -> None:
    with pytest.raises(LiftError, match=rf"(?i)cumsum.*own\.py, line {_LINE}"):
        lift(f"{own}:Summing")


@sweep
@pytest.mark.timeout(600)
def test_what_keras_rounds_to_float32_is_compared_in_float64(own: Path) -> None:
    found = lift(f"{own}:Rounding")
    assert found.verification.error <= 1e-12
    assert "tanh(gain * g)" in str(found.rule) and "sqrt(t + 1)" in str(found.rule)


@sweep
@pytest.mark.timeout(600)
def test_a_schedule_by_default_is_a_matter_of_the_training(own: Path) -> None:
    found = lift(f"{own}:Scheduled")
    assert found.verification.error <= 1e-12
    assert "w <- w - lr * g }" in str(found.rule)
    assert any("CosineDecay of the original's default" in c.text for c in found.conditions)


@sweep
@pytest.mark.timeout(600)
def test_a_schedule_that_the_constructor_makes_is_read_off(own: Path) -> None:
    found = lift(f"{own}:Scheduling")
    assert found.verification.error <= 1e-12
    assert "cospi(" in str(found.rule) and "lr" not in str(found.rule)


@sweep
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "text"), [("Named", "names of parameters and layers"), ("Placed", "there are a few parameters")]
)
def test_names_and_places_of_variables_are_conditions(own: Path, name: str, text: str) -> None:
    found = lift(f"{own}:{name}")
    assert found.verification.error <= 1e-12
    assert any(c.text.startswith(text) for c in found.conditions)


@sweep
@pytest.mark.timeout(600)
def test_steps_that_are_counted_in_python_are_not_taken_for_a_rule(own: Path) -> None:
    found = lift(f"{own}:Counting")
    said = [c.text for c in found.conditions]
    assert not found.verification.verified or any(
        "steps are compiled" in x or "of its own" in x for x in said
    )


def test_a_backend_that_is_not_followed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "openvino")
    with pytest.raises(LiftError, match=r"runs on openvino here.*set KERAS_BACKEND"):
        lift("keras.optimizers:Adam")


def test_a_backend_is_chosen_only_where_nobody_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    with chosen_backend():
        assert os.environ["KERAS_BACKEND"] == "numpy"
    monkeypatch.delenv("KERAS_BACKEND")
    with chosen_backend():
        assert "KERAS_BACKEND" not in os.environ, "Keras is imported already"
    monkeypatch.delitem(sys.modules, "keras")
    with pytest.raises(RuntimeError), chosen_backend():
        assert os.environ["KERAS_BACKEND"] in BACKENDS
        raise RuntimeError
    assert "KERAS_BACKEND" not in os.environ


@sweep
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted(_FACES))
def test_lifted_rules_are_proved_equal_to_entries(name: str) -> None:
    face = _FACES[name]
    verdict = nos_sym.compare(lifted_at(face), entry_at(face))
    assert str(verdict).startswith("different") is (name in _LIVE), str(verdict)
    assert bool(verdict) is (name not in (*_UNPROVED, *_LIVE)), str(verdict)


@sweep
@pytest.mark.timeout(600)
def test_a_variable_that_is_read_after_its_assignment_makes_another_optimizer_here() -> None:
    face = _FACES["keras.optimizers.ScheduleFreeAdamW"]
    original = original_of("keras.optimizers:ScheduleFreeAdamW")
    arguments = arguments_of(original.value, original.name, draws_of(face)[1], skipped=0)
    draw = {n.name: n.default for n in arguments.numbers}
    weights, gradients = problem(SHAPES)
    theirs = runner(original, arguments)(draw, weights, gradients[:3])
    entry = ran(entry_at(face), draw, weights, gradients[:3])
    assert distance(entry[:1], theirs[:1]) <= 1e-9, "the first step has nothing to average yet"
    assert (distance(entry[1:2], theirs[1:2]) > 1e-4) is (CHOSEN != "jax")
    own = ran(lifted_at(face), draw, weights, gradients[:3])
    assert distance(own, theirs) <= 1e-9


@sweep
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted({face.name for face in _FACES.values()}))
def test_lifted_rules_follow_the_originals(name: str) -> None:
    module, _, function = name.rpartition(".")
    found = lift(f"{module}:{function}").verification
    assert found.verified
    assert found.error <= _LOOSE.get(name, 1e-9)


@sweep
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"clipnorm": 1.0}, "clipnorm"),
        ({"global_clipnorm": 1.0}, "total("),
        ({"clipvalue": 0.5}, "-clipvalue"),
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
@pytest.mark.parametrize("backend", BACKENDS)
def test_all_of_it_on_each_backend(backend: str) -> None:
    if "NOS_SYM_KERAS_SWEEP" in os.environ:
        pytest.skip(f"this is the sweep, on {CHOSEN}")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-m", "not heavy"]
    environment = {**os.environ, "KERAS_BACKEND": backend, "NOS_SYM_KERAS_SWEEP": "1"}
    root = Path(__file__).parents[2]
    run = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=2900, check=False
    )
    assert run.returncode == 0, run.stdout[-3000:]
