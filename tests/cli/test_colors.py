"""Colors on a terminal and nowhere else, and carets under their characters, in color or not."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.store_fakes import LOG
from support.terminals import shell

from nos_sym.cli.commands import COMMANDS, load
from nos_sym.cli.main import cli

ESCAPE = "\x1b["
SHOW = ["show", "none ~ tanh(v_hat)"]


def call(*arguments: str, **variables: str) -> Result:
    return CliRunner(env={"NO_COLOR": None, "TERM": "xterm"} | variables).invoke(cli, arguments)  # type: ignore[arg-type]


def without_codes(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_pipes_have_no_colors_unless_asked() -> None:
    plain = call(*SHOW).stdout
    assert ESCAPE not in plain
    for arguments in ([*SHOW, "--color", "always"], ["--color", "always", *SHOW]):
        colored = call(*arguments, NO_COLOR="1").stdout
        assert ESCAPE in colored and without_codes(colored) == plain


@pytest.mark.parametrize(
    "arguments",
    [
        [*SHOW, "--json"],
        ["parse", "none ~ g", "--to", "json"],
        ["parse", "none ~ g", "--to", "latex"],
        ["latex", "SGD"],
        ["render", "SGD"],
        ["list", "--json"],
        ["completion", "bash"],
        ["explain", "SGD", "--json"],
        ["explain", "SGD", "--html"],
        ["explain", "SGD", "--json", "--output", "-"],
        ["equal", "SGD", "none ~ g", "--json"],
        ["check", "none ~ g", "--json"],
        ["factor", "SGD", "--json"],
        ["key", "SGD", "--json"],
        ["latex", "SGD", "--json"],
        ["list", "--operations", "--json"],
        ["one-cycle"],
    ],
)
def test_what_programs_read_is_never_colored(arguments: list[str]) -> None:
    assert call(*arguments, "--color", "always").stdout == call(*arguments).stdout


def test_what_programs_read_of_a_store_is_never_colored(tmp_path: Path) -> None:
    log, store = tmp_path / "authors.log", tmp_path / "run.db"
    log.write_text(LOG, encoding="utf-8")
    assert call("import", str(log), "--store", str(store), "--json", "--color", "always").stdout[0] == "{"
    for arguments in (["top", "--json"], ["top", "--csv"], ["runs", "--json"], ["migrate", "--json"]):
        command, option = arguments
        colored = call(command, str(store), option, "--color", "always")
        assert colored.exit_code == 0 and colored.stdout == call(command, str(store), option).stdout
    listed = call("dedup", str(log), "--json", "--color", "always")
    assert listed.exit_code == 0 and ESCAPE not in listed.stdout and json.loads(listed.stdout)


def test_every_command_with_json_writes_it_without_colors() -> None:
    """Each calls what writes JSON, or says that its text is no rules."""
    checked = set()
    for name in COMMANDS:
        command = load(name)
        if any("--json" in parameter.opts for parameter in command.params):
            module = import_module(f"nos_sym.cli.{COMMANDS[name].place.partition(':')[0]}")
            source = inspect.getsource(module)
            assert "write_json(" in source or "rules=False" in source or "rules=not as_json" in source, name
            checked.add(name)
    assert {"explain", "evolve", "eliminate", "top", "latex"} <= checked


def test_a_choice_holds_for_its_own_call() -> None:
    call(*SHOW, "--color", "always")
    assert ESCAPE not in call(*SHOW).stdout


CASES: list[tuple[dict[str, str], list[str], bool]] = [
    ({}, [], True),
    ({"NO_COLOR": "1"}, [], False),
    ({"NO_COLOR": ""}, [], True),
    ({"TERM": "dumb"}, [], False),
    ({}, ["--color", "never"], False),
    ({"NO_COLOR": "1"}, ["--color", "always"], True),
]
_RUN = """\
import json, os, sys
from nos_sym.cli.main import cli
for variables, options in json.loads(sys.argv[1]):
    os.environ.pop("NO_COLOR", None)
    os.environ.update({"TERM": "xterm"} | variables)
    try:
        cli.main(["parse", "none ~ g", *options])
    except SystemExit:
        print("@end")
"""


def test_a_terminal_has_colors(tmp_path: Path) -> None:
    calls = json.dumps([case[:2] for case in CASES])
    with shell([sys.executable, "-c", _RUN, calls], tmp_path) as terminal:
        for variables, options, colored in CASES:
            shown = terminal.until_raw("@end")
            assert (ESCAPE in shown.partition("@end")[0]) == colored, (variables, options)


def test_help_has_the_option_and_obeys_it() -> None:
    assert "--color [auto|always|never]" in call("show", "--help").stdout
    assert ESCAPE in call("show", "--color", "always", "--help").stdout
    assert ESCAPE not in call("show", "--help").stdout
    assert call(*SHOW, "--color", "pink").exit_code == 2


@pytest.mark.parametrize(
    ("text", "under"),
    [
        ("none ~ tahn(g)", "tahn"),
        ("none ~ \t\ttahn(g)", "tahn"),
        ("A = none ~ g\nB = none ~ tahn(g)", "tahn"),
        ("\u03b2\u03b1 = none ~ g + tahn(g)", "tahn"),
        ('A = none ~ g from "\u65e5\u672c"\n\tB = none ~ tahn(g)', "tahn"),
    ],
)
@pytest.mark.parametrize("color", ["always", "never"])
def test_the_caret_stands_under_the_word(text: str, under: str, color: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.nos"
    file.write_text(text + "\n", encoding="utf-8")
    for target in (text, str(file)):
        lines = without_codes(call("parse", target, "--color", color).stderr).splitlines()
        assert lines[0].startswith("error: ") and len(lines) == 3
        assert lines[1][lines[2].index("^") :].startswith(under)


def test_the_caret_is_right_on_a_stream_without_greek_letters() -> None:
    code = "import sys; from nos_sym.cli.main import cli; cli.main(['show', sys.argv[1]])"
    found = subprocess.run(
        [sys.executable, "-c", code, "\u03b2 = none ~ tahn(g)"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, timeout=50,
        check=False,
    )  # fmt: skip
    shown, mark = found.stderr.splitlines()[1:]
    assert shown == "  \\u03b2 = none ~ tahn(g)"
    assert shown[mark.index("^") :] == "tahn(g)"


def test_json_of_a_colored_call_is_json() -> None:
    assert json.loads(call(*SHOW, "--json", "--color", "always").stdout)["kind"] == "optimizer"
