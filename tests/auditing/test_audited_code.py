"""Originals in code as sides of audits: how they are told from files, and what is said of what was lifted."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

import nos_sym
from nos_sym.auditing.audit import audit
from nos_sym.auditing.side import AuditError, is_original, read_side
from nos_sym.language.block import Block
from nos_sym.lift import Condition, Lifted, Verification, along


def lifted(rule: str, error: float, special: bool) -> Lifted:
    found = nos_sym.parse(rule)
    assert isinstance(found, Block)
    condition = (Condition("rank <= 2", "my.py, line 3", special),)
    check = Verification(100, ((3,),), error)
    return Lifted(found, "my.Mine", "my.py", "", {}, {}, check, condition)


@pytest.fixture
def lifting(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    said: dict[str, Any] = {"error": 1e-12, "rule": "{ w <- w - lr * g }", "special": False}

    def lift(target: str, settings: dict[str, object]) -> Lifted:
        said["given"] = (target, settings)
        return lifted(said["rule"], said["error"], said["special"])

    fake = types.ModuleType("nos_sym.lift.lifting")
    fake.lift = lift  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nos_sym.lift.lifting", fake)
    return said


@pytest.mark.parametrize(
    ("text", "is_code"),
    [
        ("torch.optim:Adam", True),
        ("my.py:Mine", True),
        ("some/folder/my.py:Mine", True),
        ("optax:adam", True),
        ("rules.nos:Mine", True),  # no such file: a module of this name
        ("none ~ g", False),
        ("momentum ~ g:h", False),
        ("torch.optim.Adam", False),
        ("a b:C", False),
        ("torch.optim:", False),
        (":Adam", False),
        ("{ state m: row; w <- w - m }", False),
        ("torch.optim:Adam()", False),
    ],
)
def test_what_names_code(text: str, is_code: bool) -> None:
    assert is_original(text) is is_code


def test_a_file_of_rules_is_none_of_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules").write_text("A = none ~ g\nB = none ~ 2*g\n")
    assert not is_original("rules:A")
    assert read_side("rules:B", print).name == "B"


def test_what_was_lifted_is_compared_under_its_conditions(lifting: dict[str, Any]) -> None:
    found = audit("my.py:Mine", "none ~ g")
    assert found
    assert lifting["given"] == ("my.py:Mine", {})
    assert "given that rank <= 2 (my.py, line 3)" in str(found)
    assert "error 1e-12" in str(found)
    assert found.to_json()["first"]["lifted"]["steps"] == 100  # type: ignore[index]
    assert "relative error of 1e-12" in found.markdown()


@pytest.mark.parametrize("error", [1e-6, float("nan"), float("inf")])
def test_nothing_is_said_of_code_that_its_rule_does_not_follow(lifting: dict[str, Any], error: float) -> None:
    lifting["error"] = error
    with pytest.raises(AuditError, match="does not follow it"):
        audit("none ~ g", "my.py:Mine")


def test_a_special_case_is_not_called_equal(lifting: dict[str, Any]) -> None:
    lifting["special"] = True
    found = audit("my.py:Mine", "none ~ g")
    assert not found
    assert (found.verdict, found.rules) == ("unknown", "equal")
    lines = str(found).splitlines()
    given = lines.index("          given that rank <= 2 (my.py, line 3)")
    assert "does NOT follow its code otherwise" in lines[given + 1]
    verdict = next(i for i, line in enumerate(lines) if line.startswith("verdict"))
    assert given < verdict and "unknown: the rules are proved equal" in lines[verdict]
    record = found.to_json()
    assert (record["verdict"], record["rules"], record["at_own_defaults"]) == ("unknown", "equal", "unknown")
    assert record["first"]["lifted"]["special"] is True  # type: ignore[index]
    text = found.markdown()
    assert "the same rule, as far as it was read" in text and "does not follow the code otherwise" in text
    assert text.index("rank <= 2") < text.index("The two updates")
    assert "compute the same update" not in text


def test_conditions_stand_before_a_verdict(lifting: dict[str, Any]) -> None:
    said = str(audit("none ~ g", "my.py:Mine"))
    assert said.index("given that") < said.index("verdict")
    assert "equal, on every history, where B is as given above" in said
    assert "that is as is given below" in audit("none ~ g", "my.py:Mine").markdown()


@pytest.mark.parametrize(
    ("code", "verdict", "says"),
    [
        (lambda w, rows, rates: [w[0] - rates[0] * sum(g[0] for g in rows)], "different", "ends there"),
        (lambda w, rows, rates: [w[0] + 1], "unknown", "does NOT end there"),
        (lambda w, rows, rates: [w[0] * float("nan")], "unknown", "does NOT end there"),
        (lambda w, rows, rates: None, "different", "was not run on it"),
    ],
)  # fmt: skip
def test_code_is_run_along_the_history_that_is_shown(
    lifting: dict[str, Any], monkeypatch: pytest.MonkeyPatch, code: Any, verdict: str, says: str
) -> None:
    monkeypatch.setattr(along, "along", lambda target, found, values, *history: code(*history))
    for first, second in (("my.py:Mine", "none ~ 2 * g"), ("none ~ 2 * g", "my.py:Mine")):
        found = audit(first, second)
        assert (found.verdict, found.rules) == (verdict, "different")
        assert says in str(found)
        assert ("does not end there" in found.markdown()) is (verdict == "unknown")
        assert found.to_json()["parting"]["followed_by_code"].count(None) >= 1  # type: ignore[index]


KEEPS = """
import torch

class Keeps(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1):
        super().__init__(params, dict(lr=lr))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.add_(p.grad, alpha=-(group["lr"] + GAIN * self.defaults["lr"]) / 2)
"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("gain", "rule", "verdict"),
    [
        ("1", "{ state f: step = lr; w <- w - (lr + f) / 2 * g }", "unknown"),  # it keeps its first rate
        ("1", "{ w <- w - 2 * lr * g }", "different"),
        ("0", "{ w <- w - lr / 2 * g }", "equal"),
    ],
)
def test_a_schedule_that_a_rule_does_not_follow_is_no_difference(
    tmp_path: Path, gain: str, rule: str, verdict: str
) -> None:
    pytest.importorskip("torch")
    code = tmp_path / "keeps.py"
    code.write_text(KEEPS.replace("GAIN", gain))
    found = audit(f"{code}:Keeps", rule)
    assert found.verdict == verdict, str(found)
    assert ("a schedule of the group's changes other steps" in str(found)) is (gain == "1")
