"""How long commands are stopped, by Ctrl-C or SIGTERM alike, and how long one training may take."""

from __future__ import annotations

import contextlib
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import click

from nos_sym.errors import quoted_path

INTERRUPTED = 130
"""Exit code after Ctrl-C (SIGINT), as of a shell: 128 and the number of the signal."""

TERMINATED = 143
"""Exit code after SIGTERM."""

ARGUMENTS = "nos_sym.cli.arguments"
"""Key of what stood on the command line, in ``meta`` of a context."""

LIMIT = 86400.0
"""Seconds: a day, in which the trainings of every preset end."""


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised where Ctrl-C would be."""


def limit_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option ``--limit`` to a command."""
    return click.option(
        "--limit",
        type=click.FloatRange(min=0),
        default=LIMIT,
        show_default=True,
        metavar="SECONDS",
        help="Time after which a training is stopped and rejected; 0 for none.",
    )(command)


def sharing_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option ``--trainings-per-device`` to a command."""
    return click.option(
        "--trainings-per-device",
        type=click.IntRange(min=1),
        metavar="N",
        help="Number of trainings that share a GPU at the same time; without one, the processor.",
    )(command)


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Raise :class:`Terminated` on SIGTERM, so that everything that was opened is closed."""
    # Only the main thread may; and whoever has said what the signal does knows better.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    if before is signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


@contextlib.contextmanager
def resumable(store: Path, done: str) -> Iterator[None]:
    """Say on one line how to continue a command that is stopped, and leave with its exit code."""
    # Again, because what was opened before may have a handler of its own, as Ray has.
    with terminable():
        try:
            yield
        except KeyboardInterrupt as stop:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                shown = quoted_path(store)
                sys.stderr.write(f"stopped; {shown} has what was {done}; this goes on: {_command()}\n")
                sys.stderr.flush()
            sys.exit(exit_code(stop))


def _command() -> str:
    """Return the command line that goes on with what this one began."""
    arguments = click.get_current_context().meta[ARGUMENTS]
    return shlex.join(["nos-sym", *arguments, *([] if "--resume" in arguments else ["--resume"])])


def exit_code(stop: BaseException | None) -> int:
    """Return the exit code of a command that was stopped."""
    return TERMINATED if isinstance(stop, Terminated) else INTERRUPTED


def _terminate(number: int, frame: object) -> NoReturn:
    raise Terminated
