"""The script that drops conditions: which mutants it makes, and that the judged pairs see them."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import ModuleType

import pytest
from support.judges.corpus import corpora, verdict, wrong

from nos_sym.algebra.canonical import canonical
from nos_sym.language.parser import parse

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


def test_a_form_is_judged_by_the_values_of_its_rule() -> None:
    rule, other = parse("none ~ w * sign(g)^2"), parse("none ~ w")
    assert wrong(rule, canonical(rule), almost=False) == ""
    assert wrong(rule, canonical(other), almost=False).startswith("merges")
    assert wrong(rule, canonical(other), almost=True) == ""


@pytest.mark.heavy
@pytest.mark.timeout(240)
def test_judged_pairs_see_a_condition_that_always_holds(script: ModuleType, repository: Path) -> None:
    judged = corpora(1, 0)
    assert all(len(c.pairs) > 400 for c in judged)
    assert verdict(judged) == ("", 0)
    source = (repository / "nos_sym" / "algebra" / "kernel" / "zeros.py").read_text(encoding="utf-8")
    name = "nos_sym.algebra.kernel.zeros"
    always = source + "\n\ndef nonzero_poly(p: Poly) -> bool:\n    return True\n"
    fates = [
        script.fate_of(script.Mutant(1, "f", "nothing", text), name, judged, script.options_of([name]))
        for text in (source, always)
    ]
    assert fates[0] == ""
    assert fates[1].startswith("merges")
    assert verdict(judged) == ("", 0)  # here nothing has changed
