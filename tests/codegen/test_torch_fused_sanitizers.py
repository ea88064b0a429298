"""Compiled steps under the address and undefined-behavior sanitizers, with special values and odd sizes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.harness import backends

from nos_sym import catalog
from nos_sym.codegen.render import render

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=all"
SCRIPT = """
import inspect, itertools, sys, torch, warnings
warnings.simplefilter("error")
import {name} as module
cls = module.{name}
more = {{"total_steps": 9}} if "total_steps" in inspect.signature(cls).parameters else {{}}
special = torch.tensor([0.0, -0.0, 1e-45, 1e-30, 20, -88, 750, 1e19, 3e38, -3e38, float("inf"), float("nan")])
for dtype in (torch.float32, torch.float64, torch.bfloat16, torch.float16):
    for threads in (1, 2):
        torch.set_num_threads(threads)
        weights = [torch.randn(n).to(dtype).requires_grad_() for n in (0, 1, 5, 12, 4096, 4097, 50001)]
        optimizer = cls(weights, lr=0.1, fused=True, **more)
        for step in range(4):
            for weight in weights:
                weight.grad = torch.randn(len(weight)).to(dtype)
                if step in (1, 2):
                    mixed = special[torch.randperm(len(special))]
                    weight.grad[: len(special)] = mixed[: len(weight)].to(dtype)
            optimizer.step()
        assert int(optimizer.state[weights[-1]]["step"]) == 4
assert len(module.KERNEL.compiled) == 4 and all(module.KERNEL.compiled.values())
print("all steps were compiled")
"""


def run_sanitized(name: str, folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script beside a rendered file whose steps are compiled with sanitizers."""
    compiler = shutil.which("gcc") or pytest.skip("gcc is not installed")
    libraries = [
        subprocess.run(
            [compiler, f"-print-file-name={x}"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for x in ("libasan.so", "libubsan.so")
    ]
    if not all(Path(x).is_absolute() for x in libraries):
        pytest.skip("the sanitizers are not installed")
    (folder / f"{name}.py").write_text(render(catalog.entry(name), "torch"), encoding="utf-8")
    environment = os.environ | {
        "XDG_CACHE_HOME": str(folder / "cache"), "CC": f"{compiler} {SANITIZERS}",
        "LD_PRELOAD": " ".join(libraries),
        "ASAN_OPTIONS": "detect_leaks=0", "PYTHONPATH": str(folder), "PYTHONMALLOC": "malloc",
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["Adam", "LambPO", "Opt4", "Opt7", "Opt10"])
def test_steps_are_clean(name: str, tmp_path: Path) -> None:
    done = run_sanitized(name, tmp_path, SCRIPT.format(name=name))
    assert done.returncode == 0, done.stderr[-3000:]
    assert "all steps were compiled" in done.stdout


@pytest.mark.heavy
def test_the_sanitizers_would_say_it(tmp_path: Path) -> None:
    """A kernel that is told of more entries than there are is reported."""
    script = """
import torch, Adam as module
from unittest import mock
weight = torch.ones(9000, requires_grad=True)
optimizer = module.Adam([weight], fused=True)
weight.grad = torch.ones(9000)
real = module.array
def longer(code, given):
    made = real(code, given)
    if code == "q":
        made[0] += 1
    return made
with mock.patch.object(module, "array", longer):
    optimizer.step()
"""
    done = run_sanitized("Adam", tmp_path, script)
    assert done.returncode != 0
    assert "heap-buffer-overflow" in done.stderr
