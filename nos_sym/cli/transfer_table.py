"""The table that ``nos-sym transfer`` prints, with the paper's own numbers beside the means."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from nos_sym.report.tables.results import paper_results
from nos_sym.transfer.experiment import Protocol
from nos_sym.transfer.outcome import values_of
from nos_sym.transfer.running import Row


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
            spread = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
            told = f"{statistics.fmean(values):.2f}{spread}"
        printed = paper.get((row.name, protocol.name))
        known = "" if printed is None else f"{printed.mean:.2f}"
        if printed is not None and printed.deviation is not None:
            known += f" ± {printed.deviation:.2f}"
        like = "" if row.same_as is None else f"the same as {row.same_as}"
        table.append((row.name, "" if row.rate is None else f"{row.rate:g}", told, known, like))
    widths = [max(len(row[i]) for row in table) for i in range(4)]
    return ["  ".join([*(c.ljust(w) for c, w in zip(r, widths, strict=False)), r[4]]).rstrip() for r in table]
