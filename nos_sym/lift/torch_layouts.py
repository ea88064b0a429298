"""PyTorch: parameters and gradients that are otherwise in memory, of other types, or without entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from nos_sym.lift.beside import Draw, drawn
from nos_sym.lift.lifted import Condition
from nos_sym.lift.torch_beside import PLAIN, Beside, Course, weights_of
from nos_sym.lift.verifying import Array, distance

_DEEP = ((2, 3, 4), (2, 3, 2, 2), (2, 3, 2, 2, 2))
"""Shapes of kernels of one, two and three axes."""
_ROUNDED = 1e-9
"""Relative difference from which casts to narrower types count."""


def _turned(x: Array) -> torch.Tensor:
    """Return a tensor whose axes are in memory the other way around."""
    axes = tuple(reversed(range(x.ndim)))
    return torch.tensor(np.ascontiguousarray(x.transpose(axes))).permute(axes)


def _spaced(x: Array) -> torch.Tensor:
    """Return a tensor with gaps between its entries."""
    return torch.stack([torch.tensor(x), torch.zeros(x.shape, dtype=torch.float64)], -1)[..., 0]


def _channels_last(x: Array) -> torch.Tensor:
    """Return a tensor of images or volumes whose second axis is the innermost in memory."""
    form = torch.channels_last if x.ndim == 4 else torch.channels_last_3d
    return torch.tensor(x).to(memory_format=form)


def conditions(beside: Beside, shapes: Sequence[tuple[int, ...]], draw: Draw) -> Iterator[Condition]:
    """Yield how parameters may not be, for the rule to follow the original.

    Args:
        beside: the two.
        shapes: of the parameters.
        draw: values of settings.
    """
    matrices = [s for s in shapes if len(s) > 1]
    deep = [s for s in _DEEP if matrices and beside.part([s], draw) is False]
    several = [*matrices, *deep]
    courses = [(shapes, Course(tensor=_spaced))]
    if several:
        courses += [(several, Course(tensor=_turned)), (several, Course(gradient=_turned))]
    courses += [([s], Course(tensor=_channels_last)) for s in deep if len(s) > 3]
    if any(beside.parts(own, draw, course) for own, course in courses) or _expanded(beside, shapes, draw):
        yield Condition("weights and gradients are contiguous: others are stepped otherwise", "")
    for shape in ((0,), (0, 3)):
        if len(shape) in {len(s) for s in shapes} and beside.parts([shape, *shapes[-1:]], draw):
            yield Condition("parameters have entries: beside one without, others are stepped otherwise", "")
            break
    yield from _narrow(beside, shapes, draw)


def _expanded(beside: Beside, shapes: Sequence[tuple[int, ...]], draw: Draw) -> bool:
    """Return whether the two part where all entries of a gradient are one in memory."""
    weights, rows = drawn(53, shapes, beside.few)
    rows = [[np.full(x.shape, x.flat[0]) for x in row] for row in rows]

    def made(x: Array) -> torch.Tensor:
        # Weights are written to, so that each entry needs a place.
        same = x.size > 1 and bool((x == x.flat[0]).all())
        return torch.tensor(x.flat[0]).expand(x.shape) if same else torch.tensor(x)

    return _part(beside, weights, rows, draw, Course(tensor=made))


def _part(beside: Beside, weights: list[Array], rows: list[list[Array]], draw: Draw, course: Course) -> bool:
    theirs, plain = beside.theirs(weights, rows, draw, course), beside.theirs(weights, rows, draw)
    # Equal entries are ties, which may be stepped otherwise for another reason.
    return theirs is not None and plain is not None and not distance(plain, theirs) <= _ROUNDED


def _narrow(beside: Beside, shapes: Sequence[tuple[int, ...]], draw: Draw) -> Iterator[Condition]:
    """Yield what narrower types do by more than they can round, or beside weights of float64."""
    wide = _moved(beside, shapes, draw, torch.float64)
    for name, dtype, share in (("float32", torch.float32, 0.05), ("bfloat16", torch.bfloat16, 0.5)):
        narrow = _moved(beside, shapes, draw, dtype)
        if wide is None or narrow is None:
            continue
        sizes = [max(float(np.abs(x).sum()), 1e-4 * x.size) for x in wide]
        if any(not np.abs(x - y).sum() <= share * s for x, y, s in zip(narrow, wide, sizes, strict=True)):
            yield Condition(f"weights are of float64: those of {name} are stepped otherwise", "")
            return
    weights, rows = drawn(59, shapes, 4 * beside.few)
    plain = beside.theirs(weights, rows, draw, PLAIN)
    cast = beside.theirs(weights, rows, draw, Course(wide=False))
    if plain is not None and cast is not None and (apart := distance(plain, cast)) > _ROUNDED:
        yield Condition(
            f"casts to narrower types are left out: with them, weights of float64 differ by {apart:.0e} "
            f"after {len(rows)} steps",
            "",
        )


def _moved(
    beside: Beside, shapes: Sequence[tuple[int, ...]], draw: Draw, dtype: torch.dtype
) -> list[Array] | None:
    """Return how far the original moves weights of a type, which are as small as its steps.

    Larger ones would be rounded by more than they move.
    """
    rng = np.random.default_rng(31)
    weights = [
        torch.nn.Parameter(torch.tensor(0.001 * rng.normal(size=s), dtype=torch.bfloat16).to(dtype))
        for s in shapes
    ]
    before = [x.detach().double().numpy().copy() for x in weights]
    try:
        optimizer = beside.make(weights, **beside.arguments.given(draw))
        for _ in range(beside.few):
            for w in weights:
                w.grad = torch.tensor(0.1 * rng.normal(size=tuple(w.shape)), dtype=dtype)
            optimizer.step()
    except Exception:
        return None
    after = weights_of([x.double() for x in weights])
    return [x - w for x, w in zip(after, before, strict=True)]
