"""``nos-sym plot``: figures of rules, those of the paper, and those of a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nos_sym.cli import offered_runs
from nos_sym.cli.choices import PICTURES, PLOTS, RUN_PLOTS, TEST_FUNCTIONS
from nos_sym.cli.failures import InputError
from nos_sym.cli.migrate import note_old_keys
from nos_sym.cli.output import STDOUT, write_bytes
from nos_sym.cli.plot_results import figure_of_results
from nos_sym.cli.target import TargetType, read_any
from nos_sym.errors import one_line, quoted

if TYPE_CHECKING:
    from sympy.core.basic import Basic

    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule, Schedule
    from nos_sym.report.figures.model import Figure

_FARTHEST = 1e30
_TRAINED = ("paths", "sensitivity", "updates")

_MEANT_FOR = {
    "functions": ("--function", ("paths", "sensitivity")),
    "steps": ("--steps", _TRAINED),
    "shown": ("--at", ("updates",)),
    "reach": ("--reach", ("updates", "surface")),
    "inputs": ("--input", ("surface",)),
    "run": ("--run", RUN_PLOTS),
    "task": ("--task", (*RUN_PLOTS, "results")),
}
"""What each option that some figures have is of."""


@click.command()
@click.argument("what", type=click.Choice(PLOTS), metavar="WHAT")
@click.argument("targets", nargs=-1, type=TargetType(), metavar="[TARGET]...")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", required=True,
    help="Where to write; the name ends in .pdf, .svg or .png. - is standard output, as --format says.",
)  # fmt: skip
@click.option(
    "--format", "kind", type=click.Choice(PICTURES), help="What to write where the name does not say."
)
@click.option(
    "--function", "functions", multiple=True, type=click.Choice(TEST_FUNCTIONS),
    help="Of paths and sensitivity: a test function; all where left out.",
)  # fmt: skip
@click.option(
    "--steps", type=click.IntRange(1, 100_000), metavar="N", default=100, show_default=True,
    help="Of paths, sensitivity and updates: length of the training.",
)  # fmt: skip
@click.option(
    "--at", "shown", multiple=True, type=click.IntRange(min=0), metavar="STEP",
    help="Of updates: the steps that are shown; the first, one after a tenth, and the last where left out.",
)  # fmt: skip
@click.option(
    "--reach", type=click.FloatRange(min=0, min_open=True), metavar="X", default=3.0, show_default=True,
    help="Of updates and surface: how far inputs go in both directions.",
)  # fmt: skip
@click.option(
    "--input", "inputs", multiple=True, metavar="EXPRESSION", help="Of surface: an input; two of them."
)
@click.option(
    "--run", type=int, metavar="NUMBER", shell_complete=offered_runs.runs,
    help="Of fitness, pareto and duplicates: this run of the store; 'nos-sym runs' lists them.",
)  # fmt: skip
@click.option(
    "--task", metavar="NAME", shell_complete=offered_runs.tasks,
    help="Of fitness, pareto and duplicates: task and budget, or a part of the name; the latest if left out. "
    "Of results: the name of a task; all if left out.",
)  # fmt: skip
@click.pass_context
def plot(
    ctx: click.Context,
    what: str,
    targets: tuple[str, ...],
    output: Path,
    kind: str | None,
    functions: tuple[str, ...],
    steps: int,
    shown: tuple[int, ...],
    reach: float,
    inputs: tuple[str, ...],
    run: int | None,
    task: str | None,
) -> None:
    """Draw what rules and searches do, as PDF, SVG or PNG.

    \b
    WHAT is one of
      schedules    learning-rate schedules, normalized, over the base schedule
      decays       decay functions that stay within rules
      updates      the update against the gradient at several steps
      surface      the update over two inputs
      paths        ways over test functions, at the best learning rate of each
      sensitivity  last values of test functions against the learning rate
      figure       a figure of the paper: TARGET is its number, 1 to 15
      results      means of optimizers over seeds with their intervals: TARGET is a file of results
      fitness      fitness over the time-steps of a run, with the lineages of particles: TARGET is a store
      pareto       complexity against fitness of the optimizers of a store, with the Pareto front
      duplicates   spread of fitness of optimizers that a store has trained more than once

    TARGET is a name of the catalog or of a library, a rule as text, a file, or FILE:NAME. An optimizer has
    the same color in every figure. Without --run, fitness draws the last search or imported log of the
    store, pareto and duplicates all runs. Matplotlib draws: install nos-sym[plot].

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym plot schedules LR1 LR2 LR3 -o schedules.pdf
      nos-sym plot updates Opt7 Adam SGD --at 0 --at 9 -o updates.svg
      nos-sym plot paths Opt7 Adam SGD --function beale -o paths.png
      nos-sym plot surface Opt42 --input 'qhm(0.7)' --input v_hat -o opt42.pdf
      nos-sym plot figure 7 -o figure7.pdf
      nos-sym plot results digits.json -o digits.svg
      nos-sym plot fitness run.db --run 2 -o fitness.pdf
    """
    named = output.suffix[1:].lower()
    written = kind or named
    if kind and named and named != kind:
        raise InputError(
            f"'-o {output}' and '--format {kind}' are of two types; expected a name that ends so, or no "
            "--format"
        )
    if written not in PICTURES:
        raise InputError(
            f"'-o {output}': a figure is written as {', '.join(PICTURES)}; expected a name that ends so, "
            "or - with --format"
        )
    if not reach <= _FARTHEST:
        raise InputError(f"--reach {reach} is too far; expected a number up to {_FARTHEST:g}")
    if not targets:
        raise InputError(f"nothing to plot; expected what follows '{what}' in 'nos-sym plot --help'")
    for name, (option, meant) in _MEANT_FOR.items():
        if what not in meant and ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise InputError(f"'{option}' is of {', '.join(meant)}, not of {what}; leave it out")
    if what == "figure":
        content, caption = _paper(targets, written)
    else:
        from nos_sym.report.figures.drawing import draw

        if what in RUN_PLOTS:
            figure = _of_store(what, targets, run, task)
        elif what == "results":
            figure = figure_of_results(targets, task)
        else:
            figure = _figure(what, targets, functions or TEST_FUNCTIONS, steps, shown, reach, inputs)
        content, caption = draw(figure, written), figure.caption
    write_bytes(content, output)
    if str(output) != STDOUT:
        click.echo(f"{output}: {one_line(caption)}", err=True)


def _of_store(what: str, targets: tuple[str, ...], run: int | None, task: str | None) -> Figure:
    from nos_sym.report.figures.runs import RUN_FIGURES
    from nos_sym.search.store.store import Store

    if len(targets) != 1:
        raise InputError(f"'plot {what}' draws one store; expected one such TARGET, and not {len(targets)}")
    with Store.read(targets[0]) as store:
        note_old_keys(store)
        return RUN_FIGURES[what](store, run, task)


def _paper(targets: tuple[str, ...], kind: str) -> tuple[bytes, str]:
    """Return a figure of the paper as a file, and what it shows."""
    from nos_sym.report.figures.drawing import draw
    from nos_sym.report.figures.paper import FIGURES, paper_figure
    from nos_sym.report.paper.example import GRAPHS, example, graph

    every = (*GRAPHS, *FIGURES)
    if len(targets) != 1 or not targets[0].isdecimal() or int(targets[0]) not in every:
        raise InputError(
            f"the paper has no figure {quoted(' '.join(targets), 60)}; expected one number from {every[0]} "
            f"to {every[-1]}"
        )
    number = int(targets[0])
    if number in FIGURES:
        figure = paper_figure(number)
        return draw(figure, kind), figure.caption
    genome, seed = example()
    shown = "Genome" if number == GRAPHS[0] else "Decay function of the genome"
    return graph(number, kind), f"{shown} of {genome}, drawn at random with seed {seed}"


def _figure(
    what: str,
    targets: tuple[str, ...],
    functions: tuple[str, ...],
    steps: int,
    shown: tuple[int, ...],
    reach: float,
    inputs: tuple[str, ...],
) -> Figure:
    rules = [read_any(target) for target in targets]
    if what == "surface":
        return _surface(rules, inputs, reach)
    if what in ("schedules", "decays"):
        from nos_sym.report.figures import schedules

        return schedules.schedules(rules) if what == "schedules" else schedules.decays(rules)
    if what == "updates":
        from nos_sym.report.figures.responses import updates

        at = tuple(dict.fromkeys(shown)) or tuple(sorted({0, steps // 10, steps - 1}))
        if max(at) >= steps:
            raise InputError(f"--at {max(at)} is not before --steps {steps}; steps count from 0")
        return updates(rules, at, steps, reach)
    from nos_sym.report.figures.trajectories import paths, sensitivity

    return (paths if what == "paths" else sensitivity)(rules, functions, steps)


def _surface(rules: list[Rule | Block | Schedule], texts: tuple[str, ...], reach: float) -> Figure:
    from nos_sym.language.rule import Rule
    from nos_sym.report.figures.model import Figure, name_of
    from nos_sym.report.figures.responses import inputs_of, surface

    (rule,) = rules if len(rules) == 1 else (None,)
    if not isinstance(rule, Rule):
        raise InputError("'plot surface' draws one rule of one line; expected one such TARGET")
    inputs = [_expression(text) for text in texts] if texts else inputs_of(rule.update)
    if len(inputs) != 2:
        raise InputError(
            f"{len(inputs)} inputs; expected two: --input EXPRESSION --input EXPRESSION, "
            "of which the update is a function"
        )
    name = name_of(rule)
    found = surface(rule.update, inputs[0], inputs[1], (reach, reach), name)
    return Figure((found,), f"Update of {name} over two inputs")


def _expression(text: str) -> Basic:
    from nos_sym.language.parser import parse
    from nos_sym.language.rule import Rule

    rule = parse(f"none ~ {text}")
    if not isinstance(rule, Rule):
        raise InputError(f"--input {quoted(text, 60)} is no expression")
    return rule.update
