"""What a training does besides constant steps of few parameters is a condition where a rule is otherwise."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

CONDITIONS = {
    "Ratio": "the first step has the rate",
    "Defaulted": "the learning rate stays as it is",
    "Crowded": "there are a few parameters: of 101",
    "Common": "every parameter has a gradient at every step",
    "Skipping": "",
    "Cleared": "",
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


HABITS = {
    "Asking": (
        "time.time is asked",
        "os.environ is asked",
        "random.random is asked",
        "_version of a tensor is asked",
        "the group does not have the key 'slower'",
    ),
    "Counting": (
        "Counting.total changes",
        "lifted_habits_of_trainings.GLOBAL[0] changes",
        "self.helper.calls changes",
        "self.defaults['calls'] changes",
        "self.phases changes",
        "parameter.seen changes",
        "number, which lifted_habits_of_trainings.CLOSED closes over, changes",
    ),
    "Peculiar": (
        "parameters ask for gradients",
        "zero_grad is not called",
        "the learning rate is a number",
        "each step has gradients in memory of their own",
    ),
    "Laid": (
        "weights and gradients are contiguous",
        "weights are of float64: those of bfloat16",
        "parameters of five axes or more are left out",
    ),
    "Thirds": ("there are at most two groups: of three", "there are a few parameters: of 101"),
    "Last": ("groups have the same settings",),
    "Resetting": (
        "groups have the same settings",
        "settings of the group stay as they are",
        "some parameter has a gradient at every step",
        "gradients are finite",
    ),
    "Plainly": (),
}


@pytest.mark.parametrize("name", HABITS)
def test_what_no_rule_sees_is_said(name: str) -> None:
    from nos_sym.lift.lifting import lift

    found = lift(f"tests/support/lifted_habits_of_trainings.py:{name}")
    assert found.verification.verified and found.verification.plain == 1000, found.verification
    said = [condition.text for condition in found.conditions]
    known = {text for texts in HABITS.values() for text in texts}
    assert {x for x in known if any(each.startswith(x) for each in said)} == set(HABITS[name]), said


def test_casts_beside_weights_of_float64_are_said() -> None:
    from nos_sym.lift.lifting import lift

    said = [c.text for c in lift("tests/support/lifted_habits_of_trainings.py:Rounded").conditions]
    assert any("with them, weights of float64 differ by" in text for text in said), said


def test_the_rate_of_the_constructor_is_a_state() -> None:
    from nos_sym.lift.lifting import lift

    (state,) = lift("tests/support/lifted_trainings.py:Ratio").rule.states
    assert str(state.start) == "lr" and state.name == "first"
