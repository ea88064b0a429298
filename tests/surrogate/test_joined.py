"""Weights moved as one tensor are those of tensors moved one by one, for optimizers that cannot tell."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.harness import backends
from support.trained_files import TINY, write_plain, write_rendered

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

from nos_sym.surrogate import single, stacked, steps
from nos_sym.surrogate.batches import Phase
from nos_sym.surrogate.convnet import ConvNet
from nos_sym.surrogate.joined import is_elementwise, join_parameters, join_stacks, split_stacks
from nos_sym.surrogate.loading import Run, load_file
from nos_sym.surrogate.measured import Hits
from nos_sym.surrogate.stacked import StackedOptimizer, form_of
from nos_sym.surrogate.task import Task, prepare_task


@pytest.mark.parametrize(
    ("rule", "elementwise"),
    [
        ("Adam", True),
        ("Opt9", True),
        ("none ~ drop(g, 0.5)", True),
        ("none ~ clip_norm(g)", False),
        ("none ~ tanh(clip_norm(ema(g, 0.9)))", False),
        ("ProdigyPO", False),
        ("MuonTorch", False),
    ],
)
def test_norms_and_sums_are_of_tensors_as_they_are(rule: str, elementwise: bool, tmp_path: Path) -> None:
    assert is_elementwise(load_file(*write_rendered(tmp_path, rule))) is elementwise


def test_a_file_of_another_kind_gets_tensors_as_they_are(tmp_path: Path) -> None:
    assert not is_elementwise(load_file(*write_plain(tmp_path)))


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_weights_and_gradients_are_parts_of_one(memory_format: torch.memory_format) -> None:
    alone, network = (ConvNet(4, 3, 10, seed=3).to(memory_format=memory_format) for _ in range(2))
    joined = join_parameters(network)
    images = torch.randn(5, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    for net in (alone, network):
        net(images).square().sum().backward()
    assert joined.grad is not None
    start = 0
    for mine, other in zip(network.parameters(), alone.parameters(), strict=True):
        assert mine.stride() == other.stride()
        assert torch.equal(mine, other)
        assert torch.equal(mine.grad, other.grad)
        end = start + mine.numel()
        assert mine.data_ptr() == joined[start:].data_ptr()
        assert mine.grad.data_ptr() == joined.grad[start:].data_ptr()
        start = end
    assert start == joined.numel()
    with torch.no_grad():
        joined.zero_()
    assert all(not weight.any() for weight in network.parameters())


@pytest.mark.parametrize("rule", ["SGD", "Adam", "Opt7", "nesterov ~ delta(running_max(g)) + 1e-3 * w"])
def test_a_training_is_that_of_tensors_one_by_one(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[list[torch.Tensor]] = []

    def watch(task: object, network: torch.nn.Module, part: object) -> Hits:
        ends.append([weight.detach().clone() for weight in network.parameters()])
        return Hits(torch.tensor(0), 1)

    monkeypatch.setattr(Task, "_hits", watch)
    file = load_file(*write_rendered(tmp_path, rule))
    task = prepare_task(TINY.replace(steps=20, warmup=4, second_accuracy=0.0))
    single.train_single(Run(file, 0.01, 0), task, Phase.WHOLE)
    monkeypatch.setattr(steps, "is_elementwise", lambda file: False)
    single.train_single(Run(file, 0.01, 0), task, Phase.WHOLE)
    assert len(ends) == 4
    for mine, other in zip(ends[1], ends[3], strict=True):
        # A function of an element may differ by a unit in the last place where it ends a vector.
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5)


def test_stacks_are_split_as_they_were_joined() -> None:
    stacks = [torch.randn(3, 2, 4), torch.randn(3, 5), torch.randn(3)]
    parts = split_stacks(join_stacks(stacks), [stack.shape for stack in stacks])
    assert all(torch.equal(part, stack) for part, stack in zip(parts, stacks, strict=True))


@pytest.mark.parametrize("rule", ["Adam", "none ~ clip_norm(ema(g, 0.9))"])
def test_networks_that_stay_keep_their_rates_and_states(rule: str, tmp_path: Path) -> None:
    form = form_of(load_file(*write_rendered(tmp_path, rule)))
    assert form is not None
    start = [torch.randn(3, 2, 4), torch.randn(3, 5)]
    gradients = [torch.randn_like(x) for x in start]
    rates, rows = torch.tensor([0.1, 0.2, 0.3]), torch.tensor([0, 2])
    every = StackedOptimizer(form, start, rates, TINY)
    some = StackedOptimizer(form, start, rates, TINY)
    moved = every.step(0, start, gradients, 1.0, 0.9)
    kept = [x[rows] for x in some.step(0, start, gradients, 1.0, 0.9)]
    some.select(rows)
    moved = every.step(1, moved, gradients, 1.0, 0.9)
    kept = some.step(1, kept, [x[rows] for x in gradients], 1.0, 0.9)
    for x, y in zip(kept, moved, strict=True):
        torch.testing.assert_close(x, y[rows], rtol=1e-6, atol=1e-7)


def test_a_file_that_draws_is_not_stacked_though_its_draws_would_agree(tmp_path: Path) -> None:
    path, name = write_rendered(tmp_path, "SGD")
    text = path.read_text(encoding="utf-8")
    changed = text.replace("return -lr * gradient", "return -lr * gradient + 0 * torch.rand_like(gradient)")
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    assert stacked.form_of(load_file(path, name)) is None
