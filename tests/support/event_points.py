"""What files of TensorBoard have."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def events_below(folder: Path) -> list[tuple[str, str, int, Any]]:
    """Run, tag, step and value of each point of the files below a folder, which needs TensorBoard."""
    from nos_sym.search.tracking.event_files import events_of

    found = []
    for path in sorted(folder.rglob("*tfevents*")):
        for event in events_of(path):
            for value in event.summary.value:
                series = str(path.parent.relative_to(folder))
                found.append((series, value.tag, event.step, value))
    return found


def points_below(folder: Path) -> set[tuple[Any, ...]]:
    """Runs, tags and steps; a replay begins its stages, which write the hall of fame, at other steps."""
    found = {f[:3] for f in events_below(folder)}
    return {(run, tag, 0 if tag == "hall_of_fame" else step) for run, tag, step in found}
