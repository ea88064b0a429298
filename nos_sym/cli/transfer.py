"""``nos-sym transfer``: optimizers on other data and larger networks."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offered_settings
from nos_sym.cli.choices import TRANSFER_BACKENDS, TRANSFER_TASKS
from nos_sym.cli.executor_options import executor_options
from nos_sym.cli.failures import InputError
from nos_sym.cli.output import STDOUT, expect_place, kept_for_data, write_json, write_note, write_stdout
from nos_sym.cli.search_settings import read_change, read_settings_file
from nos_sym.cli.stopping import limit_option, resumable, terminable
from nos_sym.cli.store_place import store_place
from nos_sym.cli.tracking import opened_trackings, tracking_options
from nos_sym.cli.training_options import data_option, set_option, store_option
from nos_sym.errors import quoted

if TYPE_CHECKING:
    from nos_sym.transfer.experiment import Entrant, Experiment


@click.command()
@click.argument("task", type=click.Choice(TRANSFER_TASKS))
@click.option(
    "--optimizers",
    multiple=True,
    metavar="NAME,...|RULE",
    help="Names of the catalog with commas between them, 'all', a rule, or a file of rules; may be repeated.",
)
@data_option(", and of pretrained weights")
@store_option(required=False)
@click.option(
    "--scale",
    type=float,
    metavar="FACTOR",
    help="Make all trainings shorter, as in 0.01: a rehearsal of the whole protocol.",
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file of settings, which override those of the task.",
)
@set_option(
    "the task",
    "'training.batch=32' or 'rates=[0.1,0.01]'",
    "--settings",
    offered_settings.transfer_settings,
)
@click.option("--repeats", type=click.IntRange(1, 1000), help="Trainings of each at its final rate.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the trainings.")
@click.option(
    "--backend",
    type=click.Choice(TRANSFER_BACKENDS),
    default="torch",
    show_default=True,
    help="What trains; ResNet9 and AWD-LSTM are of PyTorch alone.",
)
@click.option("--resume", is_flag=True, help="Continue an interrupted experiment.")
@click.option(
    "--results",
    "results_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File to write, which 'nos-sym latex --table 11' reads; what it has of other tasks stays.",
)
@click.option(
    "--latex",
    "latex_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write Table 11 or 13 of these results there, the paper's own numbers beside them; - prints it "
    "in place of the table of plain text.",
)
@executor_options("Where they are trained.")
@limit_option
@tracking_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def transfer(
    task: str,
    optimizers: tuple[str, ...],
    data: Path | None,
    store_file: Path | None,
    scale: float | None,
    settings_file: Path | None,
    changes: tuple[str, ...],
    repeats: int | None,
    seed: int | None,
    backend: str,
    resume: bool,
    results_file: Path | None,
    latex_file: Path | None,
    executor: str,
    workers: int | None,
    address: str | None,
    limit: float,
    tensorboard: Path | None,
    mlflow: str | None,
    as_json: bool,
) -> None:
    """Train optimizers on TASK with the paper's protocol: learning-rate test, final rate, repeats.

    Every optimizer is trained for a third of the steps at each of seven learning rates, Adam with a
    discovered schedule for two thirds; fine-tuning then tries multiples of the best one. At the final rate
    it is trained several times with different seeds. Optimizers that are proved equal are trained once, and
    so is what the store has from before. The table has the paper's own number beside each mean.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input or a store that cannot be used,
    130 interrupted (Ctrl-C), 143 terminated (SIGTERM).

    \b
    Examples:
      nos-sym transfer cifar10 --optimizers Adam,Opt1,Opt10 --data archives --store transfer.db
      nos-sym transfer ptb --optimizers all --data archives --store transfer.db --results results.json
      nos-sym transfer ptb --optimizers Adam,A1 --data archives --scale 0.001 --repeats 1
    """
    if resume and store_file is None:
        raise InputError("'--resume' continues what a store has; name it with '--store FILE'")
    if not optimizers:
        raise InputError("give the optimizers, as in '--optimizers Adam,Opt4' or '--optimizers all'")
    printed = latex_file is not None and str(latex_file) == STDOUT
    if as_json and printed:
        raise InputError("'--json' and '--latex -' both print; give '--latex' a file")
    for file in (results_file, None if printed else latex_file):
        if file is not None:
            expect_place(file)
    stdout = click.get_current_context().with_resource(kept_for_data(as_json or printed))
    own = {name: value for name, value in (("repeats", repeats), ("seed", seed)) if value is not None}
    experiment = _experiment(task, optimizers, data, scale, settings_file, changes, own, backend)
    from nos_sym.cli.transfer_table import (
        earlier_results,
        failures_of,
        table_lines,
        write_latex,
        write_results,
    )
    from nos_sym.search.executors.choose import open_executor
    from nos_sym.search.listener import Listeners
    from nos_sym.search.reports.display import Display
    from nos_sym.search.store.store import Store
    from nos_sym.transfer.outcome import results_json
    from nos_sym.transfer.progress import tally_of
    from nos_sym.transfer.running import run_experiment, seeds_of

    earlier = earlier_results(results_file)

    threads = experiment.protocol.training.threads
    with (
        terminable(),
        store_place(store_file) as place,
        Store.open(place) as store,
        open_executor(executor, workers, threads, address, limit or None) as opened,
        Display(tally_of(experiment)) as display,
        opened_trackings(tensorboard, mlflow, display.note, by_part=True) as trackings,
        resumable(store.path, "trained") if store_file is not None else contextlib.nullcontext(),
    ):
        listener = Listeners(display, *trackings)
        run, rows = run_experiment(experiment, store, executor=opened, resume=resume, listener=listener)
    found = results_json(rows, experiment.protocol, seeds_of(experiment.protocol), run.versions)
    if results_file is not None:
        write_results(results_file, earlier, found)
    failures = failures_of(display.tally)
    if failures:
        write_note(f"failed {failures}")
    with contextlib.redirect_stdout(stdout):
        if latex_file is not None:
            write_latex(latex_file, found)
        if as_json:
            rows_json = [row.to_json() for row in rows]
            write_json(
                {
                    "run": run.id if store_file is not None else None,
                    "task": task,
                    "rows": rows_json,
                    "failures": failures or None,
                    "results": found,
                }
            )
        elif not printed:
            write_stdout("\n".join(table_lines(rows, experiment.protocol)))


def _experiment(
    task: str,
    optimizers: tuple[str, ...],
    data: Path | None,
    scale: float | None,
    file: Path | None,
    changes: tuple[str, ...],
    own: dict[str, Any],
    backend: str,
) -> Experiment:
    from nos_sym.search.records import NOWHERE, Text, read_toml
    from nos_sym.search.settings import merge
    from nos_sym.transfer.experiment import Experiment, read_protocol, read_task, scaled

    table = read_task(task)
    text = NOWHERE
    if file is not None:
        text = Text(f"'{file}'", read_settings_file(file))
        table = merge(table, read_toml(text.text, text.where))
        # What stands in the file is checked on its own, so that an error names its line.
        read_protocol(table, text)
    if scale is not None:
        table = scaled(table, scale)
    for change in changes:
        table = merge(table, read_change(change))
    if data is not None:
        table = merge(table, {"training": {"data": str(data)}})
    protocol = read_protocol(merge(table, own))
    return Experiment(protocol, _entrants(optimizers), backend)  # type: ignore[arg-type]


def _entrants(given: tuple[str, ...]) -> tuple[Entrant, ...]:
    from nos_sym import catalog
    from nos_sym.transfer.entrants import entrants_of, of_rules

    known = {*catalog.names(), "all"}
    chosen: dict[str, Entrant] = {}
    for text in given:
        names = [name.strip() for name in text.split(",") if name.strip()]
        plain = all(name.replace("_", "a").isalnum() for name in names)
        if names and (plain or set(names) <= known):
            found = entrants_of(names)
        else:
            from nos_sym.cli.target import read_all

            found = of_rules(read_all(text))
        for entrant in found:
            if entrant.name in chosen and chosen[entrant.name] != entrant:
                raise InputError(f"two optimizers are called {quoted(entrant.name)}; give one another name")
            chosen[entrant.name] = entrant
    return tuple(chosen.values())
