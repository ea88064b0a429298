"""Optimizers rendered with a runtime, beside those of a single file, and trainings of both."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.codegen.with_runtime import RUNTIME, render_with_runtime
from nos_sym.faces import Face, face_named, rule_of_face
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from support.harness import load

_COUNT = itertools.count()
SHAPES = ((4, 3), torch.float32), ((7,), torch.float32), ((3, 5), torch.bfloat16), ((2, 3), torch.float64)


def target(label: str) -> tuple[Any, Face | None]:
    """Return the rule of an entry of the catalog, or that of a library's optimizer with its face."""
    if "." not in label:
        return catalog.entry(label), None
    face = face_named(label)
    return rule_of_face(face), face


def written(folder: Path, rule: Rule | Block, **options: Any) -> Any:
    """Return the class of a rule's short file in a folder of Python's path."""
    module = options.setdefault("module", f"short_{next(_COUNT)}")
    return getattr(imported(folder, render_with_runtime(rule, **options), module), rule.name)


def imported(folder: Path, files: dict[str, str], module: str) -> ModuleType:
    """Write files and import one of them."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    importlib.invalidate_caches()
    return importlib.import_module(module)


def pair(folder: Path, label: str, **options: Any) -> tuple[Any, Any]:
    """Return the class of a single file, and that of a short one."""
    rule, face = target(label)
    single = load(render(rule, face=face, **options), folder)
    return getattr(single, rule.name), written(folder, rule, face=face, **options)


@contextlib.contextmanager
def on_the_path(folder: Path) -> Iterator[None]:
    """Let short files of a folder be imported, with the runtime there, and forget them behind."""
    before = {name: sys.modules.pop(name) for name in _modules()}
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in _modules():
            del sys.modules[name]
        sys.modules.update(before)


def _modules() -> list[str]:
    return [x for x in sys.modules if x.lstrip("_").startswith("short_") or x == RUNTIME]


def weights(*, leaves: bool = True) -> list[Any]:
    """Return the same weights each time, of several shapes and types."""
    generator = torch.Generator().manual_seed(5)
    made = [torch.randn(shape, generator=generator).to(dtype).requires_grad_() for shape, dtype in SHAPES]
    return [torch.nn.Parameter(x.detach()) if leaves else x.clone() for x in made]


def made(kind: Any, params: list[Any], **modes: Any) -> Any:
    """Return an optimizer; a rule with decays has a total."""
    names = inspect.signature(kind).parameters
    required = {"total_steps": 9, "lr": 0.01}
    given = {k: v for k, v in required.items() if k in names and names[k].default is names[k].empty}
    return kind(params, **given, **modes)


def train(optimizer: Any, steps: int = 3, seed: int = 0) -> None:
    """Make steps with gradients that depend on the seed alone, and so do masks."""
    for step in range(steps):
        torch.manual_seed(100 * seed + step)
        for group in optimizer.param_groups:
            for weight in group["params"]:
                weight.grad = torch.randn(weight.shape).to(weight.dtype)
        optimizer.step()


def weights_of(optimizer: Any) -> list[Any]:
    return [x.detach() for group in optimizer.param_groups for x in group["params"]]


def assert_same(one: Any, other: Any, place: str = "") -> None:
    """Check that tensors, numbers and what holds them are the same bits."""
    assert type(one) is type(other), place
    if isinstance(one, torch.Tensor):
        assert one.dtype == other.dtype, place
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True, msg=place)
    elif isinstance(one, dict):
        assert set(one) == set(other), place
        for key in one:
            assert_same(one[key], other[key], f"{place}.{key}")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), place
        for index, (x, y) in enumerate(zip(one, other, strict=True)):
            assert_same(x, y, f"{place}[{index}]")
    else:
        assert one == other, place
