"""Lists of candidates as tables: CSV with a heading, and JSON objects, of which two columns count.

``rule`` is the text of a rule, in JSON also the data that :func:`nos_sym.language.json_form.rule_to_json`
writes; ``name`` is its name, and may be left out. Whatever else a table holds (a loss, a rank) is passed by.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nos_sym.errors import RuleError, SourceError, quoted
from nos_sym.language.block import Block
from nos_sym.language.json_form import rule_from_json
from nos_sym.language.rule import Rule, Schedule

RULE, NAME = "rule", "name"
_SEPARATORS = ",;\t"
_OWN = {"update", "schedule", "block"}
"""Keys of which a rule in JSON has one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row.

    Attributes:
        row: its number, counted from 1; in CSV, the heading is row 1.
        line: the line of the text in which it begins.
        name: the name in its column; empty where it has none.
        rule: the text of the rule, or its JSON data.
    """

    row: int
    line: int
    name: str
    rule: Any

    @property
    def text(self) -> str:
        """The rule as text, for lists of what was read."""
        return self.rule if isinstance(self.rule, str) else json.dumps(self.rule, ensure_ascii=False)

    def named(self, found: Rule | Block | Schedule) -> Rule | Block | Schedule:
        """Return a rule under the name of the row.

        Raises:
            SourceError: the name is none.
        """
        try:
            return found.named(self.name) if self.name else found
        except RuleError as error:
            raise self.error(NAME, str(error), self.name, 0) from None

    def from_data(self) -> Rule | Block | Schedule:
        """Return the rule of JSON data, under the name of the row.

        Raises:
            SourceError: the data is no rule.
        """
        try:
            found = rule_from_json(self.rule)
        except RuleError as error:
            raise self.error(RULE, str(error), "", 0) from None
        return self.named(found)

    def error(self, column: str, message: str, cell: str, position: int) -> SourceError:
        """Return the error of a cell, with row and column; line and place are those within the cell."""
        return SourceError(f"row {self.row}, column '{column}': {message}", cell, position)


def read_csv(text: str) -> list[Candidate]:
    """Return the rows of CSV text, separated by commas, semicolons or tabs.

    The first row names the columns. Cells that hold a separator or a line end stand in double quotes.

    Raises:
        SourceError: there is no column ``rule``, a row has more or fewer cells than the heading, or a quote
            is out of place.
    """
    rows = _rows(text, _separator(text))
    line, heading = next(rows, (1, []))
    columns = [cell.strip().lower() for cell in heading]
    if columns.count(RULE) != 1 or columns.count(NAME) > 1:
        found = ", ".join(map(quoted, heading[:8])) or "nothing"
        raise _at_line(text, line, f"the heading names {found}; expected one column 'rule'")
    rule, name = columns.index(RULE), columns.index(NAME) if NAME in columns else None
    candidates = []
    for number, (line, cells) in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            raise _at_line(
                text,
                line,
                f"row {number} has {len(cells)} cells, and the heading {len(columns)}; a cell that holds a "
                "separator stands in double quotes",
            )
        label = "" if name is None else cells[name].strip()
        candidates.append(Candidate(number, line, label, cells[rule].strip()))
    return candidates


def _separator(text: str) -> str:
    heading = text.lstrip().split("\n", 1)[0]
    for separator in _SEPARATORS:
        if RULE in [cell.strip(' "\r').lower() for cell in heading.split(separator)]:
            return separator
    return ","


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line and cells of each row."""
    # Blanks before the heading are no row; those after it are, so that rows are numbered as they stand.
    start = len(text) - len(text.lstrip("\ufeff\r\n\t "))
    first = text.count("\n", 0, start)
    reader = csv.reader(io.StringIO(text[start:]), delimiter=separator, strict=True, skipinitialspace=True)
    line = 0
    while True:
        begins = first + line + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _at_line(
                text, first + max(reader.line_num, 1), f"the CSV cannot be read: {error}"
            ) from None
        line = reader.line_num
        yield begins, cells


def read_json(text: str) -> list[Candidate]:
    """Return the rows of JSON: a list of objects or of texts of rules, or an object in each line.

    An object has a ``rule``, or is itself a rule as ``nos-sym parse --to json`` writes it.

    Raises:
        SourceError: the text is no JSON, or a row is no object with a rule.
    """
    candidates = []
    for row, (line, item) in enumerate(_items(text), 1):
        candidate = _candidate(row, line, item)
        if candidate is None:
            raise _at_line(
                text,
                line,
                f"row {row} has no 'rule'; expected an object with the text of a rule under 'rule'",
            )
        candidates.append(candidate)
    return candidates


def _candidate(row: int, line: int, item: Any) -> Candidate | None:
    if isinstance(item, str):
        return Candidate(row, line, "", item)
    if not isinstance(item, dict):
        return None
    if isinstance(item.get(RULE), (str, dict)):
        name = item.get(NAME) or ""
        return Candidate(row, line, name if isinstance(name, str) else repr(name), item[RULE])
    return Candidate(row, line, "", item) if _OWN & item.keys() else None


def _items(text: str) -> Iterator[tuple[int, Any]]:
    if text.lstrip("\ufeff \t\r\n")[:1] == "[":
        whole = _loaded(text, text, 0)
        yield from ((1, item) for item in whole)
        return
    offset = 0
    # A text within JSON may hold what Python takes for a line end.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip("\ufeff \t\r\n"):
            try:
                yield number, _loaded(line, text, offset)
            except SourceError:
                # One object may stand over several lines.
                if offset and text[:offset].strip("\ufeff \t\r\n"):
                    raise
                yield number, _loaded(text[offset:], text, offset)
                return
        offset += len(line) + 1


def _loaded(part: str, text: str, offset: int) -> Any:
    start = len(part) - len(part.lstrip("\ufeff"))
    try:
        return json.loads(part[start:])
    except json.JSONDecodeError as error:
        raise SourceError(
            f"the text is no JSON: {error.msg}; expected a list of objects", text, offset + start + error.pos
        ) from None
    except (RecursionError, ValueError):
        message = "the JSON is nested too deeply or has a number that is too long; expected a list of objects"
        raise SourceError(message, text, offset) from None


def _at_line(text: str, line: int, message: str) -> SourceError:
    position = 0
    for _ in range(line - 1):
        position = text.find("\n", position) + 1
    return SourceError(message, text, position)
