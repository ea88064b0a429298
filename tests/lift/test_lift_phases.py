"""Phases, places in rings and numbers of each parameter are followed on every way, or refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nos_sym.language.block import Block
from nos_sym.lift.lifted import Lifted, LiftError
from nos_sym.program.parameters import Parameters

torch = pytest.importorskip("torch")

_FILE = "tests/support/lifted_phases.py"


def _lift(name: str) -> Lifted:
    from nos_sym.lift.lifting import lift

    return lift(f"{_FILE}:{name}", limit=50)


def _parted(rule: Block, original: Any, seed: int) -> float:
    """Return how far rule and original part over 300 steps, beside shapes that none was lifted with."""
    rng = np.random.default_rng(seed)
    shapes: list[tuple[int, ...]] = [(), (1,), (4,), (5, 3), (3, 3), (1, 4)]
    weights = [np.asarray(rng.normal(size=s)) for s in shapes]
    given = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
    optimizer, ours = original(given, lr=0.01), Parameters(rule, shapes, total_steps=300)
    worst = 0.0
    for step in range(300):
        scale = 0.0 if step in (2, 3) else 20.0 if step % 50 == 1 else 1.0
        rows = [np.asarray(scale * rng.normal(size=s)) for s in shapes]
        for p, g in zip(given, rows, strict=True):
            p.grad = torch.tensor(g)
        optimizer.step()
        weights = ours.apply(weights, rows, 0.01)
        for p, w in zip(given, weights, strict=True):
            worst = max(worst, float(np.max(np.abs(p.detach().numpy() - w) / (np.abs(w) + 1e-3))))
    return worst


FOLLOWED = {
    "Named": "state phase: scalar = 2",
    "Toggled": "state on: step",
    "Absent": "state mode: scalar",
    "Begun": "state buffer_made: scalar",
    "Switched": "state buffer;",
    "Counted": "state seen0: scalar",
    "InTuple": "lr * u / (t + 1)",
    "InRecord": "memory_average / (t + 1)",
    "Ring": "mod(t, 3) == 0",
    "Pointed": "state place: scalar",
    "Stairs": "0.5^floor((t + 1) / 40)",
    "Powered": "mod(order, 2) == 1",
    "Summed": "total(norm2(g) / size)",
    "Typed": "state phase: scalar",
    "Emptied": "where(norm2(g) > 9, 1, step_state + 1)",
    "Anew": "where(norm2(g) > 9, g,",
    "Uncounted": "state step_made: scalar",
    "Averaged": "total(norm2(g) / size) / total(1 / size)",
}
QUICK = ("Begun", "InTuple", "Powered", "Ring")


@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.heavy) for n in FOLLOWED]
)
def test_every_way_is_followed(name: str) -> None:
    from nos_sym.lift.originals import original_of

    found = _lift(name)
    assert found.verification.verified, found.verification
    assert FOLLOWED[name] in str(found.rule)
    assert not any(c.special for c in found.conditions), found.conditions
    assert _parted(found.rule, original_of(f"{_FILE}:{name}").value, 7) < 1e-8, str(found.rule)


@pytest.mark.heavy
def test_what_stands_for_the_name_of_a_phase_is_said() -> None:
    assert "phase is 0 for 'cool', 1 for 'main', 2 for 'warm'" in [c.text for c in _lift("Named").conditions]


REFUSED = {
    "Last": "has a branch on what another parameter has",
    "Cut": "the list 'kept' of the original has more entries on some ways than on others",
    "Lettered": "'name' of the original has more than 10 values",
    "Largest": "a parameter is moved by what another one has",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_rule_of_one_tensor_is_refused(name: str) -> None:
    with pytest.raises(LiftError) as raised:
        _lift(name)
    assert REFUSED[name] in str(raised.value), str(raised.value)
