"""What the surrogate trains with: a rendered optimizer, constructed for the settings of a training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nos_sym.search import loading
from nos_sym.search.loading import LoadError, build
from nos_sym.surrogate.protocol import ProtocolSettings

__all__ = ["LoadError", "RenderedFile", "Run", "load_file"]


@dataclass(frozen=True, slots=True)
class RenderedFile(loading.RenderedFile):
    """An imported source file; see :class:`nos_sym.search.loading.RenderedFile`."""

    def construct(self, settings: ProtocolSettings, *first: Any, **others: Any) -> Any:
        """Return an optimizer with the total number of steps and the momentum of settings, where it has them.

        Args:
            settings: of the training.
            first: arguments that come first, for PyTorch the parameters.
            others: the learning rate under its name in the framework.
        """
        others.setdefault("momentum", settings.momentum_high)
        return build(self.optimizer, *first, total_steps=settings.steps, **others)


@dataclass(frozen=True, slots=True)
class Run:
    """A training that is to be made.

    Attributes:
        file: the optimizer.
        rate: its peak learning rate.
        seed: of the evaluation that it is part of.
    """

    file: RenderedFile
    rate: float
    seed: int


def load_file(source: Path, class_name: str) -> RenderedFile:
    """Import a source file; see :func:`nos_sym.search.loading.load_file`.

    Raises:
        LoadError: it cannot be read or imported, or has no class of the name.
    """
    file = loading.load_file(source, class_name)
    return RenderedFile(file.module, file.optimizer)
