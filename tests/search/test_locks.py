"""The lock of a store: one writer at a time, whatever path a process was given."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from nos_sym.search.results import Evaluated
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store import locks
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.rows import evaluation_at
from nos_sym.search.store.store import Store

OPEN = """
import sys
from nos_sym.errors import NosSymError
from nos_sym.search.store.store import Store
for path in sys.argv[1:]:
    try:
        Store.open(path).close()
        print("opened")
    except NosSymError as error:
        print(error)
"""


def add(store: Store, run: int, child: int) -> None:
    slot = Slot(Stage.CHILD, child=child)
    store.add(run, evaluation_at(slot, task="t", text="none ~ g", result=Evaluated(0.5)))


def filled(path: Path) -> None:
    with Store.open(path) as store:
        add(store, store.begin_run("search", "particles", "{}", 3).id, 0)


def killed(path: Path, evaluations: int) -> None:
    """Write a store in a process that is killed, so that its evaluations are in the log beside it."""
    program = """
        import os, signal, sys
        from nos_sym.search.results import Evaluated
        from nos_sym.search.slots import Slot, Stage
        from nos_sym.search.store.rows import evaluation_at
        from nos_sym.search.store.store import Store
        store = Store.open(sys.argv[1])
        run = store.begin_run("search", "particles", "{}")
        for child in range(int(sys.argv[2])):
            slot = Slot(Stage.CHILD, child=child)
            store.add(run.id, evaluation_at(slot, task="t", text="none ~ g", result=Evaluated(0.5)))
        os.kill(os.getpid(), signal.SIGKILL)
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(path), str(evaluations)]
    assert subprocess.run(command, check=False).returncode == -9


def others(*paths: Path) -> list[str]:
    """Return what another process says that opens stores for writing."""
    command = [sys.executable, "-c", OPEN, *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_a_second_process_is_told_who_writes_the_store(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    program = (
        "import sys; from nos_sym.search.store.store import Store; Store.open(sys.argv[1]); print('opened')"
    )
    with Store.open(path):
        done = subprocess.run(
            [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
        )
        with Store.read(path) as reader:
            assert reader.runs() == []
    assert "opened" not in done.stdout
    message = done.stderr.strip().splitlines()[-1]
    assert f"is in use by another process ({os.getpid()} on " in message and "--store" in message
    assert (
        "opened"
        in subprocess.run(
            [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
        ).stdout
    )


def test_a_symbolic_link_to_a_store_has_its_lock(tmp_path: Path) -> None:
    path, link = tmp_path / "run.db", tmp_path / "elsewhere" / "link.db"
    filled(path)
    link.parent.mkdir()
    link.symlink_to(path)
    with Store.open(link), pytest.raises(StoreError, match="is in use by another process"):
        Store.open(path)
    with Store.open(path), pytest.raises(StoreError, match="is in use by another process"):
        Store.open(link)


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    program = """
        import os, signal, sys
        from nos_sym.search.store.store import Store
        store = Store.open(sys.argv[1])
        store.begin_run("search", "particles", "{}")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program), str(path)], check=False)
    assert done.returncode == -9
    with Store.open(path) as store:
        assert len(store.runs()) == 1


def test_every_name_of_a_store_has_its_lock(tmp_path: Path) -> None:
    """Symbolic links, hard links, relative paths and a new name, in another process and in this one."""
    path = tmp_path / "run.db"
    filled(path)
    (tmp_path / "elsewhere").mkdir()
    soft, hard, folder = tmp_path / "soft.db", tmp_path / "elsewhere" / "hard.db", tmp_path / "folder"
    soft.symlink_to(path)
    os.link(path, hard)
    folder.symlink_to(tmp_path)
    twice = tmp_path / "elsewhere" / "twice.db"
    twice.symlink_to(hard)
    winding = tmp_path / "elsewhere" / ".." / "run.db"
    names = [path, soft, hard, folder / "run.db", twice, winding]
    for first in (path, hard):
        with Store.open(first) as store:
            add(store, store.runs()[0].id, 1 + names.index(first))
            said = others(*names)
            for name, line in zip(names, said, strict=True):
                assert line.startswith(f"'{name}' is in use by another process"), line
            for name in names:
                with pytest.raises(StoreError, match="is in use by another process"):
                    Store.open(name)
            # The attempts leave the locks of the writer as they were.
            add(store, store.runs()[0].id, 10 + names.index(first))
    assert others(*names) == ["opened"] * len(names)
    with Store.read(hard) as store:
        assert len(list(store.evaluations())) == 5
    assert not list((tmp_path / "elsewhere").glob("*-wal"))


def test_a_store_that_is_renamed_while_it_is_written_keeps_its_lock(tmp_path: Path) -> None:
    path, moved = tmp_path / "run.db", tmp_path / "moved.db"
    with Store.open(path):
        path.rename(moved)
        path.symlink_to(moved)
        assert all("is in use by another process" in line for line in others(moved, path))
    Store.open(moved).close()


def test_links_to_what_is_not_there_yet_are_one_store(tmp_path: Path) -> None:
    path, link = tmp_path / "run.db", tmp_path / "link.db"
    link.symlink_to(path)
    with Store.open(link):
        assert "is in use" in others(path)[0]
    assert path.is_file() and link.is_symlink()
    loop = tmp_path / "loop.db"
    loop.symlink_to(loop)
    for opening in (Store.open, Store.read):
        with pytest.raises(StoreError, match=r"loop\.db") as raised:
            opening(loop)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("evaluations", [0, 3])
def test_no_name_hides_what_a_killed_writer_left(tmp_path: Path, evaluations: int) -> None:
    """SQLite looks for a log beside the name that it is given; under another, answers would be lost."""
    path, hard, soft = tmp_path / "run.db", tmp_path / "hard.db", tmp_path / "soft.db"
    killed(path, evaluations)
    os.link(path, hard)
    soft.symlink_to(path)
    before = path.read_bytes()
    for opening in (Store.open, Store.read):
        with pytest.raises(StoreError, match="several names") as raised:
            opening(hard)
        assert "\n" not in str(raised.value)
    assert path.read_bytes() == before and not Path(f"{hard}-wal").exists()
    with Store.read(soft) as store:
        assert len(list(store.evaluations())) == evaluations
    with Store.open(soft) as store:
        add(store, 1, evaluations)
    for name in (path, hard, soft):
        with Store.read(name) as store:
            assert len(list(store.evaluations())) == evaluations + 1


def test_a_reader_under_another_name_is_not_given_old_answers(tmp_path: Path) -> None:
    path, hard = tmp_path / "run.db", tmp_path / "hard.db"
    filled(path)
    os.link(path, hard)
    program = "import sys; from nos_sym.search.store.store import Store; Store.read(sys.argv[1])"
    with Store.open(path) as store:
        add(store, 1, 1)
        with pytest.raises(StoreError, match="several names"):
            Store.read(hard)
        with Store.read(path) as reader:
            assert len(list(reader.evaluations())) == 2
        done = subprocess.run([sys.executable, "-c", program, str(hard)], capture_output=True, check=False)
    assert done.returncode == 1 and b"StoreError: " in done.stderr and b"several names" in done.stderr


def test_a_system_without_locks_of_files_refuses_several_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    path, hard = tmp_path / "run.db", tmp_path / "hard.db"
    filled(path)
    monkeypatch.delattr(fcntl, "F_OFD_SETLK", raising=False)
    Store.open(path).close()
    os.link(path, hard)
    with pytest.raises(StoreError, match="has several names"):
        Store.open(hard)
    assert not Path(f"{hard}.lock").exists()


def test_locks_are_held_once_and_released(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    for _ in range(3):
        with Store.open(path):
            assert locks.held_here(path) == path
        assert locks.held_here(path) is None


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.db"
    os.mkfifo(pipe)
    for opening in (Store.open, Store.read):
        with pytest.raises(StoreError, match="it is no file"):
            opening(pipe)
    assert [p.name for p in tmp_path.iterdir()] == ["pipe.db"]


@pytest.mark.parametrize("name", ["a\0b.db", "x" * 300, "missing/run.db", "y" * 6000])
def test_what_cannot_be_a_file_is_one_line(tmp_path: Path, name: str) -> None:
    for opening in (Store.open, Store.read):
        with pytest.raises(StoreError) as raised:
            opening(tmp_path / name)
        assert str(raised.value).isprintable()
    assert list(tmp_path.iterdir()) == []
