"""``nos-sym tune``: the constants of optimizers, tuned."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offered_runs, offered_settings
from nos_sym.cli.choices import CONSTANTS, SEARCH_PRESETS
from nos_sym.cli.confirm import CONFIRM
from nos_sym.cli.dedup import show_progress
from nos_sym.cli.evaluate import given_rules
from nos_sym.cli.evolve import threads_of
from nos_sym.cli.executor_options import executor_options
from nos_sym.cli.failures import InputError
from nos_sym.cli.migrate import note_old_keys
from nos_sym.cli.output import kept_for_data, write_json, write_stdout
from nos_sym.cli.search_settings import table_of, table_of_run
from nos_sym.cli.stopping import limit_option, resumable, sharing_option, terminable
from nos_sym.cli.target import TargetType
from nos_sym.cli.training_options import data_option, set_option, store_option

if TYPE_CHECKING:
    from nos_sym.cli.dedup import Progress
    from nos_sym.search.listener import Listener
    from nos_sym.search.settings import SearchSettings
    from nos_sym.search.store.store import Store

_BEST = 3


@click.command()
@click.argument("targets", metavar="[RULE]...", nargs=-1, type=TargetType())
@store_option("its best are tuned where no RULE is given", required=True)
@click.option(
    "--run",
    "run",
    type=int,
    metavar="NUMBER",
    shell_complete=offered_runs.runs,
    help="Run whose best are tuned; by default the last search.",
)
@click.option(
    "--best", type=click.IntRange(1, 1000), help=f"How many of the best are tuned.  [default: {_BEST}]"
)
@click.option(
    "--trainings",
    type=click.IntRange(1, 1_000_000),
    default=40,
    show_default=True,
    help="Trainings for each; answers of the store cost none.",
)
@click.option(
    "--also",
    multiple=True,
    type=click.Choice(CONSTANTS),
    help="Constants that are left alone otherwise: those in exponents, or integers; may be repeated.",
)
@click.option(
    "--spread",
    type=click.FloatRange(0.001, 2),
    default=0.3,
    show_default=True,
    help="Standard deviation of the first population in decades: 0.3 is a factor of two.",
)
@click.option(
    "--population", type=click.IntRange(2, 10_000), help="Size of a population; by default by the constants."
)
@click.option(
    "--preset", type=click.Choice(SEARCH_PRESETS), help="The search whose task they are trained on."
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file of settings of a search, which override those of --preset.",
)
@set_option(
    "the search",
    "'training.steps=500'",
    "--preset and --settings",
    offered_settings.search_settings,
)
@click.option(
    "--template",
    metavar="RULE",
    help="Rule in which '?' stands for the part whose constants are tuned; that of the run by default.",
)
@click.option(
    "--confirm",
    type=CONFIRM,
    help="Number K of the tuned that are trained again beside what they come from, and how often; 0 for "
    "none.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of every random choice.")
@click.option("--resume", is_flag=True, help="Continue an interrupted tuning.")
@click.option("--trainer", metavar="NAME", help="What trains: 'torch', 'tensorflow', or module:Class.")
@data_option()
@executor_options("Where they are trained.")
@sharing_option
@limit_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, and no progress.")
def tune(
    targets: tuple[str, ...],
    store_file: Path,
    run: int | None,
    best: int | None,
    trainings: int,
    also: tuple[str, ...],
    spread: float,
    population: int | None,
    preset: str | None,
    settings_file: Path | None,
    changes: tuple[str, ...],
    resume: bool,
    executor: str,
    workers: int | None,
    address: str | None,
    trainings_per_device: int | None,
    limit: float,
    as_json: bool,
    **flags: Any,
) -> None:
    """Tune the constants of the best optimizers of a store, or of each RULE, by CMA-ES.

    A RULE is a name of the catalog, a rule as text, a file with rules, FILE:NAME, or - for standard input.
    Task and training are those of the run, unless --preset or --settings say another. Numbers that are no
    integers count: decays on the scale of p/(1-p), others on that of their logarithm. Every proposal is a new
    optimizer with its own key; one that the store has on the task is answered. The tuning is a run of its
    own, and 'nos-sym top' says of what it found what that comes from. With --confirm K,REPEATS the best K are
    trained with fresh seeds beside what they come from; 'better' is said where a paired test shows it.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input or a store that cannot be used,
    130 interrupted (Ctrl-C), 143 terminated (SIGTERM).

    \b
    Examples:
      nos-sym tune --store run.db
      nos-sym tune --store run.db --run 1 --best 5 --trainings 60 --confirm 5,8
      nos-sym tune Adam 'none ~ qhm(0.7)' --preset demo --store run.db
      nos-sym tune --store run.db --resume
    """
    stdout = click.get_current_context().with_resource(kept_for_data(as_json))
    if targets and (run is not None or best is not None):
        raise InputError("'--run' and '--best' choose optimizers of the store; leave them out beside a RULE")
    from nos_sym.search.executors.choose import open_executor
    from nos_sym.search.store.connection import StoreError, exists
    from nos_sym.search.store.store import Store
    from nos_sym.search.tuning.constants import Kind
    from nos_sym.search.tuning.settings import TuningSettings, given_origins
    from nos_sym.search.tuning.strategy import expect_cma
    from nos_sym.search.tuning.texts import tuning_lines
    from nos_sym.search.tuning.tune import best_of, interrupted_tuning
    from nos_sym.search.tuning.tune import tune as train

    expect_cma()
    given = given_rules(targets) if targets else []
    if not given and not exists(store_file):
        raise StoreError(f"there is no store '{store_file}'; 'nos-sym evolve --store FILE' makes one")
    own = _given(flags)
    chosen = table_of(preset, settings_file, changes, own) if preset or settings_file else None
    plain = not (targets or run or best or preset or settings_file or changes or own)
    with terminable(), Store.open(store_file) as store:
        note_old_keys(store)
        if resume and plain:
            settings = interrupted_tuning(store)
        else:
            source = _source(store, run, needed=not given or chosen is None)
            search = _search(store, source, chosen, changes, own)
            origins = given_origins(given) if given else best_of(store, source or 0, best or _BEST)
            if not origins:
                raise InputError(f"run {source} of '{store_file}' has no optimizer with a fitness to tune")
            kinds = tuple(Kind(name) for name in dict.fromkeys(also))
            settings = TuningSettings(search, origins, trainings, kinds, spread, population or 0)
        training = settings.search.training
        threads = threads_of(training)
        with (
            open_executor(executor, workers, threads, address, limit or None, trainings_per_device) as opened,
            _shown(quiet=as_json) as listener,
            resumable(store.path, "trained"),
        ):
            tuned, found = train(settings, store, executor=opened, resume=resume, listener=listener)
    if as_json:
        with contextlib.redirect_stdout(stdout):
            write_json({"run": tuned.id, **found.to_json()})
    else:
        head = [f"run          {tuned.id} of {store_file}, tuning, seed {settings.search.seed}"]
        head.append(f"task         {found.task}")
        write_stdout("\n".join([*head, *tuning_lines(found), f"next         nos-sym top {store_file}"]))


def _given(flags: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a search that flags give."""
    return {name: value for name, value in flags.items() if value is not None}


def _source(store: Store, run: int | None, *, needed: bool) -> int | None:
    """Return the run that is meant: the one that is named, or the last search of the store.

    Raises:
        NosSymError: there is no such run, or none is there and one is needed.
    """
    if run is not None:
        return store.run(run).id
    runs = [each for each in store.runs() if each.is_search]
    if runs or not needed:
        return runs[-1].id if runs else None
    raise InputError(
        f"'{store.path}' has no search; give '--preset demo', another preset or '--settings', and a RULE"
    )


def _search(
    store: Store,
    source: int | None,
    chosen: dict[str, Any] | None,
    changes: tuple[str, ...],
    flags: dict[str, Any],
) -> SearchSettings:
    """Return the settings of the search that options name, or else of the run with their changes."""
    from nos_sym.search.settings import settings_from_table

    if chosen is None:
        assert source is not None
        run = store.run(source)
        if run.kind != "search":
            raise InputError(
                f"run {run.id} of '{store.path}' is no search, so that its task is unknown; give '--preset' "
                "or '--settings'"
            )
        chosen = table_of_run(run.settings, changes, flags)
    return settings_from_table(chosen)


@contextlib.contextmanager
def _shown(*, quiet: bool) -> Iterator[Listener]:
    """Show how many trainings each part has done, on standard error."""
    from nos_sym.search.candidates import Result
    from nos_sym.search.listener import Listener

    class Shown(Listener):
        """A bar for each part."""

        def __init__(self, stack: contextlib.ExitStack) -> None:
            self._stack = stack
            self._done = 0
            self._tell: Progress = lambda done: None

        def stage(self, name: str, slots: int) -> None:
            self._stack.close()
            self._done = 0
            bar = show_progress(name, slots, quiet=quiet, unit="trainings")
            self._tell = self._stack.enter_context(bar)

        def result(self, result: Result) -> None:
            self._done += int(result.was_trained)
            self._tell(self._done)

    with contextlib.ExitStack() as stack:
        yield Shown(stack)
