"""``nos-sym runs``: what a store holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nos_sym.cli.output import write_json, write_stdout
from nos_sym.errors import one_line
from nos_sym.search.scores import score_text

if TYPE_CHECKING:
    from nos_sym.search.reports.summary import Summary


@click.command()
@click.argument("store_file", metavar="STORE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the settings of each run.")
def runs(store_file: Path, as_json: bool) -> None:
    """List the runs of a store: searches, imported logs and eliminations.

    Hours are those of all trainings, added up over workers. An evaluation has failed where an exception ended
    it, its worker died, it took longer than the limit or its rule cannot be rendered; one that was stopped
    early has not. JSON is a list of objects with run, kind, name, seed, started, finished (null while it is
    not), evaluations, outcomes, failed, reason (the most frequent one for no fitness, of failures where there
    are any, as text and count), hours, duplicates, task, best, rule, versions and settings.

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
        if summary is not None:
            lines += [f"{'':{widths[0]}}  {text}" for text in _details(summary)]
    return lines


def _details(summary: Summary) -> list[str]:
    """Return the best rule of a run, and the most frequent reason of failures, or of no fitness at all."""
    from nos_sym.search.reports.shown import shown_text

    lines = []
    if summary.best is not None:
        lines.append(f"best {score_text(summary.best)}  {shown_text(summary.rule or '')}")
    if summary.reason is not None and (summary.failed or summary.best is None):
        reason, count = summary.reason
        of = f"{summary.failed} failed" if summary.failed else f"{summary.outcomes.total()} without a fitness"
        lines.append(f"{count} of {of}: {one_line(reason)}")
    return lines


def _row(summary: Summary) -> tuple[str, ...]:
    from nos_sym.search.reports.tally import duration

    run, total = summary.run, summary.outcomes.total()
    return (
        str(run.id),
        run.kind,
        run.name,
        "" if run.seed is None else str(run.seed),
        run.started,
        "unfinished" if run.finished is None else "finished",
        str(total),
        str(summary.failed),
        str(summary.duplicates),
        duration(summary.seconds),
    )
