"""Caches of compiled steps: who may write to them, what is damaged, where they are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.compiled_steps import calls, copier, is_compiled, moved, moved_module
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


def in_cache(home: Path) -> list[Path]:
    """Return what the cache holds."""
    return sorted((home / "nos_sym").iterdir()) if (home / "nos_sym").is_dir() else []


@pytest.mark.parametrize("mask", [0o000, 0o002, 0o077])
def test_a_cache_is_made_for_its_user_alone(
    mask: int, tmp_path: Path, compiler: Path, reference: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "a" / "b"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    old = os.umask(mask)
    try:
        assert same(moved(moved_module(tmp_path))[0], reference[1])
    finally:
        os.umask(old)
    (library,) = in_cache(home)
    for path in (tmp_path / "a", home, home / "nos_sym", library):
        assert not path.stat().st_mode & 0o077, path
    assert calls(compiler) == 2
    assert same(moved(moved_module(tmp_path))[0], reference[1])
    assert calls(compiler) == 2  # a second process finds it


@pytest.mark.parametrize("given", ["", "relative/path", None])
def test_the_cache_is_in_the_home_of_the_user(
    given: str | None, module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if given is None:
        monkeypatch.delenv("XDG_CACHE_HOME")
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", given)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    assert module.cache_folder() == str(tmp_path.resolve() / "user" / ".cache" / "nos_sym")
    assert not (tmp_path / "relative").exists()
    monkeypatch.setenv("HOME", "user")
    assert module.cache_folder() is None


def damaged(library: Path, how: str) -> None:
    """Spoil a library of the cache."""
    whole = library.read_bytes()
    if how == "empty":
        library.write_bytes(b"")
    elif how == "truncated":
        library.write_bytes(whole[:5000])
    elif how == "garbage":
        library.write_bytes(bytes(range(256)) * 40)
    elif how == "one bit":
        library.write_bytes(whole[:3000] + bytes([whole[3000] ^ 4]) + whole[3001:])
    elif how == "open to others":
        library.chmod(0o622)
    elif how == "folder":
        library.unlink()
        library.mkdir()
    elif os.geteuid() == 0:
        os.chown(library, 12345, -1)
    else:
        pytest.skip("only root gives files away")


@pytest.mark.parametrize(
    "how", ["empty", "truncated", "garbage", "one bit", "open to others", "another's", "folder"]
)
def test_a_damaged_library_is_made_anew(
    how: str, tmp_path: Path, home: Path, compiler: Path, reference: Any
) -> None:
    moved(moved_module(tmp_path))
    (library,) = in_cache(home)
    damaged(library, how)
    for _ in range(2):
        weights, said = moved(moved_module(tmp_path))
        assert not said
        assert same(weights, reference[1])
    assert in_cache(home) == [library]  # and nothing beside it
    assert calls(compiler) == (6 if how == "folder" else 4)


def unusable(home: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a cache one that cannot or must not be used."""
    home.mkdir(mode=0o700)
    folder = home / "nos_sym"
    if how == "a file is in its place":
        folder.write_text("")
    elif how == "a file is its home":
        home.rmdir()
        home.write_text("")
    elif how == "nothing can be made there":
        monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nos")
    elif how == "others may write to it":
        folder.mkdir()
        folder.chmod(0o770)
    elif how == "others may write beside it":
        home.chmod(0o777)
    elif how == "others may write two above it":
        home.chmod(0o707)
        monkeypatch.setenv("XDG_CACHE_HOME", str(home / "x" / "y"))
    elif how == "it is another's link":
        (home / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(home / "elsewhere")
    elif how == "its home leads to where others write":
        (home / "open").mkdir()
        (home / "open").chmod(0o777)
        (home / "link").symlink_to(home / "open")
        monkeypatch.setenv("XDG_CACHE_HOME", str(home / "link"))
    elif how == "it is another's":
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    else:  # the user has no home
        monkeypatch.setenv("XDG_CACHE_HOME", "")
        monkeypatch.setattr(os.path, "expanduser", lambda path: path)


UNUSABLE = (
    "a file is in its place",
    "a file is its home",
    "nothing can be made there",
    "others may write to it",
    "others may write beside it",
    "others may write two above it",
    "it is another's link",
    "its home leads to where others write",
    "it is another's",
    "there is no home",
)


@pytest.mark.parametrize("how", UNUSABLE)
def test_a_cache_that_is_not_safe_is_not_used(
    how: str,
    tmp_path: Path,
    home: Path,
    compiler: Path,
    reference: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unusable(home, how, monkeypatch)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    weights, said = moved(moved_module(tmp_path))
    assert not said
    assert same(weights, reference[1])
    moved(moved_module(tmp_path))
    assert calls(compiler) == 4  # no second process finds anything
    new = {p for p in tmp_path.rglob("*") if p not in before and p != compiler}
    assert not [p for p in new if p.suffix == ".so"]
    if "write" in how:
        assert not [p for p in new if p.name == "nos_sym"]
