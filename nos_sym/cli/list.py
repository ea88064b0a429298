"""``nos-sym list``: the catalog, the operations of the language, tasks or algorithms of a search."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import listed_plugins, offers
from nos_sym.cli.colors import wanted
from nos_sym.cli.failures import InputError
from nos_sym.cli.output import write_json, write_stdout
from nos_sym.errors import quoted

if TYPE_CHECKING:
    from sympy.core.basic import Basic

    from nos_sym.language.operation import Operation

Section = tuple[str, list[tuple[str, ...]]]
"""A heading and its rows."""


@click.command(name="list")
@click.argument("word", required=False, shell_complete=offers.words_of_list)
@click.option("--language", is_flag=True, help="List the operations of the language in place of the catalog.")
@click.option("--tasks", is_flag=True, help="List what a search may train on.")
@click.option("--algorithms", is_flag=True, help="List the algorithms of a search.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(word: str | None, language: bool, tasks: bool, algorithms: bool, as_json: bool) -> None:
    """List the catalog with the text of every rule, operations of the language, or tasks or algorithms.

    WORD is looked for in names, groups, sources (authors, years) and the names that libraries give: only what
    has it is listed. What is an optimizer or a schedule of libraries is listed with their names for it.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym list
      nos-sym list schedules
      nos-sym list torch.optim
      nos-sym list torch.optim.lr_scheduler
      nos-sym list Loshchilov
      nos-sym list --language
      nos-sym list --tasks
      nos-sym list --json
    """
    if language + tasks + algorithms > 1:
        raise InputError("'--language', '--tasks' and '--algorithms' exclude each other; choose one")
    columns: tuple[str, ...]
    if tasks or algorithms:
        records = listed_plugins.task_records() if tasks else listed_plugins.algorithm_records()
        columns = listed_plugins.COLUMNS
    elif language:
        records = _operations()
        columns = ("example", "computes", "title", "source")
    else:
        records = _entries()
        columns = ("name", "rule")
    if word is not None:
        groups = dict.fromkeys(record["group"] for record in records)
        records = [record for record in records if _has(record, word)]
        if not records:
            raise InputError(f"nothing has {quoted(word)}; the groups are {', '.join(groups)}")
    if as_json:
        write_json(records)
        return
    for record in records:
        if record.get("libraries"):
            record["rule"] = ", ".join(record["libraries"])
    sections: dict[str, list[tuple[str, ...]]] = {}
    for record in records:
        sections.setdefault(record["group"], []).append(tuple(record[c] for c in columns))
    if sys.stdout.isatty():
        _print_tables(sections.items(), columns)
    else:
        write_stdout(_plain(sections.items()))


def _has(record: dict[str, Any], word: str) -> bool:
    """Return whether a record has a word in what it is found by, capitals or not."""
    keys = ("name", "group", "source", "example", "computes", "title")
    said = [record.get(key, "") for key in keys] + record.get("libraries", [])
    words = {word.lower(), word.lower().replace("_", " ")}  # groups are files, whose names have no blanks
    return any(each in text.lower() for each in words for text in said)


def _entries() -> list[dict[str, Any]]:
    from nos_sym import catalog
    from nos_sym.codegen.schedule_faces import schedule_faces
    from nos_sym.faces import faces
    from nos_sym.language.printer import print_bare

    libraries: dict[str, list[str]] = {}
    for face in faces():
        libraries.setdefault(face.entry, []).append(str(face))
    for schedule in schedule_faces():
        for choice in schedule.choices:
            libraries.setdefault(choice.entry, []).append(schedule.call(choice))
    return [
        {
            "group": catalog.group_of(rule.name).replace("_", " "),
            "name": rule.name,
            "rule": print_bare(rule),
            "source": rule.source,
            "libraries": libraries.get(rule.name, []),
        }
        for rule in catalog.entries()
    ]


def _operations() -> list[dict[str, Any]]:
    from nos_sym import plugins
    from nos_sym.language.operands import OPERANDS
    from nos_sym.language.operation import Role
    from nos_sym.language.printer import print_expression
    from nos_sym.language.registry import REGISTRY

    plugins.load_operations()
    records = [
        {
            "group": "operands",
            "name": operand.name or "",
            "example": print_expression(operand.expression),
            "computes": operand.computes,
            "title": "operand",
            "source": "Table 2",
        }
        for operand in OPERANDS
    ]
    for operation in REGISTRY.values():
        group = operation.role.value
        if operation.role is Role.LEAF and operation.kind is not None:
            where = "leaf of blocks" if operation.of_blocks else "leaf"
            group = f"{where}, {operation.kind.value}"
        records.append(
            {
                "group": group,
                "name": operation.name,
                "example": _text(_example(operation)),
                "computes": operation.computes,
                "title": operation.title,
                "source": operation.source,
            }
        )
    return records


def _text(example: Basic) -> str:
    from nos_sym.language.node import is_condition
    from nos_sym.language.printer import print_condition, print_expression

    return print_condition(example) if is_condition(example) else print_expression(example)


def _example(operation: Operation) -> Basic:
    """Return the operation over the gradient and the weights, for x and y, with parameters that it allows."""
    from nos_sym.language.operation import Role
    from nos_sym.language.registry import apply

    first, second = ("a1", "g") if operation.role is Role.SCALE else ("g", "w")
    values = [apply(name) for name in (first, second)]
    conditions = [apply("less", apply("g"), apply("w")), apply("less", apply("w"), apply("g"))]
    operands = [*conditions[: operation.conditions], *values][: operation.arity]
    said = [p for p in operation.parameters if not p.default]
    parameters = {p.name: max(1, math.ceil(p.low)) if p.integer else "0.5" for p in said}
    return apply(operation.name, *operands, **parameters)


def _plain(sections: Iterable[Section]) -> str:
    blocks = []
    for heading, rows in sections:
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
        lines = [
            "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[-1]]).rstrip()
            for row in rows
        ]
        blocks.append("\n".join([f"# {heading}", *lines]))
    return "\n\n".join(blocks)


def _print_tables(sections: Iterable[Section], columns: Sequence[str]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from nos_sym.highlight.painting import painted_lines

    colored = wanted(sys.stdout)
    console = Console(no_color=not colored)
    for heading, rows in sections:
        table = Table(
            title=heading, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False
        )
        for index, column in enumerate(columns):
            table.add_column(column, style="bold cyan" if index == 0 else "", no_wrap=index == 0)
        for row in rows:
            table.add_row(*(Text.from_ansi(painted_lines(cell)) if colored else Text(cell) for cell in row))
        console.print(table)
