"""All weights of a small network as one tensor, which an optimizer moves in a fraction of the time.

The network of a search has fourteen tensors of a few hundred weights, and an operation on one of them takes
as long as on all of them together. An optimizer that treats each element by itself cannot tell; one with a
norm or a mean can, and gets the tensors as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from nos_sym.surrogate.loading import RenderedFile


def is_elementwise(file: RenderedFile) -> bool:
    """Return whether an optimizer treats each element by itself.

    The file of such a rule, and no other, splits tensors into ``blocks``.
    """
    return callable(getattr(file.module, "blocks", None))


def join_parameters(network: nn.Module) -> nn.Parameter:
    """Move the weights of a network into one parameter, of which they and their gradients become parts.

    Weights keep their shapes, and the order of their elements in memory, as channels last.

    Returns:
        The parameter. Its gradient is added up by ``backward``; set it to zero before, never to ``None``.
    """
    weights = list(network.parameters())
    total = sum(weight.numel() for weight in weights)
    joined = nn.Parameter(torch.empty(total, dtype=weights[0].dtype, device=weights[0].device))
    joined.grad = torch.zeros_like(joined)
    start = 0
    with torch.no_grad():
        for weight in weights:
            place = weight.shape, weight.stride(), start
            part = joined.detach().as_strided(*place)
            part.copy_(weight)
            weight.data = part
            weight.grad = joined.grad.as_strided(*place)
            start += weight.numel()
    return joined


def join_stacks(stacks: Iterable[Tensor]) -> Tensor:
    """Return stacked tensors, shape ``(networks, ...)`` each, as one of a single dimension."""
    return torch.cat([stack.reshape(-1) for stack in stacks])


def split_stacks(joined: Tensor, shapes: Sequence[torch.Size]) -> list[Tensor]:
    """Return the tensors of which :func:`join_stacks` made one, as parts of it."""
    found, start = [], 0
    for shape in shapes:
        end = start + shape.numel()
        found.append(joined[start:end].view(shape))
        start = end
    return found
