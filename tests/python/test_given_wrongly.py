"""What is none of what a function of the package takes: one line each, and names and texts are taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nos_sym
from nos_sym.errors import NosSymError
from nos_sym.highlight.painting import html

ITEM = nos_sym.Item("none ~ g", nos_sym.parse("none ~ g"))  # type: ignore[arg-type]


def test_names_and_texts_are_deduplicated() -> None:
    found = nos_sym.deduplicate(["none ~ g", "SGD", "Adam", nos_sym.parse("none ~ g"), ITEM], "sign")
    assert found.class_of == (0, 0, 1, 0, 0) and found.level is nos_sym.Level.SIGN
    assert [item.text for item in found.items[:2]] == ["none ~ g", "SGD"]
    assert nos_sym.deduplicate(["none ~ g", "none ~ -g"], "sign").class_of == (0, 0)
    assert nos_sym.deduplicate(["none ~ g", "none ~ -g"]).class_of == (0, 1)
    assert nos_sym.deduplicate([nos_sym.Item("none ~", None), ITEM]).class_of == (None, 0)


WRONG: dict[str, Callable[[], Any]] = {
    "deduplicate a number": lambda: nos_sym.deduplicate([3]),  # type: ignore[list-item]
    "deduplicate a text": lambda: nos_sym.deduplicate("none ~ g"),
    "deduplicate nothing": lambda: nos_sym.deduplicate(None),  # type: ignore[arg-type]
    "deduplicate at a level": lambda: nos_sym.deduplicate([ITEM], "sing"),
    "deduplicate a word": lambda: nos_sym.deduplicate(["Adm"]),
    "preset of nothing": lambda: nos_sym.preset(None),  # type: ignore[arg-type]
    "preset of a list": lambda: nos_sym.preset(["demo"]),  # type: ignore[arg-type]
    "html of nothing": lambda: html(None),  # type: ignore[arg-type]
    "html of a number": lambda: html(3),  # type: ignore[arg-type]
    "store of a number": lambda: nos_sym.Store.open(3),  # type: ignore[arg-type]
    "store of nothing": lambda: nos_sym.Store.read(None),  # type: ignore[arg-type]
    "hall of fame": lambda: nos_sym.hall_of_fame(3),  # type: ignore[arg-type]
    "hall of fame of a path": lambda: nos_sym.hall_of_fame("run.db"),  # type: ignore[arg-type]
    "evaluate a word": lambda: nos_sym.evaluate(["Adm"], "demo"),
    "evaluate nothing": lambda: nos_sym.evaluate([], "demo"),
    "evaluate a number": lambda: nos_sym.evaluate(3, "demo"),  # type: ignore[arg-type]
    "evaluate a schedule": lambda: nos_sym.evaluate("LR1", "demo"),
    "evaluate on a preset": lambda: nos_sym.evaluate("Adam", "demi"),
    "evaluate on a number": lambda: nos_sym.evaluate("Adam", 3),  # type: ignore[arg-type]
    "evaluate never": lambda: nos_sym.evaluate("Adam", "demo", repeats=0),
    "evaluate half": lambda: nos_sym.evaluate("Adam", "demo", repeats=1.5),  # type: ignore[arg-type]
    "evaluate on a part": lambda: nos_sym.evaluate("Adam", "demo", split="train"),  # type: ignore[arg-type]
    "evaluate into a path": lambda: nos_sym.evaluate("Adam", "demo", "run.db"),  # type: ignore[arg-type]
    "schedules of a path": lambda: nos_sym.collect_schedules("run.db"),  # type: ignore[arg-type]
    "schedules of nothing": lambda: nos_sym.collect_schedules(None),  # type: ignore[arg-type]
    "schedules of a word": lambda: nos_sym.collect_schedules([("run.db", "1")]),  # type: ignore[list-item]
    "sample": lambda: nos_sym.sample(3),  # type: ignore[arg-type]
    "sample at settings": lambda: nos_sym.sample(np.random.default_rng(0), 3),  # type: ignore[arg-type]
    "encode at settings": lambda: nos_sym.encode("none ~ tanh(g)", settings=3),  # type: ignore[arg-type]
    "check at settings": lambda: nos_sym.check("none ~ tanh(g)", 3),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG)
def test_what_is_given_wrongly_is_said_in_a_line(call: Callable[[], Any]) -> None:
    with pytest.raises(NosSymError) as caught:
        call()
    assert str(caught.value) and "\n" not in str(caught.value)


def test_a_hall_of_fame_takes_a_level_by_name(tmp_path: Path) -> None:
    with nos_sym.Store.open(tmp_path / "run.db") as store:
        assert nos_sym.hall_of_fame(store, level="sign").entries == ()
        with pytest.raises(NosSymError, match="a level is one of"):
            nos_sym.hall_of_fame(store, level="sing")
