"""``nos-sym completion``: scripts for shells."""

from __future__ import annotations

import click

from nos_sym.cli.choices import SHELLS
from nos_sym.cli.output import write_stdout
from nos_sym.cli.shells import SCRIPTS


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that completes commands, options and names of the catalog.

    It also completes names of libraries (torch.optim.AdamW), rules of a file (FILE:NAME), settings behind
    --set, and runs and tasks of a store.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      eval "$(nos-sym completion bash)"                              in ~/.bashrc
      eval "$(nos-sym completion zsh)"                               in ~/.zshrc
      nos-sym completion fish > ~/.config/fish/completions/nos-sym.fish
    """
    write_stdout(SCRIPTS[shell], rules=False)
