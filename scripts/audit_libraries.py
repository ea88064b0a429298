"""Compares what libraries call by the name of one paper, and each with the paper where its text is known.

    python scripts/audit_libraries.py [--rows FILE] [--page FILE] [--only PAPER] [--plain] [--table]

It writes one line of JSON for each pair of optimizers of two libraries whose entries cite the same paper, and
for each optimizer and the rule of docs/papers.nos of its paper, and puts a table of them into docs/audit.md.
What stands in a row is an audit: proved, or parted at a step, or neither. Rows that the file has are kept;
plain optimizers come first. --table makes the table anew from the rows that are there.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nos_sym import catalog
from nos_sym.auditing.audit import audit_of
from nos_sym.auditing.result import Audit
from nos_sym.auditing.side import Side, read_side
from nos_sym.auditing.state_parting import StateParting
from nos_sym.auditing.states_text import states_lines
from nos_sym.auditing.text import settings_lines
from nos_sym.faces import Face, faces
from nos_sym.faces.parsing import parse_file

ROOT = Path(__file__).parents[1]
ROWS = ROOT / "docs" / "library_differences.jsonl"
PAGE = ROOT / "docs" / "audit.md"
PAPERS = ROOT / "docs" / "papers.nos"
BEGIN, END = "<!-- table of libraries -->", "<!-- end of the table -->"
SEARCH = 0.7

_PAPER = re.compile(r"(.*?\b(?:19|20)\d\d)\b")

NAMES = {
    "AdamPaper": ("Adam", "adam"),
    "AdaMaxPaper": ("Adamax", "adamax", "AdaMax"),
    "RAdamPaper": ("RAdam", "radam"),
    "LionPaper": ("Lion", "lion"),
    "AMSGradPaper": ("Adam", "amsgrad"),
    "AdamWPaper": ("AdamW", "adamw", "keras.optimizers.AdamW"),
    "AdEMAMixPaper": ("AdEMAMix", "ademamix"),
    "ScheduleFreeAdamWPaper": ("ScheduleFreeAdamW", "schedule_free_adamw"),
}
"""The last parts of the names that libraries have for the optimizer of a paper; a paper may have two.

A whole name is of one whose entry cites another paper."""


def paper_of(source: str) -> str:
    """Return the paper that a source names first, empty where it names none."""
    match = _PAPER.match(source)
    return match[1] if match else ""


def by_paper() -> dict[str, list[Face]]:
    """Return the optimizers of libraries by the paper that their entry cites."""
    found: defaultdict[str, list[Face]] = defaultdict(list)
    for face in faces():
        rule = catalog.entry(face.entry)
        if paper := paper_of(rule.source):
            found[paper].append(face)
    return dict(found)


def pairs(only: str = "") -> Iterator[tuple[str, Side, Side]]:
    """Yield the papers with the sides that are compared: rules of papers first, then pairs of libraries."""
    groups = by_paper()
    for rule in parse_file(PAPERS.read_text(encoding="utf-8")):
        paper = paper_of(rule.source)
        named = [f for f in groups.get(paper, []) if f.class_name in NAMES[rule.name]]
        named += [f for f in faces() if str(f) in NAMES[rule.name]]
        for face in named if paper.startswith(only) else []:
            yield paper, read_side(rule, print), read_side(face, print)
    for paper, group in groups.items():
        for a, b in itertools.combinations(group, 2):
            if a.library != b.library and paper.startswith(only):
                yield paper, read_side(a, print), read_side(b, print)


def row_of(paper: str, found: Audit) -> dict[str, Any]:
    """Return what the table says of an audit."""
    parting, first = found.parting, found.first_apart
    return {
        "paper": paper,
        "first": found.first.name,
        "second": found.second.name,
        "versions": [found.first.where, found.second.where],
        "of_the_paper": found.first.rule.source if found.first.face is None else "",
        "verdict": found.verdict,
        "at_own_defaults": found.at_own_defaults,
        "equal": None if found.agreement is None else str(found.agreement),
        "parts_at_step": None if parting is None else parting.at.step,
        "parts_at_settings": "" if parting is None else parting.where,
        "not_told_apart_at": [[x.name, str(value)] for x, value in found.close_at],
        "up_to": None if found.up_to is None else found.up_to.value,
        "settings": settings_lines(found),
        "states": states_lines(found.states),
        "first_apart": None if first is None else _first(first),
    }


def _first(first: StateParting) -> dict[str, Any]:
    """Return what parts first; the state is empty where the weights do."""
    pair = first.pair
    names = ["", ""] if pair is None else [pair.first.name, pair.second.text]
    return {"step": first.step, "states": names, "other_states_proved": first.proved}


def written(only: str, out: Path, plain: bool) -> None:
    """Write the rows as they are found; those that are whole are kept, so that it can be ended."""
    known = out.read_text(encoding="utf-8").splitlines() if out.exists() else []
    rows = {(row["first"], row["second"], *row["versions"]): row for row in map(json.loads, known)}
    for paper, a, b in sorted(pairs(only), key=lambda row: "(" in row[1].name + row[2].name):
        key = (a.name, b.name, a.where, b.where)
        if "states" in rows.get(key, {}) or (plain and "(" in a.name + b.name):
            continue
        found = audit_of(a, b, seconds=0, search=SEARCH, draws=0)
        rows[key] = row_of(paper, found)
        half = out.with_name(f"{out.name}.half")
        half.write_text("".join(f"{json.dumps(row)}\n" for row in rows.values()), encoding="utf-8")
        half.replace(out)
        print(f"{paper}: {a.name}, {b.name}: {found.verdict}", file=sys.stderr, flush=True)


def is_shown(row: dict[str, Any]) -> bool:
    """Return whether a row stands in the table: those without flags of one name, and what follows a paper."""
    flagged = "(" in row["first"] + row["second"]
    if row["of_the_paper"]:
        return not flagged or row["equal"] is not None
    names = [
        name.rpartition(".")[2].lower().replace("_", "").rstrip("w") for name in (row["first"], row["second"])
    ]
    return not flagged and (names[0] == names[1] or row["verdict"] == "equal")


def first_state(row: dict[str, Any]) -> str:
    """Return the states that part first, with their step where it is not that of the weights."""
    first = row.get("first_apart")
    if row["parts_at_step"] is None or first is None or not all(first["states"]):
        return ""
    before = "" if first["step"] == row["parts_at_step"] else f" after {first['step'] + 1}"
    names = " and ".join(f"`{name}`" for name in first["states"])
    return f" ({names}{before})"


def verdicts_of(rows: list[dict[str, Any]]) -> list[str]:
    """Return a line for each algorithm of a paper: who follows it, and where the others part from it."""
    found: defaultdict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for row in rows:
        if row["of_the_paper"] and "(" not in row["second"]:
            name = f"`{row['second']}`"
            follow, differ = found[row["of_the_paper"]]
            if row["verdict"] == "equal":
                follow.append(name)
            elif row["verdict"] == "different":
                where = f", equal {row['equal'].partition(' for all')[0]}" if row["equal"] else ""
                differ.append(f"{name} (after step {row['parts_at_step'] + 1}{first_state(row)}{where})")
    lines = []
    for paper, (follow, differ) in sorted(found.items()):
        said = [
            f"{text} {', '.join(names)}"
            for text, names in (("followed by", follow), ("not by", differ))
            if names
        ]
        lines.append(f"- {paper}: {'; '.join(said)}.")
    return lines


def table_of(rows: list[dict[str, Any]]) -> str:
    """Return who follows which paper, and the table of rows, those about papers first of their paper."""
    lines = [
        *verdicts_of(rows),
        "",
        "| paper | A | B | at equal settings | proved equal | part after step |",
        "|---|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda row: (row["paper"], not row["of_the_paper"])):
        if is_shown(row):
            first = row["of_the_paper"].rpartition(", ")[2] or f"`{row['first']}`"
            step = "" if row["parts_at_step"] is None else str(row["parts_at_step"] + 1)
            step += first_state(row)
            at = f", at {row['parts_at_settings']}" if row["parts_at_settings"] else ""
            cells = [
                row["paper"],
                first,
                f"`{row['second']}`",
                row["verdict"],
                row["equal"] or "",
                f"{step}{at}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def put_into(page: Path, rows: list[dict[str, Any]]) -> None:
    """Replace the table of the page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{table_of(rows)}\n\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Write rows and table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=Path, default=ROWS, help="file of the rows")
    parser.add_argument("--page", type=Path, default=PAGE, help="page with the table")
    parser.add_argument("--only", default="", help="how the papers begin that are compared anew")
    parser.add_argument("--plain", action="store_true", help="leave out optimizers with flags")
    parser.add_argument("--table", action="store_true", help="make the table from the rows that are there")
    options = parser.parse_args()
    if not options.table:
        written(options.only, options.rows, options.plain)
    rows = [json.loads(line) for line in options.rows.read_text(encoding="utf-8").splitlines()]
    put_into(options.page, rows)


if __name__ == "__main__":
    main()
