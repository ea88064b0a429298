"""Disks that are full, folders and files that cannot be written, writers and readers side by side."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.search_fakes import fake_settings, register, snapshot
from support.store_turns import add, read_again_and_again, write_in_turn

from nos_sym.errors import NosSymError
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.reports.hall_of_fame import hall_of_fame
from nos_sym.search.reports.summary import summarize
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.store import Store

register()
TINY = {"particles": 2, "initial_factor": 3, "time_steps": 1, "mutations": 2}
NOBODY = 65534


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder that is a disk of one megabyte, or skip where none may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"cannot mount a small disk: {error}")
    if done.returncode:
        pytest.skip(f"cannot mount a small disk: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def public() -> Iterator[Path]:
    """Return a folder that other users may enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def filled(path: Path, evaluations: int = 1) -> None:
    with Store.open(path) as store:
        run = store.begin_run("search", "particles", "{}", 3)
        for child in range(evaluations):
            add(store, run.id, child)


def numbers_of(path: Path) -> set[int]:
    try:
        with Store.read(path) as store:
            return {e.id for e in store.evaluations()}
    except StoreError:
        return set()


def test_a_search_on_a_full_disk_says_so_keeps_what_it_has_and_goes_on(
    small_disk: Path, tmp_path: Path
) -> None:
    """The disk fills up at several moments: while the store is made, while files are written, in between."""
    path, filler = small_disk / "run.db", small_disk / "filler"
    settings = fake_settings(**TINY)
    reached = set()
    for free in (0, 4, 12, 40, *range(60, 400, 15)):
        filler.write_bytes(b"")
        left = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_bsize
        with filler.open("wb") as file:
            file.truncate(0)
            file.write(b"x" * max(0, left - free * 1024))
        before = numbers_of(path)
        try:
            with Store.open(path) as store:
                evolve(settings, store, executor=InProcess(), resume=True)
            break
        except NosSymError as error:
            assert "\n" not in str(error)
            message = str(error)
            assert "disk is full" in message or "No space left" in message or "disk I/O error" in message
        after = numbers_of(path)
        assert before <= after
        reached.add(len(after))
        assert path.exists() == bool(after) or not after
    assert len(reached) >= 3
    filler.unlink()
    with Store.open(path) as store, Store.open(tmp_path / "whole.db") as whole:
        run, _ = evolve(settings, store, executor=InProcess(), resume=True)
        evolve(settings, whole, executor=InProcess())
        assert snapshot(store, run.id) == snapshot(whole, 1)
    assert not list(small_disk.rglob("*.part"))


def test_a_disk_that_is_mounted_for_reading_is_read_and_not_written(small_disk: Path) -> None:
    path = small_disk / "run.db"
    filled(path)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with Store.read(path) as store:
        assert len(list(store.evaluations())) == 1
    for name in ("run.db", "new.db"):
        with pytest.raises(StoreError) as raised:
            Store.open(small_disk / name)
        assert str(raised.value).startswith(f"cannot write '{small_disk / name}': ")
        assert "\n" not in str(raised.value)


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="needs users of POSIX")
def test_files_and_folders_without_write_access_are_read_and_not_written(public: Path) -> None:
    """The superuser may write anything, so that a child becomes another user first."""
    program = """
        import os, sys
        import filelock
        from pathlib import Path
        from nos_sym.search.store.store import Store
        from nos_sym.errors import NosSymError
        import nos_sym.search.slots, nos_sym.language.json_form
        if os.geteuid() == 0:
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
        for folder in sys.argv[1:]:
            with Store.read(Path(folder, "run.db")) as store:
                print(len(list(store.evaluations())))
            for name in ("run.db", "new.db"):
                try:
                    Store.open(Path(folder, name)).close()
                    print("opened")
                except NosSymError as error:
                    print(error)
    """
    folders = [public / "folder", public / "file"]
    for folder in folders:
        folder.mkdir()
        filled(folder / "run.db")
        (folder / "run.db").chmod(0o444)
    folders[0].chmod(0o555)
    folders[1].chmod(0o777)
    try:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program), *map(str, folders)],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        folders[0].chmod(0o755)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == lines[3] == "1"
    assert lines[1].startswith(f"cannot write '{folders[0] / 'run.db'}': ")
    assert lines[2].startswith(f"cannot write '{folders[0] / 'new.db'}': ")
    assert lines[4].startswith(f"cannot write '{folders[1] / 'run.db'}': ")
    assert lines[5] == "opened" and len(lines) == 6
    assert sorted(p.name for p in folders[0].iterdir()) == ["run.db", "run.db.lock"]


@pytest.mark.parametrize(
    ("writers", "rounds"), [(2, 8), pytest.param(4, 60, marks=[pytest.mark.heavy, pytest.mark.timeout(300)])]
)
def test_writers_take_turns_and_readers_lose_nothing(tmp_path: Path, writers: int, rounds: int) -> None:
    path = tmp_path / "run.db"
    filled(path, 0)
    context = multiprocessing.get_context("spawn")
    every = [
        context.Process(target=write_in_turn, args=(path, 1000 * number, rounds)) for number in range(writers)
    ]
    every += [context.Process(target=read_again_and_again, args=(path, writers * rounds)) for _ in range(2)]
    try:
        for process in every:
            process.start()
        for process in every:
            process.join(240)
        assert [process.exitcode for process in every] == [0] * len(every)
    finally:
        for process in every:
            process.kill()
    assert len(numbers_of(path)) == writers * rounds


DAMAGE = [
    None,
    2**40,
    1.5,
    "",
    "x",
    "3",
    "[]",
    "[" * 5000,
    b"\xff\xfe",
    "a\nb\u202e",
    '{"outcome": "evaluated"}',
]
DAMAGE += ['{"outcome": "rejected", "reason": 3}', '{"outcome": "evaluated", "fitness": "x"}', "{}"]


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("runs", "kind name seed settings versions started finished horizon report"),
        ("evaluations", "place stage task text rule genome key outcome fitness seconds result created"),
        ("duplicates", "place draw kind text key evaluation"),
        ("moves", "text key fitness evaluation"),
    ],
)
def test_what_does_not_belong_into_a_store_is_one_line_or_read(
    tmp_path: Path, table: str, columns: str
) -> None:
    """A file that another program has changed, column by column; nothing of it is a traceback."""
    path = tmp_path / "run.db"
    filled(path, 2)
    with Store.open(path) as store:
        store.add_duplicate(1, Slot(Stage.CHILD), 0, "answered", "none ~ g", "1:a", 1)
        store.add_move(1, 0, 0, "none ~ g", "1:a", 0.5, 1)
    original = path.read_bytes()
    refused = 0
    for column in columns.split():
        for value in DAMAGE:
            path.write_bytes(original)
            connection = sqlite3.connect(path)
            with contextlib.suppress(sqlite3.Error), connection:
                connection.execute(f"UPDATE OR IGNORE {table} SET {column} = ?", (value,))
            connection.close()
            try:
                with Store.read(path) as store:
                    summarize(store)
                    hall_of_fame(store, limit=1)
                    for run in store.runs():
                        store.duplicates(run.id)
                        store.moves(run.id)
            except NosSymError as error:
                refused += 1
                assert str(error).isprintable(), (column, value)
    assert refused >= 10


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.heavy) for seed in range(1, 9))])
def test_a_file_with_damaged_bytes_is_one_line_or_read(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "run.db"
    filled(path, 20)
    original, rng = path.read_bytes(), np.random.default_rng(seed)
    refused = 0
    for number in range(60):
        damaged = np.frombuffer(original, np.uint8).copy()
        # The first page, which says what the file is, as often as the others together.
        end = 100 if number % 2 else len(damaged)
        damaged[rng.integers(0, end, rng.choice([1, 3, 30]))] = rng.integers(0, 256)
        path.write_bytes(damaged.tobytes())
        for opening in (Store.read, Store.open):
            try:
                with opening(path) as store:
                    summarize(store)
                    hall_of_fame(store, limit=1)
            except NosSymError as error:
                refused += 1
                assert str(error).isprintable()
        for suffix in ("-wal", "-shm", "-journal"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
    assert refused >= 10
