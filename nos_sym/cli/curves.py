"""``nos-sym curves``: levels below which trainings are ended, learned from those of a search."""

from __future__ import annotations

from pathlib import Path

import click

from nos_sym.cli.output import write_json, write_stdout


@click.command()
@click.argument("store_file", metavar="STORE", type=click.Path(path_type=Path))
@click.argument("run", type=click.IntRange(min=1), required=False)
@click.option(
    "--at",
    "looks",
    type=click.IntRange(min=1),
    multiple=True,
    required=True,
    metavar="STEP",
    help="Steps after which a curve is looked at, ends of epochs; may be repeated.",
)
@click.option(
    "--quantile",
    type=click.FloatRange(0, 1),
    default=0.25,
    show_default=True,
    help="Share of the trainings of the search that the levels would have ended at each look.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def curves(store_file: Path, run: int | None, looks: tuple[int, ...], quantile: float, as_json: bool) -> None:
    """Learn from the trainings of a search below which accuracy a later search ends a training.

    RUN is a number that 'nos-sym runs' shows, by default that of the last search; its initial population
    does not count. The output is TOML for 'nos-sym evolve --settings': the levels are settings of the new
    search, and part of its task. JSON is an object with run, task, trainings, quantile, curve_steps and
    curve_accuracies.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym curves run.db --at 120
      nos-sym curves run.db 1 --at 80 --at 160 --quantile 0.5 > ends.toml
      nos-sym evolve --preset demo --settings ends.toml --seed 4 --store run.db
    """
    from nos_sym.search.curve_levels import curves_of, learn_levels
    from nos_sym.search.store.store import Store

    with Store.read(store_file) as store:
        known = curves_of(store, run)
    steps = sorted(set(looks))
    levels = list(learn_levels(known.training, known.epoch_steps, steps, quantile))
    if as_json:
        write_json(
            {
                "run": known.run,
                "task": known.task,
                "trainings": len(known.training),
                "quantile": quantile,
                "curve_steps": steps,
                "curve_accuracies": levels,
            }
        )
        return
    lines = [
        f"# quantile {quantile:g} of {len(known.training)} trainings of run {known.run}, task {known.task}",
        "[training]",
        f"curve_steps = {steps}",
        f"curve_accuracies = {levels}",
        "",
        "# The initial population is another task.",
        "[initial_training]",
        "curve_steps = []",
        "curve_accuracies = []",
    ]
    write_stdout("\n".join(lines), rules=False)
