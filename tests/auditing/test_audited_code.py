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
from nos_sym.lift import Condition, Lifted, Verification


def lifted(rule: str, error: float) -> Lifted:
    found = nos_sym.parse(rule)
    assert isinstance(found, Block)
    condition = (Condition("rank <= 2", "my.py, line 3"),)
    check = Verification(100, ((3,),), error)
    return Lifted(found, "my.Mine", "my.py", "", {}, {}, check, condition)


@pytest.fixture
def lifting(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    said: dict[str, Any] = {"error": 1e-12, "rule": "{ w <- w - lr * g }"}

    def lift(target: str, settings: dict[str, object]) -> Lifted:
        said["given"] = (target, settings)
        return lifted(said["rule"], said["error"])

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
