"""What the templates for Keras see of a program beside its statements: the settings of the optimizer."""

from __future__ import annotations

from typing import Any

from nos_sym.codegen.layout import literal, tuple_text
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.rule import Momentum
from nos_sym.program.program import Program, Setting


def context(program: Program, states: tuple[str, ...], scalars: bool) -> dict[str, Any]:
    """Return the settings of a rendered optimizer, what is documented and checked of them, and the state."""
    momentum = program.momentum is not Momentum.NONE
    settings, checks = [], []
    if program.needs_total_steps:
        settings.append("total_steps")
        checks.append(("total_steps >= 1", "total_steps"))
    documented = []
    for tunable in program.tunables:
        decays = tunable.setting is Setting.WEIGHT_DECAY
        settings.append(tunable.name)
        checks.append((f"{tunable.name} >= 0" if decays else f"0 <= {tunable.name} < 1", tunable.name))
        documented.append((tunable.name, f"{'factor' if decays else 'coefficient'} of {tunable.description}"))
    if momentum:
        checks.append(("(callable(momentum) or momentum >= 0)", "momentum"))
    arguments = ["self", "learning_rate=1e-3", *(["momentum=0.9"] if momentum else [])]
    if settings or program.draws:
        arguments.append("*")
    arguments += ["total_steps"] if program.needs_total_steps else []
    arguments += [f"{t.name}={decimal_text(t.default)}" for t in program.tunables]
    arguments += ["seed=None"] if program.draws else []
    slots = (*states, "momentum") if momentum else states
    return {
        "settings": settings,
        "documented": documented,
        "checks": checks,
        "weight_decays": [t.name for t in program.settings(Setting.WEIGHT_DECAY)],
        "arguments": [*arguments, "**kwargs"],
        "slots": slots,
        "slot_names": tuple_text(f'"{name}"' for name in slots),
        "literal": literal,
    }
