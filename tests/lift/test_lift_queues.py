"""Lists of what earlier steps had are states by their age, and no list is one that is not followed."""

from __future__ import annotations

import pytest

from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.verdicts import Equal
from nos_sym.language.parser import parse
from nos_sym.lift.lifted import Lifted, LiftError

pytest.importorskip("torch")

_FILE = "tests/support/lifted_queues.py"

RULES = {
    "Delayed": "{ state a, b, c; w <- w - lr * where(t < 3, g, c); c <- b; b <- a; a <- g }",
    "Averaged": "{ state a, b, c; "
    "w <- w - lr * where(t == 0, g, where(t < 2, (g + a) / 2, (g + a + b) / 3)); c <- b; b <- a; a <- g }",
    "Decayed": "{ state a, b; b <- 0.5 * a; a <- 0.5 * g; w <- w - lr * (a + b) }",
    "Sizes": "{ state a: scalar, b: scalar, c: scalar; n = norm2(g); x = where(n <= a, a, n); "
    "y = where(a <= b, where(n <= b, b, n), x); "
    "w <- w - lr * g / (where(t == 0, n, where(t < 2, x, y)) + 0.1); c <- b; b <- a; a <- n }",
    "Begun": "{ state b; w <- w - lr * b; b <- g }",
    "Set": "{ state a, b; w <- w - lr * where(t == 0, g, a); b <- a; a <- g }",
}
SLOW = ("Decayed", "Averaged", "Sizes", "Begun", "Set")


def _lift(name: str) -> Lifted:
    from nos_sym.lift.lifting import lift

    return lift(f"{_FILE}:{name}", limit=100)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.heavy) if n in SLOW else n for n in RULES]
)
def test_a_list_is_states_by_their_age(name: str) -> None:
    found = _lift(name)
    assert found.verification.verified, found.verification
    wanted = parse(RULES[name])
    assert isinstance(compare(found.rule.at_defaults(), wanted.at_defaults()), Equal), str(found.rule)  # type: ignore[union-attr]


REFUSED = {
    "Endless": "the state queue of the original has more values",
    "Long": "one more a step up to at most 20",
    "Skipping": "the state queue of the original has more values",
    "Nested": "the state 1 of the original has more values",
    "Ring": "'step' of the original has more than 10 values",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_list_that_is_not_followed_is_refused(name: str) -> None:
    with pytest.raises(LiftError) as raised:
        _lift(name)
    assert REFUSED[name] in str(raised.value), str(raised.value)
