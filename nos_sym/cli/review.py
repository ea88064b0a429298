"""``nos-sym review``: an optimizer that somebody, or some program, wrote, looked at from every side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from nos_sym.cli.choices import PROVED_LEVELS
from nos_sym.cli.conform import arguments_of
from nos_sym.cli.failures import InputError
from nos_sym.cli.output import write_json, write_stdout
from nos_sym.cli.target import TargetType, read_any

if TYPE_CHECKING:
    from nos_sym.review.page import Review
    from nos_sym.review.reviewing import Options


@click.command()
@click.argument("given", metavar="FILE", type=TargetType())
@click.option(
    "--set",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value for a setting of the rule or an argument of the class, as in 'eps=1e-6'; may be repeated.",
)
@click.option(
    "--level",
    type=click.Choice(PROVED_LEVELS),
    default="exact",
    show_default=True,
    help="What a duplicate may differ by: nothing, the sign, a constant factor, a learning-rate schedule.",
)
@click.option("--store", metavar="STORE", help="A store of searches, whose optimizers are known, too.")
@click.option("--trust", is_flag=True, help="Run the code with your rights, outside of the sandbox.")
@click.option(
    "--no-conformance",
    "conformance",
    flag_value=False,
    default=True,
    help="Leave out the checks of 'nos-sym conform', which take half a minute.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=1, max=3600),
    default=120,
    show_default=True,
    help="Time of each part.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def review(
    given: str,
    values: tuple[str, ...],
    level: str,
    store: str | None,
    trust: bool,
    conformance: bool,
    seconds: float,
    as_json: bool,
) -> int:
    """Run the code in FILE in a sandbox, and say which optimizer it is and what is wrong with it.

    FILE is a file of Python that defines an optimizer of PyTorch, of Keras or of optax (a function that
    returns a gradient transformation), FILE:NAME where it defines several, or a rule: as text, as a file, a
    name of the catalog, or - for standard input. Code is lifted to a rule, and the rule is run beside it; of
    the rule the page has the key, the known optimizers that it equals by proof, the integrity check and the
    data sheet. A class for PyTorch, or the file that a rule is rendered to, passes the checks of 'nos-sym
    conform' or fails them; advice of these fails no review. They do not apply to Keras and optax.

    Code runs in a process of its own, with limits of time and memory, inside bubblewrap: no network, no files
    but Python, its packages and a scratch folder in memory, nothing of the environment. Without bubblewrap
    it is refused, unless --trust is given. Code that sets out to deceive can pass the checks of 'conform',
    which run beside it; what it equals, and whether the rule follows it, is found outside.

    Exit codes: 0 fine and new, 1 a check fails or the output could not be written, 2 bad input or refused,
    3 unknown: it could not be lifted, or something did not end in time, 4 fine and known already.

    \b
    Examples:
      nos-sym review my.py
      nos-sym review my.py:MyOptimizer --json
      nos-sym review my_optax.py:scale_by_mine
      nos-sym review 'none ~ sign(g)' --level schedule
      nos-sym review proposal.py --store run.db --no-conformance
    """
    from nos_sym.review.reviewing import Options
    from nos_sym.sandbox.limits import Limits

    options = Options(level, store, trust, conformance, limits=replace(Limits(), seconds=seconds))
    found = _reviewed(given, values, options)
    if as_json:
        write_json(found.to_json())
    else:
        write_stdout(str(found), rules=False)
    return int(found.result)


def _reviewed(given: str, values: tuple[str, ...], options: Options) -> Review:
    from nos_sym.language.rule import Schedule
    from nos_sym.review.reviewing import review_code, review_rule
    from nos_sym.review.sources import code_of

    code = None if given == "-" else code_of(given)
    if code is not None:
        return review_code(code, replace(options, arguments=arguments_of(values)))
    from nos_sym.cli.values import with_values

    rule = with_values(read_any(given), values)
    if isinstance(rule, Schedule):
        raise InputError("a schedule is no optimizer; expected one, for example 'none ~ [a1] g'")
    return review_rule(rule, given, options)
