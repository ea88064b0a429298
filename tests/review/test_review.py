"""A review believes nothing that code says of itself, and ends in a verdict with an exit code."""

# ruff: noqa: E501

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from nos_sym import catalog, parse
from nos_sym.cli.commands import load
from nos_sym.cli.main import cli
from nos_sym.conform.outcome import Report
from nos_sym.language.block import Block
from nos_sym.lift.verifying import STEPS, problem, ran
from nos_sym.review import lifting
from nos_sym.review.analysis import ReviewError, analysis, duplicates, read_rule
from nos_sym.review.lifting import Place, Read, allowed, lifted, worst_error
from nos_sym.review.page import Check, Review
from nos_sym.review.page import Result as Verdict
from nos_sym.review.sources import LARGEST, code_of
from nos_sym.sandbox.limits import Limits

MOMENTUM = "{ state m; m <- 0.9*m + g; w <- w - lr*m }"
PLACE = Place("my.py", "text", {}, Limits(), True)


def block(text: str) -> Block:
    found = read_rule(text)
    assert isinstance(found, Block)
    return found


def review(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["review", *arguments])


def test_what_a_review_comes_to() -> None:
    good, bad, missing = Check("a", True, ""), Check("b", False, ""), Check("c", None, "")
    for checks, known, result, says in (
        ((good,), "", Verdict.NEW, "fine and new"),
        ((good,), "SGD", Verdict.DUPLICATE, "known: SGD"),
        ((good, missing), "SGD", Verdict.UNKNOWN, "unknown: c; known: SGD"),
        ((bad, missing), "", Verdict.FAILS, "fails: b"),
    ):
        found = Review("x", checks, known)
        assert (found.result, found.verdict) == (result, says)
        assert json.loads(json.dumps(found.to_json()))["exit_code"] == int(result)
        assert str(found).startswith(f"x: {says}")
    part = Review("x", (good,), "SGD", special=True, notes=("two axes at most",))
    assert part.result is Verdict.UNKNOWN and part.to_json()["special"]
    assert part.verdict.endswith("; as far as the rule follows the code, known: SGD")
    assert "does NOT follow the code otherwise:" in str(part)
    assert Review("x", (good,), special=True).result is Verdict.NEW
    wrong = Review("x", (Check("verification", False, ""),), "SGD").verdict
    assert wrong == "fails: verification; the rule that the code does not follow is known: SGD"
    assert [int(x) for x in Verdict] == [0, 1, 3, 4]
    assert Review("x", (), conformance=Report("x", {}, ())).to_json()["conformance"]["passed"]


def test_what_is_known_of_a_rule() -> None:
    found = analysis(read_rule("none ~ -(-g)"))
    assert "SGD" in [n for x in found["duplicates"] if x["level"] == "exact" for n in x["names"]]
    assert found["integrity"]["passed"] and not found["integrity"]["flipped"]
    assert analysis(read_rule("none ~ -g"))["integrity"]["flipped"]
    scaled = duplicates(read_rule("none ~ 3 * g"))
    assert not [x for x in scaled if x.level == "exact" and "SGD" in x.names]
    assert [x for x in scaled if x.level == "scale" and "SGD" in x.names]
    for text in ("none ~ g\nnone ~ w", "schedule a1", "x" * 70_000, "import os", "/etc/passwd"):
        with pytest.raises(Exception, match=r"\S") as caught:
            read_rule(text)
        assert str(caught.value).isprintable()


def answering(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    monkeypatch.setattr(lifting, "run", lambda *_, **__: answer() if callable(answer) else answer)


@pytest.mark.parametrize(
    "answer",
    [
        None, [], {}, {"rule": 1, "notes": [], "special": False, "shapes": []}, {"rule": "none ~ g", "notes": "x", "special": False, "shapes": []},
        {"rule": "none ~ g", "notes": [3], "special": False, "shapes": []}, {"rule": "none ~ g", "notes": ["x"] * 201, "special": False, "shapes": []},
        {"rule": "__import__('os')", "notes": [], "special": False, "shapes": []}, {"rule": "none ~ g", "notes": ["y" * 1001]},
        {"rule": "none ~ " + "(" * 10_000, "notes": [], "special": False, "shapes": []},
    ],
)  # fmt: skip
def test_forged_rules_are_refused(answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, {"framework": "torch", **answer} if answer else answer)
    with pytest.raises(Exception, match=r"\S") as caught:
        lifted(PLACE)
    assert str(caught.value).isprintable() and len(str(caught.value)) <= 600


def test_a_rule_is_run_beside_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights come from the code, on gradients that are drawn here; another rule than its own is found."""
    asked: list[Any] = []

    def code(function: str, job: Any, *_: Any, **__: Any) -> Any:
        asked.append(job)
        weights = [np.array(w) for w in job["weights"]]
        gradients = [[np.array(g) for g in row] for row in job["gradients"]]
        rows = ran(block(MOMENTUM), {"lr": 0.1}, weights, gradients)
        return {"lr": 0.1, "weights": [[x.tolist() for x in row] for row in rows]}

    monkeypatch.setattr(lifting, "run", code)
    shapes = ((5, 3), (4,))
    assert worst_error(Read(block(MOMENTUM), (), shapes), PLACE) < 1e-12
    assert worst_error(Read(block(MOMENTUM.replace("0.9", "0.90001")), (), shapes), PLACE) > 1e-9
    assert asked[0]["gradients"] != asked[1]["gradients"]
    assert "rule" not in asked[0]
    assert allowed("my.py") == allowed("torch.optim:SGD") == 1e-9


@pytest.mark.parametrize(
    "answer",
    [
        None, [], {"lr": 0.1}, {"lr": "x", "weights": []}, {"lr": 0.1, "weights": [[[1.0]]] * STEPS},
        {"lr": 0.1, "weights": [[["a"] * 4]] * STEPS}, {"lr": 0.1, "weights": [[[1.0] * 4]] * (STEPS - 1)},
    ],
)  # fmt: skip
def test_forged_weights_are_refused(answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, answer)
    with pytest.raises(ReviewError):
        worst_error(Read(block(MOMENTUM), (), ((4,),)), PLACE)


def test_weights_that_are_no_numbers_are_no_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, {"lr": 0.1, "weights": [[[None] * 4]] * STEPS})
    assert worst_error(Read(block(MOMENTUM), (), ((4,),)), PLACE) == float("inf")
    assert problem(((4,),), 2**63)[0][0].shape == (4,)


def test_files_that_are_no_code_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of these is opened for long, or run."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.py")
    Path("folder.py").mkdir()
    Path("large.py").write_bytes(b"#" * (LARGEST + 1))
    Path("bytes.py").write_bytes(b"\xff\xfe\x00")
    Path("empty.py").write_text("")
    Path("nul.py").write_bytes(b"x = 1\0")
    Path("latin.py").write_bytes(b"# -*- coding: latin-1 -*-\n# \xe9\n")
    Path("wrong.py").write_text("def :")
    Path("deep.py").write_text("x = " + "(" * 5000)
    Path("loop.py").symlink_to("loop.py")
    Path("zero.py").symlink_to("/dev/zero")
    for name in (
        "pipe",
        "folder",
        "large",
        "bytes",
        "empty",
        "nul",
        "latin",
        "wrong",
        "deep",
        "loop",
        "zero",
        "none",
    ):
        for given in (f"{name}.py", f"{name}.py:Mine"):
            found = review(given)
            assert found.exit_code == 2, (given, found.output)
            lines = found.stderr.strip().split("\n")
            assert len(lines) == 1 and lines[0].startswith("error: ") and name in lines[0], found.stderr
            assert "None" not in lines[0]
    Path("fine.py").write_bytes(b"\xef\xbb\xbfx = 1")
    code = code_of("fine.py:Mine")
    assert code is not None and (code.original, code.text) == ("fine.py:Mine", "x = 1")
    assert code_of("none ~ g") is None and code_of("Adam") is None
    module = code_of("torch.optim:Adam")
    assert module is not None and module.text is None
    # Without bubblewrap nothing is run.
    monkeypatch.setenv("PATH", str(tmp_path))
    found = review("fine.py")
    assert found.exit_code == 2
    assert "bubblewrap is not installed" in found.stderr and "--trust" in found.stderr


def test_the_level_says_what_is_a_duplicate(monkeypatch: pytest.MonkeyPatch) -> None:
    from nos_sym.review import analysis as analyses

    monkeypatch.setattr("nos_sym.review.reviewing.run", lambda _, job, *a, **k: analyses.job(job))
    scaled = ("none ~ 3 * g", "--no-conformance")
    assert review(*scaled).exit_code == 0
    found = review(*scaled, "--level", "scale", "--json")
    assert found.exit_code == 4
    assert "SGD up to a constant factor" in json.loads(found.stdout)["known"]
    assert review("none ~ w", "--no-conformance").exit_code == 1
    assert review("Adam", "--set", "betas=3", "--no-conformance").exit_code == 2
    assert load("review").name == "review" and catalog.entry("SGD") == parse("none ~ g").named("SGD")
