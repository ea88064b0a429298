"""The page on compatibility has what its tables have, and every test that these name is there."""

from __future__ import annotations

import ast
import importlib.util
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
_SPEC = importlib.util.spec_from_file_location("compatibility", ROOT / "scripts" / "compatibility.py")
assert _SPEC is not None and _SPEC.loader is not None
compatibility = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(compatibility)

DATA: dict[str, Any] = tomllib.loads(compatibility.TABLES.read_text(encoding="utf-8"))
FUNCTIONS = sorted({t.partition("[")[0] for cell in compatibility.cells(DATA["tables"]) for t in cell.tests})


@cache
def functions_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_test_that_a_cell_names_is_there(function: str) -> None:
    file, _, name = function.partition("::")
    assert name in functions_of(file)


def test_every_row_has_a_cell_of_a_column() -> None:
    for table in DATA["tables"]:
        for row in table["rows"]:
            assert set(row) - {"name"}, row["name"]
            assert set(row) - {"name"} <= set(table["columns"]), row["name"]


def test_the_page_is_that_of_the_tables() -> None:
    passed = {
        f"{t.removesuffix(']')}]" if "[" in t else t: "passed"
        for cell in compatibility.cells(DATA["tables"])
        for t in cell.tests
    }

    def settled(text: str) -> str:
        text = re.sub(r"^Versions: .*$", "Versions", text, flags=re.MULTILINE)
        return text.replace(f"| {compatibility.NOT_RUN} ", "| works ")

    assert settled(compatibility.PAGE.read_text(encoding="utf-8")) == settled(
        compatibility.page(DATA, passed)
    )


def test_a_cell_of_a_test_that_fails_or_is_not_there_is_no_page() -> None:
    cell = compatibility.cell_of("tests/a.py::test_b[x]")
    found = {"tests/a.py::test_b[x-1]": "passed", "tests/a.py::test_b[y-1]": "failed"}
    assert compatibility.said(cell, found) == "works"
    assert compatibility.said(cell, dict.fromkeys(found, "skipped")) == "not run"
    refused = compatibility.cell_of({"tests": "tests/a.py::test_b[x]", "refused": "in one line"})
    assert compatibility.said(refused, found) == "refused"
    with pytest.raises(SystemExit, match="failed"):
        compatibility.said(compatibility.cell_of("tests/a.py::test_b"), found)
    with pytest.raises(SystemExit, match="no such test"):
        compatibility.said(compatibility.cell_of("tests/a.py::test_c"), found)
