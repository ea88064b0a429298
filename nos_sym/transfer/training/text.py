"""Trainings of the language model: batches of a text, its loss, and the perplexity."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from nos_sym.search.loading import RenderedFile
from nos_sym.surrogate.cifar import DataError
from nos_sym.transfer.data.ptb import Corpus, Words
from nos_sym.transfer.models.awd_lstm import AWDLSTM, Dropouts, activation_penalty
from nos_sym.transfer.settings import TextTraining
from nos_sym.transfer.training.curve import Curve
from nos_sym.transfer.training.torch_loop import Learner, autocast, prepared, train

_SCORED_COLUMNS = 10
"""Texts side by side where the model is measured, as Merity et al. have it."""


def train_text(file: RenderedFile, corpus: Corpus, settings: TextTraining, seed: int) -> Curve:
    """Train the AWD-LSTM on a text.

    Raises:
        DataError: the text is too short for its batches.
    """
    s = settings
    dropouts = Dropouts(
        s.dropout_words, s.dropout_inputs, s.dropout_hidden, s.dropout_outputs, s.dropout_recurrent
    )
    scored = corpus.test if s.scored == "test" else corpus.validation
    with prepared(settings, seed) as device:
        network = AWDLSTM(len(corpus.vocabulary), s.embedding, s.hidden, s.layers, dropouts).to(device)
        text = columns(corpus.training, s.batch).to(device)
        held = columns(scored, min(_SCORED_COLUMNS, len(scored) // 2)).to(device)
        learner = Learner(
            network,
            _losses(network, text, settings),
            lambda: score(network, held, settings),
            s.clip,
            s.weight_decay,
        )
        return train(learner, file, settings)


def columns(words: Words, count: int) -> Tensor:
    """Return a text as columns that are read side by side, shape ``(length, count)``; the rest is left out.

    Raises:
        DataError: the text has not two words for each.
    """
    length = len(words) // max(count, 1)
    if count < 1 or length < 2:
        raise DataError(f"a text of {len(words)} words is too short for {count} columns of 2 words at least")
    return torch.from_numpy(words[: length * count].copy()).view(count, length).t().contiguous()


def _losses(network: AWDLSTM, text: Tensor, settings: TextTraining) -> Iterator[Tensor]:
    """Yield the losses of the sequences of a text, again and again; each text begins with no memory."""
    device = text.device
    while True:
        state = network.initial_state(text.size(1))
        for start in range(0, len(text) - 1, settings.sequence):
            end = min(start + settings.sequence, len(text) - 1)
            with autocast(settings, device):
                predicted = network(text[start:end], state)
            state = predicted.state
            loss = functional.cross_entropy(predicted.logits.float(), text[start + 1 : end + 1].flatten())
            yield loss + activation_penalty(predicted, settings.activation, settings.temporal)


@torch.no_grad()
def score(network: AWDLSTM, text: Tensor, settings: TextTraining) -> float:
    """Return minus the mean cross-entropy of a word of a text, in nats."""
    network.eval()
    state = network.initial_state(text.size(1))
    total = text.new_zeros((), dtype=torch.float64)
    for start in range(0, len(text) - 1, settings.sequence):
        end = min(start + settings.sequence, len(text) - 1)
        with autocast(settings, text.device):
            predicted = network(text[start:end], state)
        state = predicted.state
        following = text[start + 1 : end + 1].flatten()
        total += functional.cross_entropy(predicted.logits.float(), following, reduction="sum")
    return -float(total) / (text.size(1) * (len(text) - 1))
