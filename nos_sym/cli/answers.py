"""The answers of ``nos-sym equal``, as records and as lines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nos_sym.algebra import verdict_text as texts
from nos_sym.cli.output import labeled
from nos_sym.cli.proofs import citation_lines, proof_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nos_sym.algebra.falsification.counterexample import Counterexample
    from nos_sym.algebra.identities import Identity

EQUAL, DIFFERENT, UNKNOWN = 0, 1, 3
"""Exit codes."""


def identity_records(identities: Iterable[Identity]) -> list[dict[str, str]]:
    """Return name, both sides, and condition of identities."""
    return [{"name": i.name, "left": i.left, "right": i.right, "condition": i.condition} for i in identities]


def counterexample_record(found: Counterexample) -> dict[str, Any]:
    """Return the record of a counterexample."""
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
        "other_shapes": [list(shape) for shape in found.others],
        "lines": found.describe(),
    }
    if found.reference is not None:
        record["reference"] = counterexample_record(found.reference)
    return record


def _finite(row: Iterable[float]) -> list[float | str]:
    """Return numbers as JSON has them; infinities and NaN become text."""
    return [x if math.isfinite(x) else str(x) for x in row]


def answer_lines(record: dict[str, Any]) -> list[str]:
    """Return what is printed of a record."""
    return _verdict_lines(record) + _constant_lines(record) + proof_lines(record)


def _constant_lines(record: dict[str, Any]) -> list[str]:
    """Say for which settings a verdict is that a scheduler may cycle."""
    names = record.get("constant")
    return (
        labeled("for", [f"constant settings: {', '.join(names)}, which schedulers may cycle"])
        if names
        else []
    )


def _verdict_lines(record: dict[str, Any]) -> list[str]:
    if "pairs" in record:
        return _family_lines(record)
    if record["verdict"] == "indistinguishable":
        return texts.indistinguishable_lines(record["samples"], record["distance"])
    if record["verdict"] == "unknown":
        return texts.unknown_lines(record["level"])
    if record["verdict"] == "different":
        return texts.different_lines(record["counterexample"]["lines"])
    proof = record.get("proof", {"checked": False})
    form = texts.form_line(record["form"], record.get("states", 0))
    if proof["checked"]:
        reasons = citation_lines(proof)
    else:
        said = {key: [texts.identity_line(**i) for i in record[key]] for key in ("first", "second")}
        reasons = texts.by_lines("A by", said["first"]) + texts.by_lines("B by", said["second"])
    return texts.equal_lines(
        record["level"],
        form if record["form"] or not proof["checked"] else None,
        reasons,
        record.get("zeros"),
        proof["assumptions"] if proof["checked"] else record["assumptions"],
        record["where_zero"]["lines"] if "where_zero" in record else (),
    )


def _family_lines(record: dict[str, Any]) -> list[str]:
    pairs = [f"A.{x} = B.{y}" for x, y in record["pairs"]] or ["no settings are paired"]
    if record["verdict"] == "equal":
        return ["equal", *labeled("for all", pairs)]
    if record["verdict"] == "unknown":
        said = "neither a proof for all settings nor values at which the two part"
        return ["unknown", said, *labeled("pairs", pairs)]
    values = [f"{name} = {value}" for name, value in record["values"].items()] or ["there are no settings"]
    return [
        "different",
        *labeled("pairs", pairs),
        *labeled("where", values),
        *record["counterexample"]["lines"],
    ]
