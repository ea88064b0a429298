"""Compiled steps with odd compilers and caches: each ends in the same weights."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.compiled_steps import copier, is_compiled, moved, moved_module, script
from support.harness import backends

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder of caches."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def module(tmp_path: Path, home: Path) -> ModuleType:
    return moved_module(tmp_path)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any, Path]]:
    """Yield the weights of eager and of compiled steps, and the library."""
    folder = tmp_path_factory.mktemp("reference")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "home"))
        made = moved_module(folder)
        compiled, said = moved(made)
        assert is_compiled(made)
        assert not said
        (library,) = (folder / "home" / "nos_sym").iterdir()
        yield moved(made, fused=False)[0], compiled, library


def same(x: list[torch.Tensor], y: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(x, y, strict=True))


@pytest.fixture
def compiler(tmp_path: Path, reference: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the log of a compiler that has its library ready."""
    monkeypatch.setenv("CC", str(copier(tmp_path / "ready", reference[2], tmp_path / "log")))
    return tmp_path / "log"


# What a compiler does, and what the warning says of it.
BROKEN = {
    "fails": ("exit 3", "no message"),
    "says why": ("echo note; echo 'step.c:1: error: no memory' >&2; exit 1", "error: no memory"),
    "says it in Latin-1": ("printf 'erreur: d\xe9faut, error\\033[0m\\n' >&2; exit 1", "faut, error"),
    "is killed": ("kill -9 $$", "no message"),
    "leaves nothing": ("exit 0", "no library to load"),
    "leaves no library": ("echo x > step.so", "no library to load"),
    "leaves another library": (
        "case \"$*\" in *-shared*) echo 'int x;' > x.c; cc -shared -fPIC x.c -o step.so;; esac",
        "leaves no function",
    ),
    "reads": ("cat; exit 1", "no message"),
}


HEAVY = pytest.mark.heavy


@pytest.mark.parametrize(
    "how", [pytest.param(x, marks=HEAVY) if x == "leaves another library" else x for x in BROKEN]
)
def test_a_broken_compiler_is_one_warning(
    how: str, tmp_path: Path, module: ModuleType, reference: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, says = BROKEN[how]
    monkeypatch.setenv("CC", str(script(tmp_path / "broken", text)))
    weights, (said,) = moved(module, types=("float32", "float64"))
    assert says in said
    assert said.startswith("no compiled step, so the steps are eager: ")
    assert said.isprintable()
    expected, _ = moved(module, fused=False, types=("float32", "float64"))
    assert same(weights, expected)


@pytest.mark.parametrize(
    ("cc", "says"),
    [
        ("/nonexistent/cc -O2", "no C compiler '/nonexistent/cc'; install one or set CC"),
        ("no-such-compiler", "no C compiler 'no-such-compiler'"),
        ("/etc", "no C compiler '/etc'"),
        ("'cc", "No closing quotation"),
    ],
)
def test_a_missing_compiler_is_one_warning(
    cc: str, says: str, module: ModuleType, reference: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", cc)
    weights, (said,) = moved(module)
    assert says in said
    assert same(weights, reference[0])


@pytest.mark.parametrize("cc", ["", "/nonexistent/cc"])
def test_states_that_processes_share_stay_shared(
    cc: str, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", cc)
    weights = [torch.ones(n).requires_grad_() for n in (3, 5, 7)]
    optimizer = module.Moved(weights, fused=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for x in weights:  # one after the other, so that none is joined with another yet
            x.grad = torch.ones_like(x)
            optimizer.step()
            x.grad = None
        states = [x for w in weights[:2] for x in optimizer.state[w].values()]
        addresses = [x.share_memory_().data_ptr() for x in states]
        for x in weights:
            x.grad = torch.full_like(x, 2.0)
        optimizer.step()
    assert is_compiled(module) is not bool(cc)
    assert addresses == [x.data_ptr() for w in weights[:2] for x in optimizer.state[w].values()]
    assert all(x.is_shared() for x in states)
    assert torch.equal(weights[0], weights[2][:3])


@pytest.mark.timeout(20)
def test_a_compiler_that_hangs_is_given_up(
    tmp_path: Path, module: ModuleType, reference: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    monkeypatch.setenv("CC", str(script(tmp_path / "hangs", f"sleep 61 & echo $! > {started}; wait")))
    monkeypatch.setattr(module, "PATIENCE", 1)
    begin = time.monotonic()
    weights, (said,) = moved(module)
    assert said.endswith("did not end in 1 s")
    assert time.monotonic() - begin < 8  # once, not once more without flags
    assert same(weights, reference[0])
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.kill(int(started.read_text()), 0)
            time.sleep(0.02)


@pytest.mark.parametrize("cc", [pytest.param("", marks=HEAVY), "   ", pytest.param("cc -O2 -g", marks=HEAVY)])
def test_a_compiler_has_arguments(
    cc: str, module: ModuleType, reference: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", cc)
    weights, said = moved(module)
    assert is_compiled(module)
    assert not said
    torch.testing.assert_close(weights, reference[1])


def test_a_compiler_may_warn_and_lie_beside(
    tmp_path: Path, module: ModuleType, reference: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    copier(tmp_path / "ready", reference[2], tmp_path / "log")
    script(tmp_path / "warns", f"printf 'd\xe9: error, warning\\n' >&2; exec {tmp_path}/ready \"$@\"")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CC", "./warns")
    weights, said = moved(module)
    assert not said
    assert same(weights, reference[1])


def flags(log: Path) -> set[str]:
    """Return the flags of the last source that was compiled."""
    return set([line for line in log.read_text().splitlines() if "-DWEIGHT" in line][-1].split())


@pytest.mark.parametrize(
    ("refused", "left"),
    [
        (["-fopenmp"], {"-march=native", "-fopenmp-simd"}),
        pytest.param(
            ["-march=native", "-mcpu=native", "-fopenmp", "-fopenmp-simd"], set(), marks=pytest.mark.heavy
        ),
    ],
)
def test_a_compiler_may_refuse_flags(
    refused: list[str],
    left: set[str],
    tmp_path: Path,
    module: ModuleType,
    reference: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refuse = f'for x in "$@"; do case "$x" in {"|".join(refused)}) exit 1;; esac; done'
    text = f'echo "$*" >> {tmp_path}/log\n{refuse}\nexec cc "$@"'
    monkeypatch.setenv("CC", str(script(tmp_path / "refuses", text)))
    weights, said = moved(module)
    assert not said
    assert is_compiled(module)
    asked = {*module.PROCESSOR_FLAGS, *module.TEAM_FLAGS}
    assert flags(tmp_path / "log") & asked == left
    torch.testing.assert_close(weights, reference[1])
    if "-march=native" in left:  # threads change no bit
        assert same(weights, reference[1])


def test_code_has_no_threads_where_pytorch_has_none(
    tmp_path: Path, compiler: Path, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    loaded = module.loaded
    monkeypatch.setattr(module, "loaded", lambda name, build: names.append(name) or loaded(name, build))
    moved(module)
    assert "-fopenmp" in flags(compiler)
    monkeypatch.setattr(module, "has_team", lambda: False)
    module.KERNEL.compiled.clear()
    moved(module)
    assert "-fopenmp" not in flags(compiler)
    assert "-fopenmp-simd" in flags(compiler)
    assert names[0] != names[1]


def test_a_runtime_is_never_linked(reference: Any) -> None:
    library = reference[2].read_bytes()
    assert b"GOMP_parallel" in library
    assert b"libgomp" not in library
