"""``nos-sym eliminate``: the best optimizers of one run or several on larger and larger networks."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offered_runs, offered_settings
from nos_sym.cli.choices import ELIMINATION_PRESETS
from nos_sym.cli.evolve import threads_of
from nos_sym.cli.executor_options import executor_options
from nos_sym.cli.failures import InputError
from nos_sym.cli.migrate import note_old_keys
from nos_sym.cli.output import kept_for_data, write_json, write_note, write_stdout
from nos_sym.cli.run_names import run_name
from nos_sym.cli.search_settings import read_change, read_settings_file
from nos_sym.cli.stopping import limit_option, resumable, sharing_option, terminable
from nos_sym.cli.tracking import opened_trackings, tracking_options
from nos_sym.cli.training_options import data_option, set_option, store_option
from nos_sym.errors import quoted

if TYPE_CHECKING:
    from nos_sym.search.store.store import Run, Store


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, shell_complete=offered_runs.runs)
@store_option("it has the RUNs", required=True)
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
@set_option(
    "the elimination",
    "'training.warmup=500'",
    "--preset and --settings",
    offered_settings.elimination_settings,
)
@click.option("--resume", is_flag=True, help="Continue an interrupted elimination.")
@click.option(
    "--pick", multiple=True, metavar="NAME",
    help="Of several runs: who of their pool a search begins with, as Opt1, or 'proposed'; may be repeated.",
)  # fmt: skip
@click.option(
    "--candidates", type=click.IntRange(min=1), help="Number of optimizers of each run that compete."
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the trainings.")
@data_option()
@executor_options("Where candidates are trained.")
@sharing_option
@limit_option
@tracking_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, and no progress.")
def eliminate(
    runs: tuple[str, ...],
    store_file: Path,
    preset: str,
    settings_file: Path | None,
    changes: tuple[str, ...],
    resume: bool,
    pick: tuple[str, ...],
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

    RUN is a number that 'nos-sym runs' shows, of the store, or FILE:NUMBER of another one. In every stage a
    candidate is trained several times and the mean of the validation accuracies counts. Data and training are
    those of the (first) run, network and steps those of the stage (base, steps, repeats, keep). Every
    training is in the store the moment it ends.

    Several runs are eliminated one after the other and pooled (Section 3.6 of the paper). A table shows how
    accurate and how unlike the optimizers of the pool are, and which are proposed. --resume --pick goes on
    with those that are picked: a search from each with several trainings of each child, the last trainings
    of the best of these, and the best of all that had the last training. These parts are settings, too, in
    the tables pool, second and final of a TOML file.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input or a store that cannot be used,
    130 interrupted (Ctrl-C), 143 terminated (SIGTERM).

    \b
    Examples:
      nos-sym eliminate 1 --store run.db --preset demo
      nos-sym eliminate 1 --store run.db --executor processes --data cifar
      nos-sym eliminate 1 --store run.db --preset demo --resume --json
      nos-sym eliminate 1 2 other.db:1 --store run.db --preset demo
      nos-sym eliminate 1 2 other.db:1 --store run.db --preset demo --resume --pick Opt1 --pick Opt3
    """
    from nos_sym.search.executors.choose import open_executor
    from nos_sym.search.listener import Listeners
    from nos_sym.search.protocols.elimination_settings import read_elimination
    from nos_sym.search.protocols.pool_settings import PooledSettings, read_pooled
    from nos_sym.search.store.connection import StoreError, exists
    from nos_sym.search.store.store import Store

    stdout = click.get_current_context().with_resource(kept_for_data(as_json))
    named = [_run_of(text) for text in runs]
    if len(named) == 1 and pick:
        raise InputError("'--pick' is of the pool of several runs; give more than one RUN, or leave it out")
    if not exists(store_file) and any(file is None for file, _ in named):
        raise StoreError(f"there is no store '{store_file}'; 'nos-sym evolve --store FILE' makes one")
    with terminable(), contextlib.ExitStack() as stack:
        store = stack.enter_context(Store.open(store_file))
        note_old_keys(store)
        sources = [(number, _other(stack, store, file)) for file, number in named]
        number, other = sources[0]
        pooled = len(sources) > 1
        table = _table((other or store).run(number), preset, settings_file, changes, flags, pooled=pooled)
        settings = read_pooled(table) if pooled else read_elimination(table)
        trained = settings.elimination if isinstance(settings, PooledSettings) else settings
        opened = stack.enter_context(
            open_executor(
                executor, workers, threads_of(trained.training), address, limit or None, trainings_per_device
            )
        )
        trackings = stack.enter_context(opened_trackings(tensorboard, mlflow, write_note))
        stack.enter_context(resumable(store.path, "trained"))
        listener = Listeners(*trackings)
        if isinstance(settings, PooledSettings):
            from nos_sym.cli.eliminate_pool import play_several

            data, lines = play_several(
                settings, store, sources, pick, opened, listener, resume=resume, quiet=as_json
            )
        else:
            from nos_sym.cli.eliminate_one import play_one

            data, lines = play_one(
                settings, store, sources[0], opened, listener, resume=resume, quiet=as_json
            )
    if as_json:
        with contextlib.redirect_stdout(stdout):
            write_json(data)
    else:
        write_stdout("\n".join(lines))


def _run_of(text: str) -> tuple[Path | None, int]:
    """Return the file and the number of an argument; no file where it is a number alone."""
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return None, int(text)
    named = run_name(text)
    if named.number is None:
        raise InputError(f"RUN {quoted(text, 60)} has no number; expected a number, or FILE:NUMBER")
    return named.file, named.number


def _other(stack: contextlib.ExitStack, store: Store, file: Path | None) -> Store | None:
    """Return another store, opened for reading; ``None`` where a file is the store itself."""
    from nos_sym.search.store.store import Store

    if file is None or file.resolve() == store.path.resolve():
        return None
    other = stack.enter_context(Store.read(file))
    note_old_keys(other)
    return other


def _table(
    run: Run,
    preset: str,
    file: Path | None,
    changes: tuple[str, ...],
    flags: dict[str, Any],
    *,
    pooled: bool,
) -> dict[str, Any]:
    """Return the table of the settings; what stands in a file is checked on its own."""
    from nos_sym.search.protocols.elimination_settings import (
        inherited,
        read_elimination,
        read_elimination_preset,
    )
    from nos_sym.search.protocols.pool_settings import read_pooled, read_pooled_preset
    from nos_sym.search.records import Text, read_toml
    from nos_sym.search.settings import merge

    table = merge(inherited(run, preset), (read_pooled_preset if pooled else read_elimination_preset)(preset))
    if file is not None:
        text = Text(f"'{file}'", read_settings_file(file))
        table = merge(table, read_toml(text.text, text.where))
        # So that an error names its line.
        (read_pooled if pooled else read_elimination)(table, text)
    for change in changes:
        table = merge(table, read_change(change))
    own = {name: value for name, value in flags.items() if value is not None}
    data = own.pop("data", None)
    if data is not None:
        own["training"] = {"folder": str(data)}
    return merge(table, own)
