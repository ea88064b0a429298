"""The display of a running search: live on a terminal, elsewhere a line every few seconds."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from nos_sym.search.candidates import Redraw, Result
from nos_sym.search.listener import Listener
from nos_sym.search.results import DuplicateOf
from nos_sym.search.settings import Algorithm, SearchSettings
from nos_sym.search.slots import Stage

if TYPE_CHECKING:
    from rich.progress import Progress

PLAIN_SECONDS = 10.0
"""Between two lines where there is no terminal."""

_SHOWN = 70
_TRIED_ONCE = (Stage.INITIAL, Stage.PARTICLE, Stage.RANDOM)


def planned_slots(settings: SearchSettings) -> int:
    """Return the number of slots that a search fills."""
    if settings.algorithm is not Algorithm.PARTICLES:
        return settings.evaluations
    n = settings.particles
    initial = 0 if settings.initial else n * settings.initial_factor
    return initial + n * settings.evaluate_particles + n * settings.time_steps * settings.mutations


@dataclass(slots=True)
class Tally:
    """Counts of a search so far.

    Attributes:
        slots: number of slots of the whole search.
        stage: name of the current part.
        done: number of slots that are done.
        trained: number of trainings that this process has seen end.
        replayed: number of trainings from before an interruption.
        failed: number of evaluations without a fitness.
        answered: number of evaluations that the archive answered.
        redrawn: number of evaluations saved by drawing again.
        saved: seconds that the answers saved.
        best: best fitness on the current task, with its rule.
        started: when this process began, in seconds of a monotonic clock.
    """

    slots: int
    stage: str = ""
    done: int = 0
    trained: int = 0
    replayed: int = 0
    failed: int = 0
    answered: int = 0
    redrawn: int = 0
    saved: float = 0.0
    best: tuple[float, str] | None = None
    started: float = field(default_factory=time.monotonic)

    def seconds_left(self) -> float | None:
        """Return an estimate of the remaining time in seconds; ``None`` before the first training ends."""
        new = self.done * self.trained / max(1, self.trained + self.replayed)
        if new < 1:
            return None
        return (time.monotonic() - self.started) / new * max(0, self.slots - self.done)

    def line(self) -> str:
        """Return the counts as one line."""
        parts = [
            f"{self.stage}: {self.done} of {self.slots} slots",
            f"{self.trained + self.replayed} evaluations",
            f"{self.answered + self.redrawn} duplicates saved",
        ]
        if self.best is not None:
            parts.append(f"best {self.best[0]:.4f}")
        left = self.seconds_left()
        parts.append(f"time left {'unknown' if left is None else duration(left)}")
        return ", ".join(parts)


class Display(Listener):
    """Shows a search on a stream while it runs; a context manager.

    Args:
        settings: settings of the search.
        stream: where to write; standard error by default.
    """

    def __init__(self, settings: SearchSettings, stream: IO[str] | None = None) -> None:
        self.tally = Tally(planned_slots(settings))
        self._stream = sys.stderr if stream is None else stream
        self._bar: Progress | None = None
        self._task: Any = None
        self._filled = 0
        self._is_initial = False
        self._last = time.monotonic()

    def __enter__(self) -> Display:
        if self._stream.isatty():
            self._open_bar()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._refresh()
            self._bar.stop()

    def stage(self, name: str, slots: int) -> None:
        """Show that a part of the search begins."""
        self.tally.stage = name
        self._say(f"{name}: {slots} slots")

    def result(self, result: Result) -> None:
        """Count a candidate whose result is known."""
        tally, outcome = self.tally, result.outcome
        if isinstance(outcome, DuplicateOf):
            tally.answered += 1
            tally.saved += outcome.seconds_saved
        elif result.replayed:
            tally.replayed += 1
        else:
            tally.trained += 1
        fitness = result.fitness
        tally.failed += fitness is None
        is_initial = result.slot.stage is Stage.INITIAL
        if is_initial != self._is_initial:
            # Another task: its fitness is not comparable.
            self._is_initial, tally.best = is_initial, None
        if fitness is not None and fitness > (tally.best or (-math.inf, ""))[0]:
            tally.best = (fitness, str(result.candidate.rule))
        if fitness is not None or result.slot.stage in _TRIED_ONCE:
            self._filled += 1
            tally.done += 1
        self._refresh()

    def redrawn(self, redraw: Redraw) -> None:
        """Count a genome that was known in its particle."""
        self.tally.redrawn += 1
        self._refresh()

    def closed(self, slots: int) -> None:
        """Count slots that are done without a fitness, too."""
        self.tally.done += slots - self._filled
        self._filled = 0
        self._refresh()

    def note(self, text: str) -> None:
        """Show a message."""
        self._say(text)

    def _say(self, text: str) -> None:
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def _refresh(self) -> None:
        if self._bar is None:
            if time.monotonic() - self._last >= PLAIN_SECONDS:
                self._last = time.monotonic()
                self._say(self.tally.line())
            return
        tally, left = self.tally, self.tally.seconds_left()
        best = "none yet" if tally.best is None else f"{tally.best[0]:.4f}  {shorten(tally.best[1])}"
        self._bar.update(
            self._task,
            completed=tally.done,
            description=tally.stage or "beginning",
            evaluations=tally.trained + tally.replayed,
            failed=tally.failed,
            duplicates=tally.answered + tally.redrawn,
            saved=duration(tally.saved),
            best=best,
            left="unknown" if left is None else duration(left),
        )

    def _open_bar(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.table import Column

        def text(template: str) -> TextColumn:
            return TextColumn(template, markup=False, table_column=Column(no_wrap=True))

        self._bar = Progress(
            text("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            text("left {task.fields[left]}"),
            text("| {task.fields[evaluations]} evaluations, {task.fields[failed]} failed"),
            text("| {task.fields[duplicates]} duplicates, {task.fields[saved]} saved"),
            text("| best {task.fields[best]}"),
            console=Console(file=self._stream),
        )
        self._task = self._bar.add_task(
            "beginning",
            total=self.tally.slots,
            evaluations=0,
            failed=0,
            duplicates=0,
            saved=duration(0),
            best="none yet",
            left="unknown",
        )
        self._bar.start()


def duration(seconds: float) -> str:
    """Return a duration as text, as in ``42 s``, ``3.5 min`` or ``12.4 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def shorten(text: str) -> str:
    """Return a text cut to the width of the display."""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
