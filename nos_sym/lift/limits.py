"""Ends originals that do not end, and says in one line what an original raised."""

from __future__ import annotations

import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from nos_sym.errors import NosSymError
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.recorder import is_of_original, short_path


class OutOfTimeError(BaseException):
    """The time is over; no handler of the original for errors takes it for one of its own."""


@contextmanager
def limited(seconds: float | None) -> Iterator[None]:
    """Raise :class:`LiftError` after some seconds.

    A signal ends what Python runs, in the main thread alone; what C runs ends first. Elsewhere, and with
    ``None``, there is no limit.
    """
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except OutOfTimeError:
        raise LiftError(
            f"lifting takes more than {seconds:g} seconds; expected an optimizer whose steps "
            "end, or a longer --limit"
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Say in one line what an original raised, and where."""
    try:
        yield
    except (NosSymError, KeyboardInterrupt, OutOfTimeError):
        raise
    except BaseException as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if is_of_original(f.filename)]
        place = f" ({short_path(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""
        text = f": {error}" if str(error) else ""
        raise LiftError(
            f"{name} raises {type(error).__name__}{text}{place}; expected an optimizer that steps tensors of "
            "real numbers with their gradients alone"
        ) from error
