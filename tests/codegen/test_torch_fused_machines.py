"""Compiled steps on machines of other kinds: names of libraries in a shared cache, limits, other systems."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.compiled_steps import is_compiled, moved, moved_module, script
from support.harness import backends

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    made = moved_module(tmp_path_factory.mktemp("moved"))
    moved(made, fused=False)  # PyTorch loads its compiler, which needs the system as it is
    return made


@pytest.fixture
def name(module: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., str]:
    """Return what names the library of a source."""
    names: list[str] = []

    def loaded(name: str, build: object) -> Any:
        names.append(name)
        raise OSError("not here")

    def of(source: str = "x", weight: int = 32, state: int = 32) -> str:
        module.processor.kept.clear()
        module.tell.kept.clear()
        with pytest.warns(UserWarning, match="not here"):
            module.compiled(source, weight, state)
        return names[-1]

    monkeypatch.setattr(module, "loaded", loaded)
    monkeypatch.setenv("CC", str(script(tmp_path / "cc", "exit 1")))
    yield of
    module.processor.kept.clear()


def test_a_library_has_the_name_of_what_makes_it(
    name: Callable[..., str], module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = [name()]
    assert name() == seen[0]
    seen += [name("y"), name(weight=64, state=64), name(state=160)]
    monkeypatch.setenv("CC", f"{tmp_path}/cc -O2")
    seen.append(name())
    monkeypatch.setenv("CC", str(script(tmp_path / "gcc", "exit 1")))
    seen.append(name())
    os.utime(tmp_path / "gcc", ns=(0, 1))
    seen.append(name())
    script(tmp_path / "gcc", "exit 12")
    os.utime(tmp_path / "gcc", ns=(0, 1))
    seen.append(name())
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.0"))
    seen.append(name())
    for what in ("FLAGS", "PROCESSOR_FLAGS", "TEAM_FLAGS"):
        monkeypatch.setattr(module, what, ("-O1", "-O2"))
        seen.append(name())
    monkeypatch.setattr(module, "has_team", lambda: False)
    seen.append(name())
    assert len(set(seen)) == len(seen)


def cpuinfo(*processors: str) -> str:
    """Return what Linux says of processors."""
    return "\n\n".join(
        f"processor : {i}\ncpu MHz : {2000 + i}\n{text}\nbogomips : {i}" for i, text in enumerate(processors)
    )


X86 = "vendor_id : GenuineIntel\nmodel name : Xeon\nflags : fpu sse avx2"
BIG = "Features : fp asimd\nCPU implementer : 0x41\nCPU part : 0xd0b"
LITTLE = BIG.replace("0xd0b", "0xd05")
SAME = [
    (cpuinfo(X86), cpuinfo(X86.replace("sse avx2", "avx2 sse"))),  # an order of a kernel's own
    (cpuinfo(X86), cpuinfo(X86, X86, X86)),
    (cpuinfo(BIG, LITTLE), cpuinfo(LITTLE, BIG, LITTLE)),
]
OTHER = [
    (cpuinfo(X86), cpuinfo(X86 + " avx512f")),
    (cpuinfo(X86), cpuinfo(X86.replace("Xeon", "Core"))),
    (cpuinfo(X86), cpuinfo(X86, X86.replace("Xeon", "Atom"))),
    (cpuinfo(BIG, BIG), cpuinfo(BIG, LITTLE)),
    (cpuinfo(BIG), cpuinfo(BIG + "\nCPU revision : 2")),
    (cpuinfo(X86), ""),
]


@pytest.mark.parametrize(
    ("one", "another", "same"), [*((*x, True) for x in SAME), *((*x, False) for x in OTHER)]
)
def test_a_library_has_the_name_of_its_processors(
    one: str,
    another: str,
    same: bool,
    name: Callable[..., str],
    module: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = []
    for text in (one, another):
        monkeypatch.setattr(module, "text_of", lambda path, text=text: text)
        names.append(name())
    assert (names[0] == names[1]) is same


def test_hosts_that_say_nothing_of_their_processor_share_nothing(
    name: Callable[..., str], module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "text_of", lambda path: "")
    names = []
    for host in ("one", "another"):
        monkeypatch.setattr(platform, "node", lambda host=host: host)
        names.append(name())
    assert names[0] != names[1]


def groups(folder: Path, files: dict[str, str]) -> Path:
    """Write the control groups of a machine."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


V1 = "3:cpuset:/\n2:cpuacct,cpu:/docker/x\n1:cpu:/docker/x\n"
LIMITS = [
    ({}, "", None),
    ({"cpu.max": "max 100000\n"}, "0::/\n", None),
    ({"cpu.max": "150000 100000\n"}, "0::/\n", 2),
    ({"cpu.max": "50000 100000\n"}, "", 1),
    ({"cpu.max": "1000 100000\n"}, "", 1),
    ({"a/b/cpu.max": "max 1\n", "a/cpu.max": "300000 100000\n"}, "0::/a/b\n", 3),
    ({"unified/a/cpu.max": "300000 100000\n"}, "2:cpu:/\n0::/a\n", 3),
    ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, V1, None),
    ({"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"}, V1, 2),
    ({f"cpu,cpuacct/docker/x/cpu.cfs_{x}_us": "5000" for x in ("quota", "period")}, V1, 1),
    ({"cpu/other/cpu.cfs_quota_us": "1000", "cpu/other/cpu.cfs_period_us": "1000"}, V1, None),
    ({"cpu.max": "nonsense"}, "nonsense\n::\n0:\n0::/../..\n", None),
    ({"cpu.max": "100 0"}, "\xff:\xff:\xff", None),
    ({"cpu.max": "9900000 100000"}, "", None),
]


@pytest.mark.parametrize(("files", "own", "expected"), LIMITS)
def test_limits_of_a_container_hold(
    files: dict[str, str],
    own: str,
    expected: int | None,
    module: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    (tmp_path / "own").write_text(own, encoding="latin-1")
    root = groups(tmp_path / "cgroup", files)
    assert module.cpus(str(root), str(tmp_path / "own")) == (expected or 8)


def test_processors_are_those_of_a_process(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {5}, raising=False)
    assert module.cpus() == 1
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert module.cpus("/nonexistent", "/nonexistent") == 1


def in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what Windows has not."""
    for missing in ("geteuid", "killpg", "register_at_fork", "sched_getaffinity", "fork"):
        monkeypatch.delattr(os, missing, raising=False)
    real = ctypes.CDLL

    def library(name: str | None, *arguments: Any) -> Any:
        if name is None:
            raise TypeError("argument of type 'NoneType' is not iterable")
        return real(name, *arguments)

    monkeypatch.setattr(ctypes, "CDLL", library)


def in_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what macOS has not."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(platform, "machine", lambda: "arm64")


@pytest.mark.parametrize("system", [in_windows, in_macos])
@pytest.mark.parametrize("has_compiler", [True, False])
def test_other_systems(
    system: Callable[[pytest.MonkeyPatch], None],
    has_compiler: bool,
    module: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = Path.read_text

    def read_text(path: Path, *arguments: Any, **options: Any) -> str:
        if path.parts[:2] in (("/", "proc"), ("/", "sys")):
            raise FileNotFoundError(path)
        return read(path, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", read_text)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CC", "cc" if has_compiler else "cl")
    system(monkeypatch)
    other = moved_module(tmp_path)
    weights, said = moved(other)
    assert is_compiled(other) is has_compiler
    assert len(said) == (not has_compiler)
    for x, y in zip(weights, moved(module, fused=False)[0], strict=True):
        assert (x - y).abs().max() < 1e-5


def test_a_forked_process_is_told_from_others(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not module.is_forked()
    for text, forked in (
        ("7 (a) b) R 1 7 7 0 -1 4194368 0", True),
        ("7 (a) b) R 1 7 7 0 -1 4194304 0", False),
        ("", False),
        ("7 (a) R 1 7 7 0 -1 x", False),
    ):
        monkeypatch.setattr(module, "text_of", lambda path, text=text: text)
        assert module.is_forked() is forked
