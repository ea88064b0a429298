"""``nos-sym lift``: from an optimizer's code to its rule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli.failures import UNWRITTEN, InputError
from nos_sym.cli.output import STDOUT, json_text, write_file, write_note, write_stdout
from nos_sym.errors import quoted

if TYPE_CHECKING:
    from nos_sym.language.block import Block
    from nos_sym.lift.lifted import Lifted

NOT_VERIFIED = 1
"""The rule does not follow the original."""


@click.command()
@click.argument("target")
@click.option(
    "--set",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    help="An argument of the original, as in 'weight_decay=0.1', 'amsgrad=true' or 'betas.0=0.95'; may be "
    "repeated. A number becomes the default of a setting.",
)
@click.option("--name", metavar="NAME", help="The name of the rule; by default that of the original.")
@click.option(
    "--limit",
    type=click.FloatRange(min=0, min_open=True),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="End an original that does not end.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there, whole or not at all, and nothing that is not verified. - for standard output.",
)
def lift(
    target: str,
    values: tuple[str, ...],
    name: str | None,
    limit: float,
    as_json: bool,
    output: Path | None,
) -> int:
    """Run the optimizer that TARGET names, and print what it computes as a rule.

    This imports the module or file of TARGET and runs its code, with all that you may do: lift code that you
    would run.

    TARGET is MODULE:NAME or FILE.py:NAME, of a class of torch.optim.Optimizer or keras.Optimizer, or of a
    function that returns a gradient transformation of optax. A few steps are run on small tensors of one and
    of two axes and of none, each branch both ways; numbers among the arguments become settings. The rule is
    run beside the original over 100 steps in float64, at the defaults and two other draws of the settings.
    A rule that does not follow it to 1e-9 (or what the types of the original allow) is printed as not
    verified.

    Keras is lifted under the backend that KERAS_BACKEND names. Where it is not set, Keras is imported under
    the first of jax, torch and tensorflow that is installed.

    What has no handler is named with its operation and the line of the original. Comments above the rule
    name what it takes for granted; what the original prints goes to standard error.

    Exit codes: 0 verified, 1 not verified or the output could not be written, 2 bad input, or an optimizer
    that the language cannot say.

    \b
    Examples:
      nos-sym lift torch.optim:AdamW
      nos-sym lift torch.optim:SGD --set momentum=0.9 --set nesterov=true
      nos-sym lift optax:adamw --json
      nos-sym lift my.py:MyOptimizer | nos-sym render - --backend torch
    """
    from nos_sym.language.rule import check_name
    from nos_sym.lift.lifting import lift as lifted_from

    if name is not None:
        check_name(name)
    found = lifted_from(target, _table(values), name=name, limit=limit)
    text = json_text(record_of(found)) if as_json else text_of(found)
    verified = found.verification.verified
    if not verified:
        write_note(_not_verified(found))
    if output is not None and str(output) != STDOUT:
        if verified:
            write_file(output, text if text.endswith("\n") else text + "\n")
    else:
        write_stdout(text, rules=not as_json)
    return 0 if verified else NOT_VERIFIED


def _table(values: tuple[str, ...]) -> dict[str, object]:
    found: dict[str, object] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise InputError(f"{quoted(text)} sets nothing; expected NAME=VALUE, such as weight_decay=0.1")
        if name.strip() in found:
            raise InputError(f"{quoted(name.strip())} is set twice; expected it once")
        found[name.strip()] = _value(value.strip())
    return found


def _value(text: str) -> object:
    words: dict[str, object] = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    for read in (int, float):
        try:
            number: object = read(text)
        except ValueError:
            continue
        return number
    return text.strip("'\"")


def record_of(found: Lifted) -> dict[str, Any]:
    """Return what was lifted as JSON data."""
    check = found.verification
    return {
        "rule": str(_rated(found)),
        "original": found.original,
        "library": found.library,
        "version": found.version,
        "arguments": {n: x if _plain(x) else repr(x) for n, x in found.arguments.items()},
        "lr": found.rate,
        "states": dict(found.states),
        "conditions": [{"text": c.text, "place": c.place} for c in found.conditions],
        "verification": {
            "verified": check.verified,
            "steps": check.steps,
            "plain": check.plain,
            "shapes": [list(s) for s in check.shapes],
            "error": check.error if check.error < float("inf") else None,
            "bound": check.bound,
            "because": check.because,
        },
    }


def _plain(x: object) -> bool:
    if isinstance(x, tuple | list):
        return all(_plain(y) for y in x)
    return x is None or isinstance(x, bool | int | str) or (isinstance(x, float) and abs(x) < float("inf"))


def text_of(found: Lifted) -> str:
    """Return a rule below comments: how well it follows its original, and what it takes for granted."""
    from nos_sym.errors import one_line
    from nos_sym.language.block_printer import print_block

    check = found.verification
    shapes = ", ".join(str(list(s)) for s in check.shapes)
    word = "follows" if check.verified else "does NOT follow"
    of = f" of {found.library} {found.version}" if found.version else ""
    more = f", and {check.plain} plain steps" if check.plain > check.steps else ""
    lines = [
        f"# {word} {found.original}{of}: error {check.error:.1e} over {check.steps} steps of {shapes}{more}"
    ]
    if check.because:
        lines.append(f"# bound {check.bound:g}: {one_line(check.because)}")
    for c in found.conditions:
        lines.append(f"# {one_line(c.text)}{f' ({one_line(c.place)})' if c.place else ''}")
    return "\n".join([*lines, print_block(_rated(found), indent=4)])


def _rated(found: Lifted) -> Block:
    """Return the rule with the default learning rate of its original in the head, for who renders it."""
    from sympy.core.numbers import Rational

    if found.rate is None or found.rate < 0:
        return found.rule
    return replace(found.rule, rate=Rational(repr(found.rate)))


def _not_verified(found: Lifted) -> str:
    check = found.verification
    return (
        f"not verified: the rule parts from {found.original} by {check.error:.1e} in {check.steps} steps, "
        f"where {check.bound:g} is allowed"
    )


__all__ = ["NOT_VERIFIED", "UNWRITTEN", "lift", "record_of", "text_of"]
