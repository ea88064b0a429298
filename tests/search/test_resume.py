"""Resuming: a search that is killed at any moment ends as one that was not."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest
from support import victims, workers_killed
from support.fake_trainer import FakeTrainer
from support.search_fakes import fake_settings, register, snapshot
from support.store_fakes import evaluations_of

from nos_sym.search.errors import SearchError
from nos_sym.search.evolve import evolve, interrupted_settings
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.reports.hall_of_fame import describe, hall_of_fame
from nos_sym.search.results import Trained
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.store import Store

register()
TINY = {"particles": 2, "initial_factor": 3, "time_steps": 1, "mutations": 2}


def killed(folder: Path, kills: int, seed: int, dedup: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(Path(victims.__file__)), folder, str(kills), str(seed), dedup],
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_search_that_is_killed_ends_like_one_that_is_not(tmp_path: Path) -> None:
    """Once within a training, once within a write to a file, and once within a statement."""
    found = killed(tmp_path, 3, 3, "exact")
    assert found["killed"] == found["whole"]
    assert found["lost"] == []
    assert found["kills"] == {"time": 1, "file size": 1, "statement": 1}


@pytest.mark.heavy
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dedup", ["exact", "float32", "off"])
def test_twenty_kills_change_nothing_with_any_seed_and_level(tmp_path: Path, seed: int, dedup: str) -> None:
    found = killed(tmp_path, 20, seed, dedup)
    assert found["killed"] == found["whole"]
    assert found["lost"] == []
    # The kills came at many moments of the search.
    assert sum(found["kills"].values()) >= 14 and min(found["kills"].values()) >= 2
    assert len(set(found["counts"])) >= 6


class Broken(FakeTrainer):
    """Trains a number of times and then ends the search."""

    left: ClassVar[list[int]] = [5]

    def train(self, *arguments: Any) -> Trained:
        if not self.left[0]:
            raise KeyboardInterrupt
        self.left[0] -= 1
        return super().train(*arguments)


def interrupt(store: Store, after: int = 5) -> None:
    Broken.left = [after]
    with pytest.raises(KeyboardInterrupt):
        evolve(fake_settings(**TINY), store, executor=InProcess(), trainer=Broken())


def test_a_finished_run_is_reported_again_and_trains_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "run.db") as store:
        run, report = evolve(fake_settings(**TINY), store, executor=InProcess())
        before = snapshot(store, run.id)
        Broken.left = [0]
        again, same = evolve(
            fake_settings(**TINY), store, executor=InProcess(), trainer=Broken(), resume=True
        )
        assert (again.id, again.finished) == (run.id, run.finished)
        assert same == report and snapshot(store, run.id) == before


def test_an_interrupted_run_is_not_begun_again_by_accident(tmp_path: Path) -> None:
    with Store.open(tmp_path / "run.db") as store:
        interrupt(store)
        assert len(list(store.evaluations())) == 5
        with pytest.raises(SearchError, match="interrupted; continue with '--resume'"):
            evolve(fake_settings(**TINY), store, executor=InProcess())
        with pytest.raises(SearchError, match=r"differs in 'mutations' \(2 and not 3\)"):
            evolve(fake_settings(**TINY | {"mutations": 3}), store, executor=InProcess(), resume=True)
        assert interrupted_settings(store) == fake_settings(**TINY)
        run, _ = evolve(interrupted_settings(store), store, executor=InProcess(), resume=True)
        assert run.id == 1
    with Store.open(tmp_path / "whole.db") as store:
        whole, _ = evolve(fake_settings(**TINY), store, executor=InProcess())
        expected = snapshot(store, whole.id)
    with Store.read(tmp_path / "run.db") as store:
        assert snapshot(store, 1) == expected


def test_a_run_with_old_names_of_settings_is_resumed(tmp_path: Path) -> None:
    with Store.open(tmp_path / "run.db") as store:
        interrupt(store)
        db = store._connection
        (text,) = db.execute("SELECT settings FROM runs").fetchone()
        assert '"candidates_per_program"' in text
        old = text.replace('"candidates_per_program"', '"together"')
        db.execute("UPDATE runs SET settings = ?", (old,))
        assert interrupted_settings(store) == fake_settings(**TINY)
        with pytest.raises(SearchError, match=r"differs in 'mutations' \(2 and not 3\)"):
            evolve(fake_settings(**TINY | {"mutations": 3}), store, executor=InProcess(), resume=True)
        run, _ = evolve(fake_settings(**TINY), store, executor=InProcess(), resume=True)
        assert run.id == 1 and run.finished is not None


def test_a_run_from_before_a_setting_is_resumed(tmp_path: Path) -> None:
    with Store.open(tmp_path / "run.db") as store:
        interrupt(store)
        db = store._connection
        table = json.loads(db.execute("SELECT settings FROM runs").fetchone()[0])
        assert table.pop("operations") == {"add": [], "remove": []} and table.pop("same_failures") == 5
        db.execute("UPDATE runs SET settings = ?", (json.dumps(table),))
        changed = fake_settings(**TINY, operations={"remove": ["i1e"]})
        with pytest.raises(SearchError, match="differs in 'operations'"):
            evolve(changed, store, executor=InProcess(), resume=True)
        run, _ = evolve(fake_settings(**TINY, same_failures=9), store, executor=InProcess(), resume=True)
        assert run.id == 1 and run.finished is not None


def test_another_run_in_between_changes_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "run.db") as store:
        interrupt(store)
        evolve(fake_settings(1, **TINY), store, executor=InProcess())
        run, report = evolve(fake_settings(**TINY), store, executor=InProcess(), resume=True)
        assert run.id == 1 and report.answered_earlier.count == 0
        resumed = snapshot(store, 1)
    with Store.open(tmp_path / "whole.db") as store:
        whole, _ = evolve(fake_settings(**TINY), store, executor=InProcess())
        assert snapshot(store, whole.id) == resumed


def test_a_store_that_another_version_wrote_is_not_mixed_with_this_one(tmp_path: Path) -> None:
    with Store.open(tmp_path / "run.db") as store:
        interrupt(store)
        store._connection.execute("UPDATE evaluations SET text = 'none ~ g' WHERE id = 2")
        with pytest.raises(StoreError, match="another optimizer at 'initial "):
            evolve(fake_settings(**TINY), store, executor=InProcess(), resume=True)


def test_resuming_needs_a_search(tmp_path: Path) -> None:
    with Store.open(tmp_path / "run.db") as store, pytest.raises(SearchError, match="no search to resume"):
        interrupted_settings(store)


@pytest.mark.heavy
@pytest.mark.timeout(300)
@pytest.mark.parametrize("executor", ["in-process", "processes"])
def test_the_command_is_killed_and_resumed_with_the_real_trainer(tmp_path: Path, executor: str) -> None:
    pytest.importorskip("torch", reason="the surrogate trainer needs torch")
    sizes = ["particles=2", "initial_factor=3", "time_steps=1", "mutations=2", "training.steps=60"]
    sizes += ["training.first_steps=40", "training.second_after=40", "initial_training.steps=60"]
    sizes += ["initial_training.second_after=40", "training.warmup=10", "training.hold=10"]

    def command(name: str, *more: str) -> list[str]:
        changes = [part for size in [*sizes, "training.epoch_steps=20"] for part in ("--set", size)]
        flags = ["--preset", "demo", "--seed", "3", "--executor", executor, "--store", str(tmp_path / name)]
        return [sys.executable, "-m", "nos_sym.cli.main", "evolve", *flags, *changes, *more]

    subprocess.run(command("whole.db"), check=True, capture_output=True)
    kills = 0
    for wanted in (1, 3, 5, 7):
        process = subprocess.Popen(command("run.db", "--resume"), stderr=subprocess.DEVNULL)
        while process.poll() is None and evaluations_of(tmp_path / "run.db") < wanted:
            time.sleep(0.01)
        process.kill()
        kills += process.wait() < 0
    subprocess.run(command("run.db", "--resume"), check=True, capture_output=True)
    assert kills >= 3
    with Store.read(tmp_path / "whole.db") as whole, Store.read(tmp_path / "run.db") as resumed:
        assert snapshot(resumed, 1) == snapshot(whole, 1)


def with_workers(path: Path, wanted: int | None, seed: int = 3) -> bool:
    """Run a search with two workers; kill it or a worker of it at a number of evaluations, if one is given.

    Returns:
        Whether the search was killed before its end.
    """
    process = subprocess.Popen([sys.executable, workers_killed.__file__, str(path), str(seed)])
    try:
        while process.poll() is None and wanted is not None and evaluations_of(path) < wanted:
            time.sleep(0.02)
        if wanted is not None:
            if wanted % 3 == 0:
                # A worker dies first, and its training is tried again until the search dies, too.
                children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
                for worker in children.read_text().split()[-1:] if children.exists() else ():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(worker), signal.SIGKILL)
                time.sleep(0.05)
            process.kill()
        code = process.wait(100)
        assert code in (0, -signal.SIGKILL)
        return code < 0
    finally:
        process.kill()


@pytest.mark.heavy
@pytest.mark.timeout(1200)
def test_twenty_kills_with_workers_change_no_hall_of_fame(tmp_path: Path) -> None:
    with_workers(tmp_path / "whole.db", None)
    total = evaluations_of(tmp_path / "whole.db")
    killed = [with_workers(tmp_path / "run.db", kill * total // 21 + 1) for kill in range(20)]
    with_workers(tmp_path / "run.db", None)
    assert sum(killed) >= 15
    found = []
    for name in ("whole.db", "run.db"):
        with Store.read(tmp_path / name) as store:
            best = [{**record, "seconds": None} for record in describe(hall_of_fame(store).entries)]
            found.append((snapshot(store, 1), best))
    assert found[0] == found[1] and len(found[0][1]) > 3
