"""Optimizers whose steps are compiled: how tests run them, and compilers of their own making."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from nos_sym.codegen.render import render
from nos_sym.language.parser import parse
from support.harness import load

RULE = parse("Moved = none ~ v_hat / (sqrt(ema_hat(g^2, 0.999)) + 1e-8)")
"""Adam under the name of the class that the tests use."""

SIZES = (3, 40_000)
"""Numbers of weights: of a tensor that is less than a vector, and of one that threads share."""


def moved_module(folder: Path) -> ModuleType:
    """Return a freshly loaded optimizer ``Moved``, which has compiled nothing yet."""
    return load(render(RULE, "torch"), folder)


def moved(
    module: ModuleType, *, fused: bool = True, threads: int = 1, types: tuple[str, ...] = ("float32",)
) -> tuple[Any, list[str]]:
    """Return the weights after some steps, and what was warned about them."""
    import torch

    generator = torch.Generator().manual_seed(3)
    weights = [
        torch.randn(n, generator=generator).to(getattr(torch, type_)).requires_grad_()
        for type_ in types
        for n in SIZES
    ]
    optimizer = module.Moved(weights, fused=fused)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(2):
                for x in weights:
                    x.grad = torch.randn(x.shape, generator=generator).to(x.dtype)
                optimizer.step()
    finally:
        torch.set_num_threads(before)
    return [x.detach() for x in weights], [str(x.message) for x in caught]


def is_compiled(module: ModuleType) -> bool:
    """Return whether all steps that a module was asked for are compiled."""
    return bool(module.KERNEL.compiled) and all(module.KERNEL.compiled.values())


def script(path: Path, text: str) -> Path:
    """Write a program of the shell, in place of a compiler."""
    path.write_bytes(b"#!/bin/sh\n" + text.encode("latin-1"))
    path.chmod(0o755)
    return path


def copier(path: Path, library: Path, log: Path) -> Path:
    """Write a compiler that notes its calls and leaves a library that is there already."""
    text = f'echo "$*" >> {log}\ncase "$*" in *-shared*) cp {library} step.so;; esac\n'
    return script(path, text)


def calls(log: Path) -> int:
    """Return how often a compiler was called."""
    return len(log.read_text().splitlines()) if log.exists() else 0


def environment(home: Path, **changes: str) -> dict[str, str]:
    """Return the environment of another process, whose cache is empty."""
    return {**os.environ, "XDG_CACHE_HOME": str(home), **changes}
