"""Numbers of the step beside tensors: the same for all entries, in every place where a tensor may stand."""

from __future__ import annotations

import numpy as np
import pytest

from nos_sym.language.parser import parse
from nos_sym.program.interpreter import Interpreter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("g + correction(0.9)", 1.1),
        ("max(g, 3 * a1)", 3.0),
        ("g / correction(0.5)", 2.0),
        ("max(correction(0.75), g - g)", 0.25),
    ],
)
def test_a_number_of_the_step_beside_a_tensor(text: str, expected: float) -> None:
    found = Interpreter(parse(f"none ~ {text}"), (2,), total_steps=3).update(np.ones(2), np.ones(2))
    assert found == pytest.approx([expected, expected])
