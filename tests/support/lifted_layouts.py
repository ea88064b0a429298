"""Optimizers of PyTorch that step otherwise what is otherwise in memory, large, or in three groups."""

from __future__ import annotations

from typing import Any

import torch

from support.lifted_originals import Plain


class _Halving(Plain):
    """Gradient descent whose step is halved where a parameter is found to be another one."""

    def is_other(self, p: torch.Tensor, g: torch.Tensor) -> bool:
        raise NotImplementedError

    def move(self, p: Any, g: Any, group: Any, state: Any) -> None:
        p.add_(g, alpha=-group["lr"] * (0.5 if self.is_other(p, g) else 1.0))


class Turned(_Halving):
    """Knows gradients that are turned in memory."""

    def is_other(self, p: torch.Tensor, g: torch.Tensor) -> bool:
        return g.stride() != p.stride()


class Volumes(_Halving):
    """Knows volumes whose second axis is the innermost."""

    def is_other(self, p: torch.Tensor, g: torch.Tensor) -> bool:
        return p.dim() == 5 and not p.is_contiguous()


class Threes(_Halving):
    """Knows that there are three groups."""

    def is_other(self, p: torch.Tensor, g: torch.Tensor) -> bool:
        return len(self.param_groups) == 3


class Sized(_Halving):
    """Reads a size as a plain number."""

    def is_other(self, p: torch.Tensor, g: torch.Tensor) -> bool:
        return p.numel().bit_length() > 12
