"""The pages of the commands, from what Click knows of them: usage, arguments, options, examples."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from docsite.markdown import block, code, table, text

HEAD = """\
# Commands

What `nos-sym` can do, one page a command. Every command explains itself: `nos-sym render --help`. These
pages are made from the same source as that help, so they say the same.

Where a command asks for a TARGET, it takes a name of the catalog (`Opt4`), a name of a library
(`torch.optim.AdamW`), a rule as text (`'none ~ tanh(v_hat)'`), a file, `FILE:NAME`, or `-` for standard
input.

Exit codes are the same everywhere: 0 done, 1 the output could not be written, 2 bad input, with one line on
standard error. A command that answers a question says its answer in the exit code, too; its page says how.
"""


def pages() -> dict[str, str]:
    """Return the pages, by their places below ``docs/``."""
    from nos_sym.cli.commands import COMMANDS

    rows = [(f"[{code(name)}]({name}.md)", text(entry.help)) for name, entry in sorted(COMMANDS.items())]
    found = {"reference/commands/index.md": f"{HEAD}\n{table(('Command', 'Does'), rows)}"}
    for name in COMMANDS:
        found[f"reference/commands/{name}.md"] = page(name)
    return found


def places() -> list[str]:
    """Return the pages in the order of the navigation."""
    from nos_sym.cli.commands import COMMANDS

    return ["reference/commands/index.md", *(f"reference/commands/{name}.md" for name in sorted(COMMANDS))]


def page(name: str) -> str:
    """Return the page of a command."""
    import click

    from nos_sym.cli.commands import load

    command = load(name)
    context = click.Context(command, info_name=f"nos-sym {name}")
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = [f"# {name}", block(usage), *_help(command.help or "")]
    options = [param for param in command.get_params(context) if isinstance(param, click.Option)]
    rows = [_option(option, context) for option in options if not option.hidden]
    parts += ["## Options", table(("Option", "Means"), rows)]
    return "\n\n".join(parts) + "\n"


def _help(said: str) -> list[str]:
    """Return the paragraphs of a help; what Click leaves as it is, behind ``\\b``, is code."""
    parts = []
    for paragraph in re.split(r"\n\s*\n", textwrap.dedent(said).strip()):
        lines = paragraph.split("\n")
        if lines[0].strip() != "\b":
            parts.append(text(paragraph))
            continue
        inner = [line for line in lines[1:] if line.strip()]
        if inner and inner[0].rstrip().endswith(":") and inner[0].strip() == "Examples:":
            commands = [line.strip() for line in inner[1:]]
            parts += ["## Examples", block("\n".join(commands), "sh")]
        else:
            parts.append(block(textwrap.dedent("\n".join(inner))))
    return parts


def _option(option: Any, context: Any) -> tuple[str, str]:
    import click

    names = ", ".join(code(each) for each in (*option.opts, *option.secondary_opts))
    takes = "" if option.is_flag or option.count else _value(option, context)
    said = text(option.help or "")
    notes = []
    if option.required:
        notes.append("required")
    if option.multiple:
        notes.append("may be given several times")
    default = option.get_default(context)
    if default not in (None, False, ()) and not option.is_flag and default.__class__.__name__ != "Sentinel":
        notes.append(f"{default} unless given")
    if isinstance(option.type, click.IntRange | click.FloatRange):
        notes.append(option.type._describe_range())
    return f"{names}{takes}", f"{said} *{text('; '.join(notes))}*" if notes else said


def _value(option: Any, context: Any) -> str:
    choices = getattr(option.type, "choices", None)
    if choices and not option.metavar:
        return "<br>" + ", ".join(code(str(choice)) for choice in choices)
    return f" {code(option.make_metavar(context))}"
