"""``nos-sym conform``: whether an optimizer of PyTorch keeps what PyTorch's own keep."""

from __future__ import annotations

import click

from nos_sym.cli.choices import CONFORM_CHECKS
from nos_sym.cli.failures import InputError
from nos_sym.cli.output import write_json, write_stdout

PASSES, FAILS = 0, 1


@click.command()
@click.argument("original", metavar="CLASS")
@click.option(
    "--set",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value for an argument of the class, as in 'lr=0.1' or 'betas=0.9,0.99'; may be repeated.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="CHECK",
    type=click.Choice(CONFORM_CHECKS),
    help="Make this check alone; may be repeated.",
)
@click.option("--strict", is_flag=True, help="Count advice as failures.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def conform(
    original: str, values: tuple[str, ...], only: tuple[str, ...], strict: bool, as_json: bool
) -> int:
    """Import and run CLASS, and say which checks of PyTorch's own optimizers it passes.

    The code that is named is run with your rights; 'nos-sym review' runs it in a sandbox.

    The checks: state dictionaries and copies that go on exactly, groups and their rates, missing and zero
    gradients, a learning rate of 0 or as a tensor, low precision, complex and sparse tensors (refused or
    right), strided and empty weights, closures, hooks, lists of tensors, torch.compile, graphs of CUDA, wrong
    arguments. Each is made with the arguments of PyTorch's own records that the class has, in a process of
    its own with a limit of time, and passes, fails or does not apply. Where wrong arguments are not refused,
    or a deep copy or a pickle does not go on, that is advice: training does not suffer. --strict makes it a
    failure.

    CLASS is MODULE:CLASS, FILE:CLASS, or a file that defines one optimizer.

    Exit codes: 0 no check fails, 1 a check fails or the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym conform torch.optim:AdamW
      nos-sym conform my.py:MyOptimizer --set lr=0.01
      nos-sym conform pytorch_optimizer:Lion --only bfloat16 --only state-dict
      nos-sym conform my.py --json
    """
    from nos_sym.conform.launch import conform as check

    report = check(original, arguments_of(values), only)
    report = report.strict() if strict else report
    if as_json:
        write_json(report.to_json())
    else:
        write_stdout(str(report), rules=False)
    return PASSES if report.passed else FAILS


def arguments_of(values: tuple[str, ...]) -> dict[str, object]:
    """Return what was given to ``--set`` for arguments of a class.

    Raises:
        InputError: a text is no ``name=value``, or a name is given twice.
    """
    from nos_sym.conform.launch import value_of
    from nos_sym.errors import quoted

    found: dict[str, object] = {}
    for text in values:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name.isidentifier() and equals and value):
            raise InputError(
                f"'--set {quoted(text)[1:-1]}' sets nothing; expected NAME=VALUE, as in 'lr=0.1'"
            )
        if name in found:
            raise InputError(f"'--set' gives {quoted(name)} twice; leave one out")
        found[name] = value_of(value)
    return found
