"""The compiled step of rendered PyTorch files computes what the interpreter and the eager step compute."""

from __future__ import annotations

import random
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from support.harness import Problem, backends, problem, run_numpy
from support.random_blocks import random_block
from support.random_rules import ONE_LINE, random_rule
from support.rounding import Bounds
from support.shifted_states import SHIFTED, random_shifts

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

from support.fused import compiled_file, run_eager, run_fused

from nos_sym import catalog
from nos_sym.language.block import Block
from nos_sym.language.node import Node
from nos_sym.language.operation import Operation, Role
from nos_sym.language.parser import parse
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum, Rule, Schedule

ENTRIES = [entry for entry in catalog.entries() if not isinstance(entry, Schedule)]
FAST = ("SGD", "Opt4", "LambPO", "LARSPO", "MuonWithAdamW", "ProdigyPO")
VALUES = (
    0.0, -0.0, 1e-45, -1e-40, 1e-30, -1e-20, 1e-8, -0.5, 1.0, -3.0, 20.0, -88.0, 110.0, -750.0, 1e12, -1e19,
    1e25, 3e38, -3e38, np.inf, -np.inf, np.nan,
)  # fmt: skip
"""Gradients: zeros, subnormal ones, huge ones, infinite ones, NaN."""
SHAPES = ((3, 2), (4,), (), (2, 3, 2))
WORDS = (
    "start",
    "sums",
    "linux",
    "fabs",
    "INFINITY",
    "LARGEST",
    "int64_t",
    "real",
    "v_all",
    "nos_exp",
    "lost_0",
)
"""Words of C, its macros, and names of the kernel itself."""


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def check(rule: Rule | Block, given: Problem, folder: Path) -> bool:
    """Check both types; return whether a rule has a kernel."""
    module = compiled_file(rule, folder)
    if module is None:
        return False
    found, wanted = run_fused(rule, given, module), run_numpy(rule, given)
    bound = np.zeros_like(wanted)
    if isinstance(rule, Rule):
        _, bound = Bounds(rule, given, 2.0**-53).run()
    assert_close(found, wanted, 1e-10, bound, f"float64: {rule}")
    found = run_fused(rule, given, module, "float32")
    if isinstance(rule, Rule):
        value, bound = Bounds(rule, given, 2.0**-24).run()
        with np.errstate(invalid="ignore"):
            bound = np.where(np.abs(value) + bound < 1e37, bound, np.inf)
        assert_close(found, value, 0.0, bound, f"float32: {rule}")
    else:
        eager = run_eager(rule, given, module, "float32")
        with np.errstate(invalid="ignore"):
            off = np.abs(eager - wanted)  # of what cancels, which the compiled step rounds otherwise
        bound = np.maximum(np.where(np.isfinite(off), 2 * off, 0), 1e-4)
        assert_close(found, eager, 1e-3, bound, f"float32: {rule}")
    return True


def assert_close(found: Any, wanted: Any, relative: float, bound: Any, what: str) -> None:
    with np.errstate(invalid="ignore"):
        off = np.abs(found - wanted)
        close = (off <= relative * (1e-2 + np.abs(wanted))) | (off <= bound) | ~np.isfinite(bound)
    same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
    wrong = ~(close | same)
    assert not wrong.any(), f"{what}\n{found[wrong][:5]}\n{wanted[wrong][:5]}"


@pytest.mark.parametrize("name", FAST)
def test_agrees_with_the_interpreter(name: str, tmp_path: Path) -> None:
    assert check(catalog.entry(name), problem(12, 7), tmp_path)


@pytest.mark.heavy
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_every_catalog_entry_agrees_with_the_interpreter(entry: Rule | Block, tmp_path: Path) -> None:
    for shape in SHAPES:
        if not check(entry, problem(20, 7, shape), tmp_path):
            pytest.skip("it has no kernel")


def test_random_rules_and_blocks(tmp_path: Path) -> None:
    made = [
        check(random_rule(random.Random(s), depth=3, authors=False), problem(6, s), tmp_path) for s in (1, 2)
    ]
    assert all(made)
    texts = (SHIFTED[1], SHIFTED[8])
    made = [check(parse(text), problem(6, i, SHAPES[i]), tmp_path) for i, text in enumerate(texts)]
    assert all(made)


def test_powers_of_shares(tmp_path: Path) -> None:
    """Powers of numbers from 0 to 1, which files in Python write by an operator that C does not have."""
    text = "none ~ g + tanh(g)^11 + sigmoid(g)^(-11) + sign(g)^(1/3) + clip_norm(w)^1.5"
    assert check(parse(text), problem(6, 3), tmp_path)


@pytest.mark.heavy
@pytest.mark.parametrize("chunk", range(10))
def test_many_random_rules(chunk: int, tmp_path: Path) -> None:
    for seed in range(20 * chunk, 20 * chunk + 20):
        rng = random.Random(seed)
        rule = random_rule(rng, depth=rng.choice([2, 3, 4, 5]), authors=seed % 2 == 0)
        given = problem(20, seed, SHAPES[seed % 4])
        given.gradients[np.random.default_rng(seed).random(given.gradients.shape) < 0.3] = 0
        check(rule, given, tmp_path)


@pytest.mark.heavy
@pytest.mark.parametrize("make", [random_block, random_shifts])
@pytest.mark.parametrize("chunk", range(10))
def test_many_random_blocks(chunk: int, make: Any, tmp_path: Path) -> None:
    kernels = 0
    for seed in range(40 * chunk, 40 * chunk + 40):
        given = problem(12, seed, SHAPES[seed % 4])
        given.gradients[np.random.default_rng(seed).random(given.gradients.shape) < 0.3] = 0
        kernels += check(make(random.Random(seed)), given, tmp_path)
    assert kernels >= 8


def special(seed: int, columns: int) -> Problem:
    """Return three steps in which an entry has one special value or, of many entries, each has one."""
    rng = np.random.default_rng(seed)
    gradients, weight = rng.normal(size=(5, columns)), rng.normal(size=columns)
    for step in (1, 2):
        gradients[step, : len(VALUES)] = rng.permutation(VALUES)[:columns]
    if columns > len(VALUES):
        weight[-3:] = np.nan, np.inf, 1e30
    return Problem(weight, gradients, np.full(5, 0.01), np.full(5, 0.9))


def check_special(rule: Rule | Block, module: ModuleType, seed: int = 0) -> None:
    """Compare compiled and eager steps, of which the other tests hold the eager ones."""
    for dtype, relative in (("float64", 1e-8), ("float32", 2e-3)):
        for columns in (1, len(VALUES) + 3):
            given = special(seed, columns)
            found, wanted = (run(rule, given, module, dtype) for run in (run_fused, run_eager))
            what = f"{dtype}: {rule}"
            np.testing.assert_array_equal(np.isnan(found), np.isnan(wanted), what)
            finite = np.isfinite(wanted) & np.isfinite(found)
            np.testing.assert_array_equal(found[~finite], wanted[~finite], what)
            # What was as large in a step before may leave its rounding.
            bound = relative * np.maximum.accumulate(np.where(finite, np.abs(wanted), 0))[finite]
            assert_close(found[finite], wanted[finite], relative, bound, what)


@pytest.mark.parametrize("name", ["Adam", "LambPO"])
def test_special_values(name: str, tmp_path: Path) -> None:
    rule = catalog.entry(name)
    module = compiled_file(rule, tmp_path)
    assert module is not None
    check_special(rule, module)


@pytest.mark.heavy
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_special_values_in_every_catalog_entry(entry: Rule | Block, tmp_path: Path) -> None:
    module = compiled_file(entry, tmp_path)
    if module is None:
        pytest.skip("it has no kernel")
    check_special(entry, module)


# Of cospi, eager steps have none of the digits where the argument is large; test_functions.py has all.
OPERATIONS = [
    o for o in ONE_LINE if o.arity and o.role not in (Role.SCALE, Role.RANDOM) and o.name != "cospi"
]
PARAMETERS: dict[str, Any] = {"beta": "0.9", "exponent": 3, "weight": "0.95"}


@pytest.mark.heavy
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_special_values_of_every_operation(operation: Operation, tmp_path: Path) -> None:
    parameters = {p.name: PARAMETERS[p.name] for p in operation.parameters}
    node: Node = apply(operation.name, *(apply("g"), apply("w"))[: operation.arity], **parameters)
    rule = Rule(Momentum.NONE, node, name="Rendered")
    module = compiled_file(rule, tmp_path)
    assert module is not None
    for seed in range(3):
        check_special(rule, module, seed)


def test_guards_at_zero(tmp_path: Path) -> None:
    """Every singular point of the registry in one step: functions are total in C, too."""
    terms = (
        "recip(g)", "w / g", "ln(g)", "abspow(g, -w)", "abspow(g, -2)", "abspow(g, g)", "sign(g)", "sqrt(g)",
        "g^2 / g", "w / tanh(g)", "erf(g) / g", "mod(g, g)", "w / clip_norm(g)", "w / norm2(g)",
    )  # fmt: skip
    for index, text in enumerate((" + ".join(terms), "1 / (1 / g^3) + w / max(g, 0)")):
        rule = parse(f"Guards{index} = none ~ {text}")
        gradients = np.zeros((3, 4))
        given = Problem(np.array([1.0, -2.0, 0.0, 3.0]), gradients, np.full(3, 0.01), np.full(3, 0.9))
        module = compiled_file(rule, tmp_path)
        assert module is not None
        for dtype in ("float64", "float32"):
            wanted = run_numpy(rule, given, dtype)
            np.testing.assert_allclose(run_fused(rule, given, module, dtype), wanted, rtol=1e-5)


@pytest.mark.parametrize("words", [WORDS[:5], WORDS[5:]])
def test_names_of_a_block_may_be_words_of_c(words: tuple[str, ...], tmp_path: Path) -> None:
    states = "; ".join(f"state {word} = 0.5; {word} <- 0.9 * {word} + 0.1 * tanh(g)" for word in words)
    total = " * ".join(words)
    block = f"{{ {states}; w <- w - lr * ({total}) * norm2(g) * sum(w) / norm_inf(g) }}"
    assert check(parse(block), problem(4, 3), tmp_path)
