"""What all parameters of a group decide together is read off for every way, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nos_sym.language.block import Block
from nos_sym.lift.lifted import Lifted, LiftError
from nos_sym.program.parameters import Parameters

torch = pytest.importorskip("torch")

_FILE = "tests/support/originals_of_groups.py"

_SLOW = ("Clipped", "Differing", "Leaky", "Largest", "Remembered")


def _heavy(*names: str) -> list[Any]:
    return [pytest.param(n, marks=pytest.mark.heavy) if n in _SLOW else n for n in names]


def _lift(name: str) -> Lifted:
    from nos_sym.lift.lifting import lift

    return lift(f"{_FILE}:{name}", limit=300)


def _original(name: str) -> Any:
    from nos_sym.lift.originals import original_of

    return original_of(f"{_FILE}:{name}").value


def _parted(rule: Block, original: Any, scales: list[float]) -> float:
    """Return how far rule and original part where gradients have the scales, one of each step."""
    rng = np.random.default_rng(3)
    shapes: list[tuple[int, ...]] = [(3, 2), (4,), ()]
    weights = [np.asarray(rng.normal(size=s)) for s in shapes]
    rows = [[np.asarray(x * rng.normal(size=s)) for s in shapes] for x in scales]
    both = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
    optimizer = original(both, lr=0.1)
    running = Parameters(rule, shapes, total_steps=len(rows))
    worst = 0.0
    for row in rows:
        for parameter, gradient in zip(both, row, strict=True):
            parameter.grad = torch.tensor(gradient)
        optimizer.step()
        weights = running.apply(weights, [g.copy() for g in row], 0.1)
        worst = max(
            worst,
            *(float(np.max(np.abs(w - p.detach().numpy()))) for w, p in zip(weights, both, strict=True)),
        )
    return worst


_SCALES = {
    "Estimated": [0.0, 0.1, 0.1, 900.0, 0.0, 5000.0, 0.1],
    "Remembered": [0.0, 0.0, 2.0, 0.1, 3.0],
    "Differing": [1.0, 0.0, 2.0, 2.0],
    "Clipped": [0.1, 0.4, 5.0, 0.2, 0.3],
    "Phased": [1.0, 1.0, 0.0, 1.0, 1.0],
}
"""Scales of gradients under which each way is gone, some of them by some parameters alone."""


@pytest.mark.parametrize("name", _heavy(*_SCALES))
def test_every_way_of_a_group_is_followed(name: str) -> None:
    found = _lift(name)
    assert found.verification.verified, found.verification
    assert not any(c.special for c in found.conditions), found.conditions
    with torch.no_grad():
        assert _parted(found.rule, _original(name), _SCALES[name]) < 1e-12, str(found.rule)


@pytest.mark.heavy
def test_what_is_summed_by_the_own_answer_of_each_is_one_total() -> None:
    assert "total(where(" in str(_lift("Clipped").rule)


REFUSED = {
    "Apart": "what is added up over all of them depends on it",
    "Leaky": "has a branch on what another parameter has",
    "Largest": "has a branch on what another parameter has",
}


@pytest.mark.parametrize("name", _heavy(*REFUSED))
def test_what_other_parameters_decide_is_refused(name: str) -> None:
    with pytest.raises(LiftError) as raised:
        _lift(name)
    assert REFUSED[name] in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.heavy
def test_whole_numbers_are_fixed_where_there_are_too_many_ways_and_conditions_say_so() -> None:
    found = _lift("Stairs")
    assert found.verification.verified
    assert not found.rule.settings
    texts = [c.text for c in found.conditions]
    assert [
        f"{n} == {k}, a whole number that is fixed" for n, k in zip("abcdefh", range(2, 9), strict=True)
    ] == [t for t in texts if t.endswith("that is fixed")]
