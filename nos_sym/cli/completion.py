"""``nos-sym completion``: scripts for shells."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

from nos_sym.cli.choices import SHELLS
from nos_sym.cli.output import write_stdout

_VARIABLE = "_NOS_SYM_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands, options and names of the catalog.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      eval "$(nos-sym completion bash)"                              in ~/.bashrc
      eval "$(nos-sym completion zsh)"                               in ~/.zshrc
      nos-sym completion fish > ~/.config/fish/completions/nos-sym.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(ctx.find_root().command, {}, "nos-sym", _VARIABLE)
    # The base class's method: the one for bash runs bash to ask for its version.
    write_stdout(ShellComplete.source(script))
