"""``nos-sym plot results``: a file of results as a figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nos_sym.cli.failures import InputError
from nos_sym.errors import quoted, quoted_path

if TYPE_CHECKING:
    from nos_sym.report.figures.model import Figure


def figure_of_results(targets: tuple[str, ...], task: str | None) -> Figure:
    """Return the figure of a file of results, of one of its tasks or of all.

    Raises:
        InputError: it is not one file, or has no such task.
        ResultsError: it is no file of results.
    """
    from nos_sym.report.figures.ranking import ranking
    from nos_sym.report.tables.results import read_results
    from nos_sym.targets.files import read_text

    if len(targets) != 1:
        raise InputError(
            f"'plot results' draws one file of results; expected one TARGET, and not {len(targets)}"
        )
    where = quoted_path(targets[0])
    found = read_results(read_text(Path(targets[0]), "a file of results"), where)
    chosen = [name for name in found.tasks if task is None or name == task]
    if not chosen:
        raise InputError(f"{where} has no task {quoted(task or '', 60)}; it has {', '.join(found.tasks)}")
    scores: dict[str, dict[str, tuple[float, ...]]] = {name: {} for name in chosen}
    for (optimizer, name), score in found.scores.items():
        if name in scores:
            scores[name][optimizer] = score.values or (score.mean,)
    tasks = {}
    for name in chosen:
        about = found.tasks[name]
        unit = f" [{about.unit}]" if about.unit else ""
        tasks[name] = (f"{about.metric}{unit}, {about.model}", about.higher)
    return ranking({name: tasks[name] for name in chosen if scores[name]}, scores)
