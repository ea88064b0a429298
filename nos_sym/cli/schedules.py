"""``nos-sym schedules``: the learning-rate schedules that leave the optimizers of runs."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offered_runs
from nos_sym.cli.backend_choice import BackendChoice
from nos_sym.cli.choices import PICTURES
from nos_sym.cli.dedup import show_progress
from nos_sym.cli.failures import InputError, WriteError
from nos_sym.cli.migrate import note_old_keys
from nos_sym.cli.output import write_bytes, write_file, write_json, write_source, write_stdout
from nos_sym.cli.run_names import RunName, run_name
from nos_sym.errors import quoted_path
from nos_sym.search.scores import score_text

if TYPE_CHECKING:
    from nos_sym.search.reports.schedules import FoundSchedule, FoundSchedules


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--number", "-n", type=click.IntRange(min=1), default=10, show_default=True, help="Number of schedules."
)
@click.option(
    "--task",
    metavar="NAME",
    shell_complete=offered_runs.tasks,
    help="Task and budget, or a part of the name; by default the latest of each run.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--latex", "as_latex", is_flag=True, help="Print a table in LaTeX, as Table 10 is.")
@click.option("--nos", "as_rules", is_flag=True, help="Print a file of schedules that other commands read.")
@click.option(
    "--notation", multiple=True, metavar="NAME=SYMBOL", help="With --latex: another symbol; may be repeated."
)
@click.option(
    "--plot", "picture", type=click.Path(path_type=Path), metavar="FILE",
    help=f"Also draw them, over the base schedule; a name that ends in {', '.join(PICTURES)}.",
)  # fmt: skip
@click.option("--render", "backend", type=BackendChoice(), help="Also render each of them.")
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="DIR", help="Folder to render to.")
def schedules(
    runs: tuple[str, ...],
    number: int,
    task: str | None,
    as_json: bool,
    as_latex: bool,
    as_rules: bool,
    notation: tuple[str, ...],
    picture: Path | None,
    backend: str | None,
    output: Path | None,
) -> None:
    """List the learning-rate schedules that leave the optimizers of runs, the best fitness first.

    RUN is a store, which stands for its searches and imported logs, or STORE:NUMBER for one run. A schedule
    leaves an optimizer where the optimizer is proved to be the schedule times the rest. Schedules that are
    proved equal up to a constant factor are one row: a peak learning rate absorbs it. A row has the name of
    Table 10 where it is proved to be an entry of it (LR1 to LR9), and letters otherwise; the best fitness of
    the optimizers with it; and how many different ones there are. JSON is a list of objects with name,
    schedule, catalog (the name there), fitness, optimizers, key, rule (the best one), task, store, run and
    slot. --nos prints 'NAME = schedule ~ ...', which 'nos-sym render FILE:NAME' and others read.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym schedules run.db
      nos-sym schedules run.db:1 other.db:3 -n 50 --json
      nos-sym schedules run.db --nos > found.nos
      nos-sym schedules run.db -n 6 --plot schedules.pdf
      nos-sym schedules run.db -n 3 --render torch -o schedules
    """
    if as_json + as_latex + as_rules > 1:
        raise InputError("'--json', '--latex' and '--nos' exclude each other; choose one")
    if (backend is None) != (output is None):
        raise InputError("'--render' and '--output' go together, as in '--render torch -o schedules'")
    if notation and not as_latex:
        raise InputError("'--notation' is of '--latex'; leave it out")
    if picture is not None and picture.suffix[1:].lower() not in PICTURES:
        raise InputError(
            f"'--plot {picture}': a figure is written as {', '.join(PICTURES)}; expected a name that ends so"
        )
    names = [run_name(text) for text in runs]
    found = _collected(names, task)
    rows = found.rows[:number]
    table = _table(rows, names, notation) if as_latex else ""
    drawn = None if picture is None else _drawn(rows, picture.suffix[1:].lower())
    files = {} if backend is None or output is None else _files(rows, backend, output)
    # Whatever can fail has been made before anything is written.
    if files and output is not None:
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(f"cannot write {quoted_path(output)}: {error.strerror or error}") from None
    for path, text in files.values():
        write_file(path, text)
    if picture is not None and drawn is not None:
        write_bytes(drawn, picture)
    if as_json:
        write_json([_record(row, files) for row in rows])
    elif as_latex:
        write_source(table, None)
    elif as_rules:
        write_source("".join(f"{_entry(row)}\n" for row in rows), None)
    else:
        write_stdout("\n".join(found.lines(number)))


def _collected(names: list[RunName], task: str | None) -> FoundSchedules:
    from nos_sym.search.reports.schedules import collect_schedules
    from nos_sym.search.store.store import Store

    with contextlib.ExitStack() as stack:
        stores = {}
        for file in dict.fromkeys(name.file for name in names):
            stores[file] = stack.enter_context(Store.read(file))
            note_old_keys(stores[file])
        progress = stack.enter_context(show_progress("schedules", None, quiet=False, unit="optimizers"))
        sources = [(stores[name.file], name.number) for name in names]
        return collect_schedules(sources, task=task, progress=progress)


def _entry(row: FoundSchedule) -> str:
    """Return a row as an entry of a file of rules; one of the catalog keeps its source."""
    return str(row.schedule if row.known else row.schedule.named(row.schedule.name, _source(row)))


def _source(row: FoundSchedule) -> str:
    noun = "optimizer" if row.optimizers == 1 else "optimizers"
    return f"{row.optimizers} {noun} of a search, best fitness {score_text(row.fitness)}"


def _record(row: FoundSchedule, files: dict[str, tuple[Path, str]]) -> dict[str, Any]:
    record = row.to_json()
    if row.schedule.name in files:
        record["file"] = str(files[row.schedule.name][0])
    return record


def _table(rows: tuple[FoundSchedule, ...], names: list[RunName], notation: tuple[str, ...]) -> str:
    from nos_sym.report.tables.notation import notation_of
    from nos_sym.report.tables.schedule_table import found_schedules

    chosen = notation_of(notation)
    found = [(row.schedule, row.fitness, row.optimizers) for row in rows]
    if not found:
        raise InputError("no schedule leaves an optimizer of these runs; there is no table")
    source = ", ".join(
        f"{name.file.name}{'' if name.number is None else f':{name.number}'}" for name in names
    )
    return found_schedules(found, source, chosen).latex()


def _drawn(rows: tuple[FoundSchedule, ...], format: str) -> bytes:
    from nos_sym.report.figures.drawing import draw
    from nos_sym.report.figures.found_schedules import found_schedules

    return draw(found_schedules([row.schedule for row in rows]), format)


def _files(rows: tuple[FoundSchedule, ...], backend: str, folder: Path) -> dict[str, tuple[Path, str]]:
    """Return the path and the text of the file of each row, by its name."""
    from nos_sym.codegen.generate import SUFFIX
    from nos_sym.codegen.identity import digest_of
    from nos_sym.codegen.render import render

    files = {}
    for row in rows:
        name = row.schedule.name
        # Those of two collections that have one name are two classes, also where both are registered.
        made = row.schedule if row.known else row.schedule.named(f"{name}_{digest_of(row.key)}", _source(row))
        path = folder / f"{name.lower()}.{SUFFIX.get(backend, 'py')}"
        files[name] = (path, render(made, backend))
    return files
