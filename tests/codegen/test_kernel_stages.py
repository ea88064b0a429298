"""Loops that are cut behind long functions: where, and that a step computes what it would in one loop."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import backends, problem, run_numpy
from support.shifted_states import SHIFTED

from nos_sym import catalog
from nos_sym.codegen.backend import backend_of
from nos_sym.codegen.kernel_stages import PART
from nos_sym.codegen.kernel_text import native
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.program.lower import lower

SIZES = (1, PART - 1, PART, PART + 1, 4096 + PART + 3)
"""Weights: less than a part, whole parts, parts of two chunks."""

OLD = """Old = {
    state a = w; state b
    x = a
    a <- tanh(g) + 0.5 * b
    b <- arcsinh(g + x)
    w <- w - lr * exp(-abs(arctan(b) + arctan(tanh(x + w)))) * (a + 2 * b) / (1 + abs(w) + x * x)
}"""
"""A state that is new in the first stage, and whose old value is read in later ones."""
DEEP = "Deep = none ~ tanh(arcsinh(arctan(arcsinh(g + v_hat)))) + exp(-abs(w)) + arctan(g) * v_hat"
CHAINS = (OLD, DEEP)


def ways(source: str) -> list[list[str]]:
    """Return the loops over entries that write a step: of short rows and of long ones, if it has rows."""
    move = source[source.index("static void move(") :]
    ways = move[: move.index("\n}\n")].split("\n    } else {\n")
    return [way.split("#pragma omp simd")[1:] for way in ways]


def stages(text: str) -> int:
    """Return how many loops over entries write a step."""
    rule = catalog.entry(text) if text in catalog.names() else parse(text)
    assert isinstance(rule, Rule | Block)
    printer = backend_of("torch").printer
    found = native(lower(rule, printer.native, own_states=printer.states, as_change=printer.changes), printer)
    assert found is not None
    (number,) = {len(loops) for loops in ways(found.source)}
    return number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Adam", 1),
        ("Opt3", 1),
        ("Opt4", 2),
        ("Opt8", 2),
        ("A = none ~ tanh(g)", 1),
        ("B = none ~ tanh(g) + arcsinh(w)", 1),
        ("C = none ~ tanh(tanh(tanh(g)))", 3),
        ("D = none ~ tanh(g) / (1 + abs(w)) / (2 + abs(g)) / (3 + abs(g * w))", 2),
        ("A3", 1),
        ("E = { w <- w - lr * tanh(tanh(row_mean(g) + g)) }", 1),
        ("F = { state a; a <- arctan(tanh(g)); w <- w - lr * a }", 2),
        (DEEP, 4),
        (OLD, 3),
    ],
)
def test_loops_are_cut_behind_long_functions(text: str, number: int) -> None:
    assert stages(text) == number


def moved(text: str, size: int, dtype: str, folder: Path) -> tuple[Any, Any, Any]:
    """Return the weights of compiled steps, of eager ones, and those of the interpreter."""
    from support.fused import compiled_file, run_eager, run_fused

    rule = parse(text)
    module = compiled_file(rule, folder)
    assert module is not None
    given = problem(3, 5, (size,))
    special = np.array([0.0, -0.0, 1e-45, 1e-30, 90.0, -1e3, 1e18, -1e30, np.inf, -np.inf, np.nan])
    given.gradients[0, : special.size] = special[:size]
    given.gradients[1, size - min(size, special.size) :] = special[-size:]
    return (
        run_fused(rule, given, module, dtype),
        run_eager(rule, given, module, dtype),
        run_numpy(rule, given),
    )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", CHAINS, ids=["old", "deep"])
def test_parts_and_their_rests_are_moved(
    text: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "torch" not in backends():
        pytest.skip("torch is not installed")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fused, _, wanted = moved(text, size, "float64", tmp_path)
    np.testing.assert_allclose(fused, wanted, rtol=1e-10, atol=1e-12)
    fused, eager, _ = moved(text, size, "float32", tmp_path)
    np.testing.assert_allclose(fused, eager, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("text", SHIFTED)
def test_a_state_is_written_behind_all_that_read_it(text: str) -> None:
    """Whatever the stages, no loop reads a state that one before it has written."""
    rule = parse(f"A = {text}".replace("- lr * ", "- lr * exp(-abs(tanh(g))) * "))
    assert isinstance(rule, Rule | Block)
    printer = backend_of("torch").printer
    found = native(lower(rule, printer.native, own_states=printer.states, as_change=printer.changes), printer)
    if found is None:
        pytest.skip("it has no kernel")
    for loops in ways(found.source):
        written: set[str] = set()
        for loop in loops:
            read = set(re.findall(r"LOAD\w*\((\w+)\[i\]\)", loop))
            assert not read & written
            written |= set(re.findall(r"(\w+)\[i\] = ", loop))
