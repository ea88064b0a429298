"""``nos-sym explain``: names, texts and files; text, JSON and pages; errors of one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.sheet_catalog import use_small_catalog

from nos_sym.cli.main import cli


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_catalog(monkeypatch)


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["explain", *arguments], input=stdin)


def test_a_name_a_text_a_file_and_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "rules.nos"
    file.write_text("A = none ~ g\nB = momentum ~ g\n", encoding="utf-8")
    for result in (
        run("SGD"),
        run("none ~ g"),
        run(f"{file}:A"),
        run(str(file), "--rule", "A"),
        run("-", stdin="none ~ g"),
    ):
        assert result.exit_code == 0
        assert "lr < 2/h" in result.output and "proved" in result.output


def test_json_and_settings() -> None:
    result = run("torch.optim.AdamW", "--set", "weight_decay=0", "--json")
    lines = json.loads(result.output)["lines"]
    assert next(line for line in lines if line["key"] == "weight")["data"]["use"] == "none"


def test_a_page_by_its_suffix(tmp_path: Path) -> None:
    file = tmp_path / "adam.html"
    assert run("Adam", "-o", str(file)).exit_code == 0
    page = file.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and "g / (|g| + 1e-8)" in page
    assert run("Adam", "--html").output == page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("LR1",), "is a schedule; expected an optimizer"),
        (("Adm",), "Adam"),
        (("SGD", "--json", "--html"), "exclude each other"),
        (("SGD", "--set", "beta=0.5"), "beta"),
        (("SGD", "--store", "/nowhere/run.db"), "/nowhere/run.db"),
    ],
)
def test_errors_are_one_line(arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    first, *place = result.output.splitlines()
    assert first.startswith("error: ") and message in first
    # A text that cannot be read is shown with a mark below the place.
    assert place in ([], ["  Adm", "  ^"])
