"""Rendered files at gradients up to the largest number: exact while float32 holds it, and never broken.

The exact trajectory is that of the interpreter in float64, which holds the eighth power of what float32
holds. How far float32 may be from it is the running error bound of :mod:`support.rounding`, which is the
condition of the rule times a few units in the last place, infinite where an intermediate value is beyond
float32.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import Problem, load, run_backend
from support.random_rules import random_rule
from support.rounding import Bounds

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule

CATALOG = {entry.name: entry for entry in catalog.entries() if isinstance(entry, Rule)}
BACKENDS = ("numpy", "torch", "tensorflow", "optax")
EACH_BACKEND = [
    *("numpy", "torch"),
    *(pytest.param(b, marks=pytest.mark.heavy) for b in ("tensorflow", "optax", "keras")),
]
EXPONENTIAL = {"Opt4", "Opt5", "Opt6", "Opt41", "Opt42", "Opt61"}
"""Those that divide by an exponential, whose exact update is soon beyond every type."""
ORDINARY = 50
LARGE = 10
EXTREMES = (
    1e12, -1e12, 1e25, -1e25, 3e38, -3e38, 88.0, -88.0, -60.0, -70.0, -110.0, 1e-30, 1e-38, 1e-45, 0.0,
    5e18, -1e19,
)  # fmt: skip


def random_rules(seed: int, count: int) -> list[Rule]:
    rng = random.Random(seed)
    return [random_rule(rng, depth=rng.choice([2, 3, 4, 5]), authors=i % 2 == 0) for i in range(count)]


def sizes(seed: int) -> Problem:
    """Ten steps of gradients of every size up to 1e12, always or once or never, then fifty ordinary ones."""
    rng = np.random.default_rng(seed)
    gradients = rng.normal(size=(LARGE + ORDINARY, 10))
    signs = rng.choice([-1, 1], size=(LARGE, 10))
    gradients[:LARGE] = signs * 10.0 ** rng.uniform(-6, 12, size=(LARGE, 10))
    gradients[:LARGE, 0], gradients[:LARGE, 1], gradients[:LARGE, 2] = 1e12, -1e12, 0
    gradients[3, 3] = 1e12
    rates = np.full(len(gradients), 0.01)
    return Problem(rng.normal(size=10), gradients, rates, np.full(len(gradients), 0.9))


def extremes(seed: int) -> Problem:
    """One extreme gradient in each column, and some that stay extreme for ten steps or always."""
    rng = np.random.default_rng(seed)
    gradients = rng.normal(size=(30, len(EXTREMES) + 5))
    gradients[3, : len(EXTREMES)] = EXTREMES
    for column, value in enumerate((3e38, -3e38, 3e38, 1e12), len(EXTREMES)):
        gradients[:LARGE, column] = value
    gradients[:LARGE, len(EXTREMES) + 2] *= (-1.0) ** np.arange(LARGE)
    gradients[:, -1] = -88
    return Problem(rng.normal(size=gradients.shape[1]), gradients, np.full(30, 0.01), np.full(30, 0.9))


def check_exact(rule: Rule, given: Problem, backends: tuple[str, ...], folder: Path) -> float:
    """Compare the whole trajectory; return the fraction that has no bound."""
    value, bound = Bounds(rule, given, 2.0**-24).run()
    with np.errstate(invalid="ignore"):
        free = ~(np.abs(value) + bound < 1e37)
    for backend in backends:
        ours = run_backend(backend, rule, given, folder, "float32")
        assert np.isfinite(ours).all(), f"{backend}: {rule}"
        with np.errstate(invalid="ignore"):
            wrong = ~free & ~(np.abs(ours - value) <= bound)
        assert not wrong.any(), f"{backend}: {rule}\n{ours[wrong][:3]} {value[wrong][:3]} {bound[wrong][:3]}"
    return float(free.mean())


@pytest.mark.parametrize("rule", CATALOG.values(), ids=lambda r: r.name)
def test_catalog_up_to_1e12(rule: Rule, tmp_path: Path) -> None:
    free = check_exact(rule, sizes(3), ("numpy", "torch"), tmp_path)
    # The column of zeros has no bound where a logarithm of zero is taken.
    assert free <= 0.1 or rule.name in EXPONENTIAL


@pytest.mark.parametrize("rule", CATALOG.values(), ids=lambda r: r.name)
def test_catalog_at_extremes(rule: Rule, tmp_path: Path) -> None:
    for backend in ("numpy", "torch"):
        weights = run_backend(backend, rule, extremes(4), tmp_path, "float32")
        assert np.isfinite(weights).all()


@pytest.mark.parametrize("backend", EACH_BACKEND)
def test_random_rules(backend: str, tmp_path: Path) -> None:
    for i, rule in enumerate(random_rules(21, 6)):
        check_exact(rule, sizes(i), (backend,), tmp_path)
        assert np.isfinite(run_backend(backend, rule, extremes(i), tmp_path, "float32")).all(), str(rule)


@pytest.mark.heavy
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("chunk", range(6))
def test_random_rules_in_every_backend(chunk: int, tmp_path: Path) -> None:
    free = []
    for i, rule in enumerate(random_rules(100 + chunk, 50)):
        free.append(check_exact(rule, sizes(i), BACKENDS, tmp_path))
        for backend in BACKENDS:
            weights = run_backend(backend, rule, extremes(i), tmp_path, "float32")
            assert np.isfinite(weights).all(), f"{backend}: {rule}"
    assert np.mean(free) < 0.3


@pytest.mark.heavy
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("backend", ["tensorflow", "optax", "keras"])
def test_catalog_in_every_backend(backend: str, tmp_path: Path) -> None:
    for rule in CATALOG.values():
        check_exact(rule, sizes(3), (backend,), tmp_path)
        assert np.isfinite(run_backend(backend, rule, extremes(4), tmp_path, "float32")).all(), rule.name


@pytest.mark.parametrize("backend", EACH_BACKEND)
@pytest.mark.parametrize(
    "name", ["Adam", "AdamW", "AMSGrad", "AdaBelief", "RMSProp", "SADAM", "Lion", "SGD", "A5"]
)
def test_one_gradient_of_1e25(name: str, backend: str, tmp_path: Path) -> None:
    """Its square is beyond float32, and the trajectory is the exact one all the same, 50 steps later too."""
    rng = np.random.default_rng(1)
    gradients = rng.normal(size=(3 + ORDINARY, 1))
    gradients[2] = 1e25
    rates = np.full(len(gradients), 1e-3)
    given = Problem(np.ones(1), gradients, rates, np.full(len(gradients), 0.9))
    exact = run_backend("numpy", CATALOG[name], given, tmp_path, "float64")
    ours = run_backend(backend, CATALOG[name], given, tmp_path, "float32")
    np.testing.assert_allclose(ours, exact, rtol=2e-5)
    assert not np.allclose(exact[2], exact[1], rtol=1e-6)


@pytest.mark.parametrize("backend", EACH_BACKEND)
@pytest.mark.parametrize("name", ["Opt4", "Opt5"])
def test_updates_rise_to_where_they_end(name: str, backend: str, tmp_path: Path) -> None:
    """1e24 at a gradient of -60, more at -70, and no less from there on, though e^-110 is 0 in float32."""
    column = np.array([-1.0, -30, -60, -70, -80, -87, -88, -89, -104, -110, -200, -1e5, -1e20, -3e38])
    given = Problem(np.zeros(len(column)), column[None].repeat(3, 0), np.full(3, 1e-3), np.full(3, 0.9))
    first, *_, last = run_backend(backend, CATALOG[name], given, tmp_path, "float32")
    assert (np.diff(first) >= 0).all()
    assert first[3] > 1e27
    assert first[-1] > 1e34
    assert np.isfinite(last).all()


@pytest.mark.parametrize("backend", EACH_BACKEND)
def test_learning_rate_zero_leaves_weights(backend: str, tmp_path: Path) -> None:
    """Bit for bit, whatever the update; with momentum while the rate was 0 from the start."""
    given = extremes(2)
    given.learning_rates[:] = 0
    rules = [CATALOG[n] for n in ("Adam", "Opt4", "Opt5", "Opt6", "Opt9", "SGDMomentum", "A5")]
    rules += [parse("R = none ~ exp(g) / w"), parse("R = nesterov ~ g^9 - exp(g)")]
    for rule in rules:
        weights = run_backend(backend, rule, given, tmp_path, "float32")
        wanted = np.broadcast_to(given.weight.astype("float32"), weights.shape)
        np.testing.assert_array_equal(weights.view(np.uint32), np.ascontiguousarray(wanted).view(np.uint32))


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("backend", EACH_BACKEND)
def test_what_is_not_finite_passes(backend: str, value: float, tmp_path: Path) -> None:
    for name in ("Adam", "SGD", "Opt5", "A2", "Lion"):
        gradients = np.ones((2, 2))
        gradients[0, 0] = value
        given = Problem(np.ones(2), gradients, np.full(2, 0.1), np.full(2, 0.9))
        weights = run_backend(backend, CATALOG[name], given, tmp_path, "float32")
        assert np.isnan(weights[:, 0]).all(), name
        assert np.isfinite(weights[:, 1]).all(), name


@pytest.mark.parametrize("backend", EACH_BACKEND)
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("w * (g / g)", "w * sign(g)^2"),
        ("g^2 / g", "g"),
        ("(g + g * w) / g", "sign(g)^2 * (1 + w)"),
        ("abspow(g, 0)", "1"),
        ("recip(recip(g))", "g"),
        ("w / g * g", "w * sign(g)^2"),
        ("abspow(g, -1)", "recip(abs(g))"),
        ("w * recip(exp(g) - exp(g))", "0 * w"),
    ],
)
def test_equal_rules_at_zero(left: str, right: str, backend: str, tmp_path: Path) -> None:
    """Functions are total: equal rules give equal weights where gradients are zero, at a step or always."""
    gradients = np.random.default_rng(3).normal(size=(4, 3))
    gradients[1, 0] = 0
    gradients[:, 1] = 0
    given = Problem(np.ones(3), gradients, np.full(4, 0.01), np.full(4, 0.9))
    rules = [parse(f"R = none ~ {text}") for text in (left, right)]
    one, other = (run_backend(backend, rule, given, tmp_path, "float32") for rule in rules)
    np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:.torch.jit.:DeprecationWarning")  # of torch's own modules
def test_compiled_and_plain_files_saturate_alike(tmp_path: Path) -> None:
    torch: Any = pytest.importorskip("torch")
    column = torch.tensor([1e25, -1e25, 3e38, -88.0, -200.0, float("inf"), float("nan"), 0.0])
    for name in ("Adam", "Opt5"):
        kind = getattr(load(render(CATALOG[name], "torch"), tmp_path), name)
        more = {"total_steps": 3} if name == "Opt5" else {}
        found = []
        for mode in ({}, {"foreach": False}, {"compile": True}):
            weight = torch.nn.Parameter(torch.ones(8))
            optimizer = kind([weight], lr=0.1, **more, **mode)
            for _ in range(3):
                weight.grad = column.clone()
                optimizer.step()
            found.append(weight.detach())
        for other in found[1:]:
            torch.testing.assert_close(found[0], other, rtol=1e-5, atol=0, equal_nan=True)
        assert torch.isfinite(found[0]).tolist() == [True] * 5 + [False] * 2 + [True]
