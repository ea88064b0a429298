"""Optimizers of optax, lifted and proved equal to what the catalog says of them."""

from __future__ import annotations

import pytest
from support.lifted_faces import entry_at, lifted_at

import nos_sym
from nos_sym.faces import faces
from nos_sym.lift import LiftError
from nos_sym.lift.lifting import lift

pytest.importorskip("optax")

# Optimizers that optax is about to drop are lifted as long as it has them.
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")

_FACES = {str(face): face for face in faces() if face.library == "optax"}
_FAST = ("optax.adamw", "optax.rprop")
_UNPROVED = {
    "optax.adafactor",
    "optax.adafactor(multiply_by_parameter_scale=False)",
    "optax.contrib.adopt(nesterov=True)",
    "optax.contrib.adopt(nesterov=True, use_clipping=False)",
    "optax.contrib.schedule_free_adamw",
    "optax.contrib.dowg",
    "optax.contrib.muon",
    "optax.contrib.muon(adaptive=True)",
    "optax.contrib.muon(nesterov=False)",
    "optax.contrib.muon(ns_coeffs='dion')",
    "optax.novograd",
    "optax.sm3",
    "optax.optimistic_gradient_descent",
}
"""Faces whose lifted rules are neither proved equal to the entries nor told apart."""
_NOT_RULES = {
    "optax:noisy_sgd": "random",
    "optax:polyak_sgd": "value",
    "optax:lbfgs": "value",
    "optax.contrib:momo": "value",
    "optax.contrib:momo_adam": "value",
    "optax.contrib:sophia": "obj_fn",
    "optax.contrib:galore": "svd",
    "optax.contrib:mechanize": "base_optimizer",
}


@pytest.mark.parametrize("name", _FAST)
def test_lifted_rules_are_proved_equal_to_entries(name: str) -> None:
    face = _FACES[name]
    verdict = nos_sym.compare(lifted_at(face), entry_at(face))
    assert verdict, str(verdict)


@pytest.mark.heavy
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", sorted(_FACES))
def test_all_lifted_rules_are_proved_equal_to_entries(name: str) -> None:
    face = _FACES[name]
    verdict = nos_sym.compare(lifted_at(face), entry_at(face))
    assert not str(verdict).startswith("different")
    assert bool(verdict) is (name not in _UNPROVED), str(verdict)


@pytest.mark.heavy
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", sorted({face.name for face in _FACES.values()}))
def test_lifted_rules_follow_the_originals(name: str) -> None:
    module, _, function = name.rpartition(".")
    found = lift(f"{module}:{function}").verification
    assert found.error <= 1e-9
    assert found.steps == 100


@pytest.mark.heavy
@pytest.mark.timeout(200)
@pytest.mark.parametrize("target", sorted(_NOT_RULES))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_reads_more_than_gradients_is_refused_by_name(target: str) -> None:
    with pytest.raises(LiftError, match=_NOT_RULES[target]):
        lift(target)
