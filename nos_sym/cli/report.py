"""``nos-sym report``: a store as one page of HTML."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nos_sym.cli import offered_runs
from nos_sym.cli.failures import InputError, WriteError
from nos_sym.cli.migrate import note_old_keys
from nos_sym.cli.output import STDOUT, write_file, write_note, write_source, write_stdout
from nos_sym.cli.stopping import exit_code, terminable
from nos_sym.errors import quoted_path

if TYPE_CHECKING:
    from nos_sym.report.page.record import Page

SHEETS = 20
"""Owner: :mod:`nos_sym.report.page.collect`."""

SECONDS = 5.0
"""Owner: :mod:`nos_sym.report.page.watch`."""

POLL, MADE = 0.5, 30.0
"""Seconds between two looks for a store that is not there yet, and those in which one has its tables."""


@click.command()
@click.argument("store_file", metavar="STORE", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there, whole or not at all; - for standard output. By default the name of the store with "
    "'.html', in the working directory.",
)
@click.option(
    "--run",
    "run",
    type=int,
    metavar="NUMBER",
    shell_complete=offered_runs.runs,
    help="Only this run; 'nos-sym runs' lists them.",
)
@click.option(
    "--task",
    metavar="NAME",
    shell_complete=offered_runs.tasks,
    help="Task and budget, or a part of the name; by default the latest.",
)
@click.option(
    "--top",
    type=click.IntRange(min=0),
    default=SHEETS,
    show_default=True,
    metavar="NUMBER",
    help="How many of the best get a data sheet and a source file.",
)
@click.option(
    "--watch",
    "seconds",
    type=click.FloatRange(min=1),
    is_flag=False,
    flag_value=SECONDS,
    metavar="[SECONDS]",
    help=f"Write the page again as a search goes on, every so many seconds at most ({SECONDS:g}), until its "
    "runs have ended.",
)
def report(
    store_file: Path,
    output: Path | None,
    run: int | None,
    task: str | None,
    top: int,
    seconds: float | None,
) -> None:
    """Write a store as a page: one file of HTML that needs no network and no server.

    The page has every optimizer of a task in a table that can be sorted and searched, and for each its
    equation, schedule, lineage and, for the best, data sheet and source file; fitness over time; what
    deduplication saved, class by class; settings and versions. Stores with an imported log have it too.

    With --watch the page in the browser follows the search; another process may write the store, or is
    about to make it.

    Exit codes: 0 done, 1 the page could not be written, 2 bad input or a store that cannot be used,
    130 interrupted (Ctrl-C), 143 terminated (SIGTERM).

    \b
    Examples:
      nos-sym report run.db
      nos-sym report run.db -o report.html --top 50
      nos-sym report run.db --watch
    """
    target = Path(f"{store_file.stem or 'report'}.html") if output is None else output
    to_stdout = str(target) == STDOUT
    if to_stdout and seconds is not None:
        raise InputError("'--watch' writes a file again and again; expected a file behind '--output'")
    if not to_stdout:
        _expect_another_file(store_file, target)
    from nos_sym.report.page.collect import collect
    from nos_sym.report.page.html import page_of
    from nos_sym.report.page.watch import watch
    from nos_sym.search.store.store import Store

    if seconds is None:
        with Store.read(store_file) as store:
            note_old_keys(store)
        page = collect(store_file, run=run, task=task, top=top)
        text = page_of(page)
        if to_stdout:
            write_source(text, None)
            return
        write_file(target, text)
        write_stdout(_line(page, target, len(text.encode())), rules=False)
        return
    written = False

    def write(made: Page) -> None:
        nonlocal written
        write_file(target, page_of(made))
        written = True

    with terminable():
        try:
            _wait_for(store_file)
            with Store.read(store_file) as store:
                note_old_keys(store)
            page = watch(store_file, write, run=run, task=task, top=top, seconds=seconds)
        except KeyboardInterrupt as stop:
            left = f"{quoted_path(target)} has what the store had" if written else "no page was written"
            _say(f"stopped; {left}")
            sys.exit(exit_code(stop))
    write_stdout(_line(page, target, target.stat().st_size), rules=False)


def _wait_for(store_file: Path) -> None:
    """Wait for a store that a search is about to make; where its folder is not there either, none comes."""
    from nos_sym.search.store.connection import StoreError
    from nos_sym.search.store.store import Store

    if store_file.exists() or not store_file.parent.is_dir():
        return
    write_note(f"there is no store {quoted_path(store_file)} yet; the page waits for it")
    since = None
    while True:
        time.sleep(POLL)
        if not store_file.exists():
            continue
        since = time.monotonic() if since is None else since
        try:
            with Store.read(store_file):
                return
        except StoreError:  # its tables are still to come
            if time.monotonic() - since > MADE:
                raise


def _say(line: str) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _expect_another_file(store_file: Path, target: Path) -> None:
    """Raise an error where the page would replace the store, or what belongs to it."""
    try:
        names = {Path(f"{store_file.resolve()}{end}") for end in ("", "-wal", "-shm", ".lock")}
        same = target.resolve() in names or (target.exists() and target.samefile(store_file))
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        # Where there is no such store, reading it says so.
        if isinstance(error, FileNotFoundError):
            return
        raise WriteError(f"cannot write {quoted_path(target)}: {reason}") from None
    if same:
        raise InputError(f"{quoted_path(target)} is the store; name another file behind '--output'")


def _line(page: Page, target: Path, size: int) -> str:
    ranked = sum(row.rank is not None for row in page.rows)
    sheets = "1 data sheet" if len(page.sheets) == 1 else f"{len(page.sheets)} data sheets"
    return f"{target}  {ranked} optimizers with a fitness of {len(page.rows)}, {sheets}, {size / 1e6:.1f} MB"
