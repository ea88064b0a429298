"""Faces of schedules against the originals, step by step, beyond the end of each schedule."""

from __future__ import annotations

import importlib
import itertools
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support.keras_backend import CHOSEN

from nos_sym import catalog
from nos_sym.codegen.schedule_faces import Argument, Choice, ScheduleFace, schedule_face, schedule_faces
from nos_sym.errors import RenderError
from nos_sym.language.rule import Schedule
from nos_sym.language.setting import setting_name
from nos_sym.language.traversal import needs_total_steps
from nos_sym.program.interpreter import schedule_values

STEPS = 140
LR = 0.3
FACES = schedule_faces()
CASES = [
    pytest.param(
        face,
        choice,
        id=f"{face.name}-{choice.entry}",
        marks=[] if face.backend == "torch" else [pytest.mark.heavy],
    )
    for face in FACES
    for choice in face.choices
]
# Where the original divides by zero, or refuses it.
NO_ZERO = {"ConstantLR": {"factor"}, "LinearLR": {"start_factor"}, "linear_onecycle_schedule": {"pct_final"}}
NEVER_ZERO = {"div_factor", "final_div_factor"}


def drawn(argument: Argument, wanted: object, rng: np.random.Generator, zero: bool) -> Any:
    if argument.name in ("T_mult", "t_mul"):
        return 1 if zero else int(rng.integers(2, 4))
    kind = "rate" if argument.kind == "flag" and wanted == "given" else argument.kind
    if kind == "steps":
        return int(rng.integers(11, 40))
    if kind == "begin":
        return 0 if zero else int(rng.integers(1, 10))
    if kind in ("fraction", "factor", "rate"):
        if zero and kind != "rate":
            return 0.0
        return float(rng.uniform(0.1, 0.9)) * (30 if argument.name in NEVER_ZERO else 1)
    if kind.startswith("calls of "):
        other = schedule_face(kind.removeprefix("calls of "))
        cycles = [next(itertools.islice(calls(other, other.choices[0]), i, None)) for i in (1, 3, 2)]
        return [cycle | {"decay_steps": 20 + cycle["decay_steps"]} for cycle in cycles]
    points = [int(x) for x in np.cumsum(rng.integers(1, 20, 3))]
    rates = [float(x) for x in rng.uniform(0.1, 2, 4)]
    if kind == "table":
        return dict(zip(points, rates, strict=False))
    return points if argument.name in ("boundaries", "milestones") else rates


def calls(face: ScheduleFace, choice: Choice) -> Iterator[dict[str, Any]]:
    """Yield the defaults with what is required, two draws of all numbers, and zeros where they are legal."""
    flags = dict(choice.flags)
    short = face.name.rpartition(".")[2]
    for index in range(4):
        rng = np.random.default_rng(zlib.crc32(f"{face.name}{choice.entry}{index}".encode()))
        call: dict[str, Any] = {}
        for argument in face.arguments:
            wanted = flags.get(argument.name, "free")
            numeric = argument.kind not in ("given", "flag") or wanted == "given"
            zero = index == 3 and argument.name not in NEVER_ZERO | NO_ZERO.get(short, set())
            if wanted not in ("free", "given"):
                call[argument.name] = wanted
            elif argument.name in " ".join(dict(face.instead).values()).split():
                continue  # of what is given
            elif numeric and (
                argument.required or argument.name in dict(face.instead) or index or wanted == "given"
            ):
                call[argument.name] = drawn(argument, wanted, rng, zero)
        if "pct_final" in call:
            call["pct_start"], call["pct_final"] = sorted((call["pct_start"], call["pct_final"]))
        yield call


def of_torch(face: ScheduleFace, call: dict[str, Any], steps: int) -> list[float]:
    import torch

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    if "CyclicLR" in face.name or "OneCycle" in face.name:
        call = call | {"cycle_momentum": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of steps before the first one of the optimizer
        scheduler = original(face)(optimizer, **call)
        rates = []
        for _ in range(steps - 1):
            rates.append(optimizer.param_groups[0]["lr"])
            scheduler.step()
    return [*rates, optimizer.param_groups[0]["lr"]]


def of_optax(face: ScheduleFace, call: dict[str, Any], steps: int) -> list[float]:
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        rates = jax.vmap(original(face)(**call))(jnp.arange(steps))
        return [float(x) for x in np.broadcast_to(np.asarray(rates), steps)]


def of_keras(face: ScheduleFace, call: dict[str, Any], steps: int) -> list[float]:
    # It computes in the type of the rate, and rounds Python's numbers to float32 on the way.
    defaults = {a.name: a.default for a in face.arguments if isinstance(a.default, float)}
    doubles: dict[str, Any] = {
        name: np.float64(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
        for name, value in (defaults | call).items()
    }
    if "values" in doubles:
        doubles["values"] = [np.float64(x) for x in doubles["values"]]
    schedule = original(face)(**doubles)
    return [float(schedule(t)) for t in range(steps)]


def original(face: ScheduleFace) -> Any:
    module, _, name = face.name.rpartition(".")
    return getattr(importlib.import_module(module), name)


def ours(face: ScheduleFace, call: dict[str, Any], steps: int) -> npt.NDArray[np.float64]:
    said = face.said(lr=LR, **call)
    entry = catalog.entry(said.entry)
    assert isinstance(entry, Schedule)
    total = 1 if said.total_steps is None else int(said.total_steps)
    return said.base * schedule_values(entry, total, said.settings, steps=steps)


@pytest.mark.parametrize(("face", "choice"), CASES)
def test_it_is_the_original_at_every_step(face: ScheduleFace, choice: Choice) -> None:
    if face.backend == "keras" and CHOSEN != "tensorflow":
        pytest.skip("Keras has float64 on TensorFlow alone")
    rates_of = {"torch": of_torch, "optax": of_optax, "keras": of_keras}[face.backend]
    for call in calls(face, choice):
        # PyTorch's own refuses more.
        steps = call["total_steps"] + 1 if "OneCycleLR" in face.name else STEPS
        steps = steps if face.backend != "keras" else 80
        wanted = rates_of(face, dict(call), steps)
        assert face.said(lr=LR, **call).entry == choice.entry or call.get("decay_rate") == 0
        np.testing.assert_allclose(ours(face, call, steps), wanted, rtol=1e-9, atol=1e-13, err_msg=str(call))


@pytest.mark.parametrize(("face", "choice"), CASES)
def test_it_says_every_setting_of_its_entry(face: ScheduleFace, choice: Choice) -> None:
    entry = catalog.entry(choice.entry)
    assert isinstance(entry, Schedule)
    assert {setting_name(node) for node in entry.settings} == {name for name, _ in choice.settings}
    assert needs_total_steps(entry.factor) == (choice.total_steps is not None)


def test_what_calls_mean() -> None:
    said = schedule_face("torch.optim.lr_scheduler.CosineAnnealingLR").said(None, 100, 0.001, lr=0.1)
    assert (said.entry, said.base, said.total_steps, said.settings) == (
        "CosineAnnealing", 0.1, 100, {"final_factor": pytest.approx(0.01)}
    )  # fmt: skip
    said = schedule_face("keras.optimizers.schedules.CosineDecay").said(
        0.0, 90, warmup_target=0.2, warmup_steps=10
    )
    assert (said.entry, said.base, said.total_steps) == ("WarmupCosine", 0.2, 100)
    assert said.settings["start_factor"] == 0 and said.settings["warmup_steps"] == 10
    assert schedule_face("optax.exponential_decay").said(0.1, 5, 0.5, 0, True).entry == "DelayedStepDecay"
    said = schedule_face("optax.sgdr_schedule").said(
        [{"init_value": 0.0, "peak_value": 0.1 * k, "warmup_steps": 3, "decay_steps": 9} for k in (3, 2, 1)]
    )
    assert said.settings["peak_factor2"] == 0.2 and said.settings["final_factor1"] == 0
    assert said.settings["power3"] == 1 and said.total_steps is None
    restarts = "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts"
    assert schedule_face(restarts).said(None, 5, lr=0.1).settings["growth"] == 1


def test_epochs_of_steps_in_the_place_of_their_product() -> None:
    face = schedule_face("torch.optim.lr_scheduler.OneCycleLR")
    assert face.said(None, 0.1, epochs=8, steps_per_epoch=5) == face.said(None, 0.1, 40)
    assert face.said(None, 0.1, 30, epochs=8, steps_per_epoch=5) == face.said(None, 0.1, 30)
    with pytest.raises(RenderError, match=r"'total_steps' of .*OneCycleLR is missing; give it"):
        face.said(None, 0.1, epochs=3)
    with pytest.raises(RenderError, match=r"no schedule .* is .*OneCycleLR with pct_start=1.0"):
        face.said(None, 0.1, 30, pct_start=1.0)
    with pytest.raises(RenderError, match=r"no schedule .* is .*ConstantLR with total_iters=0"):
        schedule_face("torch.optim.lr_scheduler.ConstantLR").said(None, total_iters=0, lr=0.1)


def test_what_is_refused() -> None:
    torch = "torch.optim.lr_scheduler."
    one_cycle, steps = schedule_face(f"{torch}OneCycleLR"), schedule_face(f"{torch}MultiStepLR")
    with pytest.raises(
        RenderError, match=r"no schedule of the catalog is .*OneCycleLR with .*anneal_strategy='log'"
    ):
        one_cycle.said(None, 0.1, total_steps=10, anneal_strategy="log")
    with pytest.raises(RenderError, match=r"'total_steps' of .* is missing; give it"):
        one_cycle.said(None, 0.1)
    with pytest.raises(RenderError, match=r"'milestones' of .* has 3 numbers here, not 2"):
        steps.said(None, [1, 2], lr=0.1)
    with pytest.raises(RenderError, match=r"'milestones' of .* is 7; expected several numbers"):
        steps.said(None, 7, lr=0.1)
    with pytest.raises(RenderError, match="needs the optimizer's rate; give it as 'lr'"):
        steps.said(None, [1, 2, 3])
    with pytest.raises(RenderError, match=r"'gama' of .* is unknown; expected one of optimizer, milestones"):
        steps.said(None, [1, 2, 3], gama=0.1)
    with pytest.raises(RenderError, match="takes 4 arguments, not 5"):
        steps.said(1, 2, 3, 4, 5)
    with pytest.raises(RenderError, match=r"'boundaries_and_scales' of .* is None; expected a dict"):
        schedule_face("optax.piecewise_constant_schedule").said(0.1, None)
    cycles = schedule_face("optax.sgdr_schedule")
    with pytest.raises(RenderError, match=r"'cosine_kwargs' of .* is 7; expected several dicts"):
        cycles.said(7)
    call = {"init_value": 0.0, "peak_value": 0.1, "warmup_steps": 3, "decay_steps": 9}
    with pytest.raises(RenderError, match=r"'cosine_kwargs' of .* has 3 dicts here, not 2"):
        cycles.said([call, call])
    with pytest.raises(RenderError, match=r"'decay' of .*warmup_cosine_decay_schedule is unknown"):
        cycles.said([call | {"decay": 1}] * 3)
    with pytest.raises(RenderError, match=r"'peak_value' of .* is None; expected a number"):
        cycles.said([call | {"peak_value": None}] * 3)
    with pytest.raises(RenderError, match=r"'value' of .* is 'x'; expected a number"):
        schedule_face("optax.constant_schedule").said("x")
    with pytest.raises(RenderError, match="no schedule of a library is known as 'StepLR'"):
        schedule_face("StepLR")
