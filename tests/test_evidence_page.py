"""Figures in README and docs are those of the raw results."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from nos_sym.cli.commands import COMMANDS

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(scope="module")
def evidence() -> Iterator[ModuleType]:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        from evidence import page

        yield page
    finally:
        sys.path.remove(str(BENCHMARKS))


def test_every_figure_stands_in_a_page_as_the_raw_file_has_it(evidence: ModuleType) -> None:
    texts = evidence.pages()
    missing = [
        (measurement.raw, text)
        for measurement in evidence.MEASUREMENTS
        for text in measurement.texts()
        if not evidence.where(text, texts)
    ]
    assert not missing


def test_what_has_no_raw_file_stands_in_a_page(evidence: ModuleType) -> None:
    texts = evidence.pages()
    assert [printed.says for printed in evidence.PRINTED if not evidence.where(printed.says, texts)] == []


def test_the_page_is_what_is_written(evidence: ModuleType) -> None:
    assert evidence.PAGE.read_text(encoding="utf-8") == evidence.page()


def test_every_raw_file_of_figures_is_there_and_every_measurement_says_something(
    evidence: ModuleType,
) -> None:
    for measurement in evidence.MEASUREMENTS:
        assert measurement.texts(), measurement.raw
        program, name = measurement.command.split()[:2]
        known = (
            COMMANDS if program == "nos-sym" else {f"benchmarks/{x.name}" for x in BENCHMARKS.glob("*.py")}
        )
        assert name in known
