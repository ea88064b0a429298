"""``nos-sym dedup``: which rules of a list or a log are one optimizer."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offers
from nos_sym.cli.choices import LEVELS, SYNTAXES
from nos_sym.cli.equal import LEVEL_HELP
from nos_sym.cli.given import read_stdin
from nos_sym.cli.output import labeled, write_json, write_stdout
from nos_sym.cli.values import set_each_option, with_values_each
from nos_sym.errors import quoted_path
from nos_sym.search.scores import score_text
from nos_sym.targets.files import read_text
from nos_sym.targets.texts import SHOWN, guess_syntax, lines_cut_off

if TYPE_CHECKING:
    from nos_sym.algebra.dedup import Class, Deduplication, Item
    from nos_sym.cli.items import RuleList

Progress = Callable[[int], None]

PLAIN_SECONDS = 5.0
"""Between two lines of progress where standard error is no terminal."""


@click.command()
@click.argument("file", shell_complete=offers.files)
@click.option(
    "--from",
    "syntax",
    type=click.Choice(SYNTAXES),
    help="Syntax of FILE; by default it is recognized.",
)
@click.option("--level", type=click.Choice(LEVELS), default="exact", show_default=True, help=LEVEL_HELP)
@click.option("--almost", is_flag=True, help="Leave out null sets of histories, as where a gradient is zero.")
@set_each_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and no progress.")
def dedup(
    file: str, syntax: str | None, level: str, almost: bool, values: tuple[str, ...], as_json: bool
) -> None:
    """Find the rules of a list or a search log that are one optimizer, and what the repeats cost.

    FILE is a log of the authors' search, a file with one rule in each line, a file of named rules, a table of
    candidates as CSV or JSON, or - for standard input. Prints each optimizer that occurs more than once with
    its members, the identities that join them and the spread of their accuracies. Lines that cannot be read
    belong to none, and are listed.

    JSON is one object: level, class_of (a class number for each rule, null where it cannot be read), rules
    (their texts), errors (what cannot be read, with its line), repeats, repeated_hours, and the details of
    what is printed.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym dedup run.log --from authors
      nos-sym dedup run.log --from authors --level schedule --json
      nos-sym dedup my_rules.nos
      nos-sym dedup my_rules.nos --set eps=0
    """
    if file == "-":
        text, where = read_stdin(), "standard input"
    else:
        text, where = read_text(Path(file)), quoted_path(file)
    from nos_sym.algebra.dedup import deduplicate
    from nos_sym.algebra.levels import Level
    from nos_sym.cli.items import read_items

    syntax = syntax or guess_syntax(text)
    with show_progress("reading", None, quiet=as_json) as progress:
        found = _at_values(read_items(text, syntax, where, progress), values)
    with show_progress("comparing", len(found.items), quiet=as_json) as progress:
        result = deduplicate(found.items, Level(level), progress, almost=almost)
    record = describe(found, result)
    if as_json:
        write_json(record)
    else:
        write_stdout("\n".join(_lines(record, [_one_line(item) for item in result.items])))


def _at_values(found: RuleList, values: tuple[str, ...]) -> RuleList:
    """Return a list with other values of the settings; a rule that they change has a new text."""
    rules = with_values_each([item.rule for item in found.items if item.rule is not None], values)
    changed = iter(rules)
    items = []
    for item in found.items:
        new = None if item.rule is None else next(changed)
        same = new is item.rule
        items.append(item if same else replace(item, rule=new, text=str(new)))
    return replace(found, items=tuple(items))


@contextlib.contextmanager
def show_progress(what: str, total: int | None, *, quiet: bool, unit: str = "rules") -> Iterator[Progress]:
    """Show progress on standard error: a bar on a terminal, elsewhere a line every few seconds."""
    if quiet or not sys.stderr:
        yield lambda done: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress as Bar

        with Bar(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda done: bar.update(task, completed=done)
    else:
        last = time.monotonic()

        def report(done: int) -> None:
            nonlocal last
            if time.monotonic() - last >= PLAIN_SECONDS:
                last = time.monotonic()
                sys.stderr.write(f"{what}: {done}{'' if total is None else f' of {total}'} {unit}\n")
                sys.stderr.flush()

        yield report


def describe(found: RuleList, result: Deduplication) -> dict[str, Any]:
    """Return the record of a deduplication."""
    repeats = result.repeats()
    on_purpose = [i for i in repeats if result.items[i].again]
    others = [i for i in repeats if not result.items[i].again]
    same_text = set(result.same_text())
    by_text = [i for i in others if i in same_text]
    by_meaning = [i for i in others if i not in same_text]

    def count(indices: list[int]) -> dict[str, Any]:
        return {"count": len(indices), "hours": result.hours(indices)}

    return {
        "level": result.level.value,
        "almost": result.almost,
        "proved": result.level.is_proof,
        "class_of": list(result.class_of),
        "rules": [item.text for item in result.items],
        "lines": [item.line for item in result.items],
        "repeats": len(repeats),
        "repeated_hours": result.hours(repeats),
        "evaluations": sum(item.rule is not None for item in result.items),
        "unreadable": sum(item.rule is None for item in result.items),
        "hours": result.hours(range(len(result.items))),
        "optimizers": len(result.classes),
        "on_purpose": count(on_purpose),
        "not_on_purpose": count(others),
        "same_text": count(by_text),
        "same_meaning": count(by_meaning),
        "spread": result.spread,
        "typical_difference": result.typical_difference,
        "is_log": found.is_log,
        "skipped_lines": list(found.skipped),
        "errors": [{"line": line, "error": error.message} for line, error in found.errors],
        "classes": [_class(result, c) for c in result.classes if len(c.members) > 1],
    }


def _class(result: Deduplication, c: Class) -> dict[str, Any]:
    from nos_sym.algebra.equivalence import identities_of
    from nos_sym.cli.answers import identity_records

    rules = dict.fromkeys(rule for i in c.members if (rule := result.items[i].rule) is not None)
    repeats = c.members[1:]
    return {
        "number": c.number,
        "members": c.members,
        "repeats": len(repeats),
        "hours": result.hours(repeats),
        "accuracies": c.accuracies,
        "spread": c.spread,
        # Rules that are the same expression need no identity.
        "identities": identity_records(identities_of(rules, result.level)) if len(rules) > 1 else [],
    }


def _one_line(item: Item) -> str:
    """Return a text that reads back: as it was given, and where that has line ends, as it is printed."""
    return item.text if item.rule is None or item.text.isprintable() else str(item.rule)


def _lines(record: dict[str, Any], texts: list[str]) -> list[str]:
    kind = "evaluations" if record["is_log"] else "rules"
    proof = "" if record["proved"] else " (a measurement, not a proof)"
    lines = [f"level       {record['level']}{proof}"]
    total = f"{record['evaluations']} {kind}, {record['optimizers']} optimizers"
    if record["is_log"]:
        total += f", {record['hours']:.2f} h"
    if record["unreadable"]:
        total += f"; {record['unreadable']} more cannot be read"
    lines.append(f"read        {total}")
    lines += [f"  line {bad['line']:>6}  {bad['error']}" for bad in record["errors"][:SHOWN]]
    if len(record["errors"]) > SHOWN:
        lines.append(f"  and {len(record['errors']) - SHOWN} more; --json has all")
    if record["skipped_lines"]:
        lines.append(f"skipped     {lines_cut_off(record['skipped_lines'])}")
    hours = f", {record['repeated_hours']:.2f} h" if record["is_log"] else ""
    lines.append(f"repeats     {record['repeats']}{hours}")
    if record["is_log"]:
        lines.append(f"  particles evaluated again on purpose  {_count(record['on_purpose'], True)}")
        lines.append(f"  others                                {_count(record['not_on_purpose'], True)}")
    for label, key in (("same text", "same_text"), ("same meaning, another text", "same_meaning")):
        lines.append(f"    {label:<34}  {_count(record[key], record['is_log'])}")
    if record["spread"] is not None:
        lines.append(
            f"noise       {score_text(record['typical_difference'])} median difference of accuracy between "
            f"two evaluations of an optimizer\n            {score_text(record['spread'])} pooled standard "
            "deviation"
        )
    for c in record["classes"]:
        lines += ["", *_class_lines(record, c, texts)]
    return lines


def _count(part: dict[str, Any], is_log: bool) -> str:
    return f"{part['count']:>5}, {part['hours']:.2f} h" if is_log else f"{part['count']:>5}"


def _class_lines(record: dict[str, Any], c: dict[str, Any], texts: list[str]) -> list[str]:
    head = f"class {c['number']}: {len(c['members'])} times"
    if record["is_log"]:
        head += f", {c['hours']:.2f} h of repeats"
    if c["spread"] is not None:
        head += f", accuracy spread {score_text(c['spread'])}"
    lines = [head]
    for setting, values in c["accuracies"].items():
        lines.append(f"  {setting}: {', '.join(score_text(v) for v in values)}")
    for i in c["members"]:
        lines.append(f"  line {record['lines'][i]:>6}  {texts[i]}")
    rows = [f"{i['name']}: {i['left']} = {i['right']}" for i in c["identities"]]
    return lines + [f"  {row}" for row in labeled("by", rows)]
