"""The reader of the authors' log files: which rule was trained when, how well, and how long it took.

A log has one line for each evaluation, in one of three layouts, among warnings of the framework and notes:

    MODEL 0/500 -> Val Acc: 0.73, Val Loss: 1.4, Time: 77.1, Fun: None ~ tanh(g)
    INIT PARTICLE 1/50 : None ~ tanh(g) : val: 0.79 - Time: 198.1          or  ... : FAILED
    None ~ tanh(v hat) val: 0.80 - Time: 196.8                             or  ... : FAILED

They are an evaluation of the initial population, the first one of a particle, and one of a child made by
mutation. ``Depth: 2/5`` counts the time-steps of a particle; a ``Chosen`` line says which child it becomes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path

from nos_sym.errors import NosSymError, SourceError, quoted
from nos_sym.language.authors.lines import (
    CHILD,
    CHOICE,
    INITIAL,
    PARTICLE,
    PLAIN,
    TIME_STEP,
    is_log,
    is_record,
    without_prefix,
)
from nos_sym.language.authors.parser import parse_authors
from nos_sym.language.reading import MAX_TEXT
from nos_sym.language.rule import Rule


class EvaluationKind(Enum):
    """Which part of the search an evaluation belongs to."""

    INITIAL = "initial"
    PARTICLE = "particle"
    CHILD = "child"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One training of one rule.

    Attributes:
        line: number of the line in the log, counted from 1.
        kind: initial population, first evaluation of a particle, or child.
        particle: number of the particle, counted from 1; ``None`` in the initial population.
        time_step: the particle's time-step ("Depth"), counted from 1; ``None`` before the first.
        text: the rule as the log writes it.
        rule: the rule, or ``None`` where its text cannot be read.
        error: why the text cannot be read, or ``None``.
        accuracy: best validation accuracy, which may be infinite or NaN, or ``None`` where early stopping
            ended the training ("FAILED").
        seconds: duration of the training, or ``None`` where the log does not say, or not a finite one.
    """

    line: int
    kind: EvaluationKind
    particle: int | None
    time_step: int | None
    text: str
    rule: Rule | None
    error: SourceError | None
    accuracy: float | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Choice:
    """The child that a particle becomes at the end of a time-step; its evaluation has a line of its own.

    Attributes:
        line: number of the line in the log, counted from 1.
        particle: number of the particle.
        time_step: the time-step that ends.
        text: the rule as the log writes it.
        rule: the rule, or ``None`` where its text cannot be read.
        accuracy: its validation accuracy.
        elapsed: seconds since the search began ("ACCUMULATIVE TIME").
    """

    line: int
    particle: int | None
    time_step: int | None
    text: str
    rule: Rule | None
    accuracy: float
    elapsed: float


@dataclass(frozen=True, slots=True)
class AuthorsLog:
    """A whole log, in the order of its lines.

    Attributes:
        evaluations: every evaluation.
        choices: what the particles became.
        skipped: numbers of lines that are about a rule and are cut off or of another layout.
    """

    evaluations: tuple[Evaluation, ...]
    choices: tuple[Choice, ...]
    skipped: tuple[int, ...]

    @property
    def seconds(self) -> float:
        """Duration of all evaluations together, as far as the log says."""
        return sum(e.seconds for e in self.evaluations if e.seconds is not None)


@dataclass(frozen=True, slots=True)
class NumberedRule:
    """A rule and the number of its line, counted from 1."""

    line: int
    rule: Rule


_LAYOUTS = (
    (EvaluationKind.CHILD, CHILD),
    (EvaluationKind.INITIAL, INITIAL),
    (EvaluationKind.PARTICLE, PARTICLE),
)
_EXPECTED = "expected lines as in 'None ~ tanh(g)', or a log of the authors' search"


def read_records(lines: Iterable[str]) -> Iterator[Evaluation | Choice | int]:
    """Yield the records of a log, line by line, and the number of each line that has to be skipped.

    A rule whose text cannot be read is no error here: its record holds the :class:`SourceError`.
    """
    parsed: dict[str, Rule | SourceError] = {}
    particle: int | None = None
    time_step: int | None = None
    for number, raw in enumerate(lines, 1):
        line, _ = without_prefix(raw)
        # No line has two layouts; those of which there are most come first.
        if found := _match_evaluation(line):
            kind, match = found
            if kind is EvaluationKind.PARTICLE:
                particle, time_step = int(match["particle"]), None
            within = (None, None) if kind is EvaluationKind.INITIAL else (particle, time_step)
            text, rule, error = _read_rule(match, parsed)
            accuracy, seconds = _number(match["accuracy"]), _number(match["seconds"])
            seconds = seconds if seconds is not None and math.isfinite(seconds) else None
            yield Evaluation(number, kind, *within, text, rule, error, accuracy, seconds)
        elif choice := CHOICE.fullmatch(line):
            text, rule, _ = _read_rule(choice, parsed)
            values = float(choice["accuracy"]), float(choice["elapsed"])
            yield Choice(number, particle, time_step, text, rule, *values)
        elif step := TIME_STEP.fullmatch(line):
            time_step = int(step[1])
        elif is_record(line):
            yield number


def read_authors_log(path: str | Path) -> AuthorsLog:
    """Read a log file; it is read line by line, and lines that say nothing of rules are passed over.

    Raises:
        NosSymError: the file cannot be opened.
        SourceError: the file holds no evaluation at all.
    """
    shown = quoted(str(path), 200)
    try:
        with Path(path).open(encoding="utf-8-sig", errors="replace") as file:
            # A binary file may have no line ends: no more than a piece of it is held.
            records = list(read_records(iter(partial(file.readline, MAX_TEXT), "")))
    except OSError as error:
        raise NosSymError(f"cannot read {shown}: {error.strerror or error}") from None
    evaluations = tuple(r for r in records if isinstance(r, Evaluation))
    if not evaluations:
        raise SourceError(f"{shown} holds no evaluation; expected a log of the authors' search", "", 0)
    choices = tuple(r for r in records if isinstance(r, Choice))
    return AuthorsLog(evaluations, choices, tuple(r for r in records if isinstance(r, int)))


def read_authors_lines(text: str, *, distinct: bool = False) -> list[NumberedRule]:
    """Return the rules of a text with their lines: of a log, or of plain lines with one rule each.

    In a log, every evaluation counts and other lines are passed over. In plain text, lines that are empty or
    begin with ``#`` are. With ``distinct``, a rule is returned only where it stands first.

    Raises:
        SourceError: a rule cannot be read, a plain line is no rule, or there is none at all; it points at the
            place within ``text``.
    """
    found = list(_find_rules(text))
    if not found:
        raise SourceError(f"the text holds no rule; {_EXPECTED}", text, 0)
    rules: list[NumberedRule] = []
    seen: dict[str, Rule] = {}
    known: set[Rule] = set()
    for line, rule_text, position in found:
        if rule_text not in seen:
            try:
                seen[rule_text] = parse_authors(rule_text)
            except SourceError as error:
                raise SourceError(error.message, text, position + error.position) from None
        rule = seen[rule_text]
        if not (distinct and rule in known):
            rules.append(NumberedRule(line, rule))
        known.add(rule)
    return rules


def skipped_lines(text: str) -> list[int]:
    """Return the numbers of the lines about a rule that :func:`read_authors_lines` passes over.

    What a particle becomes is said twice, and its second line is none of these.
    """
    lines = text.split("\n")
    if not is_log(lines):
        return []
    shown = ((number, without_prefix(line)[0]) for number, line in enumerate(lines, 1))
    return [
        number
        for number, line in shown
        if is_record(line) and not CHOICE.fullmatch(line) and _match_evaluation(line) is None
    ]


def read_authors_text(text: str) -> list[Rule]:
    """Return the distinct rules of a log or of plain lines, in order; see :func:`read_authors_lines`."""
    return [numbered.rule for numbered in read_authors_lines(text, distinct=True)]


def _find_rules(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield line number, text and offset of each rule."""
    lines = text.split("\n")
    passes = is_log(lines)
    offset = 0
    for number, raw in enumerate(lines, 1):
        line, start = without_prefix(raw)
        found = _match_evaluation(line)
        match = found[1] if found else None if passes else PLAIN.fullmatch(line)
        if match:
            rule = match["rule"].rstrip()
            yield number, rule, offset + start + match.start("rule")
        elif not passes and line.strip() and not line.lstrip().startswith("#"):
            raise SourceError(f"a line is no rule; {_EXPECTED}", text, offset + len(raw) - len(raw.lstrip()))
        offset += len(raw) + 1


def _match_evaluation(line: str) -> tuple[EvaluationKind, re.Match[str]] | None:
    for kind, layout in _LAYOUTS:
        if match := layout.fullmatch(line):
            return kind, match
    return None


def _read_rule(
    match: re.Match[str], parsed: dict[str, Rule | SourceError]
) -> tuple[str, Rule | None, SourceError | None]:
    text = match["rule"].rstrip()
    if text not in parsed:
        try:
            parsed[text] = parse_authors(text)
        except SourceError as error:
            parsed[text] = error
    rule = parsed[text]
    return (text, rule, None) if isinstance(rule, Rule) else (text, None, rule)


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)
