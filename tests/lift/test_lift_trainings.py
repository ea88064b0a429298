"""What a training does besides constant steps of few parameters is a condition where a rule is otherwise."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

CONDITIONS = {
    "Ratio": "the learning rate stays as it is",
    "Crowded": "there are a few parameters: of 6",
    "Common": "every parameter has a gradient at every step",
    "Skipping": "",
    "Cleared": "no gradient is 0 or far larger than those before",
    "Own": "",
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_what_a_training_does_otherwise_is_said(name: str) -> None:
    from nos_sym.lift.lifting import lift

    found = lift(f"tests/support/lifted_trainings.py:{name}")
    assert found.verification.verified, found.verification
    said = [condition.text for condition in found.conditions]
    known = [text for text in CONDITIONS.values() if text]
    assert [text for text in known if any(each.startswith(text) for each in said)] == [
        text for text in known if text == CONDITIONS[name]
    ]


def test_a_late_step_that_nothing_seen_counts_is_not_verified() -> None:
    from nos_sym.lift.lifting import lift

    found = lift("tests/support/lifted_trainings.py:Late")
    assert not found.verification.verified and found.verification.steps > 140
