"""What a target stands for: names before files, files before names in another case."""

from __future__ import annotations

from pathlib import Path

import pytest

from nos_sym import catalog
from nos_sym.errors import NosSymError, SourceError
from nos_sym.targets.errors import TargetError
from nos_sym.targets.finding import find, find_all


def _silent(message: str) -> None:
    raise AssertionError(message)


@pytest.mark.parametrize(("given", "meant"), [("adam", "Adam"), ("OPT4", "Opt4"), ("lr1", "LR1")])
def test_names_are_found_in_any_case_where_one_is_meant(given: str, meant: str) -> None:
    assert find(given, _silent) == catalog.entry(meant)
    assert find_all(given, _silent) == [catalog.entry(meant)]


def test_names_that_differ_in_case_alone_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "names", lambda: ("Adam", "ADAM"))
    with pytest.raises(TargetError, match="did you mean"):
        find("adam", _silent)


def test_a_file_comes_before_a_name_in_another_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("adam").write_text("Mine = none ~ g\n", encoding="utf-8")
    Path("Adam").write_text("Mine = none ~ g\n", encoding="utf-8")
    assert find("adam", _silent).name == "Mine"
    assert find("Adam", _silent).name == "Adam"
    assert find("./Adam", _silent).name == "Mine"


def test_a_text_that_reads_as_a_rule_is_one_also_where_a_file_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("none ~ g", "none ~ tahn(g)", "~rules"):
        Path(name).write_text("Mine = none ~ w\n", encoding="utf-8")
    assert find("none ~ g", _silent) == catalog.entry("SGD")
    assert find_all("none ~ g", _silent) == [catalog.entry("SGD")]
    for name in ("./none ~ g", "none ~ tahn(g)", "~rules"):
        assert find(name, _silent).name == "Mine"


def test_which_of_several_rules_is_meant_is_said_as_the_caller_says_it(tmp_path: Path) -> None:
    file = tmp_path / "rules.nos"
    file.write_text("A = none ~ g\nB = none ~ w\n", encoding="utf-8")
    with pytest.raises(TargetError, match=r"choose one with '--rule NAME' or '.*rules.nos:NAME'"):
        find(str(file), _silent)
    with pytest.raises(TargetError, match=r"\(A, B\); write the name or '.*rules.nos:NAME'"):
        find(str(file), _silent, choice="write the name")


def test_the_place_of_an_error_in_a_file_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "rules.nos"
    file.write_text("A = none ~ tahn(g)\n", encoding="utf-8")
    with pytest.raises(TargetError, match=r"rules.nos': unknown function 'tahn'") as caught:
        find(str(file), _silent)
    assert isinstance(caught.value.cause, SourceError)
    assert caught.value.cause.caret().splitlines()[-1].endswith("^")


@pytest.mark.parametrize("target", ["", " ", "no/such.nos", "none - g", "\0", "a" * 5000, "torch.optim.Adan"])
def test_what_stands_for_nothing_is_one_line(target: str) -> None:
    with pytest.raises(NosSymError) as caught:
        find(target, _silent)
    assert "\n" not in str(caught.value)


def test_doubts_are_told() -> None:
    told: list[str] = []
    find("none ~ g / sqrt(v_hat)", told.append)
    assert len(told) == 1
    assert "the root is of an average of g" in told[0]
