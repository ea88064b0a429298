"""What the process with the code does: lift it, and step it. Its answers are checked by who asked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from nos_sym.conform.originals import optimizer_class, placed


def lift(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return code as the text of a rule, with what it was made with and what the rule takes for granted.

    Args:
        given: ``original``; ``text`` of the file or nothing; ``arguments``.
    """
    from nos_sym.language.printer import print_bare

    found = import_module("nos_sym.lift.lift").lift(
        placed(given["original"], given["text"]), _tuples(given["arguments"])
    )
    return {
        "rule": print_bare(found.rule),
        "arguments": {k: v for k, v in found.arguments.items() if isinstance(v, (int, float, bool, str))},
        "notes": [f"{x.text} ({x.place})" for x in found.conditions],
        "shapes": [list(s) for s in found.verification.shapes],
    }


def trace(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the weights after each step on gradients that are given, in float64.

    Args:
        given: ``original``; ``text`` of the file or nothing; ``arguments``; ``tasks``, each a ``weight`` and
            ``gradients``.
    """
    import torch

    torch.set_num_threads(1)
    cls = optimizer_class(placed(given["original"], given["text"]))
    rows = []
    for task in given["tasks"]:
        weight = torch.nn.Parameter(torch.tensor(task["weight"], dtype=torch.float64))
        optimizer: Any = cls([weight], **_tuples(given["arguments"]))
        weights = []
        for gradient in task["gradients"]:
            weight.grad = torch.tensor(gradient, dtype=torch.float64)
            optimizer.step()
            weights.append(_finite(weight.detach().tolist()))
        group = optimizer.param_groups[0]
        rows.append({"weights": weights, "lr": float(group.get("lr", 1.0))})
    return rows


def _tuples(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}


def _finite(values: Any) -> Any:
    """Return nested lists with nothing in the place of infinities and NaN, which JSON has not."""
    if isinstance(values, list):
        return [_finite(x) for x in values]
    return values if math.isfinite(values) else None
