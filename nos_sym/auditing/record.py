"""Audits as data for JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from nos_sym.algebra.falsification.counterexample import Counterexample
from nos_sym.auditing.families import Variable
from nos_sym.auditing.matching import number_text
from nos_sym.auditing.result import EQUAL, UNKNOWN, Audit
from nos_sym.auditing.side import Side
from nos_sym.auditing.states_text import parting_record, states_record


def record_of(audit: Audit) -> dict[str, Any]:
    """Return an audit as data; infinities are texts, which JSON has none of."""
    matching = audit.matching
    record: dict[str, Any] = {
        "verdict": audit.verdict,
        "rules": audit.rules,
        "for_all": audit.for_all,
        "at_own_defaults": UNKNOWN
        if audit.special and audit.at_own_defaults == EQUAL
        else audit.at_own_defaults,
        "first": side_record(audit.first),
        "second": side_record(audit.second),
        "pairs": [
            {"first": p.first, "second": p.second, "defaults": [float(x) for x in p.defaults]}
            for p in matching.pairs
        ],
        "first_alone": {name: float(value) for name, value in matching.first},
        "second_alone": {name: float(value) for name, value in matching.second},
        "notes": list(matching.notes),
        "asked_at": {x.name: float(x.default) for x in audit.families.variables},
        "proof": None,
        "agreement": None,
        "parting": None,
        "up_to": None if audit.up_to is None else audit.up_to.value,
        "not_told_apart_at": [[x.name, number_text(value)] for x, value in audit.close_at],
        "states": states_record(audit.states),
        "first_apart": parting_record(audit.first_apart),
        "distance": None,
    }
    if audit.equal is not None:
        record["proof"] = {
            "checked": audit.proof is not None,
            "text": None if audit.proof is None else str(audit.proof),
            "identities": [[i.name for i in side] for side in (audit.equal.first, audit.equal.second)],
        }
    if audit.agreement is not None:
        record["agreement"] = {
            "fixed": {x.name: number_text(value) for x, value in audit.agreement.fixed},
            "free": {x.name: str(x.domain) for x in audit.agreement.free},
            "for_all": audit.agreement.for_all,
        }
    if audit.parting is not None:
        record["parting"] = {
            "settings": dict(audit.parting.values),
            "at": settings_at(audit.parting.values, audit.families.variables),
            "followed_by_code": list(audit.code),
            **counterexample(audit.parting.at),
        }
    if audit.distance is not None:
        record["distance"] = {
            "median": number(audit.distance.median),
            "largest": number(audit.distance.largest.distance),
            "runs": [
                {
                    "history": row.history,
                    "settings": dict(row.settings),
                    "distance": number(row.distance),
                    "step": row.step,
                }
                for row in audit.distance.rows
            ],
        }
    return record


def side_record(side: Side) -> dict[str, Any]:
    """Return what is known of a side."""
    record: dict[str, Any] = {
        "name": side.name,
        "rule": str(side.rule),
        "library": side.library,
        "version": side.version,
        "source": side.rule.source,
        "lr": side.rate,
    }
    if side.lifted is not None:
        check = side.lifted.verification
        record["lifted"] = {
            "steps": check.steps, "error": number(check.error), "bound": check.bound,
            "conditions": side.conditions, "special": side.special,
        }  # fmt: skip
    return record


def settings_at(moved: Iterable[tuple[str, str]], variables: Iterable[Variable]) -> dict[str, str]:
    """Return the values of all settings, by the names of variables, with some of them moved."""
    return {**{x.name: number_text(x.default) for x in variables}, **dict(moved)}


def counterexample(found: Counterexample) -> dict[str, Any]:
    """Return a history and both weights after it."""
    return {
        "step": found.step,
        "total_steps": found.total_steps,
        "shape": list(found.shape),
        "other_shapes": [list(shape) for shape in found.others],
        "gradients": [[number(x) for x in row] for row in found.gradients],
        "weights": [[number(x) for x in row] for row in found.weights],
        "rates": [number(x) for x in found.rates],
        "momenta": [number(x) for x in found.momenta],
        "what": found.what,
        "first": [number(x) for x in found.first],
        "second": [number(x) for x in found.second],
        "entry": found.entry,
    }


def number(value: float) -> float | str:
    """Return a number as JSON has it."""
    return value if math.isfinite(value) else str(value)
