"""What the templates for Keras see of a program beside its statements: the settings of the optimizer."""

from __future__ import annotations

from typing import Any

from nos_sym.backends.layout import literal, tuple_text
from nos_sym.backends.settings import check_names, condition, description, outside
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.kind import Kind
from nos_sym.program.program import Program

_OPTIONS = ["learning_rate", "momentum", "total_steps", "seed", "name", "kwargs", "self"]

LOCALS = frozenset(
    (
        "add_up", "dtype", "found", "gradients", "inputs", "learning_rate", "numbers", "own", "self",
        "variables", "x",
    )
)  # fmt: skip
"""Names of the templates where they sum over all variables, which sums and common states cannot have."""


def _slot_names(program: Program) -> str:
    """Return the names of the states, with their kinds where not all are tensors."""
    if all(slot.kind is Kind.TENSOR for slot in program.own_slots):
        return tuple_text(f'"{slot.name}"' for slot in program.own_slots)
    items = (f'"{slot.name}": "{slot.kind.name.lower()}"' for slot in program.own_slots)
    return f"{{{', '.join(items)}}}"


def context(program: Program, states: tuple[str, ...], scalars: bool) -> dict[str, Any]:
    """Return the settings of a rendered optimizer, what is documented and checked of them, and the state."""
    taken = _OPTIONS if program.cycles else [name for name in _OPTIONS if name != "momentum"]
    check_names(program, taken)
    momentum = program.cycles
    total = ["total_steps"] if program.needs_total_steps else []
    checks = [("total_steps >= 1", "total_steps", "")] if total else []
    checks += [(condition(s.name, s.domain), s.name, outside(s.domain)) for s in program.settings]
    if momentum:
        checks.append(("(callable(momentum) or momentum >= 0)", "momentum", ""))
    settings = [*total, *(s.name for s in program.settings)]
    arguments = ["self", "learning_rate=1e-3", *(["momentum=0.9"] if momentum else [])]
    if settings or program.draws:
        arguments.append("*")
    arguments += [*total, *(f"{s.name}={decimal_text(s.default)}" for s in program.settings)]
    arguments += ["seed=None"] if program.draws else []
    return {
        "settings": settings,
        "documented": [(s.name, description(s)) for s in program.settings],
        "checks": checks,
        # Keras can exclude variables from it.
        "weight_decay": any(s.name == "weight_decay" for s in program.settings),
        "arguments": [*arguments, "**kwargs"],
        "slots": states,
        "slot_names": _slot_names(program),
        "shapes": any(slot.kind is not Kind.TENSOR for slot in program.own_slots),
        "common_names": tuple_text(f'"{slot.name}"' for slot in program.common_slots),
        "call": [
            "gradient",
            "weight",
            *(["*state"] if states else []),
            "lr",
            *(["mu"] if momentum else []),
            *(["*values"] if scalars else []),
            *(["*draws"] if program.draws else []),
        ],
        "literal": literal,
    }
