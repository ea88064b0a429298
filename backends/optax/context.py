"""What the template for optax sees of a program beside its statements: options, trees and calls."""

from __future__ import annotations

from typing import Any

from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.rule import Momentum
from nos_sym.program.program import Program, Setting

_DTYPE = "jnp.result_type(gradient, jnp.float32)"


def context(program: Program, states: tuple[str, ...], scalars: bool) -> dict[str, Any]:
    """Return the options of a rendered transformation, and the names by which its parts are called."""
    momentum = program.momentum is not Momentum.NONE
    total = ["total_steps"] if program.needs_total_steps else []
    draws = ["seed=0"] if program.draws else []
    tunables = [f"{t.name}={decimal_text(t.default)}" for t in program.tunables]
    options = [*total, *tunables, *draws]
    weight = any(value.operation == "w" for value in program.values)
    one = [*(["weight"] if weight else []), *(["key"] if draws else []), *(["m"] if momentum else [])]
    slots = ["*slots"] if states else []
    fields = [*(["momentum"] if momentum else []), *states]
    return {
        "weight": weight,
        "arguments": [
            "learning_rate",
            *(["momentum=0.9"] if momentum else []),
            *(["*", *options] if options else []),
        ],
        "documented": [(t.name, _described(t.setting, t.description)) for t in program.tunables],
        "settings": [*total, *(t.name for t in program.tunables)],
        "fields": fields,
        "started": [
            "jnp.zeros([], jnp.int32)",
            *(["jax.random.key(seed)"] if draws else []),
            *["zeros()"] * len(fields),
        ],
        "moved": ["gradient", *one, *slots],
        "dtype": "m.dtype" if momentum else "slots[0].dtype" if states else _DTYPE,
        "unpacked": ", ".join(["lr", *(["mu"] if momentum else []), *(["*values"] if scalars else [])]),
        "call": [
            "jnp.asarray(gradient, dtype)",
            "jnp.asarray(weight, dtype)" if weight else "None",
            *slots,
            *(["*values"] if scalars else []),
            *(["*draws"] if draws else []),
        ],
        "returned": ["change", *(["m"] if momentum else []), *slots],
        "mapped": [
            *["move", "gradients"],
            *(["params"] if weight else []),
            *(["keys"] if draws else []),
            *([f"*state[{2 if draws else 1}:]"] if fields else []),
        ],
        "left": ["count", *(["key"] if draws else []), *(["*trees"] if fields else [])],
    }


def _described(setting: Setting, description: str) -> str:
    return f"beta of the {description}" if setting is Setting.BETA else f"factor of the {description}"
