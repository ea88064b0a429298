"""LaTeX of blocks: the time that it takes, and the legend."""

from __future__ import annotations

from typing import Any

import pytest

from nos_sym.backends.latex.measure import level_of
from nos_sym.backends.latex.printer import latex_rule
from nos_sym.language.parser import parse
from nos_sym.program.expressions import Lowering


def test_conditions_inside_of_one_another_take_no_more_time_than_they_are_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = []
    operation, level = Lowering._operation, level_of

    def counted(*arguments: Any, of: Any) -> Any:
        counts[-1] += len(arguments[-1]) if isinstance(arguments[-1], str) else 1
        return of(*arguments)

    monkeypatch.setattr(Lowering, "_operation", lambda *arguments: counted(*arguments, of=operation))
    monkeypatch.setattr("nos_sym.backends.latex.expression.level_of", lambda text: counted(text, of=level))
    for levels in (20, 40, 80):
        value = "g"
        for bound in range(levels):
            value = f"where(w > {bound}, g, {value})"
        block = parse(f"{{ w <- w - lr * {value} }}")
        counts.append(0)
        assert latex_rule(block).count(r"\begin{cases}") == levels
    assert counts[2] - counts[1] <= 2.2 * (counts[1] - counts[0])


def test_the_momentum_of_a_block_is_in_the_legend() -> None:
    texts = [
        latex_rule(parse(f"{{ state m; m <- {mu} * m + g; w <- w - lr * m }}")) for mu in ("momentum", "0.9")
    ]
    assert [r"\mu momentum" in text for text in texts] == [True, False]
