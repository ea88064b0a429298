"""Files of results: one format, whose numbers cannot contradict each other, and the paper's own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nos_sym.report.tables.paper_tables import table
from nos_sym.report.tables.results import ResultsError, paper_results, read_results


def file(**changes: Any) -> dict[str, Any]:
    task = {"name": "T", "metric": "accuracy", "unit": "%", "better": "higher", "model": "M", "steps": 10}
    result = {"optimizer": "Adam", "task": "T", "mean": 2.0, "deviation": 1.0, "values": [1.0, 2.0, 3.0]}
    return {
        "format": "nos-sym results 1", "source": "here", "seeds": [0, 1, 2], "versions": {"torch": "2"},
        "tasks": [task], "results": [result],
    } | changes  # fmt: skip


def test_the_numbers_of_the_paper() -> None:
    found = paper_results()
    assert len(found.optimizers) == 38 and len(found.scores) == 38 * 7
    score = found.scores["Opt6", "CIFAR-10"]
    assert (score.mean, score.deviation) == (96.16, 0.16)
    assert found.scores["Nesterov", "PTB"].mean == min(
        score.mean for (_, task), score in found.scores.items() if task == "PTB"
    )
    assert found.seeds is None


def test_a_table_of_own_results() -> None:
    text = table(11, results=read_results(json.dumps(file()), "it")).latex()
    assert r"$\mathbf{2.00 \pm 1.00}$" in text and "Seeds: 0, 1, 2." in text and "torch 2" in text
    with pytest.raises(ResultsError, match="Table 13"):
        table(13, results=read_results(json.dumps(file()), "it"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "x"}, "format"),
        ({"more": 1}, "unknown key 'more'"),
        ({"seeds": ["a"]}, "'seeds' are integers"),
        ({"tasks": [1]}, "task 1"),
        ({"tasks": file()["tasks"] * 2}, "two tasks are called 'T'"),
        ({"tasks": [file()["tasks"][0] | {"better": "up"}]}, "'better' is 'up'"),
        ({"results": [file()["results"][0] | {"task": "U"}]}, "there is no task 'U'"),
        ({"results": file()["results"] * 2}, "already"),
        ({"results": [file()["results"][0] | {"mean": 2.5}]}, "'mean' is 2.5, that of 'values' 2"),
        ({"results": [file()["results"][0] | {"deviation": 0.2}]}, "'deviation' is 0.2"),
        ({"results": [file()["results"][0] | {"values": [1.0]}]}, "as many as 'seeds'"),
        ({"results": [file()["results"][0] | {"mean": float("nan")}]}, "finite"),
        ({"results": [file()["results"][0] | {"mean": "2"}]}, "'mean' is missing or no number"),
        ({"results": [file()["results"][0] | {"deviation": -1}]}, "0 or more"),
        ({"source": 3}, "'source' is missing or no text"),
    ],
)
def test_what_is_no_file_of_results_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ResultsError) as caught:
        read_results(json.dumps(file(**changes)), "'mine.json'")
    assert message in str(caught.value) and str(caught.value).startswith("'mine.json'")


@settings(max_examples=40, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(list(file())), inner, max_size=3)
        ),
        max_leaves=6,
    )
)
def test_any_json_is_read_or_refused(data: Any) -> None:
    given = data if not isinstance(data, dict) else file(**data)
    try:
        read_results(json.dumps(given), "it")
    except ResultsError as error:
        assert "\n" not in str(error)


def test_the_file_that_is_documented_is_read(repository: Path) -> None:
    page = (repository / "docs" / "tables.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```json\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert read_results(text, "the page").scores["Adam", "CIFAR-10"].mean == 95.0
