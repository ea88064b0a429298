"""Compiled steps on disks that are full, read-only, or where nothing may be executed."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.compiled_steps import is_compiled, moved, moved_module
from support.harness import backends

from nos_sym.codegen.render import render
from nos_sym.errors import RenderError
from nos_sym.language.parser import parse

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch._dynamo  # noqa: F401 - it makes a temporary folder, which else a rendered file makes in a test


def refuses(folder: Path) -> Callable[..., Any]:
    """Return a loader that may execute nothing in a folder."""
    real = ctypes.CDLL

    def library(name: str | None, *arguments: Any) -> Any:
        if name and Path(name).is_relative_to(folder):
            raise OSError(f"{name}: failed to map segment from shared object")
        return real(name, *arguments)

    return library


@pytest.mark.parametrize("where", ["cache", "temporary"])
def test_a_folder_where_nothing_may_be_executed(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {"cache": tmp_path / "home", "temporary": tmp_path / "temporary"}
    folders["temporary"].mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folders["temporary"]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folders["cache"]))
    monkeypatch.setattr(ctypes, "CDLL", refuses(folders[where]))
    for _ in range(2):
        other = moved_module(tmp_path)
        assert not moved(other)[1]
        assert is_compiled(other)
    assert not list(folders["temporary"].iterdir())
    assert len(list((folders["cache"] / "nos_sym").iterdir())) == 1


@pytest.mark.parametrize("full", ["cache", "temporary", "both"])
def test_a_full_disk(full: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    real = os.replace

    def replace(source: str, target: str) -> None:
        if full != "temporary":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    if full != "cache":
        monkeypatch.setattr(tempfile, "tempdir", "/proc/full")
    other = moved_module(tmp_path)
    assert not moved(other)[1]
    assert is_compiled(other)
    assert len(list((tmp_path / "home" / "nos_sym").iterdir())) == (full == "temporary")


def test_no_folder_at_all_is_one_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/none")
    monkeypatch.setattr(tempfile, "tempdir", "/proc/full")
    other = moved_module(tmp_path)
    (said,) = moved(other)[1]
    assert said.startswith("no compiled step, so the steps are eager: ")
    assert "\n" not in said


@pytest.mark.parametrize("name", ["tell", "Path", "function_of", "CPUS", "is_whole"])
def test_names_of_the_compiled_step_are_not_those_of_a_rule(name: str) -> None:
    with pytest.raises(RenderError, match=name):
        render(parse("Moved = none ~ g").named(name), "torch")


@pytest.mark.heavy
@pytest.mark.skipif(shutil.which("unshare") is None, reason="mounts need unshare")
@pytest.mark.parametrize("options", ["noexec", "ro", "size=8k"])
def test_a_home_on_a_mount(options: str, tmp_path: Path) -> None:
    file = tmp_path / "moved.py"
    file.write_text(render(parse("Moved = none ~ v_hat"), "torch"))
    (tmp_path / "home").mkdir()
    text = (
        "import warnings, torch, moved\nwarnings.simplefilter('error')\n"
        "x = torch.ones(9).requires_grad_()\nx.grad = torch.ones(9)\n"
        "moved.Moved([x], lr=0.5, fused=True).step()\n"
        "print(x.detach().tolist(), all(moved.KERNEL.compiled.values()))\n"
    )
    line = f'mount -t tmpfs -o mode=700,{options} none {tmp_path}/home && exec "$@"'
    run = ["unshare", "-rm", "sh", "-c", line, "sh", sys.executable, "-c", text]
    done = subprocess.run(
        run,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "XDG_CACHE_HOME": f"{tmp_path}/home"},
    )
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip("mounts are not allowed")
    assert done.stderr == ""
    assert done.stdout == f"{[0.5] * 9} True\n"
