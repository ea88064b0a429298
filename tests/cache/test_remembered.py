"""Answers that are kept between runs: the same bytes, never stale, never another's, and never an error."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from nos_sym.cache import dependence, remembered
from nos_sym.cli.main import cli

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="nothing is kept without owners of files")

ARGUMENTS = ("render", "Opt4")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Switch the cache on, in a folder of the test; the package may have changed a moment ago."""
    monkeypatch.delenv(remembered.OFF, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(dependence, "SETTLED", -3600.0)
    return tmp_path / "cache"


def ask(arguments: tuple[object, ...] = ARGUMENTS, text: str = "new\n") -> tuple[str, bool]:
    """Return an answer, and whether it was made anew."""
    made = []

    def answer() -> str:
        made.append(text)
        return text

    return remembered.remembered(arguments, answer), bool(made)


def kept(home: Path) -> list[Path]:
    return [path for path in (home / "nos-sym").rglob("*") if path.is_file()]


def test_an_answer_is_made_once_for_each_arguments(home: Path) -> None:
    assert ask(text="one\n") == ("one\n", True)
    assert ask(text="two\n") == ("one\n", False)
    assert ask(("render", "Opt5"), "\N{GREEK SMALL LETTER BETA} \r\n") == (
        "\N{GREEK SMALL LETTER BETA} \r\n",
        True,
    )
    assert ask(("render", "Opt5")) == ("\N{GREEK SMALL LETTER BETA} \r\n", False)
    assert ask(("render", "Opt4", None)) == ("new\n", True)
    for path in [*kept(home), *(home / "nos-sym").iterdir(), home / "nos-sym"]:
        assert path.stat().st_mode & 0o077 == 0


def test_a_variable_switches_it_off(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(text="one\n")
    monkeypatch.setenv(remembered.OFF, "1")
    assert ask(text="two\n") == ("two\n", True)
    assert ask(("render", "SGD")) == ("new\n", True)
    assert len(kept(home)) == 1


def test_what_changed_a_moment_ago_is_not_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = package(tmp_path, monkeypatch)
    monkeypatch.setattr(dependence, "SETTLED", 10.0)
    assert ask() == ("new\n", True)
    assert ask() == ("new\n", True)
    monkeypatch.setattr(dependence.time, "time", lambda: source.stat().st_ctime + 11)
    assert [ask()[1], ask()[1]] == [True, False]


def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a small package in place of nos-sym, and return a file of it."""
    folder = tmp_path / "package"
    (folder / "room").mkdir(parents=True)
    (folder / "__pycache__").mkdir()
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (folder / "room" / "rules.nos").write_text("A = none ~ g\n", encoding="utf-8")
    monkeypatch.setattr(dependence, "_folders", lambda: [str(folder)])
    return folder / "room" / "rules.nos"


def edited(source: Path) -> None:
    before = source.stat()
    source.write_text("A = none ~ w\n", encoding="utf-8")
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert source.stat().st_size == before.st_size


@pytest.mark.parametrize(
    "change",
    [
        edited,
        lambda source: source.rename(source.with_name("other.nos")),
        lambda source: source.with_name("more.toml").write_text("", encoding="utf-8"),
        lambda source: source.unlink(),
        lambda source: (source.unlink(), source.symlink_to("nowhere")),
    ],
    ids=["same size and time", "renamed", "added", "removed", "link to nothing"],
)
def test_a_change_of_a_file_of_the_package_changes_the_digest(
    change: Callable[[Path], object], home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = package(tmp_path, monkeypatch)
    assert [ask(text="old\n")[1], ask()[1]] == [True, False]
    (tmp_path / "package" / "__pycache__" / "x.pyc").write_bytes(b"")
    assert ask()[1] is False
    change(source)
    assert ask() == ("new\n", True)


def test_nothing_is_kept_of_a_package_that_changes_meanwhile(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = package(tmp_path, monkeypatch)
    remembered.remembered(ARGUMENTS, lambda: str(edited(source)))
    source.write_text("A = none ~ g\n", encoding="utf-8")
    assert ask() == ("new\n", True)


def distribution(folder: Path, name: str, entry_points: str = "") -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "entry_points.txt").write_text(entry_points, encoding="utf-8")


def test_another_version_of_anything_changes_the_digest(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert [ask()[1], ask()[1]] == [True, False]
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(site)
    distribution(site, "something-1.0.dist-info", "[console_scripts]\nx = y:z\n")
    assert [ask()[1], ask()[1]] == [True, False]
    (site / "something-1.0.dist-info").rename(site / "something-1.1.dist-info")
    assert [ask()[1], ask()[1]] == [True, False]
    monkeypatch.setenv("SYMPY_GROUND_TYPES", "python")
    assert [ask()[1], ask()[1]] == [True, False]
    monkeypatch.setattr(sys, "version", "3.99.0")
    assert [ask()[1], ask()[1]] == [True, False]


@pytest.mark.parametrize("group", ["nos_sym.operations", " nos_sym.backends "])
def test_nothing_is_kept_with_a_plug_in(
    group: str, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ask()
    distribution(tmp_path / "site", "plugin-1.0.dist-info", f"[other]\nx = y\n[{group}]\nsinh = plugin\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert [ask()[1], ask()[1]] == [True, True]


def test_nothing_is_kept_with_a_library_from_a_checkout(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "checkout" / "mpmath").mkdir(parents=True)
    (tmp_path / "checkout" / "mpmath" / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "checkout")
    monkeypatch.delitem(sys.modules, "mpmath")
    assert [ask()[1], ask()[1]] == [True, True]


@pytest.mark.parametrize("damage", [b"", b"x", b"0" * 64 + b"\nimport os\n", b"\xff\n\xff"])
def test_a_damaged_file_is_made_anew(damage: bytes, home: Path) -> None:
    ask(text="old\n")
    (path,) = kept(home)
    path.write_bytes(damage)
    assert ask() == ("new\n", True)
    assert ask(text="newer\n") == ("new\n", False)


def test_what_others_could_have_written_is_not_used(home: Path, tmp_path: Path) -> None:
    ask(text="old\n")
    (path,) = kept(home)
    for place in (path, path.parent, home / "nos-sym"):
        for bit in (0o020, 0o002):
            before = place.stat().st_mode
            place.chmod(before | bit)
            assert ask()[0] == "new\n", (place, bit)
            if place.exists():
                place.chmod(before & 0o7777)
            remove(home)
            ask(text="old\n")
    assert ask()[0] == "old\n"


def remove(home: Path) -> None:
    shutil.rmtree(home)


def test_links_are_not_followed(home: Path, tmp_path: Path) -> None:
    ask(text="old\n")
    (path,) = kept(home)
    path.rename(tmp_path / "moved")
    path.symlink_to(tmp_path / "moved")
    assert ask() == ("new\n", True)
    path.parent.rename(tmp_path / "folder")
    path.parent.symlink_to(tmp_path / "folder")
    assert ask() == ("new\n", True)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_files_of_another_user_are_not_used(home: Path) -> None:
    ask(text="old\n")
    (path,) = kept(home)
    for place in (path, path.parent, home / "nos-sym"):
        os.chown(place, 12345, -1)
        assert ask()[0] == "new\n"
        os.chown(place, 0, -1)
        remove(home)
        ask(text="old\n")
    remove(home)
    home.mkdir()
    os.chown(home, 12345, -1)
    assert [ask()[1], ask()[1]] == [True, True]
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("obstacle", ["file", "no home", "pipe"])
def test_no_cache_is_no_error(obstacle: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if obstacle == "file":
        home.write_text("", encoding="utf-8")
    elif obstacle == "no home":
        monkeypatch.setenv("XDG_CACHE_HOME", "relative")
        monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    else:
        ask()
        (path,) = kept(home)
        path.unlink()
        os.mkfifo(path)
    assert ask(text="made\n") == ("made\n", True)
    assert not Path("relative").exists()


def test_an_error_is_not_kept(home: Path) -> None:
    result = CliRunner().invoke(cli, ["render", "Opt0"])
    assert result.exit_code == 2 and not home.exists()


def test_old_generations_are_dropped(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        monkeypatch.setenv("SYMPY_TEST", str(number))
        ask()
        (newest,) = (p for p in (home / "nos-sym").iterdir() if p.stat().st_mtime > 1000)
        os.utime(newest, (number, number))
        left = sorted(p.stat().st_mtime for p in (home / "nos-sym").iterdir())
        assert left == list(range(number + 1))[-remembered.GENERATIONS :]


@pytest.mark.parametrize(
    ("target", "is_name"),
    [
        ("Opt4", True), ("torch.optim.Adam", True), ("optax.adam(nesterov=True)", True), ("none ~ g", False),
        ("{ w <- w - lr * g }", False), ("-", False), ("a/b.nos:X", False), ("rules.nos", False), ("", False),
        ("X = none ~ g", False), ("f(none ~ g)", False), ("Opt4\n", False),
    ],
)  # fmt: skip
def test_only_names_are_remembered(
    target: str, is_name: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.nos").write_text("none ~ g", encoding="utf-8")
    assert remembered.is_name(target) is is_name
