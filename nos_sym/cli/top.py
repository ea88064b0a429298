"""``nos-sym top``: the hall of fame of a store."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offered_runs
from nos_sym.cli.backend_choice import BackendChoice
from nos_sym.cli.choices import PROVED_LEVELS
from nos_sym.cli.failures import InputError, WriteError
from nos_sym.cli.migrate import note_old_keys
from nos_sym.cli.output import write_file, write_json, write_stdout
from nos_sym.errors import quoted_path
from nos_sym.search.scores import score_text

if TYPE_CHECKING:
    from nos_sym.search.reports.hall_of_fame import Entry


@click.command()
@click.argument("store_file", metavar="STORE", type=click.Path(path_type=Path))
@click.option(
    "--number", "-n", type=click.IntRange(min=1), default=10, show_default=True, help="Number of optimizers."
)
@click.option(
    "--run",
    "run",
    type=int,
    metavar="NUMBER",
    shell_complete=offered_runs.runs,
    help="Only this run; 'nos-sym runs' lists them.",
)
@click.option(
    "--task",
    metavar="NAME",
    shell_complete=offered_runs.tasks,
    help="Task and budget, or a part of the name; by default the latest.",
)
@click.option(
    "--level",
    type=click.Choice(PROVED_LEVELS),
    default="exact",
    show_default=True,
    help="Optimizers that are equal at this level are one entry.",
)
@click.option("--render", "backend", type=BackendChoice(), help="Also render each of them.")
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="DIR", help="Folder to render to.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with a header.")
def top(
    store_file: Path,
    number: int,
    run: int | None,
    task: str | None,
    level: str,
    backend: str | None,
    output: Path | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Show the best optimizers of a store, with the learning-rate schedule in each factored out.

    Fitness values of one task and budget are compared: those of the latest evaluations, or of --task. The
    fitness of an optimizer is its best; in an elimination, the mean of its repeats. --run shows what a run
    found, including what an earlier run answered. JSON is a list of objects with rank, fitness, key, rule,
    size (its nodes without identities), schedule, constant, core (rule = schedule times constant times core),
    catalog (the name there), task, run and slot (which evaluation of the run), evaluations, mean,
    learning_rate, seconds and scores (by task, where there are several); CSV has the same columns. Only the
    seconds depend on where it was trained.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym top run.db
      nos-sym top run.db -n 50 --json
      nos-sym top run.db -n 3 --render torch -o best
    """
    if as_json and as_csv:
        raise InputError("'--json' and '--csv' exclude each other; choose one")
    if (backend is None) != (output is None):
        raise InputError("'--render' and '--output' go together, as in '--render torch -o best'")
    from nos_sym.algebra.levels import Level
    from nos_sym.search.reports.hall_of_fame import describe, hall_of_fame
    from nos_sym.search.reports.texts import hall_of_fame_lines
    from nos_sym.search.store.store import Store

    with Store.read(store_file) as store:
        note_old_keys(store)
        best = hall_of_fame(store, run=run, task=task, limit=number, level=Level(level))
    records = describe(best.entries)
    if backend is not None and output is not None:
        for entry, record in zip(best.entries, records, strict=True):
            record["file"] = str(_render(entry, backend, output, store_file))
    if as_json:
        write_json(records)
    elif as_csv:
        write_stdout(_csv(records), rules=False)
    else:
        write_stdout("\n".join(hall_of_fame_lines(best, records)))


def _render(entry: Entry, backend: str, folder: Path, store_file: Path) -> Path:
    """Write the file of an optimizer and return its path."""
    from nos_sym.codegen.generate import SUFFIX
    from nos_sym.codegen.identity import digest_of, rule_key
    from nos_sym.codegen.render import render

    source = f"rank {entry.rank} of {store_file.name}, fitness {score_text(entry.fitness)}"
    # The best of two searches are two classes, also where both are registered in Keras.
    name = f"Top{entry.rank}_{digest_of(rule_key(entry.rule))}"
    text = render(entry.rule.named(name, source), backend)
    path = folder / f"top{entry.rank}.{SUFFIX.get(backend, 'py')}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"cannot write {quoted_path(folder)}: {error.strerror or error}") from None
    write_file(path, text)
    return path


def _as_text(scores: dict[str, float] | None) -> str | None:
    return None if scores is None else json.dumps(scores)


def _csv(records: list[dict[str, Any]]) -> str:
    from nos_sym.search.reports.hall_of_fame import COLUMNS

    text = io.StringIO()
    # A program that reads it finds the columns of a hall of fame that is empty, too.
    writer = csv.DictWriter(text, list(records[0]) if records else COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**record, "scores": _as_text(record["scores"])} for record in records)
    return text.getvalue()
