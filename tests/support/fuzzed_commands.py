"""The commands, run in this process on damaged arguments, files and standard input."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from nos_sym.cli.commands import COMMANDS, load
from nos_sym.cli.main import cli
from nos_sym.errors import LONGEST, NosSymError
from support.fuzzed_calls import MAKERS, Call
from support.fuzzed_readers import Reader, check_caret, damaged_store, make_store

_PREFIX = "error: "
_OLD = "what was there before\n"
_NOT_RUN = "fuzzing starts no search and no process"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of a command left."""

    code: int
    stdout: str
    stderr: str


class _NotRun(NosSymError):
    """Stands for a search, an elimination or another process, which fuzzing does not start."""


def run(arguments: list[str], stdin: bytes = b"") -> Outcome:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    given = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "stdin", given),
        mock.patch("nos_sym.search.evolve.evolve", side_effect=_NotRun(_NOT_RUN)),
        mock.patch("nos_sym.search.protocols.elimination.eliminate", side_effect=_NotRun(_NOT_RUN)),
        mock.patch("nos_sym.search.protocols.pool.eliminate_pooled", side_effect=_NotRun(_NOT_RUN)),
        mock.patch("nos_sym.conform.launch.run", side_effect=_NotRun(_NOT_RUN)),
        mock.patch("nos_sym.review.reviewing.run", side_effect=_NotRun(_NOT_RUN)),
        mock.patch("nos_sym.review.lifting.run", side_effect=_NotRun(_NOT_RUN)),
        mock.patch("nos_sym.cli.mcp._serve", side_effect=_NotRun(_NOT_RUN)),
    ):
        try:
            cli.main(args=arguments, prog_name="nos-sym")
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int)
    return Outcome(code, out.getvalue(), err.getvalue())


def codes_of(command: str) -> set[int]:
    """Return the exit codes that the help of a command names."""
    text = " ".join((load(command).help or "").split("Examples:")[0].split())
    found = re.search(r"Exit codes: (.*)", text)
    assert found is not None, command
    return {int(code) for code in re.findall(r"\b(\d{1,3}) [a-z]", found[1])}


def check_outcome(call: Call, outcome: Outcome) -> None:
    """Hold a run to its promises: a documented code, one error in one line, nothing that a terminal obeys."""
    lines = outcome.stderr.split("\n")
    errors = [line for line in lines if line.startswith(_PREFIX)]
    known = codes_of(call.arguments[0]) if call.arguments and call.arguments[0] in COMMANDS else {0, 1, 2}
    assert outcome.code in known, outcome
    for line in (*lines, *outcome.stdout.split("\n")):
        assert line.isprintable(), ascii(line[:500])
    if outcome.code == 2:
        assert len(errors) == 1 and lines[0] == errors[0] and lines[-1] == "", outcome
        assert len(errors[0]) <= LONGEST + len(_PREFIX) and len(errors[0]) > len(_PREFIX), outcome
        if len(lines) > 2:
            check_caret("\n".join(lines[1:-1]))
        assert outcome.stdout == "", outcome
    else:
        assert not [line for line in lines if line.startswith("Traceback")], outcome
        if outcome.code != 1:
            assert not errors, outcome


def run_call(call: Call, folder: Path) -> None:
    """Run a command in a folder with its files, and check what it prints and leaves."""
    here = folder / "work"
    here.mkdir(exist_ok=True)
    for old in here.iterdir():
        old.unlink() if old.is_file() or old.is_symlink() else None
    for name, content in call.files.items():
        (here / name).write_bytes(content)
    (here / "old.out").write_text(_OLD, encoding="utf-8")
    if call.store is not None:
        (here / "damaged.db").write_bytes(damaged_store(call.store, folder).read_bytes())
    (here / "whole.db").write_bytes(make_store(folder).read_bytes())
    before = _listing(here)
    with contextlib.chdir(here):
        outcome = run(call.arguments, call.stdin)
    check_outcome(call, outcome)
    # What does not run here has opened its store.
    if outcome.code == 2 and _NOT_RUN not in outcome.stderr:
        after = _listing(here)
        new = {name for name in after if name not in before and not name.endswith((".lock", "-wal", "-shm"))}
        assert not new, (outcome, new)
        assert (here / "old.out").read_text(encoding="utf-8") == _OLD
    assert not [name for name in _listing(here) if name.endswith(".part")], outcome
    helped = {"--help", "-h"} & set(call.arguments)
    if "--json" in call.arguments and not helped and outcome.code in (0, 1, 3) and outcome.stdout:
        json.loads(outcome.stdout)


def _listing(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


READERS = [Reader(f"command-{name}", make, run_call) for name, make in MAKERS.items()]
"""Every command."""
