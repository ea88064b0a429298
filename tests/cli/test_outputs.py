"""``show --graph`` and ``render -``: what a file is named says what it holds."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nos_sym.cli.main import cli


def run(*arguments: str, text: str = "") -> Result:
    return CliRunner().invoke(cli, list(arguments), input=text)


@pytest.mark.parametrize("name", ["x.jpg", "x", "x.svg.txt", "svg", ".svg", "x.eps", "png"])
def test_a_graph_is_not_written_under_the_name_of_another_type(tmp_path: Path, name: str) -> None:
    result = run("show", "Adam", "--graph", str(tmp_path / name))
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert "a graph is drawn as pdf, svg, png; expected a name that ends so" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x.svg", "X.SVG", "x.png.svg"])
def test_a_graph_is_svg(tmp_path: Path, name: str) -> None:
    assert run("show", "Adam", "--graph", str(tmp_path / name)).exit_code == 0
    assert (tmp_path / name).read_text(encoding="utf-8").startswith("<svg ")


@pytest.mark.parametrize(("name", "beginning"), [("x.pdf", b"%PDF-"), ("x.PNG", b"\x89PNG")])
def test_a_graph_is_what_its_name_says(tmp_path: Path, name: str, beginning: bytes) -> None:
    assert run("show", "Opt6", "--graph", str(tmp_path / name), "--active").exit_code == 0
    assert (tmp_path / name).read_bytes().startswith(beginning)


def test_nodes_that_do_nothing_are_left_out() -> None:
    whole, active = (run("show", "Opt6", "--graph", "-", *option).stdout for option in ([], ["--active"]))
    assert "inactive" in whole and "inactive" not in active
    assert active.count("edge active") == whole.count("edge active")
    result = run("show", "Opt6", "--active")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_has_no_type(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")), daemon=True)
    reader.start()
    assert run("show", "Adam", "--graph", str(pipe)).exit_code == 0
    reader.join(20)
    assert read and read[0].startswith("<svg ")


@pytest.mark.parametrize("text", ["none ~ tanh(g)\n", "None ~ tanh(g)\n"])
def test_a_rule_without_a_name_is_rendered_under_one_that_is_given(text: str) -> None:
    result = run("render", "-", text=text)
    assert result.exit_code == 0 and "class MyOptimizer(" in result.stdout
    assert result.stderr == (
        "note: the rule has no name; its class is MyOptimizer, and '--name NAME' gives another\n"
    )
    named = run("render", "-", "--name", "Tanh", text=text)
    assert named.exit_code == 0 and "class Tanh(" in named.stdout
    assert named.stderr == ""
    assert "class Own(" in run("render", "-", text="Own = none ~ tanh(g)\n").stdout


def test_a_graph_goes_to_standard_output() -> None:
    shown = run("show", "Adam", "--graph", "-")
    assert shown.exit_code == 0 and shown.stdout.startswith("<svg ") and shown.stdout.endswith("</svg>\n")
    refused = run("show", "Adam", "--graph", "-", "--json")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "both go to standard output" in refused.stderr


def test_a_source_goes_to_standard_output() -> None:
    assert run("render", "Opt4", "-o", "-").stdout == run("render", "Opt4").stdout
    assert run("latex", "Opt4", "-o", "-").stdout == run("latex", "Opt4").stdout


def test_equations_of_several_rules(tmp_path: Path) -> None:
    one, two = (run("latex", name).stdout for name in ("Opt1", "LR1"))
    assert run("latex", "Opt1", "LR1").stdout == f"{one}\n{two}"
    assert run("latex", "Opt1", "LR1", "-o", str(tmp_path / "x.tex")).stdout == ""
    assert (tmp_path / "x.tex").read_text(encoding="utf-8") == f"{one}\n{two}"
    records = json.loads(run("latex", "Opt1", "LR1", "--json").stdout)
    assert [r["name"] for r in records] == ["Opt1", "LR1"]
    assert json.loads(run("latex", "Opt1", "--json").stdout) == records[0]
    assert run("latex", "-", "-", text="none ~ g").exit_code == 2
    # A setting is changed in those that have it.
    assert run("latex", "AdamTorch", "SGD", "--set", "eps=1e-6").exit_code == 0
    assert run("latex", "SGD", "LR1", "--set", "eps=1e-6").exit_code == 2
