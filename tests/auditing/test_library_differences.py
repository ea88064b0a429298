"""The table of what libraries call by one name: its rows are audits that can be made again."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from nos_sym.auditing.audit import audit_of
from nos_sym.auditing.side import Side, read_side
from nos_sym.faces.parsing import parse_file

ROOT = Path(__file__).parents[2]
ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (ROOT / "docs" / "library_differences.jsonl").read_text(encoding="utf-8").splitlines()
]
FEW = [
    ("AdamPaper", "torch.optim.Adam"),
    ("LionPaper", "keras.optimizers.Lion"),
    ("torch.optim.Adagrad", "optax.adagrad"),
]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    return importlib.import_module("audit_libraries")


def sides(row: dict[str, Any]) -> tuple[Side, Side]:
    papers = {rule.name: rule for rule in parse_file((ROOT / "docs" / "papers.nos").read_text("utf-8"))}
    first = papers[row["first"]] if row["of_the_paper"] else row["first"]
    return read_side(first, print), read_side(row["second"], print)


def made_again(script: ModuleType, row: dict[str, Any]) -> dict[str, Any]:
    found = audit_of(*sides(row), seconds=0, search=script.SEARCH, draws=0)
    again: dict[str, Any] = script.row_of(row["paper"], found)
    return again


def test_the_page_has_the_table_of_the_rows(script: ModuleType) -> None:
    text = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    table = text.partition(script.BEGIN)[2].partition(script.END)[0].strip()
    assert table == script.table_of(ROWS)
    assert len(table.splitlines()) > 60


def test_every_pair_has_one_row(script: ModuleType) -> None:
    known = [(row["first"], row["second"]) for row in ROWS]
    groups = script.by_paper()
    wanted = {
        (str(a), str(b))
        for faces in groups.values()
        for i, a in enumerate(faces)
        for b in faces[i + 1 :]
        if a.library != b.library
    }
    papers = parse_file((ROOT / "docs" / "papers.nos").read_text("utf-8"))
    wanted |= {
        (rule.name, str(face))
        for rule in papers
        for face in groups[script.paper_of(rule.source)]
        if face.class_name in script.NAMES[rule.name]
    }
    assert wanted <= set(known)
    assert len(known) == len(set(known))
    assert all("states" in row for row in ROWS if "(" not in row["first"] + row["second"])


@pytest.mark.parametrize("names", FEW)
def test_rows_are_what_an_audit_finds(script: ModuleType, names: tuple[str, str]) -> None:
    (row,) = (row for row in ROWS if (row["first"], row["second"]) == names)
    again = made_again(script, row)
    assert again["verdict"] == row["verdict"]
    assert again["equal"] == row["equal"]
    assert again["parts_at_step"] == row["parts_at_step"]


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_all_rows_without_flags_are_what_audits_find(script: ModuleType) -> None:
    for row in ROWS:
        if "(" not in row["first"] + row["second"]:
            again = made_again(script, row)
            # What is searched for in a time may be found on one machine and not on another; verdicts are not.
            assert again["verdict"] == row["verdict"], row
            assert again["parts_at_step"] == row["parts_at_step"], row
