"""What ``nos-sym transfer`` prints and writes: a table with the paper's numbers, files of results, LaTeX."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nos_sym.cli.latex_tables import table_of_results
from nos_sym.cli.output import json_text, write_file, write_note, write_source
from nos_sym.errors import quoted, quoted_path
from nos_sym.report.tables.results import paper_results, read_results
from nos_sym.search.reports.tally import Tally
from nos_sym.targets.files import read_text
from nos_sym.transfer.experiment import Protocol
from nos_sym.transfer.outcome import LARGEST_NUMBER, merged, values_of
from nos_sym.transfer.running import Row

_LONGEST = 300


def table_lines(rows: Sequence[Row], protocol: Protocol) -> list[str]:
    """Return a line for each optimizer: final rate, mean and deviation, and what the paper prints."""
    unit = " [%]" if protocol.training.metric == "accuracy" else ""
    paper = paper_results().scores
    table = [("optimizer", "rate", f"{protocol.training.metric}{unit}", "paper", "")]
    for row in rows:
        values = values_of(row, protocol)
        if values is None:
            told = "no rate of the test has a score" if row.rate is None else "a training failed"
        else:
            told = _told(values)
        printed = paper.get((row.name, protocol.name))
        known = "" if printed is None else f"{printed.mean:.2f}"
        if printed is not None and printed.deviation is not None:
            known += f" ± {printed.deviation:.2f}"
        like = "" if row.same_as is None else f"the same as {row.same_as}"
        table.append((row.name, "" if row.rate is None else f"{row.rate:g}", told, known, like))
    widths = [max(len(row[i]) for row in table) for i in range(4)]
    return ["  ".join([*(c.ljust(w) for c, w in zip(r, widths, strict=False)), r[4]]).rstrip() for r in table]


def _told(values: Sequence[float]) -> str:
    """Return mean and deviation of results; of numbers that no table has, their size."""
    if max(values) >= LARGEST_NUMBER:
        return f"up to {max(values):.3g}"
    spread = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.2f}{spread}"


def failures_of(tally: Tally) -> str:
    """Return how many trainings failed and with what most often, or nothing."""
    reason = tally.frequent_reason() if tally.failed else None
    if reason is None:
        return ""
    return f"{tally.failed} of {tally.done} trainings, most often with: {quoted(reason, _LONGEST)[1:-1]}"


def earlier_results(file: Path | None) -> list[dict[str, Any]]:
    """Return the results that a file has already, which must be of the format before anything is trained.

    Raises:
        NosSymError: it is not, or cannot be read.
    """
    if file is None or not file.exists():
        return []
    text = read_text(file, "a file of results")
    read_results(text, quoted_path(file))
    return [json.loads(text)]


def write_results(file: Path, earlier: Sequence[dict[str, Any]], found: dict[str, Any]) -> None:
    """Write results to a file with what it has of other tasks; where there are none, it stays as it is."""
    if found["results"]:
        write_file(file, json_text(merged([*earlier, found])) + "\n")
    else:
        write_note(f"no optimizer has a result; {quoted_path(file)} was not written")


def write_latex(file: Path, found: dict[str, Any]) -> None:
    """Write the table of the paper with results to a file or to standard output, where there are any."""
    if found["results"]:
        write_source(table_of_results(found).latex(), file)
    else:
        write_note("no optimizer has a result; the table for LaTeX was not written")
