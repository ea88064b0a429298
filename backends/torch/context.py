"""What the templates for PyTorch see of a program beside its statements: the options of the optimizer."""

from __future__ import annotations

from typing import Any

from nos_sym.backends.layout import COLUMNS, literal, tuple_text
from nos_sym.backends.settings import check_names, condition, description, is_beta, outside
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.kind import Kind
from nos_sym.program.program import Program

_OPTIONS = [
    "params", "lr", "momentum", "betas", "ema_betas", "total_steps", "training_step", "maximize", "foreach",
    "differentiable", "compile", "self", "initial_lr",
]  # fmt: skip


_ZEROS = {
    Kind.TENSOR: "torch.zeros_like(weight)",
    Kind.SCALAR: "weight.new_zeros(())",
    Kind.ROW: "row_zeros(weight)",
    Kind.COLUMN: "column_zeros(weight)",
}
_DOUBLE = "torch.zeros((), dtype=torch.float64, device=weight.device)"


def context(program: Program, states: tuple[str, ...], scalars: bool) -> dict[str, Any]:
    """Return the options of a rendered optimizer and how they are checked and passed on."""
    momentum = program.cycles
    check_names(program, _OPTIONS if momentum else [name for name in _OPTIONS if name != "momentum"])
    betas = sorted(filter(is_beta, program.settings), key=lambda s: (len(s.name), s.name))
    others = [s for s in program.settings if not is_beta(s)]
    # OneCycleLR cycles the first of ``betas`` where there are some, and else ``momentum``.
    key = "ema_betas" if momentum else "betas"
    arguments, valid = ["lr=1e-3"], [("lr >= 0", "lr", "")]
    numbers = ["lr"]
    if momentum:
        arguments.append("momentum=0.9")
        valid.append(("momentum >= 0", "momentum", ""))
        numbers.append('group["momentum"]')
    if betas:
        arguments.append(f"{key}={tuple_text(decimal_text(b.default) for b in betas)}")
        checks = _checks_of_betas(key, [(b.name, condition(b.name, b.domain)) for b in betas])
        count = f"{len(betas)} number{'s' if len(betas) > 1 else ''}"
        valid.append((checks, key, outside(*(b.domain for b in betas), what=f"{count} in")))
    for setting in others:
        arguments.append(f"{setting.name}={decimal_text(setting.default)}")
        valid.append((condition(setting.name, setting.domain), setting.name, outside(setting.domain)))
    arguments.append("*")
    if program.needs_total_steps:
        arguments.append("total_steps")
        valid.append(("total_steps >= 1", "total_steps", ""))
    steps = "training_step, group" if program.needs_total_steps else "group"
    if scalars:
        numbers.append(f"*scalars(row[1], {steps})")
    return {
        "betas": [b.name for b in betas],
        "betas_key": key,
        "betas_of": ", ".join(b.description or b.name for b in betas),
        "others": [(s.name, description(s)) for s in others],
        "arguments": arguments,
        "options": [a.split("=")[0] for a in arguments if a != "*"],
        "valid": valid,
        "steps": steps,
        "numbers": _assigned("numbers[row]", numbers, 20),
        "slots": states,
        "doubles": [slot.name for slot in program.own_slots if slot.double],
        "zeros": [_DOUBLE if slot.double else _ZEROS[slot.kind] for slot in program.own_slots],
        "elementwise": program.elementwise,
        "reads_rank": any(value.operation == "rank" for value in program.values),
        "literal": literal,
        "names": lambda keys: tuple_text(f'"{k}"' for k in keys),
        "pairs": lambda keys: [f'"{k}": {k}' for k in keys],
    }


def _checks_of_betas(key: str, checks: list[tuple[str, str]]) -> str:
    """Return the check of a tuple of coefficients: in one comprehension where all have the same domain."""
    alike = {check.replace(name, "x") for name, check in checks}
    if len(alike) == 1:
        return f"(len({key}) == {len(checks)} and all({alike.pop()} for x in {key}))"
    each = " and ".join(check.replace(name, f"{key}[{i}]") for i, (name, check) in enumerate(checks))
    return f"(len({key}) == {len(checks)} and {each})"


def _assigned(target: str, items: list[str], indent: int) -> list[str]:
    """Return the lines that assign a tuple to a target."""
    line = f"{' ' * indent}{target} = {tuple_text(items) if len(items) == 1 else ', '.join(items)}"
    return [line] if len(line) <= COLUMNS else literal(f"{target} = (", items, ")", indent)
