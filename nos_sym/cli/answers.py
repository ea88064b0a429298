"""The answers of ``nos-sym equal``, as records and as lines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

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
        return [
            f"not told apart by {record['samples']:,} samples in float32 (a measurement, not a proof)",
            f"largest relative difference {record['distance']:.2g}, at magnitudes of training",
        ]
    if record["verdict"] == "unknown":
        return ["unknown", f"neither a proof nor a counterexample at level {record['level']}"]
    if record["verdict"] == "different":
        return ["different", *record["counterexample"]["lines"]]
    lines = ["equal", *labeled("level", [record["level"]])]
    proof = record.get("proof", {"checked": False})
    if record["form"] or not proof["checked"]:
        lines += labeled("form", [_form_line(record)])
    if proof["checked"]:
        lines += citation_lines(proof)
    else:
        for label, key in (("A by", "first"), ("B by", "second")):
            rows = [_identity_line(i) for i in record[key]] or ["its definition alone"]
            lines += labeled(label, rows)
    if "zeros" in record:
        lines += labeled("factors", [f"zero or singular at {record['zeros']} steps at most, for every T"])
    assumptions = proof["assumptions"] if proof["checked"] else record["assumptions"]
    lines += labeled("assumes", [f"{x} is not zero" for x in assumptions] or ["nothing"])
    if "where_zero" in record:
        lines += labeled("there", record["where_zero"]["lines"])
    return lines


def _form_line(record: dict[str, Any]) -> str:
    states = record.get("states", 0)
    if not record["form"] and states:
        return (
            f"{states} state{'' if states == 1 else 's'}, the same up to names, order and scale, and one move"
        )
    return record["form"] or "no rule of one line, or too large to be written"


def _identity_line(identity: dict[str, str]) -> str:
    where = f" where {identity['condition']}" if identity["condition"] else ""
    return f"{identity['name']}: {identity['left']} = {identity['right']}{where}"


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
