"""Runs the checks, each in a process of its own that is ended when its time is over."""

from __future__ import annotations

import multiprocessing
import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

import torch

from nos_sym.conform.check import Check
from nos_sym.conform.checks import CHECKS
from nos_sym.conform.originals import optimizer_class, placed, without_folder
from nos_sym.conform.outcome import ConformError, DoesNotApply, Fails, Outcome, Verdict
from nos_sym.conform.records import cases_for
from nos_sym.conform.subject import WAYS, Subject, raised, way_of
from nos_sym.errors import one_line

_LONGEST = 300


def ask(check: Check, subject: Subject) -> tuple[Verdict, str]:
    """Make one check in this process and return how it ended."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            seen = check.ask(subject)
    except DoesNotApply as why:
        return Verdict.DOES_NOT_APPLY, str(why)
    except Fails as why:
        return Verdict.FAILS, str(why)
    except Exception as error:  # of the optimizer, which may raise anything
        return Verdict.FAILS, f"raises {raised(error)}"
    return Verdict.PASSES, seen or ""


def job(given: Mapping[str, Any]) -> dict[str, Any]:
    """Check an optimizer and return what was found as JSON data; the function that other processes call.

    Args:
        given: ``original``; ``arguments``, by name; ``only``, names of checks, all where it is empty;
            ``text`` of the file, or nothing where it can be read.

    Raises:
        ConformError: the optimizer cannot be checked.
    """
    torch.set_num_threads(1)
    arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in given["arguments"].items()}
    try:
        outcomes, way = conform(placed(given["original"], given.get("text")), arguments, given["only"])
    except ConformError as error:
        raise ConformError(without_folder(str(error))) from None
    return {"way": way, "outcomes": [x.to_json() for x in outcomes]}


def conform(original: str, arguments: Mapping[str, Any], only: Sequence[str]) -> tuple[list[Outcome], str]:
    """Check an optimizer, each check in a process of its own.

    This process must not have computed gradients before: PyTorch lets its copies compute none then.

    Returns:
        The outcomes, and how steps are taken, in words.

    Raises:
        ConformError: there is no such class, or no arguments that it can be made with.
    """
    cls = optimizer_class(original)
    subject = Subject(cls, arguments)
    found = _apart(lambda: _tried(cls, arguments), 60)
    if isinstance(found, str):
        raise ConformError(f"a step of {original} {found}")
    index, wrong = found
    if wrong:
        raise ConformError(f"{original} takes no step: {wrong}")
    cases = cases_for(subject.defaults, cls)
    subject = Subject(cls, arguments, WAYS[index], cases=cases)
    outcomes = []
    for check in CHECKS:
        if only and check.name not in only:
            continue
        begin = time.monotonic()
        ended = _apart(lambda check=check: ask(check, subject), check.seconds)  # type: ignore[misc]
        verdict, line = (Verdict.FAILS, ended) if isinstance(ended, str) else ended
        verdict = check.severity if verdict is Verdict.FAILS else verdict
        spent = time.monotonic() - begin
        outcomes.append(Outcome(check.name, check.title, verdict, one_line(line, _LONGEST), spent))
    return outcomes, str(subject.way)


def _tried(cls: type, arguments: Mapping[str, Any]) -> tuple[int, str]:
    way, wrong = way_of(cls, arguments)
    return WAYS.index(way), wrong


def _apart(function: Callable[[], Any], seconds: float) -> Any:
    """Call a function in a copy of this process; a text says why there is no answer."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(function, here, there), daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(seconds):
            return f"did not end within {seconds:g} s"
        return here.recv()
    except (EOFError, OSError):
        process.join(1)
        code = process.exitcode
        return (
            f"ended its process (exit code {code})"
            if code is None or code >= 0
            else f"crashed (signal {-code})"
        )
    finally:
        process.kill()
        process.join()
        here.close()


def _answer(function: Callable[[], Any], here: Connection, there: Connection) -> None:
    here.close()
    try:
        there.send(function())
        there.close()
    except BaseException as error:  # of the optimizer; the message is for the report
        there.send(f"raises {type(error).__name__}: {error}"[:2000])
    # Without what the code has registered for the end.
    os._exit(0)
