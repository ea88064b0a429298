"""PyTorch's own records of optimizers, which are installed with it for its tests: ``optim_db``."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import torch


def torch_internal(name: str) -> ModuleType:
    """Import a module of ``torch.testing._internal`` without what that changes for the process.

    Imported, it loads a Hypothesis profile of ten examples and forbids assignments to flags of
    ``torch.backends``.

    Raises:
        ImportError: what it needs is not installed; expecttest, for one.
    """
    hypothesis: Any = sys.modules.get("hypothesis")
    if hypothesis is not None:
        hypothesis.settings.register_profile("before torch", hypothesis.settings.default)
    allowed: Any = torch.backends
    with warnings.catch_warnings(), allowed.__allow_nonbracketed_mutation():
        # Modules of torch use parts of torch that are deprecated.
        warnings.filterwarnings("ignore", "`torch.jit", DeprecationWarning)
        module = importlib.import_module(f"torch.testing._internal.{name}")
    if hypothesis is not None:
        hypothesis.settings.load_profile("before torch")
    return module


def record_of(cls: type) -> Any:
    """Return PyTorch's record of one of its own classes, and nothing for others."""
    return next((info for info in optim_db() if info.optim_cls is cls), None)


def optim_db() -> list[Any]:
    """Return PyTorch's records; none where what they need is not installed."""
    try:
        found: list[Any] = torch_internal("common_optimizers").optim_db
    except (ImportError, AttributeError):
        return []
    return found


def cases_for(parameters: Mapping[str, Any], cls: type, device: str = "cpu") -> list[dict[str, Any]]:
    """Return the arguments of PyTorch's cases that a class takes.

    Those of its own record, for a class of PyTorch. For others: the cases of all records whose arguments the
    class has, each once, and of arguments that only choose an implementation none. A learning rate is half
    of the default in the place of PyTorch's, since classes differ in what one means.

    Args:
        parameters: names of the arguments that the class takes, with their defaults.
        cls: the class.
        device: of the weights; some cases are of one kind of device.
    """
    own = record_of(cls)
    found: dict[str, dict[str, Any]] = {}
    for info in [own] if own is not None else optim_db():
        for given in info.optim_inputs_func(device=device):
            kwargs = dict(given.kwargs)
            if own is None and "lr" in kwargs:
                rate = parameters.get("lr")
                if isinstance(kwargs["lr"], torch.Tensor) or not isinstance(rate, float):
                    continue
                kwargs["lr"] = rate / 2
            known = parameters.keys() if own is not None else parameters.keys() & COMMON
            if kwargs and kwargs.keys() <= known:
                found.setdefault(repr(sorted(kwargs.items())), kwargs)
    return list(found.values())


COMMON = frozenset(
    ["lr", "betas", "eps", "weight_decay", "momentum", "maximize", "amsgrad", "nesterov", "dampening"]
)
"""Arguments that mean the same in most classes, with domains that hold the values of PyTorch's cases."""
