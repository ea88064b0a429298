"""The rules of a list or a log, in order, for commands that go on where a line cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nos_sym.algebra.dedup import Item
from nos_sym.cli.failures import InputError
from nos_sym.errors import NosSymError, SourceError
from nos_sym.language.authors.log import Evaluation, EvaluationKind, read_records
from nos_sym.language.authors.parser import parse_authors
from nos_sym.language.parser import parse_file
from nos_sym.language.rule import Rule, Schedule

Progress = Callable[[int], None]

_SMALL, _LARGE = "initial population", "search"
"""Networks of the authors' log: particles, and the children after them, are trained on a larger one."""

_NAMED = r"\s*\w+\s*(?:\(.*\)\s*)?="
_HEAD = re.compile(rf"{_NAMED}\s*$|(?:{_NAMED})?\s*\w+(?:\s+ascent)?\s*~")


@dataclass(frozen=True, slots=True)
class RuleList:
    """What a file holds.

    Attributes:
        items: one for each rule or evaluation, in order.
        is_log: whether the items are evaluations of a log.
        skipped: numbers of lines of a log that begin like a rule and are cut off.
    """

    items: tuple[Item, ...]
    is_log: bool
    skipped: tuple[int, ...] = ()


def read_items(text: str, syntax: str, where: str, progress: Progress = lambda done: None) -> RuleList:
    """Return the rules of a text; one that cannot be read has no rule.

    Raises:
        InputError: not a single rule can be read; it points at the first that cannot.
    """
    errors: list[NosSymError] = []
    read = _read_authors if syntax == "authors" else _read_nos
    found = read(text, errors, progress)
    if not found.items:
        raise InputError(f"{where} holds no rule; expected one in each line, or a log of a search")
    if all(item.rule is None for item in found.items):
        raise InputError(f"{where}: no line is a rule; the first: {errors[0]}", errors[0])
    return found


def _read_authors(text: str, errors: list[NosSymError], progress: Progress) -> RuleList:
    items: list[Item] = []
    skipped: list[int] = []
    for record in read_records(text.split("\n")):
        if isinstance(record, Evaluation):
            if record.error is not None:
                errors.append(record.error)
            items.append(_item(record))
            progress(len(items))
        elif isinstance(record, int):
            skipped.append(record)
    if items:
        return RuleList(tuple(items), True, tuple(skipped))
    for number, line in _plain_lines(text):
        items.append(_parsed(line, number, lambda t: [parse_authors(t)], errors))
        progress(len(items))
    return RuleList(tuple(items), False)


def _item(e: Evaluation) -> Item:
    particle = e.kind is EvaluationKind.PARTICLE
    setting = _SMALL if e.kind is EvaluationKind.INITIAL else _LARGE
    seconds = None if e.accuracy is None else e.seconds
    return Item(e.text, e.rule, seconds, e.accuracy, again=particle, setting=setting, line=e.line)


def _read_nos(text: str, errors: list[NosSymError], progress: Progress) -> RuleList:
    items: list[Item] = []
    for group in _groups(text):
        items += _of_group(group, errors)
        progress(len(items))
    return RuleList(tuple(items), False)


def _plain_lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.strip()


def _groups(text: str) -> Iterator[list[tuple[int, str]]]:
    """Yield the lines of each statement: one that has the head of a rule, and those up to the next head."""
    group: list[tuple[int, str]] = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip()
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if _HEAD.match(line) and group and not group[-1][1].endswith("="):
            yield group
            group = []
        group.append((number, line))
    if group:
        yield group


def _of_group(group: list[tuple[int, str]], errors: list[NosSymError]) -> list[Item]:
    """Return one item for a statement, which may go on over lines, and one for each line beside it."""
    head, *rest = group
    indented = 0
    while indented < len(rest) and rest[indented][1][:1].isspace():
        indented += 1
    ends = dict.fromkeys((len(rest), indented, 0))
    if not _HEAD.match(head[1]):
        ends = {0: None}
    for end in ends:
        whole = "\n".join([head[1], *(line for _, line in rest[:end])])
        first = _parsed(whole, head[0], parse_file, [])
        if first.rule is not None:
            break
    else:
        end = indented
        whole = "\n".join([head[1], *(line for _, line in rest[:end])])
        first = _parsed(whole, head[0], parse_file, errors)
    others = [_parsed(line, number, parse_file, errors) for number, line in rest[end:]]
    return [first, *others]


def _parsed(
    text: str, line: int, parse: Callable[[str], list[Rule | Schedule]], errors: list[NosSymError]
) -> Item:
    try:
        found = parse(text)
    except NosSymError as error:
        errors.append(error)
        return Item(text, None, line=line)
    if len(found) == 1 and isinstance(found[0], Rule):
        return Item(text, found[0], line=line)
    errors.append(SourceError("a schedule is no optimizer; expected, for example, 'none ~ tanh(g)'", text, 0))
    return Item(text, None, line=line)
