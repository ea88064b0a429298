"""Audits as lines of text."""

from __future__ import annotations

from collections.abc import Iterable

from nos_sym.algebra.identities import Identity
from nos_sym.algebra.levels import Level
from nos_sym.auditing.matching import number_text
from nos_sym.auditing.parting import Parting
from nos_sym.auditing.result import DIFFERENT, EQUAL, UNKNOWN, Audit
from nos_sym.auditing.side import Side
from nos_sym.auditing.states_text import first_lines, states_lines

_LABEL = 10

UP_TO = {
    Level.SIGN: "they are equal up to the sign",
    Level.SCALE: "they are equal up to a constant factor of the update",
    Level.SCHEDULE: "they are equal up to a learning-rate schedule",
}


def lines_of(audit: Audit) -> list[str]:
    """Return an audit in lines: the two, their settings, the verdict, and what it rests on."""
    found = [f"{audit.first.name} against {audit.second.name}"]
    for letter, side in (("A", audit.first), ("B", audit.second)):
        found += _labeled(letter, [described_side(side), *condition_lines(side)])
    found += _labeled("settings", settings_lines(audit))
    found += _labeled("verdict", [verdict_line(audit)])
    found += _labeled("defaults", own_defaults_lines(audit))
    if audit.rules == EQUAL and audit.equal is not None:
        found += _labeled("proof", proof_lines(audit))
    if audit.agreement is not None:
        said = str(audit.agreement)
        found += _labeled("rules", [f"equal {said}"]) if audit.conditional else _labeled("equal", [said])
    elif audit.close_at:
        at = ", ".join(f"{x.name} = {number_text(value)}" for x, value in audit.close_at)
        found += _labeled("measured", [f"no history tells them apart at {at}, which proves nothing"])
    if audit.up_to is not None:
        found += _labeled("besides", [UP_TO[audit.up_to]])
    if audit.parting is not None:
        found += _labeled("parts", [*parting_lines(audit.parting), *code_lines(audit)])
    if audit.states:
        found += _labeled("states", states_lines(audit.states))
    if audit.first_apart is not None:
        found += _labeled("first", first_lines(audit.first_apart))
    if audit.distance is not None:
        found += _labeled("distance", distance_lines(audit))
    return found


def described_side(side: Side) -> str:
    """Return a side with its library and version."""
    what = side.name if side.where == "" else f"{side.name} of {side.where}"
    if side.lifted is not None:
        check = side.lifted.verification
        what += f", lifted from its code and run beside it for {check.steps} steps: error {check.error:.2g}"
    return what


def condition_lines(side: Side) -> list[str]:
    """Return what a rule takes for granted of the code that it was lifted from."""
    lines = [f"given that {c}" for c in side.conditions]
    return [*lines, "it does NOT follow its code otherwise"] if side.special else lines


def code_lines(audit: Audit) -> list[str]:
    """Return whether code that was lifted goes where its rule does on the history of a parting."""
    lines = []
    for letter, side, followed in zip("AB", (audit.first, audit.second), audit.code, strict=True):
        if side.lifted is not None:
            said = {
                True: f"run on it, the code of {letter} ends there as well",
                False: f"run on it, the code of {letter} does NOT end there: what is given does not hold",
                None: f"the code of {letter} was not run on it, but its rule",
            }
            lines.append(said[followed])
    return lines


def settings_lines(audit: Audit) -> list[str]:
    """Return what is to be known of the settings of two sides; nothing where they are the same."""
    lines = audit.matching.lines()
    rates = audit.first.rate, audit.second.rate
    if None not in rates and rates[0] != rates[1]:
        lines.insert(0, f"lr: the defaults differ, {rates[0]} and {rates[1]}")
    renamed = [p.name for p in audit.matching.pairs if p.first != p.second]
    return [*(f"{name} is one setting" for name in renamed), *lines]


def verdict_line(audit: Audit) -> str:
    """Return the verdict in a sentence."""
    at = " at equal settings" if audit.families.variables else ""
    if audit.for_all:
        at = " for all values of the settings that both take"
    if audit.verdict != audit.rules:
        return _of_rules_alone(audit, at)
    if audit.verdict == EQUAL:
        given = f", where {audit.conditional} is as given above" if audit.conditional else ""
        return f"equal{at}{given}" if audit.for_all else f"equal{at}, on every history{given}"
    if audit.verdict == DIFFERENT:
        said = "different: not equal for all values of the settings" if audit.for_all else f"different{at}"
        many = audit.parting is not None and audit.parting.at.others
        return f"{said}, where there are two parameters" if many else said
    if audit.for_all:
        return "unknown: neither a proof for all settings nor values at which they part"
    return f"unknown: neither a proof of equality nor a history that tells them apart{at}"


def _of_rules_alone(audit: Audit, at: str) -> str:
    """Return the verdict where the rules are known to be one or not, and the code that they are of is not."""
    if audit.rules == EQUAL:
        special = [x for x, side in zip("AB", (audit.first, audit.second), strict=True) if side.special]
        whose = "that of A and that of B leave" if len(special) > 1 else f"that of {special[0]} leaves"
        return f"unknown: the rules are proved equal{at}, and {whose} out ways of its code, see above"
    wrong = [x for x, followed in zip("AB", audit.code, strict=True) if followed is False]
    differ = "not equal" if audit.for_all else "different"
    return (
        f"unknown: the rules are {differ}{at}, by a history on which the code of {' and '.join(wrong)} does "
        "not follow its rule"
    )


def own_defaults_lines(audit: Audit) -> list[str]:
    """Return the verdict at the defaults of each side, where these differ."""
    if not audit.matching.defaults_differ():
        return []
    said = {
        EQUAL: "equal", DIFFERENT: "different", UNKNOWN: "neither proved equal nor told apart"
    }[audit.at_own_defaults]  # fmt: skip
    rules = "the rules are " if audit.conditional else ""
    return [f"{rules}{said} with each at its own defaults"]


def proof_lines(audit: Audit) -> list[str]:
    """Return what proves equality: the citations of a checked proof, or the identities of the algebra."""
    assert audit.equal is not None
    if audit.proof is not None:
        cited = list(dict.fromkeys(str(use) for step in audit.proof.chain for use in step.uses))
        return (
            ["a checker has replayed it", *cited]
            if cited
            else ["a checker has replayed it: arithmetic alone"]
        )
    first, second = (_identities(x) for x in (audit.equal.first, audit.equal.second))
    said = [*(f"A by {x}" for x in first), *(f"B by {x}" for x in second)]
    return ["the canonical forms are the same; no checked proof was found", *said]


def parting_lines(parting: Parting) -> list[str]:
    """Return the settings, the history and both weights."""
    at = [f"at {parting.where}"] if parting.where else []
    return [*at, *(line.strip() for line in parting.at.describe())]


def distance_lines(audit: Audit) -> list[str]:
    """Return distances at the settings of the question, then over the grid."""
    assert audit.distance is not None
    rows = audit.distance.rows
    asked = [row for row in rows if row.settings == rows[0].settings]
    width = max(len(row.history) for row in asked)
    lines = ["measured, relative to how far the weights moved; it proves nothing"]
    for row in asked:
        step = "not told apart" if row.step is None else f"{row.distance:.2g}, from step {row.step} on"
        lines.append(f"{row.history:<{width}}  {step}")
    if len(rows) > len(asked):
        largest = audit.distance.largest
        at = ", ".join(f"{name} = {value:g}" for name, value in largest.settings)
        lines.append(
            f"over {len(rows)} runs at several settings: median {audit.distance.median:.2g}, largest "
            f"{largest.distance:.2g} ({largest.history}; {at})"
        )
    return lines


def _identities(found: Iterable[Identity]) -> list[str]:
    return [f"{i.name}: {i.left} = {i.right}{f' where {i.condition}' if i.condition else ''}" for i in found]


def _labeled(label: str, rows: list[str]) -> list[str]:
    return [f"{label if i == 0 else '':<{_LABEL}}{row}" for i, row in enumerate(rows)]
