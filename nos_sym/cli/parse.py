"""``nos-sym parse``: from one notation to another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from nos_sym.cli.choices import NOTATIONS, SYNTAXES
from nos_sym.cli.failures import InputError
from nos_sym.cli.output import write_stdout
from nos_sym.cli.target import TargetType, read_all
from nos_sym.cli.values import set_each_option, with_values_each
from nos_sym.errors import quoted

if TYPE_CHECKING:
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule, Schedule


@click.command()
@click.argument("text", type=TargetType())
@click.option(
    "--from",
    "syntax",
    type=click.Choice(SYNTAXES),
    help="Syntax of TEXT; by default it is recognized.",
)
@click.option(
    "--to",
    "notation",
    type=click.Choice(NOTATIONS),
    default="nos",
    show_default=True,
    help="What to print for each rule.",
)
@click.option(
    "--pretty", is_flag=True, help="Give each statement of a block a line of its own (with '--to nos')."
)
@set_each_option
def parse(text: str, syntax: str | None, notation: str, pretty: bool, values: tuple[str, ...]) -> None:
    """Read rules in one notation and print them in another, one line for each (LaTeX: one block).

    TEXT is a rule, a name of the catalog, the path of a file with rules, a table of candidates or a whole
    log of a search, FILE:NAME, or - for standard input. '--to json' prints one JSON object in each line;
    '--to sympy' prints the update alone.

    A table is CSV with a heading or JSON objects, and has a column 'rule' and, where rules have names,
    'name'. '--from sympy' reads an update in each line; the other syntaxes are recognized.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym parse 'Nest ~ (g)*(exp(arctan(v hat)))'
      nos-sym parse 'none ~ [a1] g / sqrt(s_hat)' --from nos --to sympy
      nos-sym parse run.log --from authors --to json
      nos-sym parse candidates.csv --to json
      nos-sym parse my_rules.nos --pretty
      nos-sym parse 'g/(sqrt(ema_hat(g**2, 99/100)) + 1/10**8)' --from sympy
    """
    rules = with_values_each(read_all(text, syntax), values)
    if pretty and notation != "nos":
        raise InputError(f"'--pretty' is of '--to nos', and '--to {notation}' was given; leave one out")
    # All or nothing: a rule that the notation cannot express ends the command before a line is written.
    gap = "\n\n" if notation == "latex" else "\n"
    write_stdout(gap.join([_print(rule, notation, pretty=pretty) for rule in rules]), rules=notation == "nos")


def _print(found: Rule | Block | Schedule, notation: str, *, pretty: bool) -> str:
    if notation == "nos" and pretty:
        from nos_sym.language.block import Block
        from nos_sym.language.block_printer import print_block

        return print_block(found, indent=4) if isinstance(found, Block) else str(found)
    if notation == "nos":
        return str(found)
    if notation == "json":
        return json.dumps(found.to_json(), ensure_ascii=False)
    if notation == "latex":
        from nos_sym.backends.latex.printer import latex_rule

        return latex_rule(found)
    rule = _without_states(found, notation)
    if notation == "sympy":
        from nos_sym.language.plain import print_plain
        from nos_sym.language.rule import Rule

        if isinstance(rule, Rule):
            return print_plain(rule.update, ascent=rule.ascent)
        return print_plain(rule.factor)
    from nos_sym.language.authors.printer import print_authors
    from nos_sym.language.rule import Schedule

    if isinstance(rule, Schedule):
        raise InputError(f"{quoted(str(rule), 200)} is a schedule; the authors' syntax has optimizers only")
    return print_authors(rule)


def _without_states(found: Rule | Block | Schedule, notation: str) -> Rule | Schedule:
    from nos_sym.language.block import Block

    if isinstance(found, Block):
        who = f"{quoted(found.name)} is a block" if found.name else "the rule is a block"
        raise InputError(f"{who}, and '--to {notation}' has none; expected '--to nos', 'latex' or 'json'")
    return found
