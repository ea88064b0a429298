"""``nos-sym eliminate`` with one run: its stages while they are played, and what came of them."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from nos_sym.cli.dedup import show_progress
from nos_sym.search.scores import score_text

if TYPE_CHECKING:
    from nos_sym.search.executors.protocol import Executor
    from nos_sym.search.listener import Listener
    from nos_sym.search.protocols.elimination import Elimination
    from nos_sym.search.protocols.elimination_settings import EliminationSettings
    from nos_sym.search.protocols.stages import Contestant
    from nos_sym.search.store.store import Run, Store


def play_one(
    settings: EliminationSettings,
    store: Store,
    source: tuple[int, Store | None],
    executor: Executor,
    listener: Listener,
    *,
    resume: bool,
    quiet: bool,
) -> tuple[dict[str, Any], list[str]]:
    """Eliminate a run, and return what came of it as JSON data and as lines."""
    from nos_sym.search.protocols.elimination import eliminate

    number, other = source
    with _show_stages(settings, quiet=quiet) as progress:
        own, result = eliminate(
            settings, store, number, executor=executor, resume=resume, progress=progress, listener=listener,
            of=other,
        )  # fmt: skip
    return {"run": own.id, **result.to_json()}, _lines(own, settings, result)


@contextlib.contextmanager
def _show_stages(settings: EliminationSettings, *, quiet: bool) -> Iterator[Callable[[int, int, int], None]]:
    """Show the progress of each stage on standard error."""
    with contextlib.ExitStack() as stack:
        shown: list[Callable[[int], None]] = []

        def progress(stage: int, done: int, total: int) -> None:
            if done == 0:
                stack.close()
                chosen = settings.stages[stage]
                what = f"stage {stage + 1}/{len(settings.stages)}, base {chosen.base}, {chosen.steps} steps"
                shown[:] = [stack.enter_context(show_progress(what, total, quiet=quiet, unit="trainings"))]
            shown[0](done)

        yield progress


def _lines(own: Run, settings: EliminationSettings, result: Elimination) -> list[str]:
    head = ["rank", "search"]
    for stage in settings.stages:
        head.append(f"base {stage.base}")
    rows = [[*head, "rule"], *([*_cells(c, settings), c.text] for c in result.contestants)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))] + [0]
    lines = [
        f"run      {own.id}, elimination of run {result.source}, seed {settings.seed}",
        f"search   {result.task}",
    ]
    for stage in settings.stages:
        repeats = (
            f"mean (standard deviation) of {stage.repeats} trainings" if stage.repeats > 1 else "one training"
        )
        lines.append(f"base {stage.base:<3} {stage.steps} steps, {repeats}, the best {stage.keep} are kept")
    lines.append("")
    for row in rows:
        lines.append("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)))
    return lines


def _cells(contestant: Contestant, settings: EliminationSettings) -> list[str]:
    """Return rank, fitness and the mean of each stage, with the standard deviation of its repeats."""
    cells = [str(contestant.rank), score_text(contestant.fitness)]
    for stage in range(len(settings.stages)):
        mean = contestant.mean(stage)
        if mean is None:
            cells.append("failed" if stage < len(contestant.scores) else "")
            continue
        values = [value for value in contestant.scores[stage] if value is not None]
        spread = f" ({score_text(statistics.stdev(values))})" if len(values) > 1 else ""
        cells.append(f"{score_text(mean)}{spread}")
    return cells
