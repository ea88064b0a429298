"""A small character language model: a Transformer on sentences of a grammar."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from nos_sym.surrogate.tasks.definition import Examples, Metric, Splits
from nos_sym.surrogate.tasks.grammar import write
from nos_sym.surrogate.tasks.networks import initialize
from nos_sym.surrogate.tasks.settings import CharLMSettings

ALPHABET = " .abcdefghijklmnopqrstuvwxyz"
_LENGTHS = (20_000, 4_000, 4_000)
_SEEDS = (1, 2, 3)


class CharLM:
    """Predicts the next character of sentences; see :mod:`nos_sym.surrogate.tasks.grammar`.

    The score is the share of the bits between a model that knows how often each character is, and one that
    knows the grammar: 0 for the first, 1 for the second.
    """

    title: ClassVar[str] = "a small Transformer predicts characters of sentences of a grammar"
    settings: ClassVar[type[CharLMSettings]] = CharLMSettings

    def load(self, settings: CharLMSettings) -> Splits:
        """Return windows of three texts, their targets one character further."""
        parts = [
            _windows(_codes(number), settings.context, 1 if number == 0 else settings.context)
            for number in range(3)
        ]
        return Splits(*parts)

    def model(self, settings: CharLMSettings, data: Splits, seed: int) -> nn.Module:
        """Return the Transformer."""
        return initialize(Transformer(settings), seed)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean cross-entropy of a character, in nats."""
        return functional.cross_entropy(outputs.flatten(0, 1), targets.flatten())

    def metric(self, settings: CharLMSettings, data: Splits) -> Metric:
        """Return bits per character."""
        chance, best = _bits(settings.split)
        return Metric("bits per character", chance, best, self.loss, lambda nats: nats / math.log(2))


class Transformer(nn.Module):
    """Blocks of causal attention and a perceptron, each with layer normalization before it and a way around.

    Source: Vaswani et al. 2017, with the normalization first.
    """

    def __init__(self, settings: CharLMSettings) -> None:
        super().__init__()
        width = settings.width
        self.characters = nn.Embedding(len(ALPHABET), width)
        self.places = nn.Embedding(settings.context, width)
        self.blocks = nn.ModuleList(_Block(width, settings.heads) for _ in range(settings.blocks))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, len(ALPHABET))

    def forward(self, codes: Tensor) -> Tensor:
        """Return logits, shape ``(batch, context, characters)``."""
        x = self.characters(codes) + self.places.weight[: codes.shape[1]]
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.head(self.norm(x))
        return logits


class _Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mixed, self.joined = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        parts = self.mixed(self.norm1(x)).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.joined(seen.transpose(1, 2).reshape(batch, length, width))
        result: Tensor = x + self.narrow(functional.silu(self.wide(self.norm2(x))))
        return result


@lru_cache(maxsize=3)
def _text(number: int) -> tuple[str, float]:
    return write(_LENGTHS[number], _SEEDS[number])


def _codes(number: int) -> npt.NDArray[np.int64]:
    text, _ = _text(number)
    return np.array([ALPHABET.index(character) for character in text], np.int64)


def _windows(codes: npt.NDArray[np.int64], context: int, stride: int) -> Examples:
    windows = np.lib.stride_tricks.sliding_window_view(codes, context + 1)[::stride]
    return Examples(np.ascontiguousarray(windows[:, :-1]), np.ascontiguousarray(windows[:, 1:]))


@lru_cache(maxsize=2)
def _bits(split: str) -> tuple[float, float]:
    """Return bits per character of a part: by how often characters are in training, and by the grammar."""
    counts = np.bincount(_codes(0), minlength=len(ALPHABET))
    held = 1 if split == "validation" else 2
    text, bits = _text(held)
    shares = torch.tensor(counts, dtype=torch.float64).add(1).div(counts.sum() + len(counts))
    chance = -shares.log2()[torch.from_numpy(_codes(held))].mean()
    return float(chance), bits / len(text)
