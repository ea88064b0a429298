"""What is offered to who completes a run or a task: those of the store that was given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from nos_sym.cli import offers


def runs(ctx: click.Context, param: click.Parameter, word: str) -> offers.Items:
    """Complete the number of a run of the store that was given."""
    rows = _rows(offers.given(ctx, param), "SELECT id, kind, name, started FROM runs ORDER BY id DESC")
    said = {str(row[0]): " ".join(map(str, row[1:])) for row in rows}
    return [CompletionItem(number, help=text) for number, text in said.items() if number.startswith(word)]


def tasks(ctx: click.Context, param: click.Parameter, word: str) -> offers.Items:
    """Complete the name of a task of the store that was given, the latest first."""
    rows = _rows(offers.given(ctx, param), "SELECT task FROM evaluations GROUP BY task ORDER BY max(id) DESC")
    return offers.beginning([str(row[0]) for row in rows], word)


def _rows(said: dict[str, Any], query: str) -> list[tuple[object, ...]]:
    from nos_sym.search.store.connection import open_for_reading

    store = said.get("store_file") or next(iter(said.get("targets") or ()), None)
    if store is None or not Path(store).is_file():
        return []
    connection = open_for_reading(Path(store))
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()
