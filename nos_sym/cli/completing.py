"""Completion: what a shell asks for is answered, or nothing is; there is never a message.

Who completes a word looks at a prompt, where a traceback or a note is noise; so whatever goes wrong, the
answer is empty, and nothing is written on standard error.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn

import click
from click.shell_completion import CompletionItem, ShellComplete

from nos_sym.cli.shells import SCRIPTS, VARIABLE, breaks_of, lines_for
from nos_sym.cli.typed import typed


def is_asked() -> bool:
    """Return whether this process was started by a shell that completes a word."""
    return bool(os.environ.get(VARIABLE))


def answer(command: click.Command) -> NoReturn:
    """Write what a shell asked for and leave, always with exit code 0."""
    shell, _, wanted = os.environ.get(VARIABLE, "").partition("_")
    text = ""
    # An interrupt or an exit within it is no reason to write anything either.
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # noqa: PTH123
        with contextlib.suppress(BaseException):
            if shell in SCRIPTS:
                text = SCRIPTS[shell] if wanted == "source" else _lines(command, shell)
        with contextlib.suppress(BaseException):
            sys.stdout.write(text)
            sys.stdout.flush()
    sys.exit(0)


def _lines(command: click.Command, shell: str) -> str:
    at = typed(os.environ.get("COMP_WORDS", ""), breaks_of(shell))
    found = offered(command, list(at.words[1:]), at.last)
    if any(item.type == "file" for item in found) and len(found) == 1:
        return "file\n\n\n" if shell == "zsh" else "file,\n"
    return "".join(f"{line}\n" for line in lines_for(shell, found, at))


def offered(command: click.Command, words: list[str], last: str) -> list[CompletionItem[str]]:
    """Return what may stand at the cursor, each as the whole word.

    Args:
        command: the command line.
        words: its words before the cursor.
        last: the word at the cursor.
    """
    option, equals, _ = last.partition("=")
    # Click answers what stands behind the sign alone.
    prefix = f"{option}=" if equals and option.startswith("--") and "--" not in words else ""
    complete = ShellComplete(command, {"obj": list(words)}, "nos-sym", VARIABLE)
    return [
        item if item.type == "file" else CompletionItem(f"{prefix}{item.value}", item.type, item.help)
        for item in complete.get_completions(list(words), last)
    ]
