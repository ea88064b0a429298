"""Pages of documentation that run: each block of code is run, or checked where it says why it cannot be.

What a block does stands in :mod:`docsite.fences`. ``console`` blocks are compared with what the commands
print, where ``...`` stands for anything; ``python`` blocks share their names within a page, and an
expression whose comment is a literal is compared with it; a block with a title is a file of that name, and
``text`` titled ``Output`` is what the block before it printed. ``<!-- given: run.db -->`` is a store with a
finished search.

    python -m support.documents PAGE     runs all blocks of a page in the working directory, the heavy ones,
    too
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
import tomllib
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from click.testing import CliRunner

import nos_sym
import nos_sym.plugins

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from docsite.fences import HEAVY, UNRUN, Block, blocks  # noqa: E402 - the path is that above

from support.comparisons import with_comparisons  # noqa: E402

EXIT_CODES = {"error:": 2, "different": 1, "unknown": 3, "fails": 1}
"""By the first word of the output."""
AUDIT = ["nos-sym", "audit"]
"""Says its verdict within the output."""
INSTALL = "pip install -e ."
SHOWN_ONLY = ("text", "", "math", "latex", "c", "html")
"""Languages of what is read and not run."""


class PageError(AssertionError):
    """A block does not do what the page says."""


class Running:
    """A page that is run, block by block, in the working directory."""

    def __init__(self) -> None:
        self.module = types.ModuleType("page")
        sys.modules["page"] = self.module
        self.printed = ""
        self.lacks_package = False

    def run(self, block: Block, *, checked: bool = False) -> None:
        """Run a block, or check it where it is not to be run.

        Args:
            block: the block.
            checked: whether it is checked alone, whatever it says.

        Raises:
            PageError: it does not do what the page shows.
        """
        language, title = block.info.language, block.info.title
        if language in SHOWN_ONLY:
            if title == "Output" and not checked:
                expect_output(block.text, self.printed)
            elif block.text.startswith("nos-sym proof "):
                nos_sym.check_proof(block.text)
            return
        if title:
            Path(title).parent.mkdir(parents=True, exist_ok=True)
            Path(title).write_text(block.text, encoding="utf-8")
        unrun = checked or block.info.how == UNRUN
        if language in ("console", "sh"):
            for command, shown in commands(block):
                if unrun:
                    # What a package adds that is not installed now is not known.
                    self.lacks_package |= command == INSTALL
                    if not self.lacks_package:
                        check(command)
                else:
                    self.command(command, shown)
        elif language == "python":
            if unrun or title:
                compile(block.text, "page", "exec")
            else:
                self.python(block.text)
        elif language == "nos":
            rules(block.text)
        elif language in ("toml", "json"):
            (tomllib if language == "toml" else json).loads(block.text)  # type: ignore[attr-defined]
        elif not title:
            raise PageError(
                f"no way to run blocks of {language!r}; expected one of text, console, python, ..."
            )

    def python(self, text: str) -> None:
        """Run a block of Python, and compare what its comments show."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(with_comparisons(text), "page", "exec"), vars(self.module))
        self.printed = out.getvalue()

    def command(self, command: str, shown: str) -> None:
        """Run a command, and compare what it prints."""
        arguments, target = redirected(command)
        if arguments[0] == "cat":
            file = Path(arguments[1])
            if not file.exists():
                file.write_text(shown, encoding="utf-8")
            expect_output(shown, file.read_text(encoding="utf-8"))
            return
        if arguments[0] == "python":
            done = subprocess.run(
                [sys.executable, "-W", "error", *arguments[1:]], capture_output=True, text=True, timeout=300
            )
            code, output = done.returncode, done.stdout + (done.stderr if done.returncode else "")
        elif arguments[0] == "mkdir":
            Path(arguments[-1]).mkdir(parents=True, exist_ok=True)
            code, output = 0, ""
        elif command == INSTALL:
            install_here()
            code, output = 0, ""
        elif arguments[0] == "nos-sym":
            from nos_sym.cli.main import cli

            result = CliRunner().invoke(cli, arguments[1:])
            code, output = result.exit_code, result.stdout if target else result.output
        else:
            raise PageError(f"{command!r} is no command that the tests run; say '{UNRUN} REASON'")
        verdict = re.search(r"^verdict +(\w+)", output, re.MULTILINE) if arguments[:2] == AUDIT else None
        first = [verdict[1]] if verdict else shown.split(maxsplit=1)[:1]
        if code != EXIT_CODES.get("".join(first), 0):
            raise PageError(f"{command!r} ends with {code}:\n{output}")
        if target:
            Path(target).write_text(output, encoding="utf-8")
        elif shown.strip():
            expect_output(shown, output)


def install_here() -> None:
    """Install the package in the working directory as pip would in place: its metadata, and the module path.

    pip itself builds with packages that it fetches. What is installed stays for the process.
    """
    from support.plugins import add_metadata

    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    add_metadata(Path.cwd(), project["name"], project["entry-points"])
    sys.path.insert(0, str(Path.cwd()))
    nos_sym.plugins.named.cache_clear()


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Return the commands of a block, each with what is shown below it."""
    if block.info.language == "sh":
        yield from ((line, "") for line in block.text.splitlines() if line.strip())
        return
    text = re.sub(r"^(\$ .*)\\\n\s*", r"\1", block.text, flags=re.MULTILINE)
    found = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n?)*)", text, re.MULTILINE)
    if not found:
        raise PageError(f"line {block.line}: a block of console has no command; expected lines with '$ '")
    yield from found


def redirected(command: str) -> tuple[list[str], str]:
    """Return the arguments of a command, and the file that its output goes to, if any."""
    arguments = shlex.split(command, comments=True)
    if ">" in arguments:
        at = arguments.index(">")
        return arguments[:at], arguments[at + 1]
    return arguments, ""


def expect_output(shown: str, output: str) -> None:
    """Compare what is shown with what was printed; ``...`` stands for anything.

    Raises:
        PageError: they differ.
    """
    pattern = ".*?".join(map(re.escape, _trimmed(shown).split("...")))
    if not re.fullmatch(pattern, _trimmed(output), re.DOTALL):
        raise PageError(f"the page shows\n{shown}\nand what is printed is\n{output}")


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def check(command: str) -> None:
    """Check a command that is not run: its options and values, a target of make, an extra of the package.

    Raises:
        PageError: there is no such thing.
    """
    arguments, _ = redirected(command)
    if arguments[0] == "nos-sym":
        import click

        from nos_sym.cli.main import cli

        context = click.Context(cli, info_name="nos-sym")
        try:
            name, found, rest = cli.resolve_command(context, arguments[1:])
            assert found is not None
            found.make_context(name, list(rest), parent=context)
        except click.UsageError as error:
            raise PageError(f"{command!r}: {error.format_message()}") from None
    elif arguments[0] == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        if not re.search(rf"^{re.escape(arguments[1])}:", makefile, re.MULTILINE):
            raise PageError(f"{command!r}: there is no such target")
    for extras in re.findall(r"nos-sym\[([\w,]+)\]|\.\[([\w,]+)\]", command):
        table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        missing = set("".join(extras).split(",")) - table["optional-dependencies"].keys()
        if missing:
            raise PageError(f"{command!r}: there is no extra {', '.join(missing)}")


def rules(text: str) -> None:
    """Read the rules of a block in the project's own language: a file, or one rule without a name.

    Raises:
        NosSymError: one cannot be read.
    """
    if re.search(r"^[A-Za-z]\w*(\(.*\))? =", text, re.MULTILINE):
        assert nos_sym.parse_file(text)
    else:
        nos_sym.parse(text)


def run_page(text: str, *, heavy: bool) -> None:
    """Run the blocks of a page in the working directory.

    Args:
        text: the page.
        heavy: whether heavy blocks are run, too; else they are checked as those that are not run.

    Raises:
        PageError: a block does not do what the page shows; the message has its line.
    """
    running, found = Running(), list(blocks(text))
    ran = [block.text for block in found if not block.info.how or (heavy and block.info.how == HEAVY)]
    for given in re.findall(r"^<!-- given: (\S+) -->$", text, re.MULTILINE):
        from support.page_stores import page_store

        if any(given in each for each in ran):
            page_store(Path(given), hostile=False)
    for block in found:
        try:
            running.run(block, checked=block.info.how == HEAVY and not heavy)
        except Exception as error:
            raise PageError(f"line {block.line}: {type(error).__name__}: {error}") from error


def is_heavy(text: str) -> bool:
    """Return whether a page has blocks that the usual run leaves out."""
    return any(block.info.how == HEAVY for block in blocks(text))


def main(arguments: list[str]) -> Any:
    """Run a page; see above."""
    run_page(Path(arguments[0]).read_text(encoding="utf-8"), heavy=True)


if __name__ == "__main__":
    main(sys.argv[1:])
