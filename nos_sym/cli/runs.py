"""``nos-sym runs``: what a store holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nos_sym.cli.output import write_json, write_stdout

if TYPE_CHECKING:
    from nos_sym.search.reports.summary import Summary


@click.command()
@click.argument("store_file", metavar="STORE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the settings of each run.")
def runs(store_file: Path, as_json: bool) -> None:
    """List the runs of a store: searches, imported logs and eliminations.

    Hours are those of all trainings, added up over workers. JSON is a list of objects with run, kind, name,
    seed, started, finished (null while it is not), evaluations, outcomes, hours, duplicates, task, best,
    rule, versions and settings.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym runs run.db
      nos-sym runs run.db --json
    """
    from nos_sym.search.reports.summary import summarize
    from nos_sym.search.store.store import Store

    with Store.read(store_file) as store:
        found = summarize(store)
    if as_json:
        write_json([summary.to_json() for summary in found])
    else:
        write_stdout("\n".join(_lines(found)) or "the store has no run yet")


def _lines(summaries: list[Summary]) -> list[str]:
    if not summaries:
        return []
    head = ("run", "kind", "name", "seed", "started", "state", "evaluations", "failed", "duplicates", "time")
    rows = [head, *map(_row, summaries)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = []
    for row, summary in zip(rows, [None, *summaries], strict=True):
        lines.append("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
        if summary is not None and summary.best is not None:
            lines.append(f"{'':{widths[0]}}  best {summary.best:.4f}  {summary.rule}")
    return lines


def _row(summary: Summary) -> tuple[str, ...]:
    from nos_sym.search.reports.display import duration

    run, total = summary.run, summary.outcomes.total()
    return (
        str(run.id),
        run.kind,
        run.name,
        "" if run.seed is None else str(run.seed),
        run.started,
        "unfinished" if run.finished is None else "finished",
        str(total),
        str(total - summary.outcomes["evaluated"]),
        str(summary.duplicates),
        duration(summary.seconds),
    )
