"""What a check says of an optimizer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from nos_sym.errors import NosSymError, one_line


class ConformError(NosSymError):
    """An optimizer that cannot be checked: there is no such class, or nothing it can be made with."""


class Fails(NosSymError):
    """Raised by a check: what was expected and what came out, in one line."""


class DoesNotApply(NosSymError):
    """Raised by a check that this optimizer gives no occasion for, and why."""


class Verdict(StrEnum):
    """How a check ends."""

    PASSES = "passes"
    FAILS = "fails"
    ADVICE = "advice"
    """It does not pass, and the optimizer does its work all the same."""
    DOES_NOT_APPLY = "does not apply"


_NOT_PASSED = (Verdict.FAILS, Verdict.ADVICE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one check.

    Attributes:
        check: its name.
        title: what it asks.
        verdict: how it ended.
        line: what went wrong, why it does not apply, or what was seen; may be empty where it passes.
        seconds: how long it took.
    """

    check: str
    title: str
    verdict: Verdict
    line: str
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as JSON data."""
        return {
            "check": self.check,
            "title": self.title,
            "verdict": self.verdict.value,
            "line": self.line,
            "seconds": round(self.seconds, 3),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Outcome:
        """Read what :meth:`to_json` wrote; the data may be of anyone.

        Raises:
            ConformError: it is something else.
        """
        try:
            texts = [data[key] for key in ("check", "title", "line")]
            if not all(isinstance(x, str) and len(x) <= 1000 for x in texts):
                raise ValueError("no text")
            if not re.fullmatch(r"[a-z][a-z0-9-]{0,40}", texts[0]):
                raise ValueError("no name of a check")
            # A line that were two would look like another row of the report.
            name, title, line = map(one_line, texts)
            return cls(name, title, Verdict(data["verdict"]), line, float(data["seconds"]))
        except (KeyError, TypeError, ValueError):
            raise ConformError("the report of the checks is not what this package writes") from None


@dataclass(frozen=True, slots=True)
class Report:
    """All checks of an optimizer.

    Attributes:
        original: what was checked, as it was named.
        arguments: what it was made with beside the parameters, as texts.
        outcomes: of the checks, in their order.
        way: how steps are taken, in words; empty for the ordinary way.
    """

    original: str
    arguments: Mapping[str, str]
    outcomes: tuple[Outcome, ...]
    way: str = ""

    @property
    def passed(self) -> bool:
        """Whether no check failed; advice is no failure."""
        return not self.of(Verdict.FAILS)

    def strict(self) -> Report:
        """Return the report with advice as failures."""
        outcomes = (
            replace(x, verdict=Verdict.FAILS) if x.verdict is Verdict.ADVICE else x for x in self.outcomes
        )
        return replace(self, outcomes=tuple(outcomes))

    def of(self, verdict: Verdict) -> tuple[Outcome, ...]:
        """Return the outcomes with a verdict."""
        return tuple(x for x in self.outcomes if x.verdict is verdict)

    @property
    def summary(self) -> str:
        """How many checks ended how; advice is named where there is some."""
        words = {Verdict.PASSES: "pass", Verdict.FAILS: "fail", Verdict.DOES_NOT_APPLY: "do not apply"}
        return ", ".join(
            f"{len(self.of(v))} {words.get(v, v.value)}" for v in Verdict if v in words or self.of(v)
        )

    def __str__(self) -> str:
        width = max((len(x.check) for x in self.outcomes), default=0)
        lines = [f"{self.original}: {self.summary}"]
        if self.arguments:
            lines.append("made with " + ", ".join(f"{k}={v}" for k, v in self.arguments.items()))
        if self.way:
            lines.append(self.way)
        lines.append("")
        for x in self.outcomes:
            said = f"  {x.line}" if x.line else ""
            lines.append(f"{x.verdict.value:<14}  {x.check:<{width}}{said}")
            if x.verdict in _NOT_PASSED:
                lines.append(f"{'':<14}  {'':<{width}}  again: {self.again(x)}")
        return "\n".join(lines)

    def again(self, outcome: Outcome) -> str:
        """Return the command that runs one check again."""
        given = "".join(f" --set {k}={v}" for k, v in self.arguments.items())
        return f"nos-sym conform {self.original} --only {outcome.check}{given}"

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        rows = []
        for x in self.outcomes:
            row = x.to_json()
            if x.verdict in _NOT_PASSED:
                row["again"] = self.again(x)
            rows.append(row)
        return {
            "original": self.original,
            "passed": self.passed,
            "arguments": dict(self.arguments),
            "way": self.way,
            "checks": rows,
        }
