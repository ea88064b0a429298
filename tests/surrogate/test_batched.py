"""Stacked networks are held against networks one by one, weight by weight."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.harness import backends
from support.trained_files import TINY, write_plain, write_rendered

from nos_sym.surrogate.batches import Phase

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

from nos_sym.surrogate import batched, single
from nos_sym.surrogate.loading import RenderedFile, Run, load_file
from nos_sym.surrogate.measured import Hits
from nos_sym.surrogate.stacked import form_of
from nos_sym.surrogate.task import Task, prepare_task

pytestmark = pytest.mark.usefixtures("one_thread")

RULES = [
    "SGD",
    "SGDMomentum",
    "Nesterov",
    "QHMSearch",
    "Opt9",
    "none ~ clip_norm(g)",
    "momentum ~ g + 1e-3 * w",
    "none ~ delta(running_max(g)) + ema_hat(g, 0.95)",
]


@pytest.fixture
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RenderedFile]:
    folder = tmp_path_factory.mktemp("rendered")
    return {
        rule: load_file(*write_rendered(folder, rule)) for rule in [*RULES, "Adam", "none ~ drop(g, 0.5)"]
    }


def weights_of(monkeypatch: pytest.MonkeyPatch, runs: list[Run], settings: Any) -> tuple[Any, Any]:
    """Return the state at the ends of epochs, for networks one by one and for the stack of them."""
    one_by_one: list[dict[str, torch.Tensor]] = []
    stacked: list[dict[str, torch.Tensor]] = []

    def watch_single(task: object, network: torch.nn.Module, part: object) -> Hits:
        one_by_one.append({name: value.clone() for name, value in network.state_dict().items()})
        return Hits(torch.tensor(0), 1)

    def watch_stack(stack: Any) -> Hits:
        weights = {name: w.clone() for name, w in zip(stack.names, stack.weights, strict=True)}
        stacked.append(weights | {name: buffer.clone() for name, buffer in stack.buffers.items()})
        return Hits(torch.zeros(len(stack.rows), dtype=torch.long), 1)

    monkeypatch.setattr(Task, "_hits", watch_single)
    monkeypatch.setattr(batched._Stack, "_validate", watch_stack)
    task = prepare_task(settings)
    for run in runs:
        single.train_single(run, task, Phase.WHOLE)
    batched.train_batched(runs, task, Phase.WHOLE)
    epochs = len(stacked)
    return [one_by_one[i * epochs : (i + 1) * epochs] for i in range(len(runs))], stacked


@pytest.mark.parametrize("rule", RULES)
def test_weights_are_those_of_networks_one_by_one(
    rule: str, files: dict[str, RenderedFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TINY.replace(steps=20, warmup=4, second_accuracy=0.0, epoch_steps=5)
    runs = [Run(files[rule], rate, seed) for rate, seed in [(0.1, 0), (0.01, 0), (0.1, 1)]]
    one_by_one, stacked = weights_of(monkeypatch, runs, settings)
    for row, alone in enumerate(one_by_one):
        assert len(alone) == 4
        for epoch, state in enumerate(alone):
            for name, value in state.items():
                # Sums in another order: some units in the last place of float32, and twenty steps.
                torch.testing.assert_close(stacked[epoch][name][row], value, rtol=2e-4, atol=2e-5)


def test_curves_of_mixed_files_seeds_and_rates_are_the_same(files: dict[str, RenderedFile]) -> None:
    task = prepare_task(TINY)
    runs = [
        Run(files[rule], rate, seed)
        for rule in ("Opt9", "SGD", "Adam")
        for rate in (1.0, 0.01)
        for seed in (0, 1)
    ]
    for phase in Phase:
        batch = batched.train_batched(runs, task, phase)
        for run, mine in zip(runs, batch, strict=True):
            alone = single.train_single(run, task, phase)
            assert mine.steps == alone.steps
            assert mine.diverged is alone.diverged is None
            # A sum in another order may turn an image or two in 160.
            assert mine.training == pytest.approx(alone.training, abs=0.0126)
            assert len(mine.validation) == len(alone.validation) == (phase is Phase.WHOLE) * mine.steps // 10


def test_networks_that_are_done_leave_and_the_others_go_on(files: dict[str, RenderedFile]) -> None:
    """At a tiny learning rate the second early stop ends a run; its neighbors do not notice."""
    task = prepare_task(TINY.replace(second_accuracy=0.45))
    runs = [Run(files[rule], rate, 0) for rule in ("SGD", "Opt9") for rate in (1e-5, 1.0)]
    batch = batched.train_batched(runs, task, Phase.WHOLE)
    assert [curve.steps for curve in batch] == [20, 40, 20, 40]
    for run, mine in zip(runs, batch, strict=True):
        alone = single.train_single(run, task, Phase.WHOLE)
        assert mine.training == pytest.approx(alone.training, abs=0.0126)


def test_a_network_that_diverges_does_not_touch_its_neighbors(tmp_path: Path) -> None:
    source, name = write_rendered(tmp_path, "none ~ g * exp(1e-3 * w)")
    file = load_file(source, name)
    task = prepare_task(TINY.replace(second_accuracy=0.0))
    runs = [Run(file, rate, 0) for rate in (1e30, 0.1)]
    bad, good = batched.train_batched(runs, task, Phase.WHOLE)
    for run, mine in zip(runs, (bad, good), strict=True):
        alone = single.train_single(run, task, Phase.WHOLE)
        assert mine.diverged == alone.diverged
        assert mine.steps == alone.steps
        assert mine.training == pytest.approx(alone.training, abs=0.0126)
    assert bad.diverged is not None
    assert good.diverged is None


def test_a_scalar_that_overflows_is_found_at_the_same_step(tmp_path: Path) -> None:
    path, name = write_rendered(tmp_path, "Opt7")
    text = path.read_text(encoding="utf-8")
    changed = text.replace("    t = min(", "    math.exp(1000.0 * (step == 13))\n    t = min(")
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    file = load_file(path, name)
    task = prepare_task(TINY)
    for run in [Run(file, 0.1, 0)]:
        alone = single.train_single(run, task, Phase.WHOLE)
        (mine,) = batched.train_batched([run], task, Phase.WHOLE)
        assert alone.diverged == mine.diverged == 13
        assert len(alone.training) == len(mine.training) == 1


def test_the_state_of_a_file_is_found(files: dict[str, RenderedFile]) -> None:
    expected = {"SGD": (), "SGDMomentum": ("momentum",), "Nesterov": ("momentum",), "Opt9": ("s", "momentum")}
    for rule, states in expected.items():
        form = form_of(files[rule])
        assert form is not None
        assert form.states == states


def test_what_cannot_be_stacked_is_told_apart(files: dict[str, RenderedFile], tmp_path: Path) -> None:
    assert not batched.can_batch(files["none ~ drop(g, 0.5)"])
    assert not batched.can_batch(load_file(*write_plain(tmp_path)))
    # A class that does something else than its update says.
    path, name = write_rendered(tmp_path, "SGD")
    text = path.read_text(encoding="utf-8")
    changed = text.replace("return -lr * gradient", "return -0.5 * lr * gradient")
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    assert not batched.can_batch(load_file(path, name))
    with pytest.raises(ValueError, match="cannot train stacked weights"):
        batched.train_batched([Run(load_file(path, name), 0.1, 0)], prepare_task(TINY), Phase.FIRST)
