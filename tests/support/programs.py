"""The four optimizers that run in other people's programs, their implementations, and the originals."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from nos_sym.codegen.render import render
from support.runtime_files import target

LABELS = ("torch.optim.AdamW", "pytorch_optimizer.Lion", "Opt4", "A5")
"""One in place of PyTorch's, one in place of another library's, and two under their own names."""

MODES: dict[str, dict[str, Any]] = {"default": {}, "plain": {"foreach": False}, "fused": {"fused": True}}
_ALWAYS = "AdamW-default", "Lion-plain", "Opt4-fused"
EACH = [
    pytest.param(label, mode, id=made, marks=[] if made in _ALWAYS else [pytest.mark.heavy])
    for label in LABELS
    for mode in MODES
    if (made := f"{label.rpartition('.')[2]}-{mode}")
]
"""Every optimizer in every implementation; some pairs are left to heavy tests."""

RATE = 0.01
TOTAL = 40
DECAY = {"torch.optim.AdamW": 0.1, "pytorch_optimizer.Lion": 0.1}
"""The weight decays of those that have one."""


class Files:
    """Rendered files in a folder of Python's path, as a user keeps them, so that what they define pickles."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, dict[str, Any]()

    def __call__(self, label: str) -> Any:
        """Return the class of an optimizer."""
        if label not in self.made:
            rule, face = target(label)
            self.made[label] = getattr(self.module(render(rule, "torch", face=face), rule.name), rule.name)
        return self.made[label]

    def module(self, text: str, name: str) -> ModuleType:
        """Write a file and import it by its name."""
        name = f"programs_{name.lower()}"
        (self.folder / f"{name}.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        return importlib.import_module(name)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what gives the class of each optimizer."""
    folder = tmp_path_factory.mktemp("programs")
    sys.path.insert(0, str(folder))
    yield Files(folder)
    sys.path.remove(str(folder))
    for name in [x for x in sys.modules if x.startswith("programs_")]:
        del sys.modules[name]


def arguments(label: str, mode: str = "default") -> dict[str, Any]:
    """Return the arguments of a rendered optimizer in a mode."""
    given = {"lr": RATE} | MODES[mode]
    if label == "Opt4":
        given["total_steps"] = TOTAL
    if label in DECAY:
        given["weight_decay"] = DECAY[label]
    return given


def original(label: str) -> tuple[Callable[..., Any], dict[str, Any]] | None:
    """Return the library's own optimizer with its arguments, ``None`` where there is none."""
    if "." not in label:
        return None
    package, _, name = label.rpartition(".")
    if package == "pytorch_optimizer" and not importlib.util.find_spec(package):
        return None
    return getattr(importlib.import_module(package), name), arguments(label)


def flat(model: Any) -> torch.Tensor:
    """Return all weights of a model in one vector, as a copy."""
    return torch.cat([x.detach().flatten().clone() for x in model.parameters()])


def assert_compiled_if(mode: str, kind: Any) -> None:
    """Check that the steps of ``fused=True`` were those of compiled C."""
    if mode == "fused":
        compiled = sys.modules[kind.__module__].KERNEL.compiled
        assert compiled and all(compiled.values())


def close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    """Compare weights in float64: both compute the same numbers, in another order."""
    assert ours.dtype == torch.float64
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)
