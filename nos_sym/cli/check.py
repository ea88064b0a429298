"""``nos-sym check``: whether a rule passes the integrity check of the search."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offers
from nos_sym.cli.failures import InputError
from nos_sym.cli.output import write_json, write_stdout
from nos_sym.cli.target import TargetType, read_any
from nos_sym.cli.values import set_option, with_values

if TYPE_CHECKING:
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule
    from nos_sym.search.integrity import Integrity, IntegritySettings

PASSES, FAILS = 0, 1


@click.command()
@click.argument("target", metavar="RULE", type=TargetType())
@set_option
@click.option(
    "--rule",
    "rule_name",
    metavar="NAME",
    shell_complete=offers.rules,
    help="The rule to take from a file with several.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of the masks, where the rule has dropout.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(target: str, rule_name: str | None, values: tuple[str, ...], seed: int, as_json: bool) -> int:
    """Say whether RULE passes the integrity check, which a search asks of every optimizer.

    35 steps of the one-cycle schedule on a shifted sphere from a loss of 7.15, at six learning rates. A rule
    passes where it ends below 3.5 at any of them; one that does not is tried with the opposite sign, a block
    with steps in the opposite direction. The table shows the losses at the end, those that pass with a mark.

    RULE is a name of the catalog, a rule as text, a file, FILE:NAME, or - for standard input.

    Exit codes: 0 passes, 1 fails or the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym check Opt4
      nos-sym check 'none ~ -sign(g)'
      nos-sym check 'none ~ g / s_hat' --json
      nos-sym check '{ state m; m <- 0.9*m + g; w <- w - lr*sign(m) }'
    """
    from nos_sym.language.rule import Schedule

    rule = with_values(read_any(target, rule_name), values)
    if isinstance(rule, Schedule):
        raise InputError("a schedule is no optimizer; expected one, for example 'none ~ [a1] g'")
    from nos_sym.search.integrity import IntegritySettings
    from nos_sym.search.integrity import check as check_rules

    settings = IntegritySettings(seed=seed)
    [found] = check_rules([rule], settings)
    if as_json:
        write_json(_record(rule, found, settings))
    else:
        _write(rule, found, settings)
    return PASSES if found.passed else FAILS


def _record(rule: Rule | Block, found: Integrity, settings: IntegritySettings) -> dict[str, Any]:
    from nos_sym.language.printer import print_bare

    def finite(losses: tuple[float, ...]) -> list[float | None]:
        # JSON has neither infinity nor NaN; null is a loss that diverged.
        return [x if math.isfinite(x) else None for x in losses]

    return {
        "rule": print_bare(rule),
        "passed": found.passed,
        "ascent": found.ascent,
        "flipped": _flipped(rule, found),
        "learning_rate": found.learning_rate,
        "threshold": settings.threshold,
        "initial_loss": settings.initial_loss,
        "learning_rates": list(settings.learning_rates),
        "losses": finite(found.losses),
        "flipped_losses": finite(found.flipped),
    }


def _write(rule: Rule | Block, found: Integrity, settings: IntegritySettings) -> None:
    heads = ("learning rate", "as written", "sign flipped")
    rows = [
        (f"{rate:g}", *(_cell(x, settings.threshold) for x in pair))
        for rate, *pair in zip(settings.learning_rates, found.losses, found.flipped, strict=True)
    ]
    verdict = _verdict(rule, found, settings)
    if sys.stdout.isatty():
        _print_table(heads, rows, verdict)
        return
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(3)]
    lines = [
        "  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in (heads, *rows)
    ]
    write_stdout("\n".join([verdict, "", *lines]))


def _verdict(rule: Rule | Block, found: Integrity, settings: IntegritySettings) -> str:
    if not found.passed:
        return f"fails: no loss ends below {settings.threshold:g}, with either sign"
    sign = "passes with the sign flipped" if _flipped(rule, found) else "passes"
    return f"{sign}, best at a learning rate of {found.learning_rate:g}"


def _flipped(rule: Rule | Block, found: Integrity) -> bool:
    """Return whether the sign to keep is not that of the rule; a block has the sign as it is written."""
    from nos_sym.language.rule import Rule

    return found.ascent != (isinstance(rule, Rule) and rule.ascent)


def _cell(loss: float, threshold: float) -> str:
    """Return a loss with a mark where it passes, and room for one where it does not."""
    text = f"{loss:.4g}" if math.isfinite(loss) else "diverged"
    return f"{text} *" if loss < threshold else f"{text}  "


def _print_table(heads: tuple[str, ...], rows: list[tuple[str, ...]], verdict: str) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for index, head in enumerate(heads):
        table.add_column(head, justify="right", style="bold cyan" if index == 0 else "")
    for row in rows:
        table.add_row(*(Text(cell, style="green" if cell.endswith("*") else "") for cell in row))
    console = Console()
    console.print(Text(verdict, style="bold"))
    console.print(table)
