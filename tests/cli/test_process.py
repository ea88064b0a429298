"""What only a process of its own can show: imports, pipes, terminals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nos_sym.cli.commands import COMMANDS

# Only a guard against a hang; answers take a fraction of a second.
TIMEOUT = 60


def nos_sym(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nos_sym.cli.main", *arguments]
    options: dict[str, object] = {"capture_output": True, "text": True, "timeout": TIMEOUT, "check": False}
    return subprocess.run(command, **(options | more))  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize(
    "arguments",
    [
        ["render", "Opt4", "--backend", "torch"],
        ["render", "Opt4", "--backend", "tensorflow"],
        ["latex", "Opt4"],
        ["list", "--language"],
        ["show", "Opt4"],
        ["factor", "Opt4"],
        ["equal", "SGD", "none ~ -(-g)"],
        ["parse", "None ~ tanh(v hat)", "--to", "sympy"],
        ["completion", "bash"],
    ],
    ids=" ".join,
)
def test_no_command_imports_a_framework(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from nos_sym.cli.main import cli\n"
        "try:\n    cli.main(sys.argv[1:], 'nos-sym')\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'torch', 'tensorflow', 'keras', 'jax', 'numpy', 'scipy', 'asyncio'} & sys.modules.keys()\n"
        "print(*heavy, file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=TIMEOUT, check=True
    )
    assert result.stdout
    assert result.stderr.strip() == ""


NOT_FOR_HELP = ("sympy", "lark", "jinja2", "numpy", "rich", "nos_sym.language", "importlib.metadata")


def without_waiting(calls: list[list[str]], **variables: str) -> str:
    """Return what calls of one process print, which import nothing that takes long."""
    code = (
        "import json, sys\n"
        "from nos_sym.cli.main import cli\n"
        "for call in json.loads(sys.argv[1]):\n"
        "    try:\n        cli.main(call, 'nos-sym')\n"
        "    except SystemExit as end:\n        assert end.code in (None, 0, 1 - bool(call)), end.code\n"
        f"print(*{{*{NOT_FOR_HELP!r}}} & sys.modules.keys(), file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, json.dumps(calls)],
        env=os.environ | variables, capture_output=True, text=True, timeout=TIMEOUT, check=False,
    )  # fmt: skip
    assert result.stderr == "\n"
    return result.stdout


def test_help_imports_nothing_that_takes_long() -> None:
    shown = without_waiting([["--help"], *([name, "--help"] for name in COMMANDS)])
    assert shown.count("Usage: nos-sym") == len(COMMANDS) + 1


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("nos-sym ren", "render"),
        ("nos-sym render Opt10", "Opt101"),
        ("nos-sym equal Opt4 AdamWT", "AdamWTorch"),
        ("nos-sym render Opt4 --back", "--backend"),
        ("nos-sym render Opt4 --backend ten", "tensorflow"),
        ("nos-sym evolve --pre", "--preset"),
    ],
)
def test_completion_imports_nothing_that_takes_long(words: str, offered: str) -> None:
    shown = without_waiting(
        [[]], _NOS_SYM_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(words.count(" "))
    )
    assert f"plain,{offered}" in shown.splitlines()


def test_without_arguments_help_is_shown_and_the_call_is_wrong() -> None:
    result = nos_sym()
    assert (result.returncode, result.stderr) == (2, "")
    assert result.stdout == nos_sym("--help").stdout


def test_the_package_imports_without_frameworks_and_without_sympy() -> None:
    code = (
        "import sys, nos_sym\n"
        "print(*{'torch', 'tensorflow', 'jax', 'sympy', 'numpy', 'lark'} & sys.modules.keys())\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=TIMEOUT, check=True
    )
    assert result.stdout.strip() == ""


def test_bad_input_is_two_and_no_traceback() -> None:
    result = nos_sym("render", "none ~ tahn(g)", "--backend", "torch", "--name", "X")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == (
        "error: unknown function 'tahn'; did you mean 'tanh'? (line 1, column 8)\n"
        "  none ~ tahn(g)\n"
        "         ^\n"
    )


def test_an_argument_that_is_not_utf_8_gets_one_line() -> None:
    command = [sys.executable, "-m", "nos_sym.cli.main", "parse", b"none ~ \xff"]
    result = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith(b"error: ") and b"Traceback" not in result.stderr


def test_a_reader_that_stops_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        result = nos_sym("list", capture_output=False, stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)
    assert result.returncode == 1
    assert result.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell to close streams")
@pytest.mark.parametrize(
    ("arguments", "streams", "code", "message"),
    [
        ("list", ">&-", 1, "error: cannot write: standard output is closed\n"),
        ("render Opt4", ">&-", 1, "error: cannot write: standard output is closed\n"),
        ("parse -", "<&-", 2, "error: standard input is closed; expected rules there\n"),
        ("list", ">&- 2>&-", 1, ""),
        ("parse tahn", "2>&-", 2, ""),
    ],
)
def test_closed_streams_are_one_line(arguments: str, streams: str, code: int, message: str) -> None:
    command = f'"{sys.executable}" -m nos_sym.cli.main {arguments} {streams}'
    result = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert (result.returncode, result.stderr) == (code, message)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device /dev/full, which is always full")
def test_a_full_disk_is_one_line() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        result = nos_sym("list", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 1
    assert result.stderr == "error: cannot write: No space left on device\n"


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs the device /dev/stdout")
def test_standard_output_by_its_name_may_be_a_pipe() -> None:
    result = nos_sym("render", "SGD", "-o", "/dev/stdout")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == nos_sym("render", "SGD").stdout


def test_a_terminal_without_a_size_gets_help() -> None:
    environment = {**os.environ, "COLUMNS": "0"}
    assert "Print JSON" in nos_sym("list", "--help", env=environment).stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal, which Windows does not have")
@pytest.mark.parametrize("no_color", [False, True])
def test_a_terminal_gets_tables_and_color_only_if_wanted(no_color: bool) -> None:
    import pty

    master, slave = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= {"TERM": "xterm-256color", "COLUMNS": "100"} | ({"NO_COLOR": "1"} if no_color else {})
    command = [sys.executable, "-m", "nos_sym.cli.main", "list"]
    process = subprocess.Popen(command, stdout=slave, stderr=subprocess.PIPE, env=environment)
    os.close(slave)
    shown = b""
    # On Linux the end of a pseudo-terminal is an error of input and output.
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:
        pass
    finally:
        os.close(master)
        _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, errors
    assert b"Opt101" in shown and b"baselines" in shown
    colored = any(code in shown for code in (b"\x1b[36m", b"\x1b[1;36m"))
    assert colored is not no_color


def test_output_that_is_no_terminal_is_plain() -> None:
    result = nos_sym("list")
    assert "\x1b" not in result.stdout
    assert result.stdout.startswith("# discovered\nOpt1 ")
