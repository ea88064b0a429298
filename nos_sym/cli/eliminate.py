"""``nos-sym eliminate``: the best optimizers of a run on larger and larger networks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offers
from nos_sym.cli.choices import ELIMINATION_PRESETS, EXECUTORS
from nos_sym.cli.dedup import show_progress
from nos_sym.cli.evolve import threads_of
from nos_sym.cli.migrate import note_old_keys
from nos_sym.cli.output import kept_for_data, write_json, write_note, write_stdout
from nos_sym.cli.search_settings import read_change, read_settings_file
from nos_sym.cli.stopping import limit_option, resumable, sharing_option, terminable
from nos_sym.cli.tracking import opened_trackings, tracking_options

if TYPE_CHECKING:
    from nos_sym.search.protocols.elimination import Contestant, Elimination
    from nos_sym.search.protocols.elimination_settings import EliminationSettings
    from nos_sym.search.store.store import Run


@click.command()
@click.argument("run", type=int, shell_complete=offers.runs)
@click.option(
    "--store",
    "store_file",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Store with the run.",
)
@click.option(
    "--preset",
    type=click.Choice(ELIMINATION_PRESETS),
    default="paper",
    show_default=True,
    help="The stages.",
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file of settings, which override those of the preset; its [[stages]] replace all stages.",
)
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    shell_complete=offers.elimination_settings,
    help="One setting, as in 'training.warmup=500'; may be repeated.",
)
@click.option("--resume", is_flag=True, help="Continue an interrupted elimination.")
@click.option(
    "--candidates", type=click.IntRange(min=1), help="Number of optimizers of the run that compete."
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the trainings.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the archive of the training data.",
)
@click.option(
    "--executor",
    type=click.Choice(EXECUTORS),
    default="in-process",
    show_default=True,
    help="Where candidates are trained.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Number of trainings that run at the same time.")
@click.option(
    "--address", metavar="HOST:PORT", help="Address of a Ray cluster; without it, a local one is started."
)
@sharing_option
@limit_option
@tracking_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, and no progress.")
def eliminate(
    run: int,
    store_file: Path,
    preset: str,
    settings_file: Path | None,
    changes: tuple[str, ...],
    resume: bool,
    executor: str,
    workers: int | None,
    address: str | None,
    trainings_per_device: int | None,
    limit: float,
    tensorboard: Path | None,
    mlflow: str | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Train the best optimizers of RUN on larger and larger networks, and keep the best of each stage.

    RUN is a number that 'nos-sym runs' shows. In every stage a candidate is trained several times and the
    mean of the validation accuracies counts. Data and training are those of the run, network and steps those
    of the stage (base, steps, repeats, keep). Every training is in the store the moment it ends.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input or a store that cannot be used,
    130 interrupted (Ctrl-C), 143 terminated (SIGTERM).

    \b
    Examples:
      nos-sym eliminate 1 --store run.db --preset demo
      nos-sym eliminate 1 --store run.db --executor processes --data cifar
      nos-sym eliminate 1 --store run.db --preset demo --resume --json
    """
    from nos_sym.search.executors.choose import open_executor
    from nos_sym.search.listener import Listeners
    from nos_sym.search.protocols.elimination import eliminate as play
    from nos_sym.search.store.connection import StoreError, exists
    from nos_sym.search.store.store import Store

    stdout = click.get_current_context().with_resource(kept_for_data(as_json))
    if not exists(store_file):
        raise StoreError(f"there is no store '{store_file}'; 'nos-sym evolve --store FILE' makes one")
    with terminable(), Store.open(store_file) as store:
        note_old_keys(store)
        settings = _settings(store.run(run), preset, settings_file, changes, flags)
        threads = threads_of(settings.training)
        with (
            open_executor(executor, workers, threads, address, limit or None, trainings_per_device) as opened,
            _show_stages(settings, quiet=as_json) as progress,
            opened_trackings(tensorboard, mlflow, write_note) as trackings,
            resumable(store.path, "trained"),
        ):
            listener = Listeners(*trackings)
            own, result = play(
                settings, store, run, executor=opened, resume=resume, progress=progress, listener=listener
            )
    if as_json:
        with contextlib.redirect_stdout(stdout):
            write_json({"run": own.id, **result.to_json()})
    else:
        write_stdout("\n".join(_lines(own, settings, result)))


def _settings(
    run: Run, preset: str, file: Path | None, changes: tuple[str, ...], flags: dict[str, Any]
) -> EliminationSettings:
    from nos_sym.search.protocols.elimination_settings import (
        inherited,
        read_elimination,
        read_elimination_preset,
    )
    from nos_sym.search.records import NOWHERE, Text, read_toml
    from nos_sym.search.settings import merge

    table = merge(inherited(run, preset), read_elimination_preset(preset))
    text = NOWHERE
    if file is not None:
        text = Text(f"'{file}'", read_settings_file(file))
        table = merge(table, read_toml(text.text, text.where))
        # What stands in the file is checked on its own, so that an error names its line.
        read_elimination(table, text)
    for change in changes:
        table = merge(table, read_change(change))
    own = {name: value for name, value in flags.items() if value is not None}
    data = own.pop("data", None)
    if data is not None:
        own["training"] = {"folder": str(data)}
    return read_elimination(merge(table, own))


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
    import statistics

    cells = [str(contestant.rank), f"{contestant.fitness:.4f}"]
    for stage in range(len(settings.stages)):
        mean = contestant.mean(stage)
        if mean is None:
            cells.append("failed" if stage < len(contestant.scores) else "")
            continue
        values = [value for value in contestant.scores[stage] if value is not None]
        spread = f" ({statistics.stdev(values):.4f})" if len(values) > 1 else ""
        cells.append(f"{mean:.4f}{spread}")
    return cells
