"""``nos-sym equal``: whether two rules are one optimizer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import families
from nos_sym.cli.answers import (
    DIFFERENT,
    EQUAL,
    UNKNOWN,
    answer_lines,
    counterexample_record,
    identity_records,
)
from nos_sym.cli.choices import LEVELS
from nos_sym.cli.failures import InputError
from nos_sym.cli.group import silence_stdout
from nos_sym.cli.output import write_json, write_stdout
from nos_sym.cli.proofs import with_proof
from nos_sym.cli.target import TargetType, read_any
from nos_sym.cli.values import set_pair_option, with_values_of_two
from nos_sym.errors import quoted

if TYPE_CHECKING:
    from nos_sym.algebra.verdicts import Verdict
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule

LEVEL_HELP = (
    "What may differ: nothing, the sign, a constant factor, a learning-rate schedule; "
    "float32 measures and proves nothing."
)
ALMOST_HELP = "Leave out histories on which an expression is zero, such as a gradient; the answer names it."


@click.command()
@click.argument("first", metavar="A", type=TargetType())
@click.argument("second", metavar="B", type=TargetType())
@click.option("--level", type=click.Choice(LEVELS), default="exact", show_default=True, help=LEVEL_HELP)
@click.option("--almost", is_flag=True, help=ALMOST_HELP)
@click.option(
    "--proof",
    "proof_file",
    metavar="FILE",
    help="Write a proof that 'nos-sym check-proof' replays; what it shows is equal also where keys differ.",
)
@click.option("--for-all", is_flag=True, help="Ask it for all values of the settings, not for the defaults.")
@click.option(
    "--with",
    "pairs",
    multiple=True,
    metavar="A.x=B.y",
    help="With --for-all: a setting of A and the one of B that it is; others are paired by name.",
)
@set_pair_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def equal(
    first: str,
    second: str,
    level: str,
    almost: bool,
    proof_file: str | None,
    for_all: bool,
    pairs: tuple[str, ...],
    values: tuple[str, ...],
    as_json: bool,
) -> int:
    """Say whether A and B are the same optimizer, with a proof or a counterexample.

    Prints 'equal', the common form and the identities that lead from A to B, each for the x that it is used
    for; or 'different' and a state on which the updates differ; or 'unknown'. Equal means on every history,
    gradients that are exactly zero included; with --almost, away from the zeros of the expressions that are
    printed. At level float32, 'not told apart' is a measurement and not a proof. A and B are each a name of
    the catalog, a rule as text, a file, FILE:NAME, or - for standard input.

    With --for-all, every setting is any number of its domain, and 'different' prints values at which A and B
    part. Keys and the other answers are about the defaults, or the values that --set gives.

    The last line says whether a checked proof stands behind the claim; it is searched for 2 seconds, with
    --proof for 20. Where none is found, FILE stays as it is, and the claim rests on the canonical form alone:
    the identities are then those that carry A and B to that form. A proof of blocks is an induction over the
    steps, and prints what the states of A and of B are to each other.

    Exit codes: 0 equal or indistinguishable, 1 different, 2 bad input or the output could not be written,
    3 unknown.

    \b
    Examples:
      nos-sym equal 'none ~ clip_norm(clip_norm(g))' 'none ~ clip_norm(g)'
      nos-sym equal Opt5 Opt42 --level schedule
      nos-sym equal 'none ~ w * (g / g)' 'none ~ w' --almost
      nos-sym equal 'none ~ exp(ln(exp(g)))' 'none ~ exp(g)' --proof exp.proof
      nos-sym equal AdamW Adam --set A.weight_decay=0
      nos-sym equal adam.nos:Adam mine.nos:Adam --for-all --with A.beta1=B.b1
      nos-sym equal 'None ~ (g) / (sqrt(1+(10-4w)^2))' SGD --level float32
    """
    a, b = _read_pair(first, second, values)
    if for_all:
        if level != "exact" or almost or proof_file is not None:
            raise InputError("--for-all is about exact equality; leave out --level, --almost and --proof")
        if values:
            raise InputError("--set gives a setting one value, and --for-all asks for all; leave one out")
        code, record = families.describe(a, b, families.read_pairs(pairs))
        _write(record, as_json)
        return code
    if pairs:
        raise InputError("--with pairs settings; it goes with --for-all")
    from nos_sym.algebra.equivalence import compare
    from nos_sym.algebra.levels import Level

    if proof_file is not None and level == "float32":
        raise InputError("float32 measures; there is no proof at this level")
    verdict = compare(a, b, Level(level), almost=almost)
    code, record = describe(verdict, level)
    if record["verdict"] in ("equal", "different"):
        record["constant"] = [f"{side}.{name}" for side, x in (("A", a), ("B", b)) for name in _cycled(x)]
    asked = record["verdict"] == "equal" or (proof_file is not None and record["verdict"] == "unknown")
    if asked:
        file = None if proof_file is None else Path(proof_file)
        # What is asked for at level float32 and proved is equal at level exact.
        record = with_proof(a, b, Level(record["level"]), file, record)
        code = EQUAL if record["verdict"] == "equal" else UNKNOWN
    _write(record, as_json)
    return code


def _read_pair(first: str, second: str, values: tuple[str, ...]) -> tuple[Rule | Block, Rule | Block]:
    if first == second == "-":
        raise InputError("A and B cannot both be standard input; write one of them to a file")
    from nos_sym.language.registry import apply, number
    from nos_sym.language.rule import Momentum, Rule, Schedule

    a, b = with_values_of_two(read_any(first), read_any(second), values)
    if isinstance(a, Schedule) and isinstance(b, Schedule):
        # A schedule is the rule that multiplies it by one.
        lifted = [Rule(Momentum.NONE, apply("scale", s.factor, number(1))) for s in (a, b)]
        return lifted[0], lifted[1]
    for rule, target in ((a, first), (b, second)):
        if isinstance(rule, Schedule):
            raise InputError(
                f"{quoted(target, 60)} is a schedule and the other is an optimizer; expected two of a kind"
            )
    assert not isinstance(a, Schedule) and not isinstance(b, Schedule)
    return a, b


def _cycled(rule: Rule | Block) -> list[str]:
    """Return the settings that a scheduler may cycle as it cycles momentum, the decays of first moments."""
    from nos_sym.language.block import Block, expressions_of
    from nos_sym.program.moments import first_moments

    if isinstance(rule, Block):
        return sorted(first_moments(expressions_of(rule), rule))
    return sorted(first_moments([rule.update]))


def describe(verdict: Verdict, level: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code of a verdict and its record."""
    from nos_sym.algebra.levels import Level
    from nos_sym.algebra.verdicts import Different, Equal, Indistinguishable

    if isinstance(verdict, Equal):
        record: dict[str, Any] = {
            "verdict": "equal",
            "level": verdict.level.value,
            "form": verdict.form,
            "first": identity_records(verdict.first),
            "second": identity_records(verdict.second),
            "assumptions": list(verdict.assumptions),
            "states": verdict.states,
        }
        if verdict.level is Level.SCHEDULE:
            record["zeros"] = verdict.zeros
        if verdict.where_zero is not None:
            record["where_zero"] = counterexample_record(verdict.where_zero)
        return EQUAL, record
    if isinstance(verdict, Different):
        return DIFFERENT, {
            "verdict": "different",
            "level": level,
            "counterexample": counterexample_record(verdict.counterexample),
        }
    if isinstance(verdict, Indistinguishable):
        return EQUAL, {
            "verdict": "indistinguishable",
            "level": level,
            "distance": verdict.distance,
            "samples": verdict.samples,
        }
    return UNKNOWN, {"verdict": "unknown", "level": level}


def _write(record: dict[str, Any], as_json: bool) -> None:
    """Write at once: exit code 1 means different, so a failure to write must not end in it."""
    try:
        if as_json:
            for state in ("counterexample", "where_zero"):
                if state in record:
                    _drop_lines(record[state])
            write_json(record)
        else:
            write_stdout("\n".join(answer_lines(record)))
        sys.stdout.flush()
    except OSError as error:
        silence_stdout()
        raise InputError(f"cannot write: {error.strerror or error}") from None


def _drop_lines(record: dict[str, Any]) -> None:
    record.pop("lines")
    if "reference" in record:
        _drop_lines(record["reference"])
