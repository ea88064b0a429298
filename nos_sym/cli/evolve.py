"""``nos-sym evolve``: search for optimizers."""

from __future__ import annotations

import contextlib
import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offered_settings
from nos_sym.cli.algorithm_choice import ALGORITHM, TASK
from nos_sym.cli.choices import DEDUP, REFERENCES, SEARCH_PRESETS
from nos_sym.cli.confirm import CONFIRM, TUNE
from nos_sym.cli.executor_options import executor_options
from nos_sym.cli.migrate import note_old_keys
from nos_sym.cli.output import kept_for_data, write_json, write_note, write_stdout
from nos_sym.cli.search_settings import expect_settings, expect_trainer, table_of
from nos_sym.cli.stopping import limit_option, resumable, sharing_option, terminable
from nos_sym.cli.target import TargetType
from nos_sym.cli.tracking import opened_trackings, tracking_options
from nos_sym.cli.training_options import data_option, set_option, store_option
from nos_sym.errors import one_line, quoted_path
from nos_sym.search.scores import score_text

if TYPE_CHECKING:
    from nos_sym.search.reports.report import Report
    from nos_sym.search.settings import SearchSettings
    from nos_sym.search.store.store import Run, Store


@click.command()
@click.option(
    "--preset",
    type=click.Choice(SEARCH_PRESETS),
    help="Settings to begin with; a new search needs them, or --settings.",
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file of settings, which override those of --preset.",
)
@set_option(
    "the search",
    "'training.steps=500', or of the initial optimizers, as in 'initial.weight_decay=0'",
    "--preset and --settings",
    offered_settings.search_settings,
)
@store_option(required=True)
@click.option("--resume", is_flag=True, help="Continue an interrupted run.")
@click.option(
    "--trainer",
    metavar="NAME",
    help="What trains: 'torch', 'tensorflow', or a class of your own as module:Class; of a preset it leaves "
    "out the settings of trainings that are another trainer's.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of every random choice.")
@click.option("--algorithm", type=ALGORITHM, help="How candidates are proposed.")
@click.option(
    "--task",
    multiple=True,
    type=TASK,
    help="What is trained, at its defaults; may be repeated for several at once. Of a preset it leaves out "
    "the settings of trainings that are another task's; 'nos-sym list --tasks' says more.",
)
@click.option(
    "--dedup", type=click.Choice(DEDUP), help="Which optimizers count as the same; 'off' compares texts."
)
@click.option(
    "--initial",
    multiple=True,
    type=TargetType(),
    metavar="TARGET",
    help="Name of the catalog, rule or file to start particles from; may be repeated.",
)
@click.option(
    "--template",
    metavar="RULE",
    help="Rule in which '?' stands for what is evolved, as in 'none ~ v_hat / ?'; the rest stays.",
)
@click.option("--only-decays", is_flag=True, help="Mutate decay functions only, to search for schedules.")
@click.option("--particles", type=click.IntRange(min=1), help="Number n of particles.")
@click.option("--time-steps", type=click.IntRange(min=0), help="Number of moves of each particle.")
@click.option(
    "--mutations", type=click.IntRange(min=1), help="Number k of children of a particle in a time-step."
)
@click.option(
    "--confirm",
    type=CONFIRM,
    help="Number K of the best that are trained again, and how often, as in '10,5'; 0 for none.",
)
@click.option(
    "--tune",
    type=TUNE,
    help="Number K of the best whose constants are tuned by CMA-ES, and trainings for each, as in '3,40'; 0 "
    "for none.",
)
@click.option(
    "--references",
    type=click.Choice(REFERENCES),
    help="What they are compared with: Adam, AdamW, SGD with momentum and Nesterov, with default settings or "
    "also tuned, which takes as many trainings as the run.",
)
@data_option()
@executor_options("Where candidates are trained.")
@sharing_option
@limit_option
@tracking_options
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def evolve(
    preset: str | None,
    settings_file: Path | None,
    changes: tuple[str, ...],
    store_file: Path,
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
    """Search for optimizers, and keep every evaluation in a store.

    The result depends on the settings, not on the executor, the number of workers or interruptions: a run
    that was killed continues with --resume and ends as an uninterrupted one. 'nos-sym top' shows the result.

    The fitness of the best is too high, because it was chosen for it. With --confirm K,REPEATS the best K are
    trained again with fresh seeds and scored on images that no search sees, and --references are trained with
    the same seeds. 'better' is said where a paired test over the seeds shows it, corrected for K.

    Exit codes: 0 done, 1 the report could not be written, 2 bad input or a store that cannot be used,
    130 interrupted (Ctrl-C), 143 terminated (SIGTERM).

    \b
    Examples:
      nos-sym evolve --preset demo --seed 3 --store run.db
      nos-sym evolve --store run.db --resume
      nos-sym evolve --preset paper --data cifar --executor processes --store run.db
      nos-sym evolve --preset demo --initial Adam --only-decays --store schedules.db
      nos-sym evolve --preset demo --template 'none ~ v_hat / ?' --store denominators.db
      nos-sym evolve --preset demo --set training.steps=500 --set mutations=4 --store run.db
      nos-sym evolve --preset demo --task tabular --task quadratic --store run.db
      nos-sym evolve --preset demo --trainer my_trainer:LeastSquares --store run.db
    """
    stdout = click.get_current_context().with_resource(kept_for_data(as_json))
    # The trainer of a run that goes on is named in its store; here it is named once more, and has to be it.
    expected = flags.pop("trainer") if resume and preset is None and settings_file is None else None
    chosen = table_of(preset, settings_file, changes, flags)
    from nos_sym.search.evolve import evolve as search
    from nos_sym.search.evolve import interrupted_settings
    from nos_sym.search.executors.choose import open_executor
    from nos_sym.search.listener import Listeners
    from nos_sym.search.reports.display import Display
    from nos_sym.search.settings import settings_from_table
    from nos_sym.search.store.connection import StoreError, exists
    from nos_sym.search.store.store import Store

    # What is imported stays; looked at again and again it takes a quarter of the time of a long replay.
    gc.freeze()
    settings = None if chosen is None else settings_from_table(chosen)
    if settings is None and not exists(store_file):
        if not resume:
            expect_settings(str(store_file), None)
        raise StoreError(f"there is no store '{store_file}', so no search to resume; leave '--resume' out")
    with terminable(), Store.open(store_file) as store:
        note_old_keys(store)
        if not resume:
            _tell_interrupted(store, settings)
        settings = settings or interrupted_settings(store)
        expect_trainer(settings, expected)
        # Machines of a cluster have data of their own.
        if executor != "ray" and not store.runs():
            _expect_data(settings)
        threads = threads_of(settings.training)
        with (
            open_executor(executor, workers, threads, address, limit or None, trainings_per_device) as opened,
            Display(settings) as display,
            opened_trackings(tensorboard, mlflow, display.note) as trackings,
            resumable(store.path, "evaluated"),
        ):
            listener = Listeners(display, *trackings)
            run, report = search(settings, store, executor=opened, resume=resume, listener=listener)
        if as_json:
            with contextlib.redirect_stdout(stdout):
                write_json({"run": run.id, **report.to_json()})
        else:
            write_stdout("\n".join(_lines(store, run, settings, report)))


def _tell_interrupted(store: Store, settings: SearchSettings | None) -> None:
    """Note which run of a store has not ended, before another begins.

    Raises:
        InputError: nothing says what the other is.
    """
    from nos_sym.search.evolve import interrupted_run

    interrupted = interrupted_run(store, settings)
    if settings is None:
        expect_settings(str(store.path), interrupted)
    if interrupted is not None:
        shown = quoted_path(store.path)
        write_note(
            f"run {interrupted} of {shown} is interrupted; "
            f"'nos-sym evolve --store {shown[1:-1]} --resume' goes on with it"
        )


def _expect_data(settings: SearchSettings) -> None:
    """Check that the data of a first search is there, which is otherwise noticed after minutes of drawing.

    A store that has evaluations may answer all that a search asks for; there, and for a trainer from outside
    of the package, the first training says what is missing.

    Raises:
        MissingError: an archive or a package is not there.
    """
    from nos_sym.pipeline.needs import for_search, missing
    from nos_sym.search.trainer_kinds import TRAINERS

    problems = dict(for_search(settings.training)) if settings.trainer in TRAINERS else {}
    if problems:
        raise missing(problems)


def threads_of(training: object) -> int:
    """Return how many processor threads a training has, so that workers get as many cores."""
    return int(getattr(training, "threads", 1))


def _lines(store: Store, run: Run, settings: SearchSettings, report: Report) -> list[str]:
    from nos_sym.search.reports.texts import report_lines

    best, failed = _best(store, run), _failed(store, run, report)
    return [
        f"run          {run.id} of {store.path}, {settings.algorithm_name}, seed {settings.seed}, "
        f"dedup {report.dedup}",
        *report_lines(report, "--json"),
        f"best         {best}" if best else "best         none",
        *([f"failed       {failed}"] if failed else []),
        f"next         nos-sym top {store.path}",
    ]


def _best(store: Store, run: Run) -> str | None:
    """Return the best optimizer of the last task of a run, with its fitness."""
    from nos_sym.search.reports.found import scores_of
    from nos_sym.search.reports.shown import shown_text
    from nos_sym.search.slots import Stage

    found = scores_of(store, run.id)
    rows = [(e.fitness, e.text) for e in found if e.fitness is not None and e.stage != Stage.INITIAL.value]
    if not rows:
        return None
    fitness, text = max(rows, key=lambda row: row[0])
    return f"{score_text(fitness)}  {shown_text(text)}"


def _failed(store: Store, run: Run, report: Report) -> str | None:
    """Return the most frequent reason of failures, where there are any."""
    from nos_sym.search.failures import Ending
    from nos_sym.search.reports.endings import endings_of

    number = report.endings.get(Ending.FAILED.value, 0)
    frequent = endings_of(store, store.scores(run.id))[1] if number else None
    return None if frequent is None else f"{frequent[1]} of {number} with: {one_line(frequent[0])}"
