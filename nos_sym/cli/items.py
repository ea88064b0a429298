"""The rules of a list or a log, in order, for commands that go on where a line cannot be read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from nos_sym.algebra.dedup import Item
from nos_sym.cli.failures import InputError
from nos_sym.errors import SourceError
from nos_sym.faces.parsing import LIBRARY
from nos_sym.language.application import Earlier, Library
from nos_sym.language.authors.log import Evaluation, EvaluationKind, read_records
from nos_sym.language.authors.parser import parse_authors
from nos_sym.language.block import Block
from nos_sym.language.parser import name_twice, parse_file, parse_placed
from nos_sym.language.plain_reader import expressions, parse_plain
from nos_sym.language.reading import MAX_TEXT
from nos_sym.language.rule import Rule, Schedule
from nos_sym.language.writing import BLANKS, with_line_ends
from nos_sym.targets.candidates import read_candidates

Progress = Callable[[int], None]

_SMALL, _LARGE = "initial population", "search"
"""Networks of the authors' log: particles, and the children after them, are trained on a larger one."""

_BLANKS = f" \t\r\f{BLANKS}"
_BLANK = f"[{_BLANKS}]"
_NAMED = rf"{_BLANK}*\w+{_BLANK}*(?:\(.*\){_BLANK}*)?="
_HEAD = re.compile(
    rf"{_NAMED}{_BLANK}*(?:$|\{{)|{_BLANK}*\{{|"
    rf"(?:{_NAMED})?{_BLANK}*\w+(?:{_BLANK}+ascent)?{_BLANK}*[~\u02dc\u223c\uff5e]"
)


@dataclass(frozen=True, slots=True)
class RuleList:
    """What a file holds.

    Attributes:
        items: one for each rule or evaluation, in order.
        is_log: whether the items are evaluations of a log.
        skipped: numbers of lines of a log that are about a rule and are cut off or of another layout.
        errors: line of each item that cannot be read, and why.
    """

    items: tuple[Item, ...]
    is_log: bool
    skipped: tuple[int, ...] = ()
    errors: tuple[tuple[int, SourceError], ...] = ()


_Errors = list[tuple[int, SourceError]]


def read_items(text: str, syntax: str, where: str, progress: Progress = lambda done: None) -> RuleList:
    """Return the rules of a text; one that cannot be read has no rule.

    What ``parse`` refuses as a whole, such as two rules of one name, is refused here in the same words.

    Raises:
        InputError: the text cannot be read as a whole, or not a single rule of it can; it points at the first
            that cannot.
    """
    errors: _Errors = []
    try:
        found = _READERS[syntax](text, errors, progress)
    except SourceError as error:
        raise InputError(f"{where}: {error}", error) from None
    if not found.items:
        raise InputError(f"{where} holds no rule; expected one in each line, or a log of a search")
    if all(item.rule is None for item in found.items):
        first = errors[0][1]
        raise InputError(f"{where}: no line is a rule; the first: {first}", first)
    return replace(found, errors=tuple(errors))


def _read_authors(text: str, errors: _Errors, progress: Progress) -> RuleList:
    items: list[Item] = []
    skipped: list[int] = []
    for record in read_records(text.split("\n")):
        if isinstance(record, Evaluation):
            if record.error is not None:
                errors.append((record.line, record.error))
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
    # A training that diverged has taken its time and has no fitness.
    accuracy = e.accuracy if e.accuracy is not None and math.isfinite(e.accuracy) else None
    return Item(e.text, e.rule, seconds, accuracy, again=particle, setting=setting, line=e.line)


def _read_nos(text: str, errors: _Errors, progress: Progress) -> RuleList:
    """Read a text whole, as ``parse`` does, and where that fails statement by statement."""
    text = with_line_ends(text)
    failure: SourceError | None = None
    if len(text) <= MAX_TEXT:
        try:
            return RuleList(tuple(_whole(text, errors)), False)
        except SourceError as error:
            failure = error
    items: list[Item] = []
    above = Earlier(LIBRARY)
    for group in _groups(text):
        found = _of_group(group, errors, above)
        above.rules |= {item.rule.name: item.rule for item in found if item.rule and item.rule.name}
        items += found
        progress(len(items))
    _check_names(text, items)
    if failure is not None and not errors:
        raise failure
    return RuleList(tuple(items), False)


def _whole(text: str, errors: _Errors) -> Iterator[Item]:
    rules = parse_placed(text, LIBRARY)
    ends = [placed.position for placed in rules[1:]] + [len(text)]
    for (rule, start), end in zip(rules, ends, strict=True):
        line = text.count("\n", 0, start) + 1
        rows = [row for _, row in _rows(text[start:end])]
        yield _rule_item("\n".join(rows), line, rule, errors)


def _read_csv(text: str, errors: _Errors, progress: Progress) -> RuleList:
    return _read_table(text, "csv", errors, progress)


def _read_json(text: str, errors: _Errors, progress: Progress) -> RuleList:
    return _read_table(text, "json", errors, progress)


def _read_table(text: str, syntax: str, errors: _Errors, progress: Progress) -> RuleList:
    items: list[Item] = []
    for candidate, found in read_candidates(text, syntax):
        if isinstance(found, SourceError):
            errors.append((candidate.line, found))
            items.append(Item(candidate.text, None, line=candidate.line))
        else:
            items.append(_rule_item(candidate.text, candidate.line, found, errors))
        progress(len(items))
    return RuleList(tuple(items), False)


def _read_plain(text: str, errors: _Errors, progress: Progress) -> RuleList:
    """Read plain SymPy, an update in each line."""
    items: list[Item] = []
    for start, end in expressions(text):
        line = text.count("\n", 0, start) + 1
        items.append(_parsed(text[start:end].strip(), line, parse_plain, errors))
        progress(len(items))
    return RuleList(tuple(items), False)


_READERS: dict[str, Callable[[str, _Errors, Progress], RuleList]] = {
    "authors": _read_authors,
    "csv": _read_csv,
    "json": _read_json,
    "nos": _read_nos,
    "sympy": _read_plain,
}


def _check_names(text: str, items: list[Item]) -> None:
    """Raise what ``parse`` says of two rules of one name, at the second."""
    names: set[str] = set()
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    for item in items:
        name = item.rule.name if item.rule is not None else ""
        if name and name in names:
            start = starts[item.line - 1]
            raise SourceError(name_twice(name), text, text.index(name, start))
        names.add(name)


def _plain_lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.strip()


def _rows(text: str) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines that are neither empty nor a comment."""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip(_BLANKS)
        if line and not line.lstrip(_BLANKS).startswith("#"):
            yield number, line


def _groups(text: str) -> Iterator[list[tuple[int, str]]]:
    """Yield the lines of each statement: the head of a rule, and those up to the next one outside braces."""
    group: list[tuple[int, str]] = []
    depth = 0
    for number, line in _rows(text):
        if depth <= 0 and _HEAD.match(line) and group and not group[-1][1].endswith("="):
            yield group
            group = []
        depth = max(depth, 0) + line.count("{") - line.count("}")
        group.append((number, line))
    if group:
        yield group


def _of_group(group: list[tuple[int, str]], errors: _Errors, above: Library) -> list[Item]:
    """Return one item for a statement, which may go on over lines, and one for each line beside it."""
    parse = partial(parse_file, library=above)
    head, *rest = group
    indented = 0
    while indented < len(rest) and rest[indented][1][:1] in _BLANKS:
        indented += 1
    ends = dict.fromkeys((len(rest), indented, 0))
    if not _HEAD.match(head[1]):
        ends = {0: None}
    for end in ends:
        whole = "\n".join([head[1], *(line for _, line in rest[:end])])
        first = _parsed(whole, head[0], parse, [])
        if first.rule is not None:
            break
    else:
        end = indented
        whole = "\n".join([head[1], *(line for _, line in rest[:end])])
        first = _parsed(whole, head[0], parse, errors)
    others = [_parsed(line, number, parse, errors) for number, line in rest[end:]]
    return [first, *others]


def _parsed(
    text: str, line: int, parse: Callable[[str], Sequence[Rule | Block | Schedule]], errors: _Errors
) -> Item:
    try:
        found = parse(text)
    except SourceError as error:
        errors.append((line, error))
        return Item(text, None, line=line)
    if len(found) == 1:
        return _rule_item(text, line, found[0], errors)
    problem = f"the text holds {len(found)} rules; expected one in each line"
    errors.append((line, SourceError(problem, text, 0)))
    return Item(text, None, line=line)


def _rule_item(text: str, line: int, rule: Rule | Block | Schedule, errors: _Errors) -> Item:
    if not isinstance(rule, Schedule):
        return Item(text, rule, line=line)
    problem = "a schedule is no optimizer; expected, for example, 'none ~ tanh(g)'"
    errors.append((line, SourceError(problem, text, 0)))
    return Item(text, None, line=line)
