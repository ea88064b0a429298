"""``nos-sym eliminate`` with several runs: what is printed of the pool, of the pick, and of the best."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli.dedup import show_progress
from nos_sym.cli.stopping import ARGUMENTS
from nos_sym.search.scores import score_text

if TYPE_CHECKING:
    from nos_sym.search.executors.protocol import Executor
    from nos_sym.search.listener import Listener
    from nos_sym.search.protocols.pool_settings import PooledSettings
    from nos_sym.search.protocols.pooled import PooledElimination
    from nos_sym.search.store.store import Run, Store


def play_several(
    settings: PooledSettings,
    store: Store,
    sources: Sequence[tuple[int, Store | None]],
    pick: tuple[str, ...],
    executor: Executor,
    listener: Listener,
    *,
    resume: bool,
    quiet: bool,
) -> tuple[dict[str, Any], list[str]]:
    """Eliminate several runs and pool them, and return how far that came as JSON data and as lines."""
    from nos_sym.search.protocols.pool import Source, eliminate_pooled

    names = [name for given in pick for name in given.split(",")]
    with _show_parts(quiet=quiet) as told:
        own, found = eliminate_pooled(
            settings, store, [Source(*source) for source in sources], executor=executor, resume=resume,
            pick=names, told=told, listener=listener,
        )  # fmt: skip
    return {"run": own.id, **found.to_json()}, _lines(own, settings, found)


@contextlib.contextmanager
def _show_parts(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Show the progress of each part on standard error."""
    with contextlib.ExitStack() as stack:
        shown: list[Callable[[int], None]] = []

        def told(what: str, done: int, total: int) -> None:
            if done == 0:
                stack.close()
                shown[:] = [stack.enter_context(show_progress(what, total, quiet=quiet, unit="trainings"))]
            shown[0](done)

        yield told


def _lines(run: Run, settings: PooledSettings, found: PooledElimination) -> list[str]:
    """Return the lines that show the pool with its reasons, and the best of all or what is next."""
    from nos_sym.search.reports.shown import shown_text

    lines = [f"run      {run.id}, pool {run.name}, seed {settings.elimination.seed}"]
    head = ["name", "mean", "from", "class", "nearest", "apart", "picked" if found.picked else "proposed"]
    rows = [[*head, "reason", "rule"]]
    for each in found.pool:
        choice = each.choice
        near = "" if choice.nearest is None else found.pool[choice.nearest].name
        far = "" if choice.distance is None else f"{choice.distance:.3f}"
        chosen = each.name in found.picked if found.picked else choice.taken
        sources = ",".join(str(place + 1) for place in each.sources)
        rows.append(
            [
                *(each.name, score_text(each.mean), sources, str(choice.kind), near, far),
                *("yes" if chosen else "", found.reason(each), shown_text(each.text)),
            ]
        )
    lines += [f"from {n}   {name}" for n, name in enumerate(found.sources, 1)]
    lines += ["", *_table(rows), ""]
    if not found.picked:
        return [
            *lines,
            f"next     {_command()} --pick proposed, or --pick with the names of {_count(settings, found)}",
        ]
    lines.append(f"picked   {', '.join(found.picked)}, by {found.by}")
    second = ", ".join(map(str, found.second))
    lines += [f"second   runs {second}, one from each", f"final    run {found.final}", ""]
    best = [["rank", "mean", "trainings", "run", "rule"]]
    for rank, row in enumerate(found.best, 1):
        best.append([str(rank), score_text(row.mean), str(row.count), str(row.run), shown_text(row.text)])
    return [*lines, *_table(best)]


def _count(settings: PooledSettings, found: PooledElimination) -> str:
    count = min(settings.pool.pick, len(found.pool))
    return f"{count} of them"


def _command() -> str:
    """Return the command line that goes on, without what is picked."""
    arguments = click.get_current_context().meta.get(ARGUMENTS, ["eliminate"])
    return shlex.join(["nos-sym", *arguments, *([] if "--resume" in arguments else ["--resume"])])


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(t.ljust(w) for t, w in zip(row, widths, strict=True)).rstrip() for row in rows]
