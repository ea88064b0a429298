"""The lines of the authors' log: what logging puts before a message, and the layouts of the messages."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nos_sym.language.authors.table import TAGS

_TAG = "|".join(TAGS.values())
_RULE = rf"(?P<rule>(?:{_TAG}) ?~[^:]*)"
_VALUE = r"(?:-?(?:nan|inf)|-?[0-9]{1,12}(?:\.[0-9]{1,25})?(?:e[+-]?[0-9]{1,3})?)"
_RESULT = rf"(?: :)? (?:FAILED|val: (?P<accuracy>{_VALUE}) - Time: (?P<seconds>{_VALUE}))"

INITIAL = re.compile(
    rf" *MODEL [0-9]+/[0-9]+ -> Val Acc: (?P<accuracy>{_VALUE}), Val Loss: {_VALUE}, "
    rf"Time: (?P<seconds>{_VALUE}), Fun: {_RULE}"
)
PARTICLE = re.compile(rf" *INIT PARTICLE (?P<particle>[0-9]{{1,9}})/[0-9]+ : {_RULE}{_RESULT}")
CHILD = re.compile(rf" *{_RULE}{_RESULT}")
CHOICE = re.compile(rf" *Chosen {_RULE} : (?P<accuracy>{_VALUE}) - ACCUMULATIVE TIME: (?P<elapsed>{_VALUE})")
PLAIN = re.compile(rf"\s*(?P<rule>(?:{_TAG}) ?~.*)")
TIME_STEP = re.compile(r" *Depth: ([0-9]{1,9})/[0-9]+")

_STAMP = r"[\[(]?[0-9]{1,4}[-/:.][0-9][-0-9/:.,+TZ ]{2,40}[\])]?[-:|, ]*"
_LEVEL = r"[\[(]?(?:INFO|WARNING|ERROR|DEBUG|CRITICAL)[\])]?(?::\w*:| *[-:|] *| +)"
PREFIX = re.compile(rf"(?:{_STAMP}|{_LEVEL}|root *[-:|] *){{1,4}}")
"""What logging puts before a message, ``INFO:root:`` or a time or both, in the formats in use."""

_LOGGED = re.compile(r"(?:INFO|WARNING|ERROR|DEBUG|CRITICAL):\w*:")
_BEGINS = re.compile(rf" *(?:MODEL |INIT PARTICLE |Chosen |(?:{_TAG}) ?~)")
_HOLDS = re.compile(rf"MODEL [0-9]+/[0-9]+ ->|INIT PARTICLE [0-9]+/|Chosen (?:{_TAG}) ?~")
_HOLDS_RULE = re.compile(rf"\b(?:{_TAG}) ?~")
_FIRST = re.compile(
    r"[ \t]*(?:MODEL\b[^\n]*\bFun: *|INIT PARTICLE\b[^\n:]*: *|Chosen *)?" + rf"(?:{_TAG})\s*~"
)


def without_prefix(line: str) -> tuple[str, int]:
    """Return a line without what logging puts before it and without blanks at its end, and its offset."""
    prefix = PREFIX.match(line)
    start = prefix.end() if prefix else 0
    return line[start:].rstrip(), start


def is_record(line: str) -> bool:
    """Return whether a line without its prefix is about a rule, in a layout of the log or cut off."""
    if _BEGINS.match(line) or _HOLDS.search(line):
        return True
    # Behind something else, a rule alone may be anything; with a result it is an evaluation.
    return (": FAILED" in line or " val: " in line) and _HOLDS_RULE.search(line) is not None


def is_log(lines: Iterable[str]) -> bool:
    """Return whether lines are a log, in which lines without a rule are passed over, or rules alone."""
    return any(_LOGGED.match(line) or _is_stamped_record(line) for line in lines)


def _is_stamped_record(line: str) -> bool:
    message, start = without_prefix(line)
    return start > 0 and is_record(message)


def is_authors(text: str) -> bool:
    """Return whether a line of a text begins with a rule of the authors' syntax, alone or in their log."""
    return any(_FIRST.match(without_prefix(line)[0]) for line in text.split("\n"))
