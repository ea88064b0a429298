"""``nos-sym evaluate``: train given optimizers on a task."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offered_settings
from nos_sym.cli.algorithm_choice import TASK
from nos_sym.cli.choices import SEARCH_PRESETS, SPLITS
from nos_sym.cli.dedup import show_progress
from nos_sym.cli.evolve import threads_of
from nos_sym.cli.executor_options import executor_options
from nos_sym.cli.failures import InputError
from nos_sym.cli.output import kept_for_data, write_json, write_stdout
from nos_sym.cli.search_settings import table_of
from nos_sym.cli.stopping import limit_option, resumable, sharing_option, terminable
from nos_sym.cli.store_place import store_place
from nos_sym.cli.target import TargetType, read_all
from nos_sym.cli.training_options import data_option, set_option, store_option

if TYPE_CHECKING:
    from nos_sym.language.rule import Rule
    from nos_sym.search.evidence.evaluating import Evaluations, EvaluationSettings

_COLUMNS = ("name", "rule", "mean", "low", "high", "repeats", "failed", "failed_count_as", "scores")


@click.command()
@click.argument("targets", metavar="RULE...", nargs=-1, required=True, type=TargetType())
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
    "--repeats", type=click.IntRange(1, 1000), default=1, show_default=True, help="Trainings of each."
)
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    help="The images that score them: those of a search, or those that no search sees.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the trainings."
)
@store_option(required=False)
@click.option("--resume", is_flag=True, help="Continue an interrupted evaluation.")
@click.option(
    "--task",
    type=TASK,
    multiple=True,
    help="What they are trained on in place of the task of the search; several may be given.",
)
@click.option("--trainer", metavar="NAME", help="What trains: 'torch', 'tensorflow', or module:Class.")
@data_option()
@executor_options("Where they are trained.")
@sharing_option
@limit_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with a header.")
def evaluate(
    targets: tuple[str, ...],
    preset: str | None,
    settings_file: Path | None,
    changes: tuple[str, ...],
    repeats: int,
    split: str | None,
    seed: int,
    store_file: Path | None,
    resume: bool,
    executor: str,
    workers: int | None,
    address: str | None,
    trainings_per_device: int | None,
    limit: float,
    as_json: bool,
    as_csv: bool,
    **flags: Any,
) -> None:
    """Train each RULE on the task of a search, and print the mean fitness with its 95 % interval.

    A RULE is a name of the catalog, a rule as text, a file with rules, FILE:NAME, or - for standard input.
    All of them have the same seeds: with --seed 0 those that a search confirms its best with. A training
    without a fitness counts as chance. With --store every training is kept, like any evaluation, and --resume
    continues. JSON is an object with run, task, split, failures, which says what was raised in trainings, and
    optimizers: name, rule, mean, low, high, repeats, failed, failed_count_as, scores. CSV has a row for each
    of these.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input or a store that cannot be used,
    130 interrupted (Ctrl-C), 143 terminated (SIGTERM).

    \b
    Examples:
      nos-sym evaluate Adam Opt4 --preset demo --repeats 5
      nos-sym evaluate AdamW 'none ~ sign(ema(g, 0.9))' --preset demo --repeats 8 --split test --store run.db
      nos-sym evaluate Adam SGD --preset demo --task tabular --repeats 3
      nos-sym evaluate best.nos --preset paper --data cifar --executor processes --store run.db --csv
    """
    if as_json and as_csv:
        raise InputError("'--json' and '--csv' exclude each other; choose one")
    if resume and store_file is None:
        raise InputError("'--resume' continues what a store has; name it with '--store FILE'")
    stdout = click.get_current_context().with_resource(kept_for_data(as_json or as_csv))
    settings = _settings(given_rules(targets), preset, settings_file, changes, flags, repeats, split, seed)
    from nos_sym.search.evidence.evaluating import evaluate as train
    from nos_sym.search.executors.choose import open_executor
    from nos_sym.search.store.store import Store

    total = len(settings.rules) * repeats
    with terminable(), store_place(store_file) as place, Store.open(place) as store:
        done = 0

        def count(result: object) -> None:
            nonlocal done
            done += 1
            shown(done)

        threads = threads_of(settings.training)
        with (
            open_executor(executor, workers, threads, address, limit or None, trainings_per_device) as opened,
            show_progress("evaluation", total, quiet=as_json or as_csv, unit="trainings") as shown,
            resumable(store.path, "trained") if store_file is not None else contextlib.nullcontext(),
        ):
            run, found = train(settings, store, executor=opened, resume=resume, told=count)
    with contextlib.redirect_stdout(stdout):
        if as_json:
            write_json({"run": None if store_file is None else run.id, **found.to_json()})
        elif as_csv:
            write_stdout(_csv(found), rules=False)
        else:
            write_stdout(str(found))


def given_rules(targets: tuple[str, ...]) -> list[Rule]:
    """Return the optimizers that are given, each in one line.

    Raises:
        InputError: a schedule is, or the same standard input twice.
    """
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule
    from nos_sym.search.algorithms.initial import one_line_rule

    if targets.count("-") > 1:
        raise InputError("standard input can be read once; give '-' once")
    rules: list[Rule] = []
    for target in targets:
        for rule in read_all(target):
            if isinstance(rule, Rule | Block):
                rules.append(one_line_rule(rule))
            else:
                raise InputError(f"{rule.name or 'a text'} is a schedule; expected optimizers")
    return rules


def _settings(
    rules: list[Rule],
    preset: str | None,
    file: Path | None,
    changes: tuple[str, ...],
    flags: dict[str, Any],
    repeats: int,
    split: str | None,
    seed: int,
) -> EvaluationSettings:
    from nos_sym.search.evidence.evaluating import evaluation_of
    from nos_sym.search.settings import settings_from_table

    table = table_of(preset, file, changes, flags)
    if table is None:
        raise InputError(
            "the task is that of a search: give '--preset demo', another preset, or '--settings'"
        )
    search = settings_from_table(table | {"confirm": [0, 0]})
    return evaluation_of(rules, search, repeats=repeats, seed=seed, split=split)


def _csv(found: Evaluations) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in found.rows:
        record = row.to_json()
        scores = " ".join("" if score is None else repr(score) for score in record["scores"])
        writer.writerow(record | {"scores": scores})
    return text.getvalue()
