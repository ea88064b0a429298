"""The script that drops conditions: which mutants it makes, and that the judged pairs see them."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import ModuleType

import pytest
from support.judges.corners import CORNERS
from support.judges.corpus import corpus, first_fault

KERNEL = "nos_sym.algebra.kernel"

SOURCE = """
LIMIT = 3 if True else 4

def f(a, b, xs):
    if a < 0 or b:
        return None
    if a and b and a == 1:
        a = 2
    return [x for x in xs if x > a] if all(xs) else xs
"""


@pytest.fixture
def script(repository: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(repository / "scripts")
    return importlib.import_module("mutate_conditions")


def test_every_condition_of_a_function_is_changed_once(script: ModuleType) -> None:
    found = list(script.mutants(SOURCE))
    assert {m.function for m in found} == {"f"}
    assert sorted(m.change for m in found) == sorted(
        [
            "removed: if a < 0 or b: ...",
            "left out of an 'or': a < 0",
            "left out of an 'or': b",
            "compared otherwise: a < 0 as a <= 0",
            "left out of an 'and': a",
            "left out of an 'and': b",
            "left out of an 'and': a == 1",
            "compared otherwise: a == 1 as a <= 1",
            "filter removed: if x > a",
            "compared otherwise: x > a as x >= a",
            "one branch always: [x for x in xs if x > a] of [x for x in xs if x > a] if all(xs) else xs",
            "one branch always: xs of [x for x in xs if x > a] if all(xs) else xs",
            "exchanged: all(xs)",
        ]
    )
    assert len({m.source for m in found}) == len(found)
    assert all(ast.parse(m.source) for m in found)


def test_a_process_of_its_own_says_how_it_ended(script: ModuleType) -> None:
    assert script.apart(lambda: "", 5) == ""
    assert script.apart(lambda: "what", 5) == "what"
    assert script.apart(lambda: str(1 // 0), 5).startswith("raises ZeroDivisionError")


@pytest.mark.parametrize(
    ("module", "function", "change"),
    [
        ("zeros", "nonzero_poly", "exchanged: all("),
    ],
)
def test_judged_pairs_see_a_dropped_condition(
    script: ModuleType, repository: Path, module: str, function: str, change: str
) -> None:
    judged = corpus(1, 0)
    assert len(judged) == len(CORNERS)
    assert first_fault(judged) == ""
    source = (repository / "nos_sym" / "algebra" / "kernel" / f"{module}.py").read_text(encoding="utf-8")
    wanted = [m for m in script.mutants(source) if m.function == function and m.change.startswith(change)]
    assert wanted
    name = f"{KERNEL}.{module}"
    for mutant in wanted:
        options = script.options_of([name])
        assert script.fate_of(mutant, name, judged, options)
