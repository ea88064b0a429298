"""What leaves the numbers that are followed, or shows only late or elsewhere, is read, refused, or said."""

from __future__ import annotations

import pytest

from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.verdicts import Equal
from nos_sym.language.parser import parse
from nos_sym.lift.lifted import Lifted, LiftError

pytest.importorskip("torch")

_FILE = "tests/support/escaping_originals.py"


def _lift(name: str) -> Lifted:
    from nos_sym.lift.lifting import lift

    return lift(f"{_FILE}:{name}", limit=50)


REFUSED = {
    "InSet": "needs a whole number that depends on 't'",
    "Interpolated": "computes interp of a number",
    "ByNumPy": "hands a tensor to NumPy",
    "ByList": "an entry of a tensor",
    "Scripted": "torch.jit compiled",
}


@pytest.mark.parametrize("name", REFUSED)
def test_numbers_that_are_not_followed_are_refused(name: str) -> None:
    with pytest.raises(LiftError) as raised:
        _lift(name)
    assert REFUSED[name] in str(raised.value)


def test_what_shows_after_the_hundredth_step_is_not_verified() -> None:
    found = _lift("Late").verification
    assert not found.verified
    assert found.steps > 150


RULES = {
    "ManyAxes": "{ if rank >= 3 { w <- w - lr * sign(g) } else { w <- w - lr * g } }",
    "Caught": "{ w <- w - lr * where(t == 139, 5, 1 / (t - 139)) * g }",
    "Truncated": "{ w <- w - lr * sign(g) * floor(abs(30 * g)) }",
    "LateState": "{ state x; w <- w - lr * (g + where(t > 149, x, 0)); x <- where(t == 149, g, x) }",
}


@pytest.mark.parametrize("name", RULES)
def test_branches_that_are_hidden_are_read(name: str) -> None:
    found = _lift(name)
    assert found.verification.verified
    assert isinstance(compare(found.rule, parse(RULES[name])), Equal), str(found.rule)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["Counting", "Imported", "Damped"])
def test_what_is_followed_is_verified(name: str) -> None:
    found = _lift(name)
    assert found.verification.verified
    assert "where" in str(found.rule)


CONDITIONS = {
    "Alone": "there are several parameters: one alone is stepped otherwise",
    "FirstGroup": "groups have the same settings: others of a second group are not followed",
    "Square": "square matrices are left out: they are stepped otherwise",
    "Doubles": "weights are of float64: those of float32 are stepped otherwise",
    "Finite": "numbers are finite",
    "LookedUp": "a == 0.5, which is needed as a plain number",
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_what_a_rule_takes_for_granted_is_said(name: str) -> None:
    found = _lift(name)
    assert CONDITIONS[name] in [c.text for c in found.conditions]


def test_what_a_rule_of_optax_takes_for_granted_is_said() -> None:
    pytest.importorskip("optax")
    assert CONDITIONS["Square"] in [c.text for c in _lift("squares").conditions]
