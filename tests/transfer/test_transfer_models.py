"""The networks of the transfer experiments against their papers: sizes, dropout, shared weights."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from nos_sym.transfer.models.awd_lstm import (  # noqa: E402
    AWDLSTM,
    Dropouts,
    activation_penalty,
    locked_dropout,
)
from nos_sym.transfer.models.resnet9 import ResNet9  # noqa: E402

NONE = Dropouts(0.0, 0.0, 0.0, 0.0, 0.0)


def count(network) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_sizes_are_those_of_the_paper():
    # "24M parameters" (Appendix C), "6.5M parameters" (Section 4): the convolutions of ResNet9.
    with torch.device("meta"):
        assert count(AWDLSTM(10_000)) == 24_221_600
        network = ResNet9(200)
        assert sum(p.numel() for p in network.parameters() if p.ndim == 4) == 6_563_520
        assert count(network) == 6_670_600


@pytest.mark.heavy
def test_efficientnet_has_the_size_of_the_paper():
    from nos_sym.transfer.models.efficientnet import build_efficientnet

    network = build_efficientnet(10, 32, 0.0, None, "float32")
    assert network.count_params() == 20_344_170
    assert network.output_shape == (None, 10)


def test_the_digest_of_the_weights_is_the_one_that_keras_checks():
    pytest.importorskip("PIL")
    found = importlib.util.find_spec("keras")
    if found is None or found.origin is None:
        pytest.skip("Keras is not installed")
    from nos_sym.transfer.models.efficientnet import WEIGHTS

    # Its text, because Keras takes seconds to import.
    text = (Path(found.origin).parent / "src/applications/efficientnet_v2.py").read_text(encoding="utf-8")
    row = text[text.index('"-s": (') :].partition(")")[0]
    assert f'"{WEIGHTS.md5}"' in row.splitlines()[2]
    assert f'BASE_WEIGHTS_PATH = "{WEIGHTS.page.removesuffix(WEIGHTS.name)}"' in text


@pytest.mark.parametrize("side", [8, 9, 32])
def test_resnet_takes_images_of_eight_pixels_and_more(side):
    logits = ResNet9(5, width=2)(torch.zeros(3, 3, side, side))
    assert logits.shape == (3, 5)


def test_the_model_predicts_as_nn_lstm_does():
    torch.manual_seed(0)
    model = AWDLSTM(11, 4, 6, 3, Dropouts()).eval()
    words = torch.randint(11, (5, 2))
    predicted = model(words, model.initial_state(2))
    x = model.embedding(words)
    for layer in model.layers:
        x, _ = layer(x)
    expected = x.flatten(0, 1) @ model.embedding.weight.T + model.bias
    assert torch.equal(predicted.logits, expected)
    assert predicted.logits.shape == (10, 11)


def test_a_text_in_pieces_is_the_text_in_one():
    torch.manual_seed(0)
    model = AWDLSTM(11, 4, 6, 2, NONE)
    words = torch.randint(11, (6, 3))
    whole = model(words, model.initial_state(3)).logits
    first = model(words[:4], model.initial_state(3))
    second = model(words[4:], first.state)
    assert torch.allclose(torch.cat([first.logits, second.logits]), whole, atol=1e-6)
    assert not any(part.requires_grad for state in first.state for part in state)


def test_dropout_is_the_same_at_every_step():
    torch.manual_seed(0)
    x = locked_dropout(torch.ones(7, 2, 50), 0.5, training=True)
    assert torch.equal(x, x[:1].expand_as(x))
    assert set(x.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(locked_dropout(x, 0.5, training=False), x)


def test_a_word_is_dropped_wherever_it_stands():
    torch.manual_seed(0)
    model = AWDLSTM(40, 4, 6, 2, Dropouts(0.5, 0, 0, 0, 0))
    vectors = model._embedded(torch.arange(40).repeat(2, 1).T)
    assert torch.equal(vectors[:, 0], vectors[:, 1])
    gone = (vectors[:, 0] == 0).all(dim=-1)
    assert 5 < int(gone.sum()) < 35
    kept = model.embedding.weight[~gone] / 0.5
    assert torch.allclose(vectors[~gone, 0], kept)


def test_dropped_recurrent_weights_have_no_gradient():
    torch.manual_seed(0)
    model = AWDLSTM(11, 4, 6, 2, Dropouts(0, 0, 0, 0, 0.5))
    predicted = model(torch.randint(11, (5, 2)), model.initial_state(2))
    predicted.logits.sum().backward()
    gradient = model.layers[0].weight_hh_l0.grad
    share = float((gradient == 0).float().mean())
    assert 0.3 < share < 0.7


def test_the_penalty_is_that_of_merity():
    model = AWDLSTM(11, 4, 6, 2, NONE)
    predicted = model(torch.randint(11, (5, 2)), model.initial_state(2))
    h = predicted.whole
    expected = 2 * (h**2).mean() + 3 * ((h[1:] - h[:-1]) ** 2).mean()
    assert torch.allclose(activation_penalty(predicted, 2.0, 3.0), expected)
    one = model(torch.randint(11, (1, 2)), model.initial_state(2))
    assert bool(activation_penalty(one, 2.0, 1.0).isfinite())


def test_one_layer_is_refused():
    with pytest.raises(ValueError, match="layers = 1"):
        AWDLSTM(11, 4, 6, 1)
