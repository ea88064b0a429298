"""Writes ``docs/compatibility.md``: what rendered optimizers run in, from tests that ran.

    python scripts/compatibility.py

``docs/compatibility.toml`` has the tables: for each program or feature, and for each implementation, the
tests that show it, or what it is refused with. The tests are run, and the page has what they said and the
versions they ran with. A cell of a test that does not pass, or that is not there, is an error, and no page
is written; one of a test that is skipped says so. What ``scripts/framework_versions.py`` found of other
versions is taken from ``docs/compatibility_versions.json``.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
TABLES = ROOT / "docs" / "compatibility.toml"
PAGE = ROOT / "docs" / "compatibility.md"
OUTCOMES = ROOT / "docs" / "compatibility_versions.json"

WORKS, REFUSED, NOT_RUN = "works", "refused", "not run"


VERSIONS = """
A rendered file supports its framework from the version in `pyproject.toml` on: torch 2.4, optax 0.2.5 with
JAX 0.8, TensorFlow 2.18 with Keras 3.10 (`--backend tensorflow`), Keras 3.15 (`--backend keras`).
`scripts/framework_versions.py` makes an environment with the oldest and one with the newest versions and
nothing else, no nos-sym, and runs every optimizer of the catalog that draws no random numbers, on a matrix
and a vector for eight steps in float64: weights are those of the reference interpreter within 1e-9, factors
of schedules within 2e-5. Keras is on JAX in trials of its own; there it computes tanh, arctan, arcsinh and
cos of float64 tensors in float32, which is the difference of those that are named below the table.
"""


OWN = {
    "torch": ("torch",),
    "optax": ("optax", "jax"),
    "tensorflow": ("tensorflow-cpu", "keras"),
    "keras": ("keras", "jax"),
}
"""What a trial of a backend is about."""


class Cell(NamedTuple):
    """What one table says of one implementation in one program.

    Attributes:
        tests: ``file::function`` or ``file::function[word]``, of a parameter whose text has the word.
        refused: the message with which it is refused, as the tests show; empty where it works.
    """

    tests: tuple[str, ...]
    refused: str = ""


class Outcomes:
    """A plug-in of pytest that runs what cells name, and keeps the outcome of every test by its id.

    Of the parameters of a test that a cell means, those of the long sweeps run where it means no others.
    """

    def __init__(self, named: list[str]) -> None:
        self.named = named
        self.found: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave what cells name."""
        by_id = {item.nodeid: item for item in items}
        wanted: set[str] = set()
        for test in self.named:
            meant = tests_of(test, dict.fromkeys(by_id, ""))
            quick = {name for name in meant if by_id[name].get_closest_marker("heavy") is None}
            wanted |= quick or set(meant)
        items[:] = [item for item in items if item.nodeid in wanted]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take tests of a file that is skipped as a whole for skipped."""
        if report.skipped:
            files = {test.partition("[")[0] for test in self.named}
            self.found |= {test: "skipped" for test in files if test.startswith(f"{report.nodeid}::")}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep the worst outcome of set-up, call and tear-down."""
        before = self.found.get(report.nodeid, "passed")
        if report.outcome != "passed" or before == "passed":
            self.found[report.nodeid] = report.outcome


def cell_of(given: Any) -> Cell:
    """Return a cell as its table has it: a test, a list of tests, or a table of ``tests`` and ``refused``."""
    if isinstance(given, dict):
        tests = given["tests"]
        return Cell(cell_of(tests).tests, given.get("refused", ""))
    return Cell((given,) if isinstance(given, str) else tuple(given))


def cells(tables: list[dict[str, Any]]) -> Iterator[Cell]:
    """Yield every cell of the tables."""
    for table in tables:
        for row in table["rows"]:
            yield from (cell_of(row[column]) for column in table["columns"] if column in row)


def tests_of(test: str, found: dict[str, str]) -> dict[str, str]:
    """Return the outcomes of what a cell names."""
    function, _, word = test.removesuffix("]").partition("[")
    return {
        name: outcome
        for name, outcome in found.items()
        if name.partition("[")[0] == function and word in name.partition("[")[2]
    }


def said(cell: Cell, found: dict[str, str]) -> str:
    """Return what a cell says.

    Raises:
        SystemExit: a test that it names is not there, or does not pass.
    """
    outcomes = [tests_of(test, found) for test in cell.tests]
    for test, each in zip(cell.tests, outcomes, strict=True):
        if not each or "failed" in each.values():
            raise SystemExit(f"{test}: {'failed' if each else 'there is no such test'}")
    ran = [outcome for each in outcomes for outcome in each.values() if outcome == "passed"]
    return (REFUSED if cell.refused else WORKS) if ran else NOT_RUN


def page(data: dict[str, Any], found: dict[str, str]) -> str:
    """Return the page of the tables."""
    lines = [
        "<!-- Written by scripts/compatibility.py from compatibility.toml and the outcomes of tests. -->",
        "",
        "# Compatibility",
        "",
        data["about"].strip(),
        "",
        "Versions: " + ", ".join(f"{name} {version(name)}" for name in data["versions"]) + ".",
    ]
    for table in data["tables"]:
        columns = table["columns"]
        lines += ["", f"## {table['title']}", ""]
        if "about" in table:
            lines += [table["about"].strip(), ""]
        lines += [
            "| " + " | ".join([table.get("what", ""), *columns]) + " |",
            "|---" * (len(columns) + 1) + "|",
        ]
        notes: list[str] = []
        for row in table["rows"]:
            texts = [row["name"]]
            for column in columns:
                cell = cell_of(row[column]) if column in row else None
                texts.append("" if cell is None else said(cell, found))
                if cell is not None and cell.refused:
                    notes.append(f"- {row['name']}, {column}: {cell.refused}")
            lines.append("| " + " | ".join(texts) + " |")
        if notes:
            lines += ["", "Refused with:", "", *dict.fromkeys(notes)]
        tests = dict.fromkeys(test for row in table["rows"] for test in _tests(row, columns))
        lines += ["", "Shown by " + ", ".join(f"`{test}`" for test in tests) + "."]
    outcomes = json.loads(OUTCOMES.read_text(encoding="utf-8"))
    return "\n".join([*lines, "", *versions_tried(data["trials"], outcomes)]) + "\n"


def versions_tried(trials: list[dict[str, Any]], outcomes: dict[str, Any]) -> Iterator[str]:
    """Yield the section on versions: a row for each trial, and a line for each file that did not pass."""
    yield from ("## Versions", "", VERSIONS.strip(), "")
    yield from ("| trial | versions | gave what they have to | on |", "|---|---|---|---|")
    notes = []
    for trial in trials:
        found = outcomes.get(trial["name"])
        if found is None:
            yield f"| {trial['name']} | {', '.join(trial['requires'])} | {NOT_RUN} |  |"
            continue
        own = ("python", *OWN[trial["backend"]])
        names = [f"{name} {found['versions'][name]}" for name in own]
        if found["versions"].keys() - {*own, "numpy", "jaxlib"}:
            names[-1] += ", beside other frameworks"
        passed = ", ".join(f"{count} {kind}" for kind, count in found["passed"].items())
        yield f"| {trial['name']} | {', '.join(names)} | {passed} | {found['date']} |"
        notes += [f"- {trial['name']}, {name}: {reason}" for name, reason in sorted(found["failed"].items())]
    if notes:
        yield from ("", "Not these:", "", *notes)


def version(name: str) -> str:
    """Return the version of a distribution."""
    return metadata.version(name)


def _tests(row: dict[str, Any], columns: list[str]) -> Iterator[str]:
    for column in columns:
        if column in row:
            yield from (test.partition("::")[0] for test in cell_of(row[column]).tests)


def main() -> int:
    """Run the tests of the tables and write the page."""
    data = tomllib.loads(TABLES.read_text(encoding="utf-8"))
    named = sorted({test for cell in cells(data["tables"]) for test in cell.tests})
    files = sorted({test.partition("::")[0] for test in named})
    outcomes = Outcomes(named)
    pytest.main(["-q", "-p", "no:cacheprovider", *files], plugins=[outcomes])
    PAGE.write_text(page(data, outcomes.found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
