"""Trainings measure on the device, and are to the bit what they are when each number is read at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.harness import backends
from support.trained_files import TINY, heavy, write_plain, write_rendered

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
from support.plain_loop import plain_curve
from torch.utils._python_dispatch import TorchDispatchMode

from nos_sym.surrogate import batched, single
from nos_sym.surrogate.batches import Phase, draw_epochs, seeds_of
from nos_sym.surrogate.captured import CapturedSteps
from nos_sym.surrogate.loading import Run, load_file
from nos_sym.surrogate.measured import Hits, Measured, read_epoch, read_stack
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.surrogate.steps import PlainSteps
from nos_sym.surrogate.task import Task, prepare_task, reproducible

MORE = ("none ~ clip_norm(g)", "momentum ~ g + 1e-3 * w")
QUIET = TINY.replace(steps=20, warmup=4, first_steps=10, epoch_steps=10, check_every=0)


class Reads(TorchDispatchMode):
    """Counts what makes the host wait for a device, also where the device is the processor."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.found: list[str] = []
        for name in ("tolist", "numpy", "cpu"):
            patch.setattr(torch.Tensor, name, self._counted(name, getattr(torch.Tensor, name)))

    def _counted(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.found.append(name)
            return method(*arguments, **named)

        return call

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = function.name().partition("::")[2].partition(".")[0]
        if name in ("_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal"):
            self.found.append(name)
        return function(*args, **(kwargs or {}))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


LAYOUT: dict[str, object] = {"check_every": 0, "channels_last": False}
SHORT: dict[str, object] = {"shuffle": False, "batch": 48}


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("Opt9", {}),
        ("none ~ clip_norm(g)", {}),
        ("none ~ drop(v_hat, 0.3)", {}),
        ("SGDMomentum", LAYOUT),
        ("Opt9", SHORT),
        *heavy(
            ("SGDMomentum", {}),
            *((rule, LAYOUT) for rule in ("Opt9", "none ~ clip_norm(g)", "none ~ drop(v_hat, 0.3)")),
            *((rule, SHORT) for rule in ("SGDMomentum", "none ~ clip_norm(g)", "none ~ drop(v_hat, 0.3)")),
        ),
    ],
)
def test_weights_and_curves_are_to_the_bit_those_of_the_plain_loop(
    tmp_path: Path, rule: str, changes: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = prepare_task(TINY.replace(**changes))
    run = Run(load_file(*write_rendered(tmp_path, rule)), 0.1, 3)
    made: list[Any] = []
    network = Task.network

    def kept(own: Task, seed: int) -> Any:
        made.append(network(own, seed))
        return made[-1]

    monkeypatch.setattr(Task, "network", kept)
    with reproducible(task):
        curve = single.train_single(run, task, Phase.WHOLE)
        mine = made[0].state_dict()
        expected, state = plain_curve(run, task, Phase.WHOLE)
    assert curve == expected and len(curve.validation) == 4
    assert all(torch.equal(mine[name], value) for name, value in state.items())


@pytest.mark.parametrize("check_every", [0, 3, *heavy((20,))])
@pytest.mark.parametrize("count", [0, 12])
@pytest.mark.parametrize(
    "failure",
    [
        "self.param_groups[0]['params'][0].mul_(float('nan') if self.count == {} else 1.0)",
        "import math; math.exp(1000.0 if self.count == {} else 0.0)",
    ],
)
def test_where_a_training_diverges_does_not_depend_on_when_one_looks(
    tmp_path: Path, failure: str, count: int, check_every: int
) -> None:
    task = prepare_task(QUIET.replace(check_every=check_every))
    run = Run(load_file(*write_plain(tmp_path, failure.format(count))), 0.1, 0)
    curve = single.train_single(run, task, Phase.WHOLE)
    assert curve == plain_curve(run, task, Phase.WHOLE)[0]
    assert curve.diverged == count + ("nan" in failure)


def without_numbers(settings: TrainingSettings) -> Task:
    """Return a task on a device whose tensors have no numbers: what reads one fails."""
    task = prepare_task(settings)
    meta = torch.device("meta")
    moved = {
        name: getattr(task, name).to(meta) for name in ("training", "training_labels", "mean", "divisor")
    }
    return dataclasses.replace(task, device=meta, **moved)


@pytest.mark.parametrize(
    ("rule", "steps"),
    [
        ("Opt9", PlainSteps),
        ("Adam", CapturedSteps),
        *heavy(
            ("Adam", PlainSteps),
            ("Opt9", CapturedSteps),
            *((rule, steps) for rule in MORE for steps in (PlainSteps, CapturedSteps)),
        ),
    ],
)
def test_the_steps_of_an_epoch_read_nothing(tmp_path: Path, rule: str, steps: Any) -> None:
    task = without_numbers(QUIET)
    seeds = seeds_of(0, Phase.WHOLE)
    run = Run(load_file(*write_rendered(tmp_path, rule)), 0.1, 0)
    made = steps(run, task.network(seeds["weights"]), task)
    done = 0
    for epoch in draw_epochs(task.images, task.settings, 20, seeds):
        measured = made.run(epoch, done)
        done += len(epoch)
        assert measured.losses.device.type == "meta" and measured.stopped is None
    assert done == 20
    with pytest.raises((RuntimeError, NotImplementedError)):
        read_epoch(measured, None)


def test_looks_within_an_epoch_read(tmp_path: Path) -> None:
    task = without_numbers(QUIET.replace(check_every=2))
    seeds = seeds_of(0, Phase.WHOLE)
    run = Run(load_file(*write_rendered(tmp_path, "SGD")), 0.1, 0)
    made = PlainSteps(run, task.network(seeds["weights"]), task)
    with pytest.raises((RuntimeError, NotImplementedError)):
        made.run(next(draw_epochs(task.images, task.settings, 20, seeds)), 0)


@pytest.mark.parametrize("capture", [False, True])
def test_one_network_reads_once_an_epoch(
    tmp_path: Path, capture: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = prepare_task(QUIET.replace(second_accuracy=0.0, capture=capture))
    run = Run(load_file(*write_rendered(tmp_path, "SGD")), 0.1, 0)
    reads = Reads(monkeypatch)
    curve = single.train_single(run, task, Phase.WHOLE)
    assert len(curve.validation) == 2
    assert reads.found == ["tolist"] * 2


def test_stacked_networks_read_once_an_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = prepare_task(QUIET.replace(second_accuracy=0.0))
    files = [load_file(*write_rendered(tmp_path, rule)) for rule in ("Opt9", "SGD")]
    runs = [Run(file, rate, 0) for file in files for rate in (0.1, 0.01)]
    assert all(batched.can_batch(file) for file in files)
    reads = Reads(monkeypatch)
    with reads:
        curves = batched.train_batched(runs, task, Phase.WHOLE)
    assert len(curves[0].validation) == 2
    assert reads.found.count("tolist") == 2
    assert set(reads.found) <= {"tolist"}


def test_epochs_are_read_alike_alone_and_stacked() -> None:
    bad, good = float("nan"), 1.0
    losses = torch.tensor([[good, good, bad], [good, bad, bad], [good, good, good]])
    measured = Measured(losses, torch.tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]]))
    found = read_stack(measured, Hits(torch.tensor([1, 2, 3]), 4))
    assert [row.bad for row in found] == [None, 1, 0]
    assert [row.hits for row in found] == [12, 15, 18]
    assert [row.validation for row in found] == [0.25, 0.5, 0.75]
    for column, row in enumerate(found):
        alone = Measured(losses[:, column], measured.hits[:, column])
        assert read_epoch(alone, Hits(torch.tensor(column + 1), 4)) == row
    assert read_epoch(Measured(losses[:, 0], measured.hits[:, 0], 2), None).bad == 2
    assert read_epoch(Measured(losses[:, 1], measured.hits[:, 1], 2), None).bad == 1


def test_images_are_moved_once_for_all_tasks_of_them() -> None:
    one, other = prepare_task(TINY), prepare_task(TINY.replace(steps=50, scaling="unit"))
    assert one.training is other.training and one.training_labels is other.training_labels


def test_looks_are_no_part_of_the_task() -> None:
    settings = TrainingSettings()
    assert settings.replace(check_every=0, capture=True).task_key() == settings.task_key()
