"""A review as one page of text and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from nos_sym.conform.outcome import Report, Verdict

WIDTH = 100


class Result(IntEnum):
    """What a review comes to, with its exit code."""

    NEW = 0
    FAILS = 1
    UNKNOWN = 3
    DUPLICATE = 4


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: of it.
        passed: how it ended; ``None`` where it is not known.
        line: what was found, or why it does not apply.
        applies: whether it has a meaning for what was looked at; where not, it counts for nothing.
    """

    name: str
    passed: bool | None
    line: str
    applies: bool = True

    @property
    def missing(self) -> bool:
        """Whether it applies, and its end is not known."""
        return self.applies and self.passed is None

    @property
    def word(self) -> str:
        """How it ended, in a word."""
        return {True: "passes", False: "fails", None: "unknown"}[self.passed] if self.applies else "n/a"

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {"name": self.name, "passed": self.passed, "applies": self.applies, "line": self.line}


@dataclass(frozen=True, slots=True)
class Review:
    """What is known of an optimizer that somebody wrote.

    Attributes:
        original: how it was named.
        checks: what was looked at, in order.
        known: what it is a duplicate of, in words; empty where it is new.
        duplicates: the same as data.
        rule: its text in the language; empty where it could not be read.
        key: of the rule.
        sheet: its data sheet as data, and as text.
        conformance: the report of its class; ``None`` where there is none.
        notes: what the rule takes for granted.
        special: whether the rule leaves out ways of the code, so that the code need not be what the rule is.
        framework: the library that code is for, ``torch``, ``keras`` or ``optax``; empty for a rule, or where
            it is not known.
    """

    original: str
    checks: tuple[Check, ...]
    known: str = ""
    duplicates: tuple[Mapping[str, Any], ...] = ()
    rule: str = ""
    key: str = ""
    sheet: Mapping[str, Any] = field(default_factory=dict)
    sheet_text: str = ""
    conformance: Report | None = None
    notes: tuple[str, ...] = ()
    framework: str = ""
    special: bool = False

    @property
    def result(self) -> Result:
        """What it comes to: a check that fails comes first, then what is not known, then a duplicate."""
        if any(x.passed is False for x in self.checks):
            return Result.FAILS
        if any(x.missing for x in self.checks) or (self.known and self.special):
            return Result.UNKNOWN
        return Result.DUPLICATE if self.known else Result.NEW

    @property
    def verdict(self) -> str:
        """The same in words."""
        wrong = [x.name for x in self.checks if x.passed is False]
        missing = [x.name for x in self.checks if x.missing]
        words = {
            Result.NEW: "fine and new",
            Result.FAILS: f"fails: {', '.join(wrong)}",
            Result.UNKNOWN: f"unknown: {', '.join(missing) or 'ways of the code that the rule leaves out'}",
            Result.DUPLICATE: f"known: {self.known}",
        }
        said = words[self.result]
        if not self.known or self.result in (Result.DUPLICATE, Result.NEW):
            return said
        if "verification" in wrong:
            return f"{said}; the rule that the code does not follow is known: {self.known}"
        return f"{said}; {'as far as the rule follows the code, ' if self.special else ''}known: {self.known}"

    def __str__(self) -> str:
        rows = [f"{self.original}: {self.verdict}", ""]
        width = max((len(x.name) for x in self.checks), default=0)
        for x in self.checks:
            rows += textwrap.wrap(
                f"{x.word:<8} {x.name:<{width}}  {x.line}".rstrip(),
                WIDTH,
                subsequent_indent=" " * (width + 11),
                break_long_words=False,
                break_on_hyphens=False,
            )
        if self.conformance is not None:
            failed = [f"  {x.check}: {x.line}" for x in self.conformance.of(Verdict.FAILS)]
            advice = [f"  {x.check}: advice: {x.line}" for x in self.conformance.of(Verdict.ADVICE)]
            rows += ["", *failed, *advice] if failed or advice else []
        if self.notes:
            otherwise = ", and does NOT follow the code otherwise" if self.special else ""
            rows += ["", f"The rule takes for granted{otherwise}:", *(f"  {note}" for note in self.notes)]
        if self.key:
            rows += ["", f"key {self.key}"]
        if self.sheet_text:
            rows += ["", self.sheet_text]
        elif self.rule:
            rows += ["", self.rule]
        return "\n".join(rows)

    def to_json(self) -> dict[str, Any]:
        """Return the review as JSON data."""
        return {
            "original": self.original,
            "framework": self.framework,
            "result": self.result.name.lower(),
            "exit_code": int(self.result),
            "verdict": self.verdict,
            "checks": [x.to_json() for x in self.checks],
            "known": self.known,
            "duplicates": [dict(x) for x in self.duplicates],
            "rule": self.rule,
            "key": self.key,
            "notes": list(self.notes),
            "special": self.special,
            "sheet": dict(self.sheet),
            "conformance": None if self.conformance is None else self.conformance.to_json(),
        }
