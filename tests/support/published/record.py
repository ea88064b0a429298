"""The record of a published optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Published:
    """A block and its original.

    Attributes:
        library: the module that has the original.
        original: its name there.
        text: the block.
        options: arguments of the original, beside the learning rate.
        bound: relative error that rounding explains.
    """

    library: str
    original: str
    text: str
    options: Mapping[str, Any] = field(default_factory=dict)
    bound: float = 1e-9

    def __str__(self) -> str:
        return f"{self.library}.{self.original}"
