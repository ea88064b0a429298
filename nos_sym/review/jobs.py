"""What the process with the code does: lift it, and step it. Its answers are checked by who asked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from nos_sym.conform.originals import optimizer_class, placed


def lift(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return code as the text of a rule, with what the rule takes for granted.

    Args:
        given: ``original``; ``text`` of the file or nothing; ``arguments``.
    """
    from nos_sym.language.printer import print_bare
    from nos_sym.lift.lifting import lift as lifted

    torch.set_num_threads(1)
    original = placed(given["original"], given["text"])
    if original.endswith(".py"):
        original += f":{optimizer_class(original).__name__}"
    found = lifted(original, _tuples(given["arguments"]))
    return {
        "rule": print_bare(found.rule),
        "notes": [f"{x.text} ({x.place})" if x.place else x.text for x in found.conditions],
        "shapes": [list(s) for s in found.verification.shapes],
    }


def trace(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the weights after each step on gradients that are given, in float64.

    Args:
        given: ``original``; ``text`` of the file or nothing; ``arguments``; ``weights``, and for each step
            ``gradients``.
    """
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    cls = optimizer_class(placed(given["original"], given["text"]))
    weights = [torch.nn.Parameter(torch.tensor(x, dtype=torch.float64)) for x in given["weights"]]
    optimizer: Any = cls(weights, **_tuples(given["arguments"]))
    rows = []
    for step in given["gradients"]:
        for weight, gradient in zip(weights, step, strict=True):
            weight.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        rows.append([_finite(weight.detach().tolist()) for weight in weights])
    rate = optimizer.param_groups[0].get("lr", 1.0)
    return {"weights": rows, "lr": float(rate)}


def _tuples(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}


def _finite(values: Any) -> Any:
    """Return nested lists with nothing in the place of infinities and NaN, which JSON has not."""
    if isinstance(values, list):
        return [_finite(x) for x in values]
    return values if math.isfinite(values) else None
