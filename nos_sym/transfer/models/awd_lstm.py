"""The AWD-LSTM, a language model of words, in PyTorch.

Three layers of LSTM whose recurrent weights are dropped (DropConnect), between an embedding and a softmax
that share their weights. Dropout is *variational*: one mask for all steps of a sequence. Whole words are
left out of the embedding. Source: Merity, Keskar and Socher 2018, *Regularizing and optimizing LSTM
language models*.

With the 10,000 words of PTB, an embedding of 400 and 1,150 hidden units there are 24,221,600 parameters, the
"24M" of Morgan and Hougen 2024, Appendix C.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

State: TypeAlias = tuple[tuple[Tensor, Tensor], ...]
"""Hidden and cell state of each layer, each of shape ``(1, batch, units)``."""

_RECURRENT = "weight_hh_l0"
_INITIAL = 0.1
"""The embedding begins uniform within this distance of 0."""


@dataclass(frozen=True, slots=True)
class Dropouts:
    """Probabilities with which parts of the model are dropped in training.

    Attributes:
        words: whole words in the embedding.
        inputs: units of the embedded sequence, the same at every step.
        hidden: units between two layers, the same at every step.
        outputs: units before the softmax, the same at every step.
        recurrent: recurrent weights, the same at every step.
    """

    words: float = 0.1
    inputs: float = 0.4
    hidden: float = 0.25
    outputs: float = 0.4
    recurrent: float = 0.5


class Predicted(NamedTuple):
    """What the model makes of a sequence.

    Attributes:
        logits: of the next word, shape ``(steps * batch, words)``.
        state: after the last step, for the sequence that follows.
        dropped: output of the last layer with dropout, shape ``(steps, batch, embedding)``.
        whole: the same without dropout.
    """

    logits: Tensor
    state: State
    dropped: Tensor
    whole: Tensor


def locked_dropout(x: Tensor, p: float, training: bool) -> Tensor:
    """Return ``x``, shape ``(steps, batch, units)``, with units dropped at all steps alike."""
    if not training or p == 0:
        return x
    mask = x.new_empty(1, x.size(1), x.size(2)).bernoulli_(1 - p) / (1 - p)
    return x * mask


class AWDLSTM(nn.Module):
    """A language model: embedding, three layers of LSTM, softmax with the embedding's weights.

    Args:
        words: size of the vocabulary.
        embedding: length of a word's vector, and units of the last layer.
        hidden: units of the layers before.
        layers: number of layers, two at least.
        dropouts: what is dropped in training.
    """

    def __init__(
        self,
        words: int,
        embedding: int = 400,
        hidden: int = 1150,
        layers: int = 3,
        dropouts: Dropouts | None = None,
    ) -> None:
        super().__init__()
        if layers < 2:
            raise ValueError(f"layers = {layers}; expected 2 at least")
        self.dropouts = dropouts or Dropouts()
        sizes = [embedding, *[hidden] * (layers - 1), embedding]
        self.embedding = nn.Embedding(words, embedding)
        self.layers = nn.ModuleList(nn.LSTM(inside, outside) for inside, outside in pairwise(sizes))
        # The softmax has no weight of its own: it shares the embedding's.
        self.bias = nn.Parameter(torch.zeros(words))
        nn.init.uniform_(self.embedding.weight, -_INITIAL, _INITIAL)

    def initial_state(self, batch: int) -> State:
        """Return the state before a text: zeros."""
        like = self.embedding.weight
        return tuple(
            (like.new_zeros(1, batch, size), like.new_zeros(1, batch, size))
            for size in (int(layer.hidden_size) for layer in self.layers)  # type: ignore[arg-type]
        )

    def forward(self, words: Tensor, state: State) -> Predicted:
        """Return logits of the next word and the state after a sequence.

        Args:
            words: numbers of words, shape ``(steps, batch)``.
            state: from the sequence before, without its gradient: back-propagation is truncated there.
        """
        drop = self.dropouts
        x = locked_dropout(self._embedded(words), drop.inputs, self.training)
        after: list[tuple[Tensor, Tensor]] = []
        whole = x
        for number, (layer, begin) in enumerate(zip(self.layers, state, strict=True)):
            whole, end = self._run(layer, x, begin)
            after.append((end[0].detach(), end[1].detach()))
            last = number == len(self.layers) - 1
            x = locked_dropout(whole, drop.outputs if last else drop.hidden, self.training)
        logits = functional.linear(x.flatten(0, 1), self.embedding.weight, self.bias)
        return Predicted(logits, tuple(after), x, whole)

    def _embedded(self, words: Tensor) -> Tensor:
        """Return the vectors of words, where a word that is dropped is so wherever it stands."""
        weight = self.embedding.weight
        if self.training and self.dropouts.words:
            keep = 1 - self.dropouts.words
            weight = weight * (weight.new_empty(weight.size(0), 1).bernoulli_(keep) / keep)
        return functional.embedding(words, weight)

    def _run(
        self, layer: nn.Module, x: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return outputs and state of a layer, some of whose recurrent weights are dropped."""
        if not self.training or not self.dropouts.recurrent:
            whole: tuple[Tensor, tuple[Tensor, Tensor]] = layer(x, state)
            return whole
        weights: dict[str, Tensor] = dict(layer.named_parameters())
        weights[_RECURRENT] = functional.dropout(weights[_RECURRENT], self.dropouts.recurrent)
        found: tuple[Tensor, tuple[Tensor, Tensor]] = torch.func.functional_call(layer, weights, (x, state))
        return found


def activation_penalty(predicted: Predicted, amount: float, temporal: float) -> Tensor:
    """Return what is added to the loss: large outputs, and outputs that change from step to step.

    ``amount * mean(dropped^2) + temporal * mean((whole[t + 1] - whole[t])^2)``; the second is left out of a
    sequence of one step.
    """
    penalty = amount * predicted.dropped.square().mean()
    if predicted.whole.size(0) > 1:
        penalty = penalty + temporal * predicted.whole.diff(dim=0).square().mean()
    return penalty
