"""``nos-sym audit``: whether two implementations are one optimizer, and where they part."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli.answers import DIFFERENT, EQUAL, UNKNOWN
from nos_sym.cli.audit_values import Values
from nos_sym.cli.failures import InputError
from nos_sym.cli.families import read_pairs
from nos_sym.cli.group import silence_stdout
from nos_sym.cli.output import write_json, write_note, write_stdout
from nos_sym.cli.target import TargetType, read_any
from nos_sym.cli.values import set_pair_option

if TYPE_CHECKING:
    from nos_sym.auditing.nearest import Nearest
    from nos_sym.auditing.result import Audit
    from nos_sym.auditing.side import Side
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule, Schedule

CATALOG = "catalog"
"""What stands behind ``--against`` for every entry of the catalog."""

_CODES = {"equal": EQUAL, "different": DIFFERENT, "unknown": UNKNOWN}


@click.command()
@click.argument("first", metavar="A", type=TargetType())
@click.option(
    "--against",
    "others",
    metavar="B",
    multiple=True,
    required=True,
    type=TargetType(),
    help="What A is compared with; 'catalog' for the nearest entries of the catalog. May be repeated.",
)
@click.option("--for-all", is_flag=True, help="Ask it for all values of the settings.")
@click.option(
    "--with",
    "pairs",
    multiple=True,
    metavar="A.x=B.y",
    help="A setting of A and the one of B that it is; others are paired by name and by libraries' names.",
)
@set_pair_option
@click.option("--nearest", "count", type=click.IntRange(1, 50), default=5, show_default=True,
              help="How many entries '--against catalog' names, beside all that are equal.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown for an issue of a library.")
def audit(
    first: str,
    others: tuple[str, ...],
    for_all: bool,
    pairs: tuple[str, ...],
    values: tuple[str, ...],
    count: int,
    as_json: bool,
    as_markdown: bool,
) -> int:
    """Say whether two implementations are the same optimizer, and if not, at which step they part.

    An original in code, 'torch.optim:Adam' or 'my.py:MyOptimizer', is imported and run; audit no code that
    you would not run. Everything else is read and never run: a name of the catalog or of a library
    ('torch.optim.Adam'), a rule as text, a file, FILE:NAME, or - for standard input.

    The question is asked at equal settings: those of both sides have the defaults of A, then of B. Different
    defaults are said first. 'equal' and the settings 'for all' which it holds are proved by the algebra; what
    is 'different' parts at the step that is shown, proved by intervals; so does the first state that parts.
    What states are of each other is said where it is proved. Distances are measured and prove nothing.
    Settings of --set are defaults; of an original in code they are arguments.

    What a rule that was lifted from code takes for granted is said first, and a verdict holds given that.
    Where the rule leaves out ways of its code, nothing is called equal; where the code does not follow it on
    the history that is shown, nothing is called different. Both are unknown.

    JSON is a list with an object for each --against, or one for one.

    Exit codes: 0 equal, 1 different, 2 bad input or the output could not be written, 3 unknown. Of several
    the gravest counts: different, then unknown. Against the catalog, equal says that an entry is, and unknown
    that none is known to be.

    \b
    Examples:
      nos-sym audit torch.optim.Adam --against keras.optimizers.Adam
      nos-sym audit torch.optim.AdamW --against optax.adamw --for-all
      nos-sym audit my.py:MyOptimizer --against torch.optim:AdamW --set A.weight_decay=0.1
      nos-sym audit my.nos --against catalog --nearest 3
      nos-sym audit torch.optim.NAdam --against optax.nadam --markdown
    """
    if as_json and as_markdown:
        raise InputError("--json and --markdown are two forms of the output; choose one")
    if [first, *others].count("-") > 1:
        raise InputError("standard input can be one side alone; write the other to a file")
    if CATALOG in others and (for_all or pairs):
        raise InputError("--for-all and --with are about one B; '--against catalog' takes neither")
    paired = read_pairs(pairs)
    # Everything is read before anything is compared, so that bad input costs no time.
    given = Values(values)
    a = _side(first, "A", given)
    sides = [None if other == CATALOG else _side(other, "B", given) for other in others]
    given.expect_all_used()
    found: list[Audit | Nearest] = [
        _nearest(a, count) if b is None else _audit(a, b, for_all, paired) for b in sides
    ]
    _write(found, as_json, as_markdown)
    codes = [_code(x) for x in found]
    return next(code for code in (DIFFERENT, UNKNOWN, EQUAL) if code in codes)


def _side(target: str, letter: str, values: Values) -> Side:
    """Return a side with the values of ``--set``: of code they are arguments, of anything else settings."""
    from nos_sym.auditing.side import is_original, read_side

    if is_original(target):
        return read_side(target, write_note, values.arguments(letter))
    return values.given_to(read_side(target, write_note, read=_read), letter)


def _read(target: str) -> Rule | Block | Schedule:
    return read_any(target, choice="an audit takes one; write it to a file of its own")


def _audit(a: Side, b: Side, for_all: bool, pairs: dict[str, str]) -> Audit:
    from nos_sym.auditing.audit import audit_of

    return audit_of(a, b, for_all=for_all, pairs=pairs)


def _nearest(a: Side, count: int) -> Nearest:
    from nos_sym.auditing.nearest import nearest_of

    return nearest_of(a, count)


def _code(found: Audit | Nearest) -> int:
    from nos_sym.auditing.result import Audit

    if isinstance(found, Audit):
        return _CODES[found.verdict]
    return EQUAL if found.equal and not found.side.special else UNKNOWN


def _write(found: list[Audit | Nearest], as_json: bool, as_markdown: bool) -> None:
    """Write at once: exit code 1 means different, so a failure to write must not end in it."""
    try:
        if as_json:
            records: list[Any] = [x.to_json() for x in found]
            write_json(records[0] if len(records) == 1 else records)
        elif as_markdown:
            write_stdout("\n\n".join(x.markdown() for x in found), rules=False)
        else:
            write_stdout("\n\n".join(str(x) for x in found))
        sys.stdout.flush()
    except OSError as error:
        silence_stdout()
        raise InputError(f"cannot write: {error.strerror or error}") from None
