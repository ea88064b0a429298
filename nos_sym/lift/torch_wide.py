"""PyTorch: an original run in float64 where it would cast to narrower types."""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_NARROW = (torch.Tensor.float, torch.Tensor.bfloat16, torch.Tensor.half)


class WideCalls(TorchFunctionMode):
    """Lets every floating type that a call asks for be float64; a cast copies still."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _NARROW:
            return args[0].double().clone()
        args, given = widened(args), widened(kwargs or {})
        out = func(*args, **given)
        if func in (torch.Tensor.to, torch.Tensor.type) and out is args[0]:
            return out.clone() if any(isinstance(x, torch.dtype) for x in (*args, *given.values())) else out
        return out


def widened(x: Any) -> Any:
    """Return arguments with float64 in the place of other floating types."""
    if isinstance(x, torch.dtype):
        return torch.float64 if x.is_floating_point else x
    if type(x) in (list, tuple):
        return type(x)(widened(y) for y in x)
    if type(x) is dict:
        return {k: widened(v) for k, v in x.items()}
    return x
