"""The ConvNet: the paper's sizes, TensorFlow's padding, Keras' initialization and statistics."""

from __future__ import annotations

import math

import pytest
from support.harness import backends

from nos_sym.surrogate.initialization import initial_weights

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

from nos_sym.surrogate.convnet import EPSILON, BatchNorm, ConvNet, count_parameters, pad_same


@pytest.mark.parametrize(("base", "millions"), [(48, 0.212), (64, 0.375), (96, 0.839), (128, 1.487)])
def test_sizes_are_the_papers(base: int, millions: float) -> None:
    assert math.floor(count_parameters(ConvNet(base)) / 1000) / 1000 == millions


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 32])
@pytest.mark.parametrize("stride", [1, 2])
def test_padding_is_tensorflows(length: int, stride: int) -> None:
    image = torch.arange(1.0, length + 1).repeat(length, 1)[None, None]
    padded = pad_same(image, stride)
    outputs = math.ceil(length / stride)
    assert (padded.shape[-1] - 3) // stride + 1 == outputs
    # The definition: max((outputs - 1) * stride + 3 - length, 0) zeros, the odd one behind.
    total = max((outputs - 1) * stride + 3 - length, 0)
    before = total // 2
    row = [0.0] * before + list(range(1, length + 1)) + [0.0] * (total - before)
    assert padded[0, 0, before].tolist() == row
    assert padded[0, 0, :, before].count_nonzero() == length


def test_initial_weights_are_glorots() -> None:
    weights = initial_weights(32, 3, 10, seed=5)
    network = ConvNet(32, seed=5)
    assert list(weights) == [name for name, _ in network.named_parameters()]
    for name, fans in [
        ("conv1", (27, 288)),
        ("conv2", (288, 576)),
        ("conv3", (576, 1152)),
        ("dense", (128, 10)),
    ]:
        limit = math.sqrt(6 / sum(fans))
        values = network.get_parameter(f"{name}.weight").detach()
        assert values.abs().max() <= limit
        assert values.std().item() == pytest.approx(limit / math.sqrt(3), rel=0.06)
        assert not network.get_parameter(f"{name}.bias").any()
    assert torch.equal(network.norm2.weight, torch.ones(64))
    other = ConvNet(32, seed=6)
    assert not torch.equal(network.conv1.weight, other.conv1.weight)


def test_statistics_move_as_keras_moves_them() -> None:
    norm = BatchNorm(3, 0.99)
    x = torch.randn(64, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 + 5
    norm.train()
    y = norm(x)
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    shape = (1, 3, 1, 1)
    expected = (x - mean.view(shape)) / (variance.view(shape) + EPSILON).sqrt()
    torch.testing.assert_close(y, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(norm.mean, 0.01 * mean, rtol=1e-4, atol=1e-6)
    # Keras takes the variance of the batch, PyTorch estimates that of the population: 4096/4095 as much.
    torch.testing.assert_close(norm.variance, 0.99 + 0.01 * variance, rtol=1e-4, atol=1e-6)
    norm.eval()
    frozen = norm.mean.clone()
    norm(x)
    assert torch.equal(norm.mean, frozen)


def test_dropout_is_what_is_given() -> None:
    network = ConvNet(4, 1, 3, seed=0).eval()
    images = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(network(images, torch.ones(2, 16)), network(images))
    nothing = network(images, torch.zeros(2, 16))
    assert torch.equal(nothing, network.dense.bias.detach().expand(2, 3))
