"""``nos-sym factor``: the learning-rate schedule in a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offers
from nos_sym.cli.failures import InputError
from nos_sym.cli.output import labeled, write_json, write_stdout
from nos_sym.cli.target import TargetType, read_target
from nos_sym.cli.values import set_option, with_values
from nos_sym.errors import quoted

if TYPE_CHECKING:
    from nos_sym.language.rule import Rule


@click.command()
@click.argument("target", type=TargetType())
@set_option
@click.option(
    "--rule", metavar="NAME", shell_complete=offers.rules, help="The rule to take from a file with several."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def factor(target: str, rule: str | None, values: tuple[str, ...], as_json: bool) -> None:
    """Split a rule into schedule, constant and core; multiplied together they are the rule at every step.

    The schedule is what commutes with the learning rate. A decay function that stays in the core is listed
    with the reason. Where the schedule is one of the catalog, its name is shown. TARGET is a name of the
    catalog, a rule as text, a file, FILE:NAME, or - for standard input.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym factor Opt6
      nos-sym factor 'none ~ [a1] clip_norm(g) / [a2] 3' --json
    """
    chosen = with_values(read_target(target, rule), values)
    from nos_sym.language.rule import Rule

    if not isinstance(chosen, Rule):
        raise InputError(f"{quoted(str(chosen), 200)} is a schedule; expected an optimizer")
    record = _describe(chosen)
    if as_json:
        write_json(record)
        return
    found = record["catalog"]
    lines = labeled("schedule", [record["schedule"]])
    if found is not None:
        times = "" if found["factor"] == "1" else f" (it is {found['factor']} times this schedule)"
        lines += labeled("catalog", [f"{found['rule']}{times}"])
    lines += labeled("constant", [record["constant"]]) + labeled("core", [record["core"]])
    lines += labeled("stays", [f"{k['decay']}: {k['reason']}" for k in record["kept"]] or ["none"])
    write_stdout("\n".join(lines))


def _describe(rule: Rule) -> dict[str, Any]:
    from nos_sym.algebra.factor import factor as factor_rule
    from nos_sym.language.printer import print_body, print_expression
    from nos_sym.report.tables.known_schedule import in_catalog

    factored = factor_rule(rule)
    known = in_catalog(factored.schedule) if factored.has_schedule else None
    found = None
    if known is not None:
        entry, times = known
        found = {"name": entry.name, "rule": str(entry), "factor": print_expression(times)}
    return {
        "name": rule.name,
        "rule": print_body(rule),
        "schedule": print_expression(factored.schedule.factor),
        "catalog": found,
        "constant": print_expression(factored.constant),
        "core": print_body(factored.core),
        "kept": [{"decay": k.decay, "reason": k.reason} for k in factored.kept],
    }
