"""``nos-sym equal``: whether two rules are one optimizer."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from nos_sym.cli.choices import LEVELS
from nos_sym.cli.failures import InputError, WriteError
from nos_sym.cli.group import silence_stdout
from nos_sym.cli.output import write_file, write_json, write_stdout
from nos_sym.cli.target import TargetType, read_any
from nos_sym.errors import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nos_sym.algebra.equivalence import Verdict
    from nos_sym.algebra.falsification.counterexample import Counterexample
    from nos_sym.algebra.identities import Identity
    from nos_sym.algebra.levels import Level
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule

EQUAL, DIFFERENT, UNKNOWN = 0, 1, 3

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
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def equal(first: str, second: str, level: str, almost: bool, proof_file: str | None, as_json: bool) -> int:
    """Say whether A and B are the same optimizer, with a proof or a counterexample.

    Prints 'equal', the common form and the identities that carry A and B to it; or 'different' and a state on
    which the updates differ; or 'unknown'. Equal means on every history, gradients that are exactly zero
    included; with --almost, away from the zeros of the expressions that are printed. At level float32, 'not
    told apart' is a measurement and not a proof. A and B are each a name of the catalog, a rule as text, a
    file, FILE:NAME, or - for standard input.

    With --proof, a search looks for a chain of rules and identities from A to B, for up to 20 seconds; where
    it finds none, FILE stays as it is, and the output says 'claim without a checked proof'.

    Exit codes: 0 equal or indistinguishable, 1 different, 2 bad input or the output could not be written,
    3 unknown.

    \b
    Examples:
      nos-sym equal 'none ~ clip_norm(clip_norm(g))' 'none ~ clip_norm(g)'
      nos-sym equal Opt5 Opt42 --level schedule
      nos-sym equal 'none ~ w * (g / g)' 'none ~ w' --almost
      nos-sym equal 'none ~ exp(ln(exp(g)))' 'none ~ exp(g)' --proof exp.proof
      nos-sym equal 'None ~ (g) / (sqrt(1+(10-4w)^2))' SGD --level float32
    """
    a, b = _read_pair(first, second)
    from nos_sym.algebra.equivalence import compare
    from nos_sym.algebra.levels import Level
    from nos_sym.language.rule import Rule

    if proof_file is not None and level == "float32":
        raise InputError("float32 measures; there is no proof at this level")
    if proof_file is not None and not (isinstance(a, Rule) and isinstance(b, Rule)):
        raise InputError("a proof that is replayed is of two rules of one line; leave out --proof for blocks")
    if proof_file is not None and almost:
        raise InputError("a proof holds on every history; leave out --almost, or --proof")
    verdict = compare(a, b, Level(level), almost=almost)
    code, record = describe(verdict, level)
    if proof_file is not None and record["verdict"] != "different":
        code, record = _with_proof(a, b, Level(level), Path(proof_file), record)
    _write(record, as_json)
    return code


def _read_pair(first: str, second: str) -> tuple[Rule | Block, Rule | Block]:
    if first == second == "-":
        raise InputError("A and B cannot both be standard input; write one of them to a file")
    from nos_sym.language.registry import apply, number
    from nos_sym.language.rule import Momentum, Rule, Schedule

    a, b = (read_any(target) for target in (first, second))
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


def _with_proof(
    a: Rule | Block, b: Rule | Block, level: Level, file: Path, record: dict[str, Any]
) -> tuple[int, dict[str, Any]]:
    """Search a proof and write it; return the exit code and the record with what came of it."""
    from nos_sym.language.rule import Rule
    from nos_sym.proof.search.producer import prove

    assert isinstance(a, Rule) and isinstance(b, Rule)
    proof = prove(a, b, level)
    if proof is None:
        return (UNKNOWN if record["verdict"] == "unknown" else EQUAL), {**record, "proof": None}
    try:
        write_file(file, str(proof))
    except WriteError as error:
        # Exit code 1 means different, so a failure to write must not end in it.
        raise InputError(str(error)) from None
    if record["verdict"] == "unknown":
        record = {
            "verdict": "equal", "level": level.value, "form": "",
            "first": [], "second": [], "assumptions": [],
        }  # fmt: skip
    return EQUAL, {**record, "proof": {"file": str(file), "links": len(proof.chain) - 1}}


def describe(verdict: Verdict, level: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code of a verdict and its record."""
    from nos_sym.algebra.equivalence import Different, Equal, Indistinguishable
    from nos_sym.algebra.levels import Level

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
            record["where_zero"] = _counterexample(verdict.where_zero)
        return EQUAL, record
    if isinstance(verdict, Different):
        return DIFFERENT, {
            "verdict": "different",
            "level": level,
            "counterexample": _counterexample(verdict.counterexample),
        }
    if isinstance(verdict, Indistinguishable):
        return EQUAL, {
            "verdict": "indistinguishable",
            "level": level,
            "distance": verdict.distance,
            "samples": verdict.samples,
        }
    return UNKNOWN, {"verdict": "unknown", "level": level}


def identity_records(identities: Iterable[Identity]) -> list[dict[str, str]]:
    """Return name, both sides, and condition of identities."""
    return [{"name": i.name, "left": i.left, "right": i.right, "condition": i.condition} for i in identities]


def _counterexample(found: Counterexample) -> dict[str, Any]:
    record = {
        "step": found.step,
        "total_steps": found.total_steps,
        "gradients": [_finite(row) for row in found.gradients],
        "weights": [_finite(row) for row in found.weights],
        "uniform": {str(draw): [_finite(row) for row in rows] for draw, rows in found.uniform},
        "entry": found.entry,
        "what": found.what,
        "first": _finite(found.first),
        "second": _finite(found.second),
        "rates": _finite(found.rates),
        "momenta": _finite(found.momenta),
        "shape": list(found.shape),
        "lines": found.describe(),
    }
    if found.reference is not None:
        record["reference"] = _counterexample(found.reference)
    return record


def _finite(row: Iterable[float]) -> list[float | str]:
    """Return numbers as JSON has them; infinities and NaN become text."""
    return [x if math.isfinite(x) else str(x) for x in row]


def _write(record: dict[str, Any], as_json: bool) -> None:
    """Write at once: exit code 1 means different, so a failure to write must not end in it."""
    try:
        if as_json:
            for state in ("counterexample", "where_zero"):
                if state in record:
                    _drop_lines(record[state])
            write_json(record)
        else:
            write_stdout("\n".join(_lines(record)))
        sys.stdout.flush()
    except OSError as error:
        silence_stdout()
        raise InputError(f"cannot write: {error.strerror or error}") from None


def _drop_lines(record: dict[str, Any]) -> None:
    record.pop("lines")
    if "reference" in record:
        _drop_lines(record["reference"])


def _lines(record: dict[str, Any]) -> list[str]:
    return _verdict_lines(record) + _proof_lines(record)


def _proof_lines(record: dict[str, Any]) -> list[str]:
    if "proof" not in record:
        # A claim that nothing but the algebra has checked says so.
        return (
            labeled("proof", ["not checked; --proof FILE writes one"]) if record["verdict"] == "equal" else []
        )
    proof = record["proof"]
    if proof is None:
        said = "claim without a checked proof" if record["verdict"] == "equal" else "none found"
        return labeled("proof", [said])
    links = f"{proof['links']} link{'' if proof['links'] == 1 else 's'}"
    return labeled("proof", [f"{proof['file']} ({links}, replayed)"])


def _verdict_lines(record: dict[str, Any]) -> list[str]:
    if record["verdict"] == "indistinguishable":
        return [
            f"not told apart by {record['samples']:,} samples in float32 (a measurement, not a proof)",
            f"largest relative difference {record['distance']:.2g}, at magnitudes of training",
        ]
    if record["verdict"] == "unknown":
        return ["unknown", f"neither a proof nor a counterexample at level {record['level']}"]
    if record["verdict"] == "different":
        return ["different", *record["counterexample"]["lines"]]
    lines = ["equal", *labeled("level", [record["level"]])]
    if record.get("proof") and not record["form"] and not record["first"]:
        return lines
    lines += labeled("form", [_form_line(record)])
    for label, key in (("A by", "first"), ("B by", "second")):
        rows = [_identity_line(i) for i in record[key]] or ["its definition alone"]
        lines += labeled(label, rows)
    if "zeros" in record:
        lines += labeled("factors", [f"zero or singular at {record['zeros']} steps at most, for every T"])
    lines += labeled("assumes", [f"{x} is not zero" for x in record["assumptions"]] or ["nothing"])
    if "where_zero" in record:
        lines += labeled("there", record["where_zero"]["lines"])
    return lines


def _form_line(record: dict[str, Any]) -> str:
    states = record.get("states", 0)
    if not record["form"] and states:
        return f"{states} state{'' if states == 1 else 's'}, the same up to names, order and scale, and one move"
    return record["form"] or "no rule of one line, or too large to be written"


def _identity_line(identity: dict[str, str]) -> str:
    where = f" where {identity['condition']}" if identity["condition"] else ""
    return f"{identity['name']}: {identity['left']} = {identity['right']}{where}"


def labeled(label: str, rows: list[str]) -> list[str]:
    """Return rows beside a label on the first."""
    return [f"{label if i == 0 else '':<8} {row}" for i, row in enumerate(rows)]
