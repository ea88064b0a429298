"""Checks an optimizer in another process; nothing of PyTorch is imported here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from nos_sym.conform.outcome import ConformError, Outcome, Report
from nos_sym.sandbox.limits import Limits
from nos_sym.sandbox.process import run

JOB = "nos_sym.conform.runner:job"

SECONDS = 900.0
"""For all checks together; most optimizers need 20."""


def conform(
    original: str,
    arguments: Mapping[str, Any] | None = None,
    only: Iterable[str] = (),
    *,
    text: str | None = None,
    limits: Limits | None = None,
    confined: bool = False,
) -> Report:
    """Check an optimizer of PyTorch.

    Args:
        original: ``MODULE:CLASS``, ``FILE:CLASS``, or a file with one optimizer.
        arguments: values for arguments of the class.
        only: names of the checks that are made; all where there are none.
        text: the text of the file, where the process that checks cannot read it.
        limits: what the checks may take together; by default only time.
        confined: whether inside bubblewrap.

    Raises:
        ConformError, RunError, NoSandbox: it cannot be checked, and why.
    """
    if find_spec("torch") is None:
        raise ConformError("the checks need PyTorch; install it ('pip install nos-sym[torch]')")
    given = {k: list(v) if isinstance(v, tuple) else v for k, v in (arguments or {}).items()}
    job = {"original": original, "arguments": given, "only": list(only), "text": text}
    limits = limits or replace(Limits(), seconds=SECONDS, memory=0, address=0, processes=0, file=0)
    return report_of(run(JOB, job, limits, confined=confined), original, arguments or {})


def report_of(data: Any, original: str, arguments: Mapping[str, Any]) -> Report:
    """Read what a process answered, which may be of anyone.

    Raises:
        ConformError: it is no report.
    """
    try:
        rows, way = data["outcomes"], data["way"]
        if not isinstance(rows, list) or len(rows) > 200 or not isinstance(way, str) or len(way) > 500:
            raise ValueError("no report")
        outcomes = tuple(Outcome.from_json(row) for row in rows)
    except (KeyError, TypeError, ValueError):
        raise ConformError("the report of the checks is not what this package writes") from None
    return Report(original, {k: shown(v) for k, v in arguments.items()}, outcomes, way)


def shown(value: Any) -> str:
    """Return a value as ``--set`` takes it."""
    return ",".join(map(shown, value)) if isinstance(value, (list, tuple)) else str(value)


def value_of(text: str) -> Any:
    """Return what a text of ``--set`` stands for: a number, true, false, none, several of these, or itself.

    >>> value_of("0.9,0.99"), value_of("True"), value_of("strong_wolfe")
    ((0.9, 0.99), True, 'strong_wolfe')
    """
    inner = text.strip().strip("()[]")
    if "," in inner:
        return tuple(value_of(part) for part in inner.split(",") if part.strip())
    words = {"true": True, "false": False, "none": None}
    if inner.lower() in words:
        return words[inner.lower()]
    for kind in (int, float):
        try:
            return kind(inner)
        except ValueError:
            continue
    return inner
