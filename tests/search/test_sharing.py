"""Several trainings on one device: how many workers there are, and the service that they share a GPU by.

The control program is a script that notes what it is told and keeps the answers of the real one.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from support import executor_jobs

from nos_sym.cli.main import cli
from nos_sym.search.executors import mps
from nos_sym.search.executors.calls import ExecutorError
from nos_sym.search.executors.choose import open_executor
from nos_sym.search.executors.mps import Sharing
from nos_sym.search.executors.processes import Processes, count_cores
from nos_sym.search.executors.protocol import Job

SCRIPT = """#!/bin/sh
told=$(cat)
echo "[$*] [$told] $CUDA_MPS_PIPE_DIRECTORY [$CUDA_VISIBLE_DEVICES]" >> {notes}
{then}
"""


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the notes of a control program that does what it is told."""
    return control(tmp_path, monkeypatch, "exit 0")


def control(folder: Path, monkeypatch: pytest.MonkeyPatch, then: str) -> Path:
    found, place = folder / "notes", folder / "bin"
    place.mkdir()
    program = place / mps.CONTROL
    program.write_text(SCRIPT.format(notes=found, then=then), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(mps, "_DEFAULT_PIPES", folder / "nowhere")
    monkeypatch.delenv("CUDA_MPS_PIPE_DIRECTORY", raising=False)
    return found


def lines(notes: Path) -> list[str]:
    return notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []


def test_a_service_is_started_and_ended(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    with Sharing() as sharing:
        pipes = sharing.variables["CUDA_MPS_PIPE_DIRECTORY"]
        assert sharing.way == "own service"
        assert Path(pipes).is_dir() and Path(sharing.variables["CUDA_MPS_LOG_DIRECTORY"]).is_dir()
        # The service has all GPUs; its clients say which one they use.
        assert lines(notes) == [f"[-d] [] {pipes} []"]
    assert lines(notes)[1:] == [f"[] [quit] {pipes} [3]"]
    assert not Path(pipes).exists()
    sharing.close()
    assert len(lines(notes)) == 2, "ended once"


def test_a_service_that_runs_is_used_and_left_alone(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = notes.parent / "pipes"
    there.mkdir()
    monkeypatch.setenv("CUDA_MPS_PIPE_DIRECTORY", str(there))
    with Sharing() as sharing:
        assert (sharing.way, sharing.variables) == ("service of the machine", {})
    assert [line[:24] for line in lines(notes)] == ["[] [get_server_list] " + str(there)[:3]]


def test_one_that_cannot_start_leaves_turns_and_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mps.tempfile, "tempdir", str(tmp_path))
    control(tmp_path, monkeypatch, "exit 1")
    with Sharing() as sharing:
        assert (sharing.way, sharing.variables) == ("turns", {})
    assert not list(tmp_path.glob("nos-sym-mps-*"))


def test_one_that_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    control(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr(mps, "_PATIENCE", 0.5)
    assert Sharing().way == "turns"


def test_without_the_program_gpus_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Sharing().way == "turns" and not mps.is_running()


def test_workers_are_so_many_for_each_device(notes: Path) -> None:
    assert Processes(gpus=("0", "1"), trainings_per_device=3).workers == 6
    assert Processes(gpus=("0", "1"), trainings_per_device=1).workers == 2
    assert Processes(gpus=(), trainings_per_device=3).workers == 3
    assert Processes(5, gpus=("0",), trainings_per_device=3).workers == 5
    assert Processes(gpus=()).workers == count_cores()
    assert lines(notes) == [], "nothing is started before there is work"


def test_workers_get_the_service_and_their_gpu(notes: Path) -> None:
    with Processes(gpus=("0", "GPU-7"), trainings_per_device=2) as executor:
        names = ("CUDA_VISIBLE_DEVICES", "CUDA_MPS_PIPE_DIRECTORY")
        work = [Job(x, executor_jobs.environment_of, names) for x in range(4)]
        found = [outcome.value for _, outcome in executor.run(work)]
        assert executor.sharing == "own service"
    pipes = {place for _, place in found}
    assert len(pipes) == 1 and "nos-sym-mps-" in pipes.pop()
    assert {gpu for gpu, _ in found} <= {"0", "GPU-7"}
    assert [line.partition("]")[0] for line in lines(notes)] == ["[-d", "["]
    assert executor.sharing == ""


def test_workers_with_a_gpu_each_need_no_service(notes: Path) -> None:
    with Processes(gpus=("0",)) as executor:
        next(iter(executor.run([Job(0, executor_jobs.environment_of, ("PATH",))])))
        assert executor.sharing == ""
    assert lines(notes) == []


def test_what_cannot_be_shared_is_one_line() -> None:
    with pytest.raises(ExecutorError, match="'in-process' trains one after the other; use the executor 'pro"):
        open_executor("in-process", trainings_per_device=2)
    with pytest.raises(ExecutorError, match="the number of trainings per device is 0; expected 1 to"):
        open_executor("processes", trainings_per_device=0)
    assert open_executor("in-process", trainings_per_device=1).workers == 1


@pytest.mark.parametrize("command", ["evolve", "eliminate", "evaluate"])
def test_commands_have_the_option(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"])
    assert result.exit_code == 0 and "--trainings-per-device N" in result.output
