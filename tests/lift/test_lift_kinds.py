"""Each kind of thing that an optimizer of PyTorch may do is read off as it is, or refused by its name."""

from __future__ import annotations

import pytest

from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.verdicts import Equal
from nos_sym.language.parser import parse
from nos_sym.lift.lifted import Lifted, LiftError

pytest.importorskip("torch")

_FILE = "tests/support/lifted_originals.py"

RULES = {
    "EqualDefaults": "R(eps=0.1) = { w <- w - lr * 0.1 * g / (abs(g) + eps) }",
    "OnTheStep": "{ w <- w - lr * where(3 < t + 1, sign(g), g) }",
    "OnData": "{ w <- w - lr * g * where(norm2(g) > 0.3, 0.3 / norm2(g), 1) }",
    "OnShape": "{ if rank >= 2 { w <- w - lr * (g - row_mean(g)) } else { w <- w - lr * g } }",
    "Wide": "{ if rank >= 3 { w <- w - lr * g } else { if rank >= 2 { "
    "w <- w - where(rows > cols, lr * sqrt(rows / cols), lr) * g } else { w <- w - lr * g } } }",
    "Listed": "{ state a, b; a <- 0.5 * a + 0.5 * g; b <- 0.75 * b + 0.25 * a; w <- w - lr * b }",
    "Aliased": "{ state b; w <- w - lr * (2 * g - where(t == 0, g, b)); b <- g }",
    "GlobalNorm": "R(eps=0.1) = { w <- w - lr * g / (sqrt(total(g^2)) + eps) }",
    "Foreach": "{ w <- w - lr * 0.5 * g }",
    "Printing": "{ w <- w - lr * g }",
}


def _lift(name: str) -> Lifted:
    from nos_sym.lift.lifting import lift

    return lift(f"{_FILE}:{name}", limit=50)


@pytest.mark.parametrize("name", RULES)
def test_what_an_original_does_is_read_off(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = _lift(name)
    assert found.verification.verified, found.verification
    wanted = parse(RULES[name])
    assert isinstance(compare(found.rule.at_defaults(), wanted.at_defaults()), Equal), str(found.rule)  # type: ignore[union-attr]
    assert capsys.readouterr().out == ""


def test_a_number_that_the_step_changes_is_a_state() -> None:
    found = _lift("Falling")
    assert found.verification.verified
    (state,) = found.rule.states
    assert found.states == {state.name: "scale"}


REFUSED = {
    "Hidden": "earlier step",
    "Noisy": "aten.randn_like (tests/support/lifted_originals.py, line",
    "Sorted": "aten.cumsum (tests/support/lifted_originals.py, line",
    "Closed": "'NoneType' object is not callable",
    "Failing": "ZeroDivisionError: no",
    "Leaving": "SystemExit",
    "NoOptimizer": "is no optimizer",
    "Missing": "has no 'Missing'",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_said_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(LiftError) as raised:
        _lift(name)
    assert REFUSED[name] in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_original_that_does_not_end_is_ended() -> None:
    from nos_sym.lift.lifting import lift

    with pytest.raises(LiftError, match=r"more than 0\.3 seconds"):
        lift(f"{_FILE}:Endless", limit=0.3)
