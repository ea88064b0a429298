"""``nos-sym key``: which rules rendered files are of."""

from __future__ import annotations

from pathlib import Path

import click

from nos_sym.cli.failures import InputError
from nos_sym.cli.output import write_json, write_stdout
from nos_sym.cli.target import TargetType, read_any
from nos_sym.errors import quoted_path

_RENDERED = ".py"
_CHOICE = "give one as text"


@click.command()
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True, type=TargetType())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def key(targets: tuple[str, ...], as_json: bool) -> None:
    """Print the keys that rendered files carry, or that files of rules would carry.

    A rendered file carries the key of its rule, which is the same whatever values its settings have, and
    saves it with the states of a training; a class of another rule does not take them. Equal keys mean
    equal rules; a key says nothing to one with another number before its colon.

    TARGET is a rendered file, whose name ends in '.py', of which nothing is run; or a name of the catalog or
    of a library, a rule as text, a file, FILE:NAME, or - for standard input.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym key opt4.py
      nos-sym key opt4.py Opt4
      nos-sym key 'none ~ tanh(v_hat)'
    """
    found = [(target, line) for target in targets for line in _keys_of(target)]
    if as_json:
        rows = [(target, *line.partition(" ")[::2]) for target, line in found]
        write_json([{"target": target, "key": key, "rule": rule or None} for target, key, rule in rows])
    else:
        write_stdout("\n".join(line for _, line in found))


def _keys_of(target: str) -> list[str]:
    """Return the keys of a target, each with its rule behind it."""
    from nos_sym.codegen.identity import key_text, keys_in, rule_key
    from nos_sym.targets.files import exists, read_text

    if not (target.endswith(_RENDERED) and exists(target)):
        rule = read_any(target, choice=_CHOICE)
        return [key_text(rule, rule_key(rule))]
    if Path(target).is_fifo():
        # Whoever is to write into it may never come.
        raise InputError(f"{quoted_path(target)} is a pipe; expected a file that nos-sym has rendered")
    found = keys_in(read_text(Path(target)))
    if not found:
        raise InputError(f"{quoted_path(target)} carries no key; expected a file that nos-sym has rendered")
    return found
