"""``nos-sym pipeline``: searches, eliminations, transfer experiments, tables and figures as one sequence."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offered_settings
from nos_sym.cli.choices import PIPELINE_PRESETS
from nos_sym.cli.executor_options import executor_options
from nos_sym.cli.failures import InputError
from nos_sym.cli.migrate import note_old_keys
from nos_sym.cli.output import kept_for_data, write_json, write_note, write_stdout
from nos_sym.cli.stopping import limit_option, resumable, sharing_option, terminable
from nos_sym.cli.training_options import data_option, set_option
from nos_sym.errors import quoted_path

if TYPE_CHECKING:
    from nos_sym.pipeline.record import Record
    from nos_sym.pipeline.stage import Stage


@click.command()
@click.option("--preset", type=click.Choice(PIPELINE_PRESETS), help="The stages.")
@click.option(
    "--output",
    "-o",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    required=True,
    help="Folder of the store, the results, tables, figures and the PDF; made if there is none.",
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file with a table for each stage: changes of those of --preset, and others.",
)
@set_option(
    "a stage",
    "'search.particles=20'",
    "--preset and --settings",
    offered_settings.pipeline_settings,
    "STAGE.KEY=VALUE",
)
@click.option(
    "--skip", multiple=True, metavar="STAGE", shell_complete=offered_settings.pipeline_stages,
    help="A stage that is left out; may be repeated.",
)  # fmt: skip
@click.option(
    "--until",
    metavar="STAGE",
    shell_complete=offered_settings.pipeline_stages,
    help="The last stage that is played.",
)
@click.option(
    "--scale", type=float, default=1.0, metavar="FACTOR",
    help="Make all trainings shorter, as in 0.01: a rehearsal, in which no early stop ends one.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Is added to the seed of each stage.")
@data_option(", and of pretrained weights")
@click.option("--resume", is_flag=True, help="Go on with the stages that the folder has.")
@click.option("--dry-run", is_flag=True, help="Show the stages and their trainings, and do nothing.")
@executor_options("Where optimizers are trained.")
@sharing_option
@limit_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and no progress.")
def pipeline(
    preset: str | None,
    folder: Path,
    settings_file: Path | None,
    changes: tuple[str, ...],
    skip: tuple[str, ...],
    until: str | None,
    scale: float,
    seed: int,
    data: Path | None,
    resume: bool,
    dry_run: bool,
    executor: str,
    workers: int | None,
    address: str | None,
    trainings_per_device: int | None,
    limit: float,
    as_json: bool,
) -> None:
    """Play searches, eliminations, transfer experiments, tables and figures one after the other.

    DIR gets pipeline.db, the store with every training; results.json, those of the transfer experiments;
    tables, figures and paper.tex, compiled to paper.pdf where pdflatex is installed; and pipeline.json, the
    stages with every setting. What needs a package or an archive that is missing is said before anything is
    trained. The same command goes on with what DIR has, as --resume does without naming the stages again, and
    comes to the same as without an interruption. A stage that has begun keeps its settings.

    \b
    paper      everything that the paper does, which takes months on one GPU
    rehearsal  every kind of stage in minutes on two cores, without an archive

    Exit codes: 0 done, 1 a file could not be written or compiled, 2 bad input or a store that cannot be used,
    130 interrupted (Ctrl-C), 143 terminated (SIGTERM).

    \b
    Examples:
      nos-sym pipeline --preset rehearsal -o rehearsal
      nos-sym pipeline --preset paper --data archives -o paper --dry-run
      nos-sym pipeline --preset paper --data archives -o paper --executor processes --until elimination
      nos-sym pipeline -o paper --resume --set 'second-search.pick=["Opt1", "Opt4"]'
    """
    context = click.get_current_context()
    stdout = context.with_resource(kept_for_data(as_json))
    from nos_sym.cli.pipeline_folder import PipelineFolder
    from nos_sym.cli.pipeline_shown import Shown, plan_lines, plan_rows, summary_lines
    from nos_sym.pipeline.needs import expect_all
    from nos_sym.pipeline.playing import play
    from nos_sym.pipeline.sequence import expect_stage
    from nos_sym.pipeline.stage import Adaptation, Playing, in_turn
    from nos_sym.report.paper.compiling import PROGRAM, is_there
    from nos_sym.search.executors.choose import open_executor
    from nos_sym.search.store.store import Store

    place = PipelineFolder(folder)
    before = place.read()
    given = preset is not None or settings_file is not None
    if not given and not resume:
        raise InputError(_asked(folder, before))
    for name in () if given else ("scale", "seed"):
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise InputError(f"'--{name}' changes the stages of '--preset'; name it again, or leave it out")
    if before is None and resume:
        raise InputError(f"{quoted_path(folder)} has no pipeline to resume; leave '--resume' out")
    # What a folder has is as long as it was asked to be.
    adaptation = Adaptation(scale, seed, data) if given else Adaptation(data=data)
    stages = _stages(preset, settings_file, changes, skip, adaptation, None if given else before)
    expect_stage(stages, until)
    record = place.record_of(stages, before)
    chosen = list(in_turn(stages, until))
    if dry_run:
        rows = plan_rows(record, chosen)
        with contextlib.redirect_stdout(stdout):
            write_json({"folder": str(folder), "stages": rows}) if as_json else write_stdout(plan_lines(rows))
        return
    expect_all(stage for stage in chosen if stage.name not in record.ended)
    if any(stage.command == "paper" for stage in chosen) and not is_there():
        write_note(f"{PROGRAM} is not installed: tables and figures are written, and not compiled")
    with (
        terminable(),
        place.held(before, record),
        Shown(quiet=as_json) as watch,
        resumable(place.store, "trained"),
        Store.open(place.store) as store,
    ):
        note_old_keys(store)
        playing = Playing(
            store,
            lambda threads: open_executor(
                executor, workers, threads, address, limit or None, trainings_per_device
            ),
            place,
            watch,
        )
        played = play(record, playing, until=until, keep=place.keep)
    with contextlib.redirect_stdout(stdout):
        if as_json:
            write_json({"folder": str(folder), "stages": played})
        else:
            write_stdout(summary_lines(folder, played, playing.results))


def _asked(folder: Path, before: Record | None) -> str:
    shown = quoted_path(folder)
    if before is not None:
        return f"{shown} has a pipeline; '--resume' goes on with it"
    return (
        "a pipeline begins with stages: '--preset rehearsal' takes minutes, '--preset paper' is the whole "
        "paper, and '--settings FILE' has your own"
    )


def _stages(
    preset: str | None,
    file: Path | None,
    changes: tuple[str, ...],
    skip: tuple[str, ...],
    adaptation: Any,
    before: Record | None,
) -> tuple[Stage, ...]:
    """Return the stages that are asked for: those of a preset and a file, or of a folder, with changes."""
    from nos_sym.cli.search_settings import read_change, read_settings_file
    from nos_sym.pipeline.sequence import (
        adapted,
        changed,
        read_preset_table,
        read_sequence,
        table_of,
        without,
    )
    from nos_sym.search.records import read_toml

    table = {} if before is None else table_of(before.stages)
    if preset is not None:
        table = read_preset_table(preset)
    where = ""
    if file is not None:
        where = quoted_path(file)
        table = changed(table, read_toml(read_settings_file(file), where))
    for change in changes:
        table = changed(table, read_change(change), new=False)
    return adapted(read_sequence(without(table, skip), where), adaptation)
