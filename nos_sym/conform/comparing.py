"""What checks compare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch

from nos_sym.conform.outcome import Fails


class Tolerance(NamedTuple):
    """Relative and absolute difference that is allowed."""

    rtol: float = 0.0
    atol: float = 0.0


EXACT = Tolerance()
CLOSE = Tolerance(1e-9, 1e-11)
"""In float64: sums may be taken in another order."""


def values(tensors: Iterable[Any]) -> list[Any]:
    """Return copies of tensors, and what is none as it is."""
    return [x.detach().clone() if isinstance(x, torch.Tensor) else x for x in tensors]


def expect_same(
    what: str, first: Iterable[Any], second: Iterable[Any], *, tolerance: Tolerance = EXACT
) -> None:
    """Compare two lists of tensors.

    Raises:
        Fails: they differ, and by how much.
    """
    for x, y in zip(first, second, strict=True):
        if not isinstance(x, torch.Tensor) or not isinstance(y, torch.Tensor):
            continue
        x, y = x.detach(), y.detach()
        if x.shape != y.shape or x.dtype != y.dtype:
            raise Fails(f"{what}: {_kind(x)} and {_kind(y)}")
        x, y = _dense(x), _dense(y)
        if not torch.allclose(x, y, rtol=tolerance.rtol, atol=tolerance.atol, equal_nan=True):
            raise Fails(f"{what}: a difference of {_distance(x, y):.2g}")


def expect_finite(what: str, tensors: Iterable[Any]) -> None:
    """Look for infinities and NaN.

    Raises:
        Fails: there are some.
    """
    for x in tensors:
        if isinstance(x, torch.Tensor) and not bool(torch.isfinite(_dense(x.detach())).all()):
            kind = "NaN" if bool(torch.isnan(_dense(x.detach())).any()) else "infinite"
            raise Fails(f"{what}: a weight is {kind}")


def moved(before: Iterable[torch.Tensor], after: Iterable[torch.Tensor]) -> float:
    """Return the largest absolute change."""
    return max(
        (_distance(_dense(x), _dense(y.detach())) for x, y in zip(before, after, strict=True)), default=0.0
    )


def _distance(x: torch.Tensor, y: torch.Tensor) -> float:
    if not x.numel():
        return 0.0
    wide = torch.complex128 if x.is_complex() else torch.float64
    return float((x.to(wide) - y.to(wide)).abs().max())


def _dense(x: torch.Tensor) -> torch.Tensor:
    return x.to_dense() if x.layout is not torch.strided else x


def _kind(x: torch.Tensor) -> str:
    return f"{str(x.dtype).removeprefix('torch.')} of shape {tuple(x.shape)}"
