"""What an original is given besides gradients, or makes of them in a way of its own, is read off or said."""

from __future__ import annotations

import pytest

from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.verdicts import Equal
from nos_sym.language.parser import parse
from nos_sym.lift.arguments import arguments_of
from nos_sym.lift.lifted import Lifted, LiftError
from nos_sym.lift.originals import original_of

torch = pytest.importorskip("torch")

_FILE = "tests/support/lifted_surroundings.py"

RULES = {
    "OfModel": "{ w <- w - lr * sign(g) }",
    "ByName": "{ w <- w - lr * g }",
    "Processes": "{ w <- w - lr * g }",
    "Losing": "{ w <- w - lr * g }",
    "Calling": "{ w <- w - lr * g }",
    "Returning": "{ w <- w - lr * g }",
    "Products": "{ if rank >= 2 { a = row_mean(g); b = col_mean(g); "
    "w <- w - lr * a * (sum(col_sum(a * g) * b) / rows) * b } else { w <- w - lr * g } }",
    "FirstNorm": "{ state first: global = sqrt(total(g^2)); w <- w - lr * g / first }",
    "Restarting": "{ state s: step; x = where(abs(g) > 0.5, 0.5 * g, g); "
    "w <- w - lr * where(mod(t + 1, 4) == 0, x, x / (s + 1)); s <- where(mod(t + 1, 4) == 0, 1, s + 1) }",
}
SAID = {
    "OfModel": [("the model has parameters and no layers", False)],
    "ByName": [
        ("the model has parameters and no layers", False),
        ("no name of a parameter has 'bias'", True),
    ],
    "Processes": [("its process group has one process", True)],
    "Losing": [("the loss of a closure is read where there is one: lifted without one", True)],
    "Calling": [("a closure is called more than once", True)],
}
SLOW = ("Products", "Restarting", "ByName", "Calling", "OfModel")
"""Rules whose branches take seconds."""


distributed = torch.distributed


def _lift(name: str, **given: object) -> Lifted:
    from nos_sym.lift.lifting import lift

    return lift(f"{_FILE}:{name}", given, limit=100)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.heavy) if n in SLOW else n for n in RULES]
)
def test_it_is_read_off_and_said(name: str) -> None:
    found = _lift(name)
    assert found.verification.verified, found.verification
    assert found.rate == 0.1
    assert not distributed.is_initialized()
    wanted = parse(RULES[name])
    assert isinstance(compare(found.rule.at_defaults(), wanted.at_defaults()), Equal), str(found.rule)  # type: ignore[union-attr]
    said = SAID.get(name, [])
    # Some of these originals expect a gradient of each parameter, which is said of them as well.
    others = ("left out", "group:", "every parameter has a gradient")
    own = [c for c in found.conditions if not any(text in c.text for text in others)]
    assert len(own) == len(said), own
    for condition, (text, special) in zip(own, said, strict=True):
        assert condition.text.startswith(text)
        assert condition.special is special


def test_layers_of_a_model_are_refused() -> None:
    with pytest.raises(LiftError, match=r"lifted_surroundings\.py, line \d+ looks at the layers of a model"):
        _lift("OfLayers")


@pytest.mark.parametrize(("name", "operation"), [("Gram", "aten.mm"), ("Exchanging", "c10d.alltoall_")])
def test_what_has_no_handler_is_refused(name: str, operation: str) -> None:
    with pytest.raises(LiftError) as raised:
        _lift(name)
    assert f"{operation} (tests/support/lifted_surroundings.py, line" in str(raised.value)
    assert not distributed.is_initialized()


@pytest.mark.parametrize("decay", [0.5, pytest.param(-0.5, marks=pytest.mark.heavy)])
def test_a_power_with_the_count_of_steps_has_its_sign(decay: float) -> None:
    found = _lift("Alternating", decay=decay)
    assert found.verification.verified, found.verification
    turned = found.rule.with_settings({"decay": -0.75})
    wanted = parse("{ x = 0.75^(t + 1); w <- w - lr * g * (1 + where(mod(t + 1, 2) == 1, -x, x)) }")
    assert isinstance(compare(turned.at_defaults(), wanted.at_defaults()), Equal), str(turned)  # type: ignore[union-attr]


def test_the_rate_of_the_original_is_kept() -> None:
    original = original_of(f"{_FILE}:Returning")
    assert arguments_of(original.value, original.name, {}).rate == 0.1
    assert arguments_of(original.value, original.name, {"lr": 0.25}).rate == 0.25
    original = original_of("torch.optim:SparseAdam")
    assert arguments_of(original.value, original.name, {}).rate == 0.001
