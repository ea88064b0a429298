"""Rendered schedules with settings: values beyond the end, checks, state dicts, products."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.errors import RenderError, RuleError, SourceError
from nos_sym.language.json_form import rule_from_json
from nos_sym.language.parser import parse_file
from nos_sym.language.rule import Schedule
from nos_sym.language.setting import setting_domain, setting_name
from nos_sym.language.traversal import needs_total_steps
from nos_sym.program.interpreter import schedule_values

TOTAL, STEPS = 12, 20
NAMES = [name for name in catalog.names() if catalog.group_of(name) == "training_schedules"]
EVERY = pytest.mark.parametrize("name", NAMES)


def entry_of(name: str) -> Schedule:
    entry = catalog.entry(name)
    assert isinstance(entry, Schedule)
    return entry


def drawn(entry: Schedule) -> dict[str, float]:
    """Return settings with which a schedule of few steps goes through all of its parts."""
    rng = np.random.default_rng(len(entry.name))
    found: dict[str, float] = {}
    for node in entry.settings:
        name = setting_name(node)
        counts = any(
            word in name for word in ("steps", "step_size", "milestone", "boundary", "begin", "growth")
        )
        found[name] = int(rng.integers(1, 7)) if counts else round(float(rng.uniform(0.2, 0.9)), 3)
        assert found[name] in setting_domain(node)
    return found


def numbers(entry: Schedule) -> list[int]:
    return [TOTAL] if needs_total_steps(entry.factor) else []


def torch_rates(scheduler: Any, steps: int) -> list[float]:
    rates = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of steps before the first one of the optimizer
        for _ in range(steps):
            rates.append(scheduler.optimizer.param_groups[0]["lr"])
            scheduler.step()
    return rates


def torch_optimizer() -> Any:
    import torch

    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)


@EVERY
def test_torch_follows_the_interpreter_and_its_state_dict(name: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    entry = entry_of(name)
    kind = getattr(load(render(entry, "torch"), tmp_path), name)
    for settings in ({}, drawn(entry)):
        wanted = 2 * schedule_values(entry, TOTAL, settings, steps=STEPS)
        made = kind(torch_optimizer(), *numbers(entry), **settings)
        first = torch_rates(made, 5)
        # A schedule that is made with other settings goes on with those of the state dict.
        other = kind(torch_optimizer(), *[n + 3 for n in numbers(entry)])
        other.load_state_dict(made.state_dict())
        other.optimizer.load_state_dict(made.optimizer.state_dict())
        np.testing.assert_allclose([*first, *torch_rates(other, STEPS - 5)], wanted, rtol=1e-12, atol=1e-300)


@pytest.mark.heavy
@EVERY
@pytest.mark.parametrize("target", ["tensorflow", "keras", "optax"])
def test_others_follow_the_interpreter(name: str, target: str, tmp_path: Path) -> None:
    pytest.importorskip("jax" if target == "optax" else "tensorflow")
    entry = entry_of(name)
    kind = getattr(load(render(entry, target), tmp_path), name)
    for settings in ({}, drawn(entry)):
        wanted = 2 * schedule_values(entry, TOTAL, settings, steps=STEPS)
        schedule = kind(2.0, *numbers(entry), **settings)
        if target == "optax":
            import jax

            ours = np.broadcast_to(np.asarray(jax.vmap(schedule)(np.arange(STEPS))), STEPS)
        else:
            schedule = type(schedule).from_config(schedule.get_config())
            ours = np.array([float(schedule(t)) for t in range(STEPS)])
        np.testing.assert_allclose(ours, wanted, rtol=2e-6, atol=1e-12)


@EVERY
def test_it_is_read_back(name: str) -> None:
    entry = entry_of(name)
    (again,) = parse_file(str(entry))
    assert again == entry and again.settings == entry.settings
    data = rule_from_json(entry.to_json())
    assert data == entry and data.settings == entry.settings
    assert r"\begin{align*}" in render(entry, "latex")


def test_what_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    kind = load(render(entry_of("WarmupCosine"), "torch"), tmp_path).WarmupCosine
    for total in (0, -3, float("nan")):
        with pytest.raises(ValueError, match="Invalid total_steps"):
            kind(torch_optimizer(), total)
    with pytest.raises(ValueError, match=r"Invalid power: -1, not in \[0, inf\)"):
        kind(torch_optimizer(), 10, power=-1)
    with pytest.raises(ValueError, match="expected at least 1"):
        schedule_values(entry_of("LinearDecay"), 0)
    with pytest.raises(ValueError, match="no setting 'gamma'"):
        schedule_values(entry_of("LinearDecay"), 3, {"gamma": 0.1})
    for name in ("base", "optimizer", "rate", "base_lrs"):
        (entry,) = parse_file(f"X({name}=0.5) = schedule ~ {name} * a1")
        with pytest.raises(RenderError, match="rename the setting"):
            render(entry, "optax")


def test_what_a_schedule_reads() -> None:
    for text, wanted in (
        ("schedule ~ lr", "unknown name 'lr'"),
        ("schedule ~ t < 3", "expected"),
        ("schedule ~ norm2(t)", "a scalar of a tensor stands where a decay function must be"),
        ("schedule ~ g * t", "a tensor stands where a decay function must be"),
        ("none ~ t * g", "unknown name 't'"),
        ("X = schedule ~ t\nY = none ~ t * g", "unknown name 't'"),
    ):
        with pytest.raises(SourceError, match=wanted):
            parse_file(text)
    data = entry_of("LinearDecay").to_json()
    with pytest.raises(RuleError, match="'rank' stands in blocks alone"):
        rule_from_json(data | {"settings": [], "schedule": ["rank"]})


def test_a_product_has_the_settings_of_both(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    product = entry_of("LR1").times(entry_of("WarmupCosine"))
    assert product.name == "LR1WarmupCosine" and product.source == "LR1 times WarmupCosine"
    assert parse_file(str(product)) == [product]
    made = load(render(product, "torch"), tmp_path).LR1WarmupCosine(torch_optimizer(), TOTAL, warmup_steps=3)
    parts = schedule_values(entry_of("LR1"), TOTAL, steps=STEPS)
    parts = parts * schedule_values(entry_of("WarmupCosine"), TOTAL, {"warmup_steps": 3}, steps=STEPS)
    np.testing.assert_allclose(torch_rates(made, STEPS), 2 * parts, rtol=1e-12)
    with pytest.raises(RuleError, match="'decay_rate' has two defaults"):
        entry_of("ExponentialDecay").times(entry_of("InverseTimeDecay"))
    assert entry_of("LinearDecay").times(entry_of("PolynomialDecay")).settings == (
        *entry_of("LinearDecay").settings, entry_of("PolynomialDecay").settings[0]
    )  # fmt: skip


@pytest.mark.parametrize("growth", [1, 2, 3, 7])
@pytest.mark.parametrize("first", [1, 3, 10])
def test_restarts_are_where_cycles_end(first: int, growth: int) -> None:
    settings = {"first_steps": first, "growth": growth, "shrink": 0.5}
    values = schedule_values(entry_of("CosineRestarts"), 1, settings, steps=700)
    start, length, height = 0, first, 1.0
    while start < 700:
        times = np.arange(min(length, 700 - start)) / length
        cycle = height * (1 + np.cos(np.pi * times)) / 2
        np.testing.assert_allclose(values[start : start + len(times)], cycle, rtol=1e-9, atol=1e-14 * height)
        start, length, height = start + length, length * growth, height * 0.5
