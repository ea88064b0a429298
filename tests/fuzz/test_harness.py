"""The checks of fuzzing fail where they must."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from support.fuzzed_calls import Call
from support.fuzzed_commands import Outcome, check_outcome, codes_of, run
from support.fuzzed_readers import Hang, Reader, check, check_caret, check_message

from nos_sym.cli.commands import COMMANDS
from nos_sym.errors import NosSymError


def reader(read: Any) -> Reader:
    return Reader("one", random.Random.random, read)


def test_a_traceback_a_hang_and_a_message_of_two_lines_are_found(tmp_path: Path) -> None:
    class Two(NosSymError):
        def __str__(self) -> str:
            return "a\nb"

    def hang(*_: object) -> None:
        while True:
            try:
                while True:
                    pass
            except OSError:
                pass

    with pytest.raises(ZeroDivisionError):
        check(reader(lambda given, _: 1 / given), 0, tmp_path)
    with pytest.raises(AssertionError):
        check(reader(lambda given, _: (_ for _ in ()).throw(Two())), 0, tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("support.fuzzed_readers.SECONDS", 0.2)
        with pytest.raises(Hang):
            check(reader(hang), 0, tmp_path)


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(3, "", ""),
        Outcome(2, "", ""),
        Outcome(2, "", "error: a\nerror: b\n"),
        Outcome(2, "", "error: a\x1b[31m\n"),
        Outcome(2, "", "error: \n"),
        Outcome(2, "half of it\n", "error: a\n"),
        Outcome(2, "", "error: a\n  none ~ g\n  no caret\n"),
        Outcome(2, "", "error: " + "x" * 1000 + "\n"),
        Outcome(0, "", "Traceback (most recent call last):\n"),
        Outcome(0, "a\u202e\n", ""),
        Outcome(0, "", "error: a\n"),
    ],
)
def test_an_outcome_that_is_not_promised_is_found(outcome: Outcome) -> None:
    with pytest.raises(AssertionError):
        check_outcome(Call(["parse", "none ~ g"], {}), outcome)


def test_an_ordinary_outcome_passes() -> None:
    for arguments in (["parse", "none ~ g"], ["parse", "none ~"], ["equal", "SGD", "Adam"], ["list"]):
        check_outcome(Call(arguments, {}), run(arguments))
    check_message("x")
    check_caret("  x\n  ^")


def test_every_command_says_its_exit_codes() -> None:
    others = [name for name in COMMANDS if name not in ("audit", "equal", "evolve", "eliminate", "review")]
    # Two more of them go on for long, and say what they end with when they are stopped.
    stopped = {name: {130, 143} for name in ("evaluate", "pipeline", "report", "transfer", "tune")}
    assert {name: codes_of(name) for name in others} == {
        name: {0, 1, 2} | stopped.get(name, set()) for name in others
    }
    assert codes_of("audit") == codes_of("equal") == {0, 1, 2, 3}
    assert codes_of("review") == {0, 1, 2, 3, 4}
    assert codes_of("evolve") == codes_of("eliminate") == {0, 1, 2, 130, 143}
