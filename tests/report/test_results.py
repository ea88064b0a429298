"""Files of results: one format, whose numbers cannot contradict each other, and the paper's own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.tex import compiled

from nos_sym.report.tables.paper_tables import table
from nos_sym.report.tables.results import ResultsError, paper_results, read_results
from nos_sym.report.tables.table import document


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


def result(**changes: Any) -> dict[str, Any]:
    return {"results": [{"optimizer": "Adam", "task": "T", "mean": 2.0} | changes]}


def task(**changes: Any) -> dict[str, Any]:
    return {"tasks": [file()["tasks"][0] | changes]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": [0, 1, 1]}, "one stands twice"),
        ({"seeds": []}, "'seeds' are none"),
        ({"seeds": [0, 1, 10**400]}, "64 bits"),
        ({"results": []}, "'results' are none"),
        ({"versions": {"": "1"}}, "blank"),
        ({"versions": {"torch": "1" * 101}}, "at most 100"),
        *((task(steps=steps), "'steps' are no number from 1") for steps in (0, -1, 10**400)),
        *((task(**{key: " "}), f"'{key}' is blank") for key in ("name", "metric", "unit", "model")),
        *((task(**{key: ""}), f"'{key}' is blank") for key in ("name", "metric", "model")),
        *((task(**{key: "x" * 1200}), "at most 100") for key in ("name", "metric", "unit", "model")),
        (task(name="\u6f22" * 17), "at most 100"),
        *((result(optimizer=name), "'optimizer' is") for name in ("", "\t", "x" * 1200)),
        (result(mean=1.7e308), "'mean' is 10^9 or more"),
        (result(mean=-(10**400)), "'mean' is 10^9 or more"),
        (result(deviation=1e300), "'deviation' is 10^9 or more"),
        (result(values=[1e308, 1e308, 1e308]), "'values' is 10^9 or more"),
        (result(mean=250), "an accuracy is 250 %"),
        (result(mean=-3), "an accuracy is -3 %"),
        (result(mean=99.0, values=[98.0, 98.0, 101.0]), "an accuracy is 101 %"),
    ],
)
def test_what_no_table_can_show_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ResultsError) as caught:
        read_results(json.dumps(file(**changes)), "'mine.json'")
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert str(caught.value).startswith("'mine.json'")


def test_a_key_stands_once_in_its_object() -> None:
    for key, value in (("mean", 2.0), ("source", "here"), ("steps", 10)):
        said = f'"{key}": {json.dumps(value)}'
        text = json.dumps(file())
        assert said in text
        with pytest.raises(ResultsError, match=f"the key '{key}' stands twice"):
            read_results(text.replace(said, f'"{key}": 1, {said}'), "it")


def test_numbers_and_depth_beyond_a_reader_are_refused_in_words_of_the_file() -> None:
    text = json.dumps(file())
    with pytest.raises(ResultsError, match="too many digits"):
        read_results(text.replace('"steps": 10', f'"steps": {"1" * 5000}'), "it")
    with pytest.raises(ResultsError, match="nested too deeply"):
        read_results("[" * 100_000, "it")


def test_unknown_keys_may_be_missing_and_limits_are_reached() -> None:
    data = file(**result(optimizer="W" * 100))
    del data["seeds"], data["tasks"][0]["steps"]
    found = read_results(json.dumps(data), "it")
    assert found.seeds is None and found.tasks["T"].steps is None
    assert found.scores["W" * 100, "T"].deviation is None


def test_the_widest_table_compiles_and_a_wider_one_is_refused(tmp_path: Path) -> None:
    def of(count: int, name: str) -> dict[str, Any]:
        tasks = [task(name=f"{name}{i:02}", unit="")["tasks"][0] for i in range(count)]
        scores = [
            {"optimizer": "W" * 100, "task": each["name"], "mean": 2.0, "deviation": 1.0} for each in tasks
        ]
        return file(tasks=tasks, results=scores)

    made = table(11, results=read_results(json.dumps(of(25, "W" * 38)), "it"))
    for data in (of(26, ""), of(25, "W" * 39)):
        with pytest.raises(ResultsError, match="too wide"):
            table(11, results=read_results(json.dumps(data), "it"))
    compiled(document([made]), tmp_path)


def test_names_that_begin_as_arguments_do_are_shown(tmp_path: Path) -> None:
    names = ("[3pt] one", "[two", "*", "* four", "[-1in]")
    rows = [result(optimizer=name)["results"][0] for name in names]
    pages = compiled(
        document([table(11, results=read_results(json.dumps(file(results=rows)), "it"))]), tmp_path
    )
    if pages:
        assert all(name in pages for name in names)


def test_what_is_taller_or_wider_than_a_page_goes_on_upon_the_next(tmp_path: Path) -> None:
    names = [f"o{i}" for i in range(90)]
    tasks = [file()["tasks"][0] | {"metric": "W" * 100, "model": "M" * 100, "unit": ""}]
    rows = [{"optimizer": name, "task": "T", "mean": -0.001 * i} for i, name in enumerate(names)]
    seeds, versions = list(range(2000)), {f"package{i}": "v" * 40 for i in range(60)}
    made = table(
        11,
        results=read_results(
            json.dumps(file(tasks=tasks, results=rows, seeds=seeds, versions=versions)), "it"
        ),
    )
    text = made.latex()
    assert text.count(r"\begin{table}") == 3 and text.count(r"\label") == 1 and "-0.00" not in text
    pages = compiled(document([made]), tmp_path)
    log = (tmp_path / "document.log").read_text(errors="replace") if pages else ""
    assert "Float too large" not in log and "Overfull" not in log
    assert not pages or set(names) <= set(pages.split())
