"""What stands behind a claim of ``equal``: a proof that the checker has replayed, or the algebra alone."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nos_sym.cli.failures import InputError, WriteError
from nos_sym.cli.output import labeled, write_file
from nos_sym.errors import SourceError, one_line

if TYPE_CHECKING:
    from nos_sym.algebra.levels import Level
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule
    from nos_sym.proof.format import Proof

SECONDS = 2.0
"""How long a proof is searched that nobody asked for."""

_LONGEST = 160
"""Characters of a citation."""


def with_proof(
    a: Rule | Block, b: Rule | Block, level: Level, file: Path | None, record: dict[str, Any]
) -> dict[str, Any]:
    """Return the record of a verdict with what a search for a proof came to.

    Args:
        a: one rule.
        b: the other.
        level: the level at which they are said to be equal.
        file: where the proof is to be written; without one the search is short.
        record: the record of a verdict that is equal, or unknown.
    """
    if find_spec("flint") is None:
        return {**record, "proof": {"checked": False, "reason": "python-flint is missing"}}
    from nos_sym.proof.search.producer import SECONDS as LONG
    from nos_sym.proof.search.producer import prove

    seconds = LONG if file is not None else SECONDS
    try:
        proof = prove(a, b, level, seconds=seconds, almost=record.get("assumptions", ()))
    except SourceError:
        # An assumption that is too large to be written.
        proof = None
    if proof is None:
        return {**record, "proof": {"checked": False, "reason": f"none found in {seconds:g} seconds"}}
    if record["verdict"] == "unknown":
        record = {
            "verdict": "equal", "level": level.value, "form": "",
            "first": [], "second": [], "assumptions": [], "states": 0,
        }  # fmt: skip
    found = {**record, "proof": _record(proof)}
    if file is not None:
        try:
            write_file(file, str(proof))
        except WriteError as error:
            # Exit code 1 means different, so a failure to write must not end in it.
            raise InputError(str(error)) from None
        found["proof"]["file"] = str(file)
    return found


def _record(proof: Proof) -> dict[str, Any]:
    from nos_sym.language.printer import print_expression
    from nos_sym.proof.format import ASSUME, INDUCTION, invariant_text

    cited = [use for step in proof.chain for use in step.uses]
    uses = dict.fromkeys(str(use) for use in cited if use.name not in (ASSUME, INDUCTION))
    inductions = [use for use in cited if use.name == INDUCTION]
    factors = ("times A", proof.times_first), ("times B", proof.times_second)
    return {
        "checked": True,
        "links": len(proof.chain) - 1,
        "citations": [use.removeprefix("by ") for use in uses],
        "inductions": [[invariant_text(*value) for value in use.values] for use in inductions],
        "assumptions": [print_expression(t) for t in proof.almost],
        **{name: print_expression(t) for name, t in factors if t is not None},
    }


def citation_lines(proof: dict[str, Any]) -> list[str]:
    """Return the lines that say by what a proof leads from A to B."""
    lines: list[str] = []
    for name in ("times A", "times B"):
        if name in proof:
            lines += labeled(name, [one_line(proof[name], _LONGEST)])
    by = [f"induction: {x}" for said in proof["inductions"] for x in said or ["no state counts"]]
    by += proof["citations"]
    return lines + labeled("by", [one_line(x, _LONGEST) for x in by] or ["arithmetic alone"])


def proof_lines(record: dict[str, Any]) -> list[str]:
    """Return the line that says whether a checked proof stands behind a verdict."""
    proof = record.get("proof")
    if proof is None:
        return []
    if proof["checked"]:
        count = len(proof["citations"])
        invariants = sum(map(len, proof["inductions"]))
        parts = ["checked"]
        if proof["inductions"]:
            some = f"{invariants} invariant{'' if invariants == 1 else 's'}"
            parts.append(f"induction over the steps with {some}")
        if count or not proof["inductions"]:
            parts.append(f"{count} citation{'' if count == 1 else 's'}")
        if "file" in proof:
            parts.append(f"written to {proof['file']}")
        return labeled("proof", [", ".join(parts)])
    claim = record["verdict"] == "equal"
    if proof["reason"] == "python-flint is missing":
        said = "not checked; pip install 'nos-sym[proof]' brings the checker"
    else:
        said = "no checked proof found" if claim else "none found"
    return labeled("proof", [f"{said}: the claim rests on the canonical form alone" if claim else said])
