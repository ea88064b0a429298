"""``nos-sym import``: a log of the authors' search becomes a run of a store."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nos_sym.cli.dedup import show_progress
from nos_sym.cli.given import stdin_as_file
from nos_sym.cli.output import write_json, write_stdout
from nos_sym.targets.texts import SHOWN, lines_cut_off

if TYPE_CHECKING:
    from nos_sym.search.store.authors_import import Imported


@click.command("import")
@click.argument("log", type=click.Path(path_type=Path))
@click.option(
    "--store",
    "store_file",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Store; created if there is none.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and no progress.")
def import_(log: Path, store_file: Path, as_json: bool) -> None:
    """Add the evaluations of a log of the authors' search to a store, as a run.

    LOG is a file, or - for standard input. Then 'nos-sym top' and 'nos-sym runs' work on them. A rule that
    cannot be read is reported and stored without its equation; a line that is cut off or of another layout is
    skipped and counted. A log is imported once.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input or a store that cannot be used.

    \b
    Examples:
      nos-sym import authors.log --store run.db
      nos-sym top run.db
    """
    from nos_sym.search.store.authors_import import import_log, read_log
    from nos_sym.search.store.store import Store

    # A log that cannot be read leaves no store behind.
    given = stdin_as_file() if str(log) == "-" else contextlib.nullcontext(log)
    with given as path, show_progress("reading", None, quiet=as_json, unit="evaluations") as progress:
        read = read_log(path, progress)
    with Store.open(store_file) as store:
        imported = import_log(read, store)
    if as_json:
        write_json(asdict(imported))
    else:
        write_stdout("\n".join(_lines(imported, store_file)))


def _lines(imported: Imported, store_file: Path) -> list[str]:
    lines = [
        f"run        {imported.run} of {store_file}",
        f"imported   {imported.evaluations} evaluations, {imported.failed} of them without a fitness, "
        f"{imported.hours:.2f} h",
        f"           {imported.optimizers} optimizers",
    ]
    if imported.unreadable:
        lines.append(f"unreadable {len(imported.unreadable)} rules, stored without equation")
        lines += [f"           line {bad.line}: {bad.error}" for bad in imported.unreadable[:SHOWN]]
        if len(imported.unreadable) > SHOWN:
            lines.append(f"           and {len(imported.unreadable) - SHOWN} more; --json has all")
    if imported.skipped:
        lines.append(f"skipped    {lines_cut_off(imported.skipped)}")
    lines.append(f"next       nos-sym top {store_file}")
    return lines
