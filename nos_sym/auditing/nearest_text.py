"""The nearest entries of the catalog as text, as Markdown and as data."""

from __future__ import annotations

from typing import Any

from nos_sym.auditing.markdown import taken_for_granted
from nos_sym.auditing.nearest import Nearest, names_of_libraries
from nos_sym.auditing.record import number, side_record
from nos_sym.auditing.record import record_of as record_of_audit
from nos_sym.auditing.result import Audit
from nos_sym.auditing.text import condition_lines

_MOST_NAMES = 4


def lines_of(found: Nearest) -> list[str]:
    """Return the entries in lines: those that are proved equal, then the others with what sets them apart."""
    lines = [f"{found.side.name} against the catalog", *condition_lines(found.side)]
    if found.equal:
        lines.append("the rule is proved equal" if found.side.special else "proved equal")
        lines += [f"  {_named(audit)}  {audit.agreement or 'at equal settings'}" for audit in found.equal]
    else:
        lines.append("no entry is proved equal")
    lines.append("nearest others, by the mean distance of trajectories at equal settings, a measurement")
    for audit, distance in zip(found.near, found.distances, strict=True):
        lines.append(f"  {distance:<8.2g} {_named(audit)}")
        lines += [f"{'':11}{line}" for line in _apart(audit)]
    return lines


def markdown_of(found: Nearest) -> str:
    """Return the entries as a list in Markdown."""
    lines = [f"### The nearest optimizers to `{found.side.name}` in the catalog of nos-sym", ""]
    if found.side.lifted is not None:
        lines += [taken_for_granted(found.side), ""]
    for audit in found.equal:
        proved = "the rule is proved equal" if found.side.special else "proved equal"
        lines.append(
            f"- `{audit.second.name}`{_libraries(audit)}: {proved}, {audit.agreement or 'at equal settings'}"
        )
    for audit, distance in zip(found.near, found.distances, strict=True):
        said = "; ".join(_apart(audit))
        lines.append(f"- `{audit.second.name}`{_libraries(audit)}: measured distance {distance:.2g}; {said}")
    return "\n".join(lines)


def record_of(found: Nearest) -> dict[str, Any]:
    """Return the entries as data."""
    near = [
        {"mean_distance": number(distance), **_record(audit)}
        for audit, distance in zip(found.near, found.distances, strict=True)
    ]
    return {"side": side_record(found.side), "equal": [_record(audit) for audit in found.equal], "near": near}


def _record(audit: Audit) -> dict[str, Any]:
    record = record_of_audit(audit)
    return {"entry": audit.second.name, "libraries": names_of_libraries(audit.second.name), **record}


def _apart(audit: Audit) -> list[str]:
    """Return what sets two optimizers apart: the step at which they part, and where they would agree."""
    lines = []
    if audit.parting is not None:
        at = f" at {audit.parting.where}" if audit.parting.where else ""
        lines.append(f"parts at t = {audit.parting.at.step}{at}")
    else:
        lines.append("neither proved equal nor told apart")
    if audit.agreement is not None:
        lines.append(f"equal {audit.agreement}")
    return lines


def _named(audit: Audit) -> str:
    return f"{audit.second.name}{_libraries(audit)}"


def _libraries(audit: Audit) -> str:
    names = names_of_libraries(audit.second.name)
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f" ({', '.join(names[:_MOST_NAMES])}{more})" if names else ""
