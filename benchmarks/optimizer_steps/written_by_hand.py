"""What people write by hand: optimizers of pytorch_optimizer, as they are and rendered in their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nos_sym.codegen.render import render
from nos_sym.faces import face_named, rule_of_face
from optimizer_steps.contest import Contestant, traffic
from optimizer_steps.rendered import load
from optimizer_steps.torch_steps import LEARNING_RATE, waiting

NAMES = (
    *("AdaBelief", "AdaBound", "AdEMAMix", "Adan", "LaProp"),
    *("Lion", "QHAdam", "RAdam", "Tiger", "Yogi"),
)
"""Ten of the best known that move tensors element by element, or by sums over them."""


def contestants(weights: list[Any], device: str, names: Sequence[str], folder: Path) -> Iterator[Contestant]:
    """Yield each optimizer with the library's defaults, and its rendered file with ``fused=True``."""
    import pytorch_optimizer

    for name in names:
        face = face_named(f"pytorch_optimizer.{name}")
        rule = rule_of_face(face)
        path = folder / f"by_hand_{name.lower()}_{len(weights)}_{weights[0].numel()}.py"
        path.write_text(render(rule, "torch", face=face), encoding="utf-8")
        needed = traffic(rule)
        original = getattr(pytorch_optimizer, name)(weights, lr=LEARNING_RATE)
        rendered = getattr(load(path), name)(weights, lr=LEARNING_RATE, fused=True)
        step = waiting(original.step, device)
        yield Contestant(f"pytorch_optimizer.{name}", "pytorch_optimizer", "default", "", needed, step)
        step = waiting(rendered.step, device)
        yield Contestant(f"rendered {name} for it, fused", "torch", "fused", name, needed, step)
