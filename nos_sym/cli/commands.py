"""The list of the commands. The module of a command is imported when the command runs, not before.

With the modules of all commands, the start of one takes a fifth longer.
"""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

import click

from nos_sym.cli.colors import color_option
from nos_sym.cli.group import OneLineGroup
from nos_sym.cli.help import HelpContext


class Entry(NamedTuple):
    """Where a command is, and the first paragraph of its help.

    Attributes:
        place: its module in ``nos_sym.cli`` and its name there, as ``module:name``.
        help: what the list of commands shows, which must not import the command to say it.
    """

    place: str
    help: str


COMMANDS = {
    "answers": Entry(
        "answered:answers",
        "List every evaluation that a search answered and did not train, with its level and why.",
    ),
    "atlas": Entry("atlas:atlas", "Lift the optimizers of torch.optim, Keras, optax and pytorch_optimizer."),
    "audit": Entry(
        "audit:audit",
        "Say whether two implementations are the same optimizer, and if not, at which step they part.",
    ),
    "check": Entry(
        "check:check", "Say whether RULE passes the integrity check, which a search asks of every optimizer."
    ),
    "check-proof": Entry(
        "check_proof:check_proof", "Say whether FILE proves what it says, without the algebra."
    ),
    "completion": Entry(
        "completion:completion", "Print the script that completes commands, options and names of the catalog."
    ),
    "conform": Entry(
        "conform:conform",
        "Import and run CLASS, and say which checks of PyTorch's own optimizers it passes.",
    ),
    "curves": Entry(
        "curves:curves",
        "Learn from the trainings of a search below which accuracy a later search ends a training.",
    ),
    "dedup": Entry(
        "dedup:dedup",
        "Find the rules of a list or a search log that are one optimizer, and what the repeats cost.",
    ),
    "eliminate": Entry(
        "eliminate:eliminate",
        "Train the best optimizers of RUN on larger and larger networks, and keep the best of each stage.",
    ),
    "equal": Entry(
        "equal:equal", "Say whether A and B are the same optimizer, with a proof or a counterexample."
    ),
    "evaluate": Entry(
        "evaluate:evaluate",
        "Train each RULE on the task of a search, and print the mean fitness with its 95 % interval.",
    ),
    "evolve": Entry("evolve:evolve", "Search for optimizers, and keep every evaluation in a store."),
    "explain": Entry(
        "explain:explain",
        "Say what is known of a rule, line by line, each with its proof or its measurement.",
    ),
    "factor": Entry(
        "factor:factor",
        "Split a rule into schedule, constant and core; multiplied together they are the rule at every step.",
    ),
    "import": Entry(
        "import_:import_", "Add the evaluations of a log of the authors' search to a store, as a run."
    ),
    "key": Entry("key:key", "Print the keys that rendered files carry, or that files of rules would carry."),
    "latex": Entry("latex:latex", "Print the equations of rules in LaTeX."),
    "lift": Entry("lift:lift", "Run the optimizer that TARGET names, and print what it computes as a rule."),
    "list": Entry(
        "list:list_",
        "List the catalog with the text of every rule, operations of the language, or tasks or algorithms.",
    ),
    "mcp": Entry(
        "mcp:mcp", "Serve parse, equal, render, check, nearest and lift over standard input and output."
    ),
    "migrate": Entry(
        "migrate:migrate",
        "Compute the keys of STORE anew from the texts of its rules, and replace those that changed.",
    ),
    "one-cycle": Entry(
        "one_cycle:one_cycle",
        "Render the one-cycle schedule: learning rate up, hold and down, and momentum against it.",
    ),
    "paper": Entry(
        "paper:paper",
        "Make every table and figure of the paper, and a document with all of them, as LaTeX and PDF.",
    ),
    "parse": Entry(
        "parse:parse",
        "Read rules in one notation and print them in another, one line for each (LaTeX: one block).",
    ),
    "pipeline": Entry(
        "pipeline:pipeline",
        "Play searches, eliminations, transfer experiments, tables and figures one after the other.",
    ),
    "plot": Entry("plot:plot", "Draw what rules and searches do, as PDF, SVG or PNG."),
    "render": Entry(
        "render:render",
        "Render a rule to a source file that imports its framework and the standard library alone.",
    ),
    "report": Entry(
        "report:report", "Write a store as a page: one file of HTML that needs no network and no server."
    ),
    "review": Entry(
        "review:review",
        "Run the code in FILE in a sandbox, and say which optimizer it is and what is wrong with it.",
    ),
    "runs": Entry("runs:runs", "List the runs of a store: searches, imported logs and eliminations."),
    "schedules": Entry(
        "schedules:schedules",
        "List the learning-rate schedules that leave the optimizers of runs, the best fitness first.",
    ),
    "show": Entry(
        "show:show", "Show a rule: its text, equation, state per parameter, key, and where it comes from."
    ),
    "top": Entry(
        "top:top",
        "Show the best optimizers of a store, with the learning-rate schedule in each factored out.",
    ),
    "transfer": Entry(
        "transfer:transfer",
        "Train optimizers on TASK with the paper's protocol: learning-rate test, final rate, repeats.",
    ),
    "tune": Entry(
        "tune:tune", "Tune the constants of the best optimizers of a store, or of each RULE, by CMA-ES."
    ),
}
"""All commands by their names."""


def load(name: str) -> click.Command:
    """Import a command.

    Args:
        name: a key of :data:`COMMANDS`.
    """
    module, attribute = COMMANDS[name].place.split(":")
    command: click.Command = getattr(import_module(f"nos_sym.cli.{module}"), attribute)
    command.context_class = HelpContext
    if all(param.name != "color" for param in command.params):
        command.params.append(color_option())
    return command


class LazyGroup(OneLineGroup):
    """A group that lists the commands of :data:`COMMANDS` and imports the one that runs or is completed."""

    context_class = HelpContext

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of the alphabet."""
        return sorted(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that arguments begin with, imported, and the arguments that follow."""
        name, command, rest = super().resolve_command(ctx, args)
        # What the group itself holds has a name and a line for the list, and none of the options.
        return name, None if name is None or command is None else load(name), rest


def placeholders() -> list[click.Command]:
    """Return what stands for each command in the group until it is imported."""
    return [click.Command(name, short_help=entry.help) for name, entry in COMMANDS.items()]
