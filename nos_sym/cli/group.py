"""The top command: every failure is one line on standard error and a documented exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, NoReturn

import click

from nos_sym.cli.colors import CHOSEN, wanted
from nos_sym.cli.completing import answer, is_asked
from nos_sym.cli.failures import BAD_INPUT, UNWRITTEN, InputError, WriteError
from nos_sym.cli.stopping import ARGUMENTS, exit_code
from nos_sym.errors import NosSymError, SourceError, one_line
from nos_sym.targets.errors import TargetError


class OneLineGroup(click.Group):
    """A group of commands whose errors are ``error: <one line>``, and the place under it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep what stands on the command line, for commands that say how to go on."""
        ctx.meta[ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run a command and leave with its exit code."""
        if is_asked():
            answer(self)
        CHOSEN.set("auto")
        # The types say that it is always there; Python leaves it out where the shell has closed it.
        if not sys.stdout:
            _report("cannot write: standard output is closed", None)
            sys.exit(UNWRITTEN)
        if os.environ.get("COLUMNS") == "0":  # as terminals say that have no size: help of no width is empty
            del os.environ["COLUMNS"]
        try:
            code = super().main(*args, **(extra | {"standalone_mode": False}))
            sys.stdout.flush()
        except NosSymError as error:
            _report(str(error), error.cause if isinstance(error, TargetError) else error)
            sys.exit(BAD_INPUT)
        except InputError as error:
            _report(str(error), error.cause)
            sys.exit(BAD_INPUT)
        except click.UsageError as error:
            _report(_usage(error), None)
            sys.exit(BAD_INPUT)
        except (WriteError, UnicodeEncodeError) as error:
            _report(str(error), None)
            sys.exit(UNWRITTEN)
        except BrokenPipeError:
            silence_stdout()
            sys.exit(UNWRITTEN)
        except OSError as error:
            silence_stdout()
            _report(f"cannot write: {error.strerror or error}", None)
            sys.exit(UNWRITTEN)
        except (KeyboardInterrupt, click.Abort) as stop:
            sys.exit(exit_code(stop.__cause__ if isinstance(stop, click.Abort) else stop))
        sys.exit(code if isinstance(code, int) else 0)


def _report(message: str, cause: NosSymError | None) -> None:
    said = ["error:", one_line(message)]
    # A stream that has no Greek letters writes them escaped, which moves what follows.
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    place = cause.caret(encoding).split("\n") if isinstance(cause, SourceError) and cause.text else []
    if wanted(sys.stderr):
        from nos_sym.highlight.painting import BOLD, RED, painted, styled

        said[0] = styled(said[0], BOLD, RED)
        place = [painted(place[0]), styled(place[1], BOLD, RED)] if place else []
    lines = [" ".join(said), *place]
    # With standard error closed too, the exit code has to say it.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()


def _usage(error: click.UsageError) -> str:
    # Click lists choices in lines of their own.
    message = " ".join(error.format_message().split()).rstrip(".")
    message = message[:1].lower() + message[1:].replace(". Did you mean", "; did you mean")
    if message.endswith("?"):
        return message
    command = error.ctx.command_path if error.ctx is not None else "nos-sym"
    return f"{message}; '{command} --help' shows what is expected"


def silence_stdout() -> None:
    """Point standard output nowhere, so that the interpreter's own flush at exit stays quiet."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
