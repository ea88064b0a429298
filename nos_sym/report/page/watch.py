"""A page that follows a search: written again when the store has changed, until its runs have ended.

The store is read as any reader does: each look opens it, reads and closes it, so that the process that writes
it neither waits nor fails.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from nos_sym.report.page.collect import SHEETS, Memory, collect
from nos_sym.report.page.record import Page
from nos_sym.search.store.store import Store

SECONDS = 5.0
"""Seconds between two looks at a store, unless another number is asked for."""

SHARE = 1.0
"""How many times as long as a page took to be made it is left alone, so that the search keeps the machine.
The end of the runs does not wait."""

Stamp: TypeAlias = tuple[object, ...]


def watch(
    path: Path,
    write: Callable[[Page], None],
    *,
    run: int | None = None,
    task: str | None = None,
    top: int = SHEETS,
    seconds: float = SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Page:
    """Write the page of a store again and again, and return the last one when the runs of it have ended.

    Where this is ended by an exception, as Ctrl-C is one, the page is written once more as one that nobody
    follows.

    Args:
        path: the store.
        write: writes a page, whole or not at all.
        run, task, top: as for :func:`~nos_sym.report.page.collect.collect`.
        seconds: between two looks, at least.
        sleep, clock: wait, and tell the time in seconds.

    Raises:
        NosSymError: the store cannot be read, or has no such run or task.
    """
    memory, page, before, due = Memory(), None, None, clock()
    try:
        while True:
            # What is written while the page is made is on the next one.
            stamp, ended = look_at(path, run)
            began = clock()
            if stamp != before and (ended or began >= due):
                made = collect(path, run=run, task=task, top=top, memory=memory)
                if made.finished:
                    page = None
                    write(made)
                    return made
                page = replace(made, live=seconds)
                write(page)
                before, due = stamp, clock() + SHARE * (clock() - began)
            sleep(seconds)
    except BaseException:
        if page is not None:
            write(replace(page, live=None))
        raise


def look_at(path: Path, run: int | None) -> tuple[Stamp, bool]:
    """Return what changes with everything that is written to a store, and whether its runs have ended.

    Raises:
        StoreError: the store cannot be read.
    """
    files = tuple(_stamp(Path(f"{path}{end}")) for end in ("", "-wal"))
    # The end of a run is told by the run: a file system may give two changes one time.
    with Store.read(path) as store:
        found = tuple((r.id, r.finished) for r in store.runs() if run in (None, r.id))
    return (*files, *found), all(finished is not None for _, finished in found)


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
