"""The report of checks: one line each, whatever the code does, and how to run one again."""

# ruff: noqa: E501

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from support.harness import backends

from nos_sym.cli.commands import load
from nos_sym.conform.launch import conform, report_of, shown, value_of
from nos_sym.conform.outcome import ConformError, Outcome, Report, Verdict

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

from click.testing import CliRunner
from support.broken_optimizers import Plain

from nos_sym.conform.checks import CHECKS
from nos_sym.conform.originals import optimizer_class
from nos_sym.conform.runner import _apart
from nos_sym.review.page import Check, Review

ROW = {"check": "closure", "title": "A step", "verdict": "fails", "line": "none", "seconds": 0.5}


def test_a_report_names_how_to_run_a_check_again() -> None:
    rows = [ROW, {**ROW, "check": "empty", "verdict": "passes", "line": ""}]
    report = report_of(
        {"outcomes": rows, "way": "gradients are sparse"}, "my.py:Mine", {"betas": (0.9, 0.99)}
    )
    assert not report.passed
    assert report.summary == "1 pass, 1 fail, 0 do not apply"
    assert "again: nos-sym conform my.py:Mine --only closure --set betas=0.9,0.99" in str(report)
    assert report.to_json()["checks"][0]["again"].startswith("nos-sym conform")
    assert json.loads(json.dumps(report.to_json()))["passed"] is False
    assert Report("x", {}, ()).passed
    assert Outcome.from_json(ROW).to_json() == ROW


@pytest.mark.parametrize(
    "data",
    [
        None, [], {}, {"outcomes": None, "way": ""}, {"outcomes": [1], "way": ""},
        {"outcomes": [{}], "way": ""},
        {"outcomes": [{**ROW, "verdict": "wins"}], "way": ""}, {"outcomes": [{**ROW, "line": 3}], "way": ""},
        {"outcomes": [{**ROW, "check": "x; rm -rf /"}], "way": ""}, {"outcomes": [{**ROW, "check": ""}], "way": ""},
        {"outcomes": [ROW] * 201, "way": ""}, {"outcomes": [ROW], "way": "x" * 501},
        {"outcomes": [{**ROW, "line": "x" * 1001}], "way": ""},
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(data: Any) -> None:
    with pytest.raises(ConformError):
        report_of(data, "x", {})


def test_advice_is_no_failure_unless_it_is_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is good manners alone is shown, with how to see it again, and counts with --strict."""
    row = {**ROW, "check": "wrong-arguments", "verdict": "advice", "line": "it takes lr=-0.5"}
    report = report_of({"outcomes": [row], "way": ""}, "my.py:Mine", {})
    assert report.passed and not report.strict().passed
    assert report.summary == "0 pass, 0 fail, 1 advice, 0 do not apply"
    assert "advice          wrong-arguments  it takes lr=-0.5\n" in str(report)
    assert "again: nos-sym conform my.py:Mine --only wrong-arguments" in str(report)
    assert report.to_json()["passed"] and "again" in report.to_json()["checks"][0]
    page = Review("my.py", (Check("conformance", report.passed, report.summary),), conformance=report)
    assert page.result == 0 and "wrong-arguments: advice: it takes lr=-0.5" in str(page)
    monkeypatch.setattr("nos_sym.conform.launch.conform", lambda *_: report)
    for given, code in (([], 0), (["--strict"], 1)):
        done = CliRunner().invoke(load("conform"), ["my.py", *given], standalone_mode=False)
        assert done.return_value == code


def test_what_is_advice() -> None:
    advice = {x.name for x in CHECKS if x.severity is Verdict.ADVICE}
    assert advice == {"own-errors", "wrong-arguments", "wrong-parameters", "deepcopy", "pickle"}
    assert {x.severity for x in CHECKS} == {Verdict.ADVICE, Verdict.FAILS}


def test_a_forged_line_is_one_line() -> None:
    found = Outcome.from_json({**ROW, "line": "none\npasses  all  \x1b[32m"})
    assert found.line == r"none\npasses  all  \x1b[32m"


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.9,0.99", (0.9, 0.99)), ("(1e-3, none)", (1e-3, None)), ("3", 3), ("TRUE", True), ("a b", "a b")],
)
def test_values_of_arguments(text: str, value: Any) -> None:
    assert value_of(text) == value
    assert value_of(shown(value)) == value


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_check_that_crashes_or_hangs_is_one_line() -> None:
    def crash() -> None:
        os.kill(os.getpid(), 9)  # as the kernel does where memory is short

    assert _apart(lambda: 7, 5) == 7
    assert _apart(crash, 5) == "crashed (signal 9)"
    assert _apart(lambda: os._exit(3), 5) == "ended its process (exit code 3)"
    assert _apart(lambda: 1 / 0, 5) == "raises ZeroDivisionError: division by zero"
    begin = time.monotonic()
    assert _apart(lambda: time.sleep(60), 0.3) == "did not end within 0.3 s"
    assert time.monotonic() - begin < 20


SOURCE = """
import torch
class First(torch.optim.SGD): pass
"""


def test_classes_are_found(tmp_path: Path) -> None:
    one, two, bad = (tmp_path / f"{name}.py" for name in ("one", "two", "bad"))
    one.write_text(SOURCE)
    two.write_text(SOURCE + "class Second(First): pass\n")
    bad.write_text("raise SystemExit(1)")
    assert optimizer_class(str(one)).__name__ == optimizer_class(f"{two}:First").__name__ == "First"
    assert optimizer_class("support.broken_optimizers.Plain") is Plain
    for original, says in (
        (str(two), "defines 2 optimizers, First, Second; name the class"),
        (str(bad), "ends Python when it is imported"),
        (f"{one}:Third", "has no 'Third'; it has First"),
        (str(tmp_path), "is no file"),
        (str(tmp_path / "none.py"), "does not exist"),
        ("torch.optim:lr_scheduler", "is no optimizer of PyTorch"),
        ("no_such_module:Adam", "there is no module 'no_such_module'"),
        ("adam", "names no optimizer"),
    ):
        with pytest.raises(ConformError, match=says):
            optimizer_class(original)


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_the_command(tmp_path: Path) -> None:
    """A class that hangs in one check, and ends its process in another, has a line for both."""
    file = tmp_path / "mine.py"
    file.write_text(
        "import os, time, torch\n"
        "class Mine(torch.optim.SGD):\n"
        "    def __deepcopy__(self, memo): os._exit(9)\n"
        "    def __reduce_ex__(self, n): time.sleep(1000)\n"
    )
    chosen = ["--only", "deepcopy", "--only", "pickle", "--only", "descends"]
    for strict, code, word in (([], 0, "advice"), (["--strict"], 1, "fails")):
        given = [str(file), *chosen, *strict, "--json"]
        done = CliRunner().invoke(load("conform"), given, standalone_mode=False)
        assert done.return_value == code
        found = {x["check"]: (x["verdict"], x["line"]) for x in json.loads(done.stdout)["checks"]}
        assert found == {
            "descends": ("passes", ""),
            "deepcopy": (word, "ended its process (exit code 9)"),
            "pickle": (word, "did not end within 30 s"),
        }


OWN = (
    "Adadelta", "Adafactor", "Adagrad", "Adam", "Adamax", "AdamW", "ASGD", "LBFGS", "Muon", "NAdam", "RAdam",
    "RMSprop", "Rprop", "SGD", "SparseAdam",
)  # fmt: skip
KNOWN = {"Adafactor": {"empty"}, "LBFGS": {"deepcopy", "pickle"}}
"""What PyTorch's own optimizers break: a division by the number of elements, and a list that copies lack."""


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", OWN)
def test_pytorch_own_optimizers_pass(name: str) -> None:
    report = conform(f"torch.optim:{name}").strict()
    assert {x.check for x in report.of(Verdict.FAILS)} == KNOWN.get(name, set()), str(report)


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["Adam", "Opt1", "Opt4", "Lion"])
def test_rendered_files_pass(name: str, tmp_path: Path) -> None:
    from nos_sym import catalog
    from nos_sym.codegen.render import render

    file = tmp_path / f"{name.lower()}.py"
    file.write_text(render(catalog.entry(name), "torch"), encoding="utf-8")
    report = conform(f"{file}:{name}").strict()
    assert report.passed, str(report)
