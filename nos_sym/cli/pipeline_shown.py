"""What is shown of a pipeline: its plan, its progress on standard error, and what it came to."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nos_sym.cli.output import write_note
from nos_sym.errors import escaped, one_line
from nos_sym.pipeline.stage import Stage, Watch
from nos_sym.report.paper.compiling import PROGRAM
from nos_sym.search.listener import Listener
from nos_sym.search.reports.display import Display
from nos_sym.search.reports.tally import duration
from nos_sym.search.scores import score_text

if TYPE_CHECKING:
    from nos_sym.pipeline.record import Record
    from nos_sym.search.settings import SearchSettings

_SECONDS = 5.0
"""Between two lines, where standard error is no terminal."""


class Shown(Watch):
    """Shows a pipeline on standard error: a line where a stage begins, and below it how far that is.

    The time that is left is that of the part of a stage that is played: what later ones take is not known
    from trainings of other lengths. A context manager.

    Args:
        quiet: whether notes alone are shown.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._stack = contextlib.ExitStack()
        self._what: str | None = None
        self._report: Callable[[int], None] = _nothing

    def __enter__(self) -> Shown:
        return self

    def __exit__(self, *exception: object) -> None:
        self._close()

    def _close(self) -> None:
        self._what, self._report = None, _nothing
        self._stack.close()

    def began(self, stage: Stage, number: int, of: int) -> None:
        """Say which stage begins, and how many trainings it has by its settings."""
        self._close()
        count = stage.trainings
        trainings = f", {counted(count)} by its settings" if count else ""
        if not self._quiet:
            _say(f"stage {number} of {of}: {stage.name}, {stage.command}{trainings}")

    def search(self, settings: SearchSettings) -> AbstractContextManager[Listener]:
        """Return the display of a search, as that of ``evolve``."""
        return nullcontext(Listener()) if self._quiet else Display(settings)

    def told(self, what: str, done: int, total: int) -> None:
        """Show how far a part of a stage is, and the time that it takes yet."""
        if what != self._what:
            self._close()
            self._what = what
            if not self._quiet:
                self._report = self._stack.enter_context(_progress(what, done, total))
        self._report(done)

    def note(self, text: str) -> None:
        """Write a note."""
        write_note(text)


def _nothing(done: int) -> None:
    del done


def _say(line: str) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"{one_line(line)}\n")
        sys.stderr.flush()


@contextlib.contextmanager
def _progress(what: str, begun: int, total: int) -> Iterator[Callable[[int], None]]:
    """Show progress with the time left: a bar on a terminal, elsewhere a line every few seconds."""
    if sys.stderr and sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total, completed=begun)
            yield lambda done: bar.update(task, completed=done)
        return
    started = last = time.monotonic()

    def report(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _SECONDS:
            last = now
            # What was there before took no time.
            new = done - begun
            left = f", time left {duration((now - started) / new * (total - done))}" if new > 0 else ""
            _say(f"{what}: {done} of {total}{left}")

    yield report


def counted(number: int, word: str = "training") -> str:
    """Return a number of things with their word."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def plan_rows(record: Record, stages: Sequence[Stage]) -> list[dict[str, Any]]:
    """Return what is to be done as JSON data: the stages, their trainings, and how far they are."""
    rows = []
    for stage in stages:
        begun = "begun" if stage.name in record.begun else "new"
        rows.append(
            {
                "stage": stage.name,
                "command": stage.command,
                "of": [] if stage.command == "paper" else [source.name for source in stage.sources],
                "trainings": stage.trainings,
                "state": "done" if stage.name in record.ended else begun,
            }
        )
    return rows


def plan_lines(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the plan as a table."""
    table = [("stage", "command", "trainings", "state", "of")]
    table += [
        (
            r["stage"],
            r["command"],
            f"{r['trainings']:,}" if r["trainings"] else "",
            r["state"],
            ", ".join(r["of"]),
        )
        for r in rows
    ]
    left = sum(r["trainings"] for r in rows if r["state"] != "done")
    return "\n".join(
        [
            *_aligned(table),
            "",
            f"{counted(left)} by the settings of what is not done; equal optimizers save some, and those "
            "that fail cost more",
        ]
    )


def summary_lines(folder: Path, played: Sequence[Mapping[str, Any]], results: Sequence[Any]) -> str:
    """Return what a pipeline came to: a line for each stage, and where everything is."""
    table = [("stage", "runs", "result")]
    table += [(row["stage"], ",".join(map(str, row["runs"])), _result(row)) for row in played]
    lines = _aligned(table)
    lines += ["", f"store    {escaped(str(folder / 'pipeline.db'))}"]
    if results:
        lines.append(f"results  {escaped(str(folder / 'results.json'))}")
    written = [row for row in played if "files" in row]
    if written and written[0]["pdf"] is not None:
        lines.append(f"paper    {escaped(written[0]['pdf'])}")
    if written and written[0]["pdf"] is None:
        shown = escaped(str(folder / "paper.tex"))
        lines.append(f"paper    {shown}; {PROGRAM} is not installed, so that it is not compiled")
    return "\n".join(lines)


def _result(row: Mapping[str, Any]) -> str:
    """Return what a stage came to, in some words."""
    if "task" in row:
        best = row["best"]
        return counted(row["optimizers"], "optimizer") + (
            "" if best is None else f", best {score_text(best['fitness'])}  {best['rule']}"
        )
    if "pool" in row:
        proposed = ", ".join(each["name"] for each in row["pool"] if each["taken"])
        return f"a pool of {len(row['pool'])}, proposed {proposed}"
    if "contestants" in row:
        return f"{counted(len(row['contestants']), 'optimizer')}, best {row['contestants'][0]['text']}"
    if "picked" in row:
        best = row["best"]
        said = f", best {score_text(best[0]['mean'])}  {best[0]['text']}" if best else ""
        return f"picked {', '.join(row['picked'])} by {row['by']}{said}"
    if "schedules" in row:
        return counted(len(row["schedules"]), "schedule")
    if "rows" in row:
        fit = sum(each["mean"] is not None for each in row["rows"])
        return f"{fit} of {len(row['rows'])} optimizers with a result"
    return f"{len(row['files'])} tables and figures" + (
        f", {len(row['left_out'])} left out" if row["left_out"] else ""
    )


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(t.ljust(w) for t, w in zip(row, widths, strict=True)).rstrip() for row in rows]
