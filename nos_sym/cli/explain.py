"""``nos-sym explain``: the data sheet of an optimizer."""

from __future__ import annotations

from pathlib import Path

import click

from nos_sym.cli.failures import InputError
from nos_sym.cli.output import STDOUT, json_text, write_file, write_source, write_stdout
from nos_sym.cli.target import TargetType, read_any
from nos_sym.cli.values import set_option, with_values
from nos_sym.errors import quoted


@click.command()
@click.argument("target", type=TargetType())
@set_option
@click.option("--rule", metavar="NAME", help="The rule to take from a file with several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--html", "as_html", is_flag=True, help="Print a page of HTML that needs nothing else.")
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    metavar="STORE",
    help="Add what the searches of a store have measured of it.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there, whole or not at all; a name that ends in '.html' is a page. - for standard output.",
)
def explain(
    target: str,
    rule: str | None,
    values: tuple[str, ...],
    as_json: bool,
    as_html: bool,
    store: Path | None,
    output: Path | None,
) -> None:
    """Say what is known of a rule, line by line, each with its proof or its measurement.

    The lines are equation and schedule, states and work of a step, the first step in closed form, the degree
    in the gradient, what a change of sign does, what happens at a zero gradient, the bound of the update,
    singular points, the use of the weight, the largest stable learning rate on a quadratic, time constants,
    and the nearest entries of the catalog. What cannot be known is left out. Settings are at their defaults.

    TARGET is a name of the catalog or of a library, a rule as text, a file, FILE:NAME, or - for standard
    input.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym explain Adam
      nos-sym explain 'momentum ~ g'
      nos-sym explain torch.optim.AdamW --set weight_decay=0 --json
      nos-sym explain Opt7 -o opt7.html
    """
    if as_json and as_html:
        raise InputError("'--json' and '--html' exclude each other; choose one")
    chosen = with_values(read_any(target, rule), values)
    from nos_sym.language.rule import Schedule
    from nos_sym.report.sheet.sheet import data_sheet

    if isinstance(chosen, Schedule):
        raise InputError(f"{quoted(str(chosen), 200)} is a schedule; expected an optimizer")
    sheet = data_sheet(chosen, store)
    page = as_html or (output is not None and not as_json and output.suffix.lower() in (".html", ".htm"))
    text = json_text(sheet.to_json()) if as_json else sheet.to_html() if page else str(sheet)
    if output is not None and str(output) != STDOUT:
        write_file(output, text if text.endswith("\n") else text + "\n")
    elif page:
        write_source(text, None)
    else:
        write_stdout(text, rules=not as_json)
