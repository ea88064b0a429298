"""What the templates for PyTorch see of a program beside its statements: the options of the optimizer."""

from __future__ import annotations

from typing import Any

from nos_sym.codegen.layout import COLUMNS, literal, tuple_text
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.rule import Momentum
from nos_sym.program.program import Program, Setting


def context(program: Program, states: tuple[str, ...], scalars: bool) -> dict[str, Any]:
    """Return the options of a rendered optimizer and how they are checked and passed on."""
    momentum = program.momentum is not Momentum.NONE
    betas, factors = (program.settings(s) for s in (Setting.BETA, Setting.WEIGHT_DECAY))
    # OneCycleLR cycles the first of ``betas`` where there are some, and else ``momentum``.
    key = "ema_betas" if momentum else "betas"
    arguments, valid = ["lr=1e-3"], [("lr >= 0", "lr")]
    numbers, unpacked = ["lr"], ["lr"]
    if momentum:
        arguments.append("momentum=0.9")
        valid.append(("momentum >= 0", "momentum"))
        numbers.append('group["momentum"]')
        unpacked.append("mu")
    if betas:
        arguments.append(f"{key}={tuple_text(decimal_text(b.default) for b in betas)}")
        valid.append((f"(len({key}) == {len(betas)} and all(0 <= x < 1 for x in {key}))", key))
    for factor in factors:
        arguments.append(f"{factor.name}={decimal_text(factor.default)}")
        valid.append((f"{factor.name} >= 0", factor.name))
    arguments.append("*")
    if program.needs_total_steps:
        arguments.append("total_steps")
        valid.append(("total_steps >= 1", "total_steps"))
    if scalars:
        numbers.append("*scalars(row[1], group)")
        unpacked.append("*values")
    return {
        "betas": betas,
        "betas_key": key,
        "weight_decays": factors,
        "arguments": arguments,
        "options": [a.split("=")[0] for a in arguments if a != "*"],
        "valid": valid,
        "numbers": _assigned("numbers[row]", numbers, 20),
        "unpacked": ", ".join(unpacked) if len(unpacked) > 1 else tuple_text(unpacked),
        "slots": (*states, "momentum") if momentum else states,
        "elementwise": program.elementwise,
        "literal": literal,
        "names": lambda keys: tuple_text(f'"{k}"' for k in keys),
        "pairs": lambda keys: [f'"{k}": {k}' for k in keys],
    }


def _assigned(target: str, items: list[str], indent: int) -> list[str]:
    """Return the lines that assign a tuple to a target."""
    line = f"{' ' * indent}{target} = {tuple_text(items) if len(items) == 1 else ', '.join(items)}"
    return [line] if len(line) <= COLUMNS else literal(f"{target} = (", items, ")", indent)
