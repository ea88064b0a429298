"""``nos-sym latex``: rules as equations in LaTeX."""

from __future__ import annotations

from pathlib import Path

import click

from nos_sym.cli import offered_runs, offers
from nos_sym.cli.failures import InputError
from nos_sym.cli.output import json_text, write_source, write_stdout
from nos_sym.cli.target import TargetType, read_any
from nos_sym.cli.values import set_each_option, with_values_each


@click.command()
@click.argument("targets", metavar="TARGET...", type=TargetType(), nargs=-1)
@set_each_option
@click.option(
    "--rule", metavar="NAME", shell_complete=offers.rules, help="The rule to take from a file with several."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there, whole or not at all; - for standard output.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: name and latex, in a list of several.")
@click.option(
    "--table",
    type=click.IntRange(1, 13),
    metavar="NUMBER",
    help="A table of the paper, 1 to 13, in place of rules.",
)
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Results for tables 11 and 13; by default those of the paper.",
)
@click.option("--beside-paper", is_flag=True, help="With --results: the paper's own numbers beside them.")
@click.option(
    "--top",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help="The best optimizers of a store, as a table; TARGET is the store.",
)
@click.option(
    "--run",
    type=int,
    metavar="NUMBER",
    shell_complete=offered_runs.runs,
    help="With --top: only those of this run.",
)
@click.option(
    "--notation",
    multiple=True,
    metavar="NAME=SYMBOL",
    help="Another symbol in a table, as in 'weights=\\theta'; may be repeated.",
)
@click.option(
    "--alone", is_flag=True, help="A document that compiles alone, in place of a table for \\input."
)
def latex(
    targets: tuple[str, ...],
    rule: str | None,
    values: tuple[str, ...],
    output: Path | None,
    as_json: bool,
    table: int | None,
    results: Path | None,
    beside_paper: bool,
    top: int | None,
    run: int | None,
    notation: tuple[str, ...],
    alone: bool,
) -> None:
    """Print the equations of rules in LaTeX.

    TARGET is a name of the catalog or of a library, a rule as text, a file, FILE:NAME, or - for standard
    input. With --top it is a store, and with --table there is none: both print a table (booktabs) that
    \\input takes, and that says in its first line which packages it needs.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym latex Opt7
      nos-sym latex Opt1 Opt2 Opt3 -o discovered.tex
      nos-sym latex torch.optim.AdamW
      nos-sym latex 'none ~ tanh([max(a6, a10)] arcsinh(qhm(0.7)))'
      nos-sym latex --table 8 --notation weights=\\theta -o discovered.tex
      nos-sym latex --table 11 --results mine.json --alone -o results.tex
      nos-sym latex run.db --top 10 -o found.tex
    """
    if table is not None or top is not None:
        _expect_table(targets, table, top, values, rule, as_json)
        if run is not None and top is None:
            raise InputError("'--run' is of '--top'; leave it out")
        if results is not None and table is None:
            raise InputError("'--results' is of '--table'; leave it out")
        if beside_paper and results is None:
            raise InputError("'--beside-paper' is of '--results'; leave it out, or give results")
        from nos_sym.cli.latex_tables import table_of_paper, table_of_store

        if table is not None:
            made = table_of_paper(table, notation, results, beside=beside_paper)
        else:
            made = table_of_store(Path(targets[0]), top or 1, run, notation)
        from nos_sym.report.tables.table import document

        write_source(document([made]) if alone else made.latex(), output)
        return
    only: dict[str, object] = {"--results": results, "--beside-paper": beside_paper, "--run": run}
    only |= {"--notation": notation, "--alone": alone}
    for option in (name for name, given in only.items() if given not in (None, (), False)):
        raise InputError(f"'{option}' is of tables; give it with '--table' or '--top'")
    if not targets:
        raise InputError("expected TARGET, as in 'nos-sym latex Opt7', or '--table NUMBER'")
    if targets.count("-") > 1:
        raise InputError("standard input is read once; give '-' once")
    chosen = with_values_each([read_any(target, rule) for target in targets], values)
    from nos_sym.backends.latex.printer import latex_rule

    equations = [latex_rule(each) for each in chosen]
    if as_json:
        records = [{"name": x.name, "latex": text} for x, text in zip(chosen, equations, strict=True)]
        text = json_text(records if len(records) > 1 else records[0])
    else:
        text = "\n".join(f"{text.rstrip()}\n" for text in equations)
    if output is None:
        write_stdout(text, rules=False)
    else:
        write_source(text, output)


def _expect_table(
    targets: tuple[str, ...],
    table: int | None,
    top: int | None,
    values: tuple[str, ...],
    rule: str | None,
    as_json: bool,
) -> None:
    """Refuse what does not go with a table.

    Raises:
        InputError: something is given that is of rules, or the store of '--top' is missing.
    """
    if table is not None and top is not None:
        raise InputError("'--table' and '--top' exclude each other; choose one")
    only = {"--set": values, "--rule": rule, "--json": as_json}
    for option in (name for name, given in only.items() if given not in (None, (), False)):
        raise InputError(f"'{option}' is of rules, and a table was asked for; leave it out")
    if table is not None and targets:
        raise InputError("'--table' takes no TARGET; leave it out")
    if top is not None and len(targets) != 1:
        raise InputError("'--top' needs a store as TARGET, as in 'nos-sym latex run.db --top 10'")
