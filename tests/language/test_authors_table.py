"""The table of the authors' forms takes no row that its parser could not read back."""

from __future__ import annotations

from typing import Any

import pytest

from nos_sym.errors import RuleError
from nos_sym.language.authors.table import TABLE, write


@pytest.mark.parametrize(
    ("operation", "form", "message"),
    [
        ("tahn", {"update": "tahn({0})"}, "cannot write 'tahn': register the operation first"),
        ("tanh", {"update": "th({0})"}, "written twice"),
        ("cospi", {"decay": "tanh({0})"}, "has 'tanh({0})' already, for 'tanh'"),
        ("cospi", {"update": "norm({0}, {1})"}, "already, for 'clip_norm'"),
        ("cospi", {"update": "<{0}>"}, "cannot read '<{0}>' for 'cospi'"),
        ("cospi", {"update": "cospi"}, "leaves an operand out"),
        ("ema", {"update": "ema({0})"}, "needs the values of its beta"),
        ("ema", {"update": "ema({0})", "values": ("0.9", "0.5")}, "leaves its beta out"),
        ("p", {"decay": "a1"}, "has 'a1' already, for 'a1'"),
        ("p", {"decay": "g"}, "has 'g' already, for 'g'"),
        ("p", {"decay": "1"}, "cannot read '1' for 'p'"),
    ],
)
def test_a_form_that_the_parser_could_not_read_back_is_refused(
    operation: str, form: dict[str, Any], message: str
) -> None:
    before = dict(TABLE)
    with pytest.raises(RuleError) as caught:
        write(operation, **form)
    assert message in str(caught.value)
    assert before == TABLE
