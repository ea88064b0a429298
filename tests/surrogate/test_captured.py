"""Steps that a GPU captures, on the processor: the same function, called instead of replayed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.harness import backends
from support.trained_files import TINY, heavy, write_plain, write_rendered

from nos_sym import catalog
from nos_sym.language.rule import Rule
from nos_sym.search.results import Evaluated

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

from nos_sym.surrogate import captured, single
from nos_sym.surrogate.batches import Phase, draw_epochs, seeds_of
from nos_sym.surrogate.captured import CapturedSteps, Replayed, can_capture
from nos_sym.surrogate.loading import Run, load_file
from nos_sym.surrogate.steps import PlainSteps
from nos_sym.surrogate.task import prepare_task
from nos_sym.surrogate.trainer import TorchTrainer

CAPTURED = TINY.replace(capture=True, steps=25, epoch_steps=10, first_steps=10, second_accuracy=0.0)

NO_GRADIENT = [f"conv{n}.bias" for n in (1, 2, 3)] + [f"norm{n}.mean" for n in (1, 2, 3)]
"""Biases that normalization takes away, and means that follow; Adam moves them by the sign of rounding."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


RULES = (
    "Adam", "Opt9", "SGDMomentum", "QHMSearch", "none ~ clip_norm(g)", "momentum ~ g + 1e-3 * w",
    "none ~ [a6] ema_hat(g, 0.95)",
)  # fmt: skip
WHOLE: dict[str, object] = {"augment": False, "channels_last": False}


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        *((rule, {}) for rule in RULES[:4]),
        ("Opt9", WHOLE),
        *heavy(*((rule, {}) for rule in RULES[4:]), *((rule, WHOLE) for rule in RULES if rule != "Opt9")),
    ],
)
def test_weights_are_those_of_the_class(tmp_path: Path, rule: str, changes: dict[str, object]) -> None:
    """Twenty-five steps in epochs of ten, of which the last is shorter."""
    task = prepare_task(CAPTURED.replace(**changes))
    run = Run(load_file(*write_rendered(tmp_path, rule)), 0.01, 0)
    assert can_capture(run.file)
    seeds = seeds_of(0, Phase.WHOLE)
    ends: list[Any] = []
    for kind in (PlainSteps, CapturedSteps):
        network = task.network(seeds["weights"])
        steps, done = kind(run, network, task), 0
        for epoch in draw_epochs(task.images, task.settings, 25, seeds):
            measured = steps.run(epoch, done)
            assert len(measured.losses) == len(epoch)
            done += len(epoch)
            ends.append((network.state_dict(), measured.losses, measured.hits))
    for (plain, losses, hits), (mine, other, right) in zip(ends[:3], ends[3:], strict=True):
        torch.testing.assert_close(other, losses, rtol=1e-4, atol=1e-5)
        assert (hits - right).abs().sum() <= 1
        for name, value in plain.items():
            if rule == "Adam" and name in NO_GRADIENT:
                continue
            torch.testing.assert_close(mine[name], value, rtol=1e-3, atol=1e-4)


def test_a_training_is_captured_where_it_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Watched(CapturedSteps):
        def __init__(self, run: Run, *others: Any) -> None:
            made.append(run.file.optimizer.__name__)
            super().__init__(run, *others)

    monkeypatch.setattr(single, "CapturedSteps", Watched)
    for rule in ("SGD", "none ~ drop(g, 0.1)"):
        source, name = write_rendered(tmp_path, rule)
        plain, mine = (
            TorchTrainer().train(source, name, CAPTURED.replace(capture=c), 0) for c in (False, True)
        )
        assert isinstance(plain, Evaluated) and isinstance(mine, Evaluated)
        assert mine.details["training"] == pytest.approx(plain.details["training"], abs=0.02)
    # A file that draws random numbers would draw the same ones at every replay.
    assert set(made) == {"SGD"}
    assert not can_capture(load_file(*write_plain(tmp_path)))
    TorchTrainer().train(*write_plain(tmp_path), CAPTURED, 0)
    assert set(made) == {"SGD"}


@pytest.mark.parametrize(
    ("changes", "captures"),
    [({}, True), ({"batch": 48}, True), ({"shuffle": False, "batch": 48}, False), ({"shuffle": False}, True)],
)
def test_batches_of_different_sizes_are_not_captured(
    tmp_path: Path, changes: dict[str, object], captures: bool
) -> None:
    """Of 512 images, batches of 48 leave a short one and those of 16 do not."""
    task = prepare_task(CAPTURED.replace(**changes))
    run = Run(load_file(*write_rendered(tmp_path, "SGD")), 0.1, 0)
    assert isinstance(single._steps(run, task.network(0), task), CapturedSteps) == captures


def test_a_file_that_looks_at_numbers_is_not_captured(tmp_path: Path) -> None:
    path, name = write_rendered(tmp_path, "SGD")
    text = path.read_text(encoding="utf-8")
    changed = text.replace(
        "return -lr * gradient", "return -lr * gradient if gradient.sum() > -9 else gradient"
    )
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    assert not can_capture(load_file(path, name))


@pytest.mark.parametrize("at", [0, 3, 12, 20])
def test_scalars_that_leave_the_range_of_floats_end_a_training_where_the_class_ends_it(
    tmp_path: Path, at: int
) -> None:
    path, name = write_rendered(tmp_path, "Adam")
    text = path.read_text(encoding="utf-8")
    changed = text.replace("    beta1, beta2 = group", f"    1 / (step - {at})\n    beta1, beta2 = group", 1)
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    run = Run(load_file(path, name), 0.01, 0)
    task = prepare_task(CAPTURED)
    # Such a file has no form, as its steps fail at once or later; it is captured all the same here.
    plain = single.train_single(run, prepare_task(CAPTURED.replace(capture=False)), Phase.WHOLE)
    seeds = seeds_of(0, Phase.WHOLE)
    if at < 3:
        assert not can_capture(run.file)
        return
    steps, done = CapturedSteps(run, task.network(seeds["weights"]), task), 0
    for epoch in draw_epochs(task.images, task.settings, 25, seeds):
        measured = steps.run(epoch, done)
        if measured.stopped is not None:
            break
        done += len(epoch)
    assert measured.stopped is not None
    assert done + measured.stopped == plain.diverged == at
    assert single.train_single(run, task, Phase.WHOLE).diverged == at


class FakeGraph:
    """What torch.cuda.CUDAGraph does, as far as a processor can: it counts replays."""

    def __init__(self) -> None:
        self.replays = 0
        self.function: Any = None

    def replay(self) -> None:
        self.replays += 1
        self.function()


@pytest.mark.parametrize("fails", [False, True])
def test_a_graph_is_captured_after_three_steps_and_replayed(
    monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    calls: list[str] = []
    graphs: list[FakeGraph] = []
    where = ["warm"]

    class Context:
        def __init__(self, graph: FakeGraph) -> None:
            graph.function = lambda: calls.append("replayed")
            graphs.append(graph)

        def __enter__(self) -> None:
            where[0] = "captured"

        def __exit__(self, *error: object) -> None:
            where[0] = "after"

    def function() -> None:
        if where[0] == "captured" and fails:
            raise RuntimeError("operation not permitted when stream is capturing\nand more")
        calls.append(where[0])

    stream = SimpleNamespace(wait_stream=lambda other: None)
    fake = SimpleNamespace(
        CUDAGraph=FakeGraph, graph=Context, Stream=lambda device: stream,
        current_stream=lambda device: stream, stream=lambda aside: torch.no_grad(),
    )  # fmt: skip
    monkeypatch.setattr(captured.torch, "cuda", fake)
    replayed = Replayed(function, torch.device("cuda"))
    for _ in range(3):
        replayed()
    assert calls == ["warm"] * 3
    if fails:
        with pytest.warns(
            UserWarning, match="is trained without: operation not permitted when stream is cap"
        ):
            replayed()
        replayed()
        assert calls == ["warm"] * 3 + ["after"] * 2
        return
    for _ in range(4):
        replayed()
    # Capturing executes nothing on a device; the fourth step is the first replay.
    assert calls == ["warm"] * 3 + ["captured"] + ["replayed"] * 4
    assert [graph.replays for graph in graphs] == [4]


@pytest.mark.heavy
@pytest.mark.timeout(1200)
def test_most_of_the_catalog_can_be_captured(tmp_path: Path) -> None:
    """What cannot draws random numbers, or has states or steps of other kinds than its update says."""
    able = unable = 0
    for number, entry in enumerate(catalog.entries()):
        if isinstance(entry, Rule):
            folder = tmp_path / str(number)
            folder.mkdir()
            if can_capture(load_file(*write_rendered(folder, entry.name))):
                able += 1
            else:
                unable += 1
    assert able > 10 * unable
