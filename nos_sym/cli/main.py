"""The command ``nos-sym``."""

from __future__ import annotations

import gc
import sys

import click

from nos_sym.cli.colors import color_option
from nos_sym.cli.commands import LazyGroup, placeholders
from nos_sym.cli.failures import BAD_INPUT
from nos_sym.cli.help import WIDTH


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        import nos_sym

        sys.stdout.write(f"nos-sym {nos_sym.__version__}\n")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and leave.",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Optimizers as equations, rendered to PyTorch, TensorFlow, Keras, optax and LaTeX.

    A TARGET is a name of the catalog (Opt4), a rule as text ('none ~ tanh(g)'), a file with one rule, or
    FILE:NAME for one rule of several. Text in the syntax of the authors' log ('None ~ tanh(g)') is read too.

    Exit codes: 0 done; 1 the output could not be written; 2 bad input, with one line on standard error
    that says what was wrong and what was expected, and the place under it. 'equal' has codes of its own:
    0 equal, 1 different, 3 unknown; 'check' has 0 passes, 1 fails; 'check-proof' 0 accepted, 1 refused;
    'conform' 0 passes, 1 fails; 'review' 0 fine and new, 1 fails, 3 unknown, 4 known already.

    \b
    Examples:
      nos-sym list
      nos-sym render Opt4 --backend torch > opt4.py
      nos-sym render 'none ~ tanh(v_hat)' --backend tensorflow --name TanhMomentum
      nos-sym show Opt4
      nos-sym parse 'Nest ~ (g)*(exp(v hat))' --to latex
      nos-sym equal Opt5 Opt42 --level schedule
      nos-sym factor Opt6
      nos-sym check 'none ~ g / s_hat'
      nos-sym dedup run.log --from authors
      nos-sym evolve --preset demo --seed 3 --store run.db
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        ctx.exit(BAD_INPUT)


cli.params.append(color_option())
for command in placeholders():
    cli.add_command(command)


def main() -> None:
    """Run the command line; the entry point of the installed script."""
    # Imports make many objects that live until the end: looking for garbage among them, now and once more
    # when the interpreter ends, costs a quarter of a run. SymPy and the package make 170 000 of them.
    gc.set_threshold(500_000, 50, 50)
    try:
        cli.main(prog_name="nos-sym")
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
