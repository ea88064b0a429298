"""What is read from a store is checked: SQLite keeps any value in any column, and any text as JSON."""

from __future__ import annotations

import json
from typing import Any

from nos_sym.search.store.connection import StoreError

_NAMES = {str: "str", int: "int", str | None: "str", int | None: "int", float | int | None: "float"}


def expect_kinds(row: tuple[Any, ...], columns: str, kinds: tuple[Any, ...], where: str) -> tuple[Any, ...]:
    """Return a row whose values are of the kinds of its columns; SQLite itself keeps anything.

    Raises:
        StoreError: one is not.
    """
    for column, value, kind in zip(columns.split(", "), row, kinds, strict=True):
        if not isinstance(value, kind):
            found = type(value).__name__
            raise StoreError(f"{where} is malformed: '{column}' is {found}, expected {_NAMES[kind]}")
    return row


def expect_all_kinds(
    rows: list[tuple[Any, ...]], columns: str, kinds: tuple[Any, ...], where: str
) -> list[tuple[Any, ...]]:
    """Return rows that are as :func:`expect_kinds` expects each; of many, most have the same kinds.

    Raises:
        StoreError: one is not.
    """
    seen: set[tuple[type, ...]] = set()
    for row in rows:
        found = tuple(map(type, row))
        if found not in seen:
            expect_kinds(row, columns, kinds, where)
            seen.add(found)
    return rows


def read_object(text: str, column: str, where: str) -> dict[str, Any]:
    """Return the JSON object of a column.

    Raises:
        StoreError: it is malformed.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise StoreError(f"{where} is malformed: '{column}': {reason}") from None
    if not isinstance(data, dict):
        raise StoreError(f"{where} is malformed: '{column}' is no JSON object")
    return data
