"""What the template for optax sees of a program beside its statements: options, trees and calls."""

from __future__ import annotations

from typing import Any

from nos_sym.backends.layout import literal
from nos_sym.backends.settings import check_names, condition, description
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.rule import Momentum
from nos_sym.program.program import Program

_DTYPE = "jnp.result_type(gradient, jnp.float32)"
_OPTIONS = ["learning_rate", "momentum", "total_steps", "seed"]


def context(program: Program, states: tuple[str, ...], scalars: bool) -> dict[str, Any]:
    """Return the options of a rendered transformation, and the names by which its parts are called."""
    check_names(program, _OPTIONS)
    momentum = program.momentum is not Momentum.NONE
    total = ["total_steps"] if program.needs_total_steps else []
    draws = ["seed=0"] if program.draws else []
    settings = [f"{s.name}={decimal_text(s.default)}" for s in program.settings]
    options = [*total, *settings, *draws]
    checks = [("total_steps >= 1", "total_steps")] if total else []
    checks += [(condition(s.name, s.domain), s.name) for s in program.settings]
    weight = any(value.operation == "w" for value in program.needed)
    slots = ["*slots"] if states else []
    given = weight or program.unbounded
    one = ["gradient", *(["weight"] if given else []), *(["key"] if draws else []), *slots]
    return {
        "weight": weight,
        "arguments": [
            "learning_rate",
            *(["momentum=0.9"] if momentum else []),
            *(["*", *options] if options else []),
        ],
        "checks": checks,
        "documented": [(s.name, description(s)) for s in program.settings],
        "settings": [*total, *(s.name for s in program.settings)],
        "fields": states,
        "literal": literal,
        "started": [
            "jnp.zeros([], jnp.int32)",
            *(["jax.random.key(seed)"] if draws else []),
            *["zeros()"] * len(states),
        ],
        "one": one,
        "dtype": "slots[0].dtype" if states else _DTYPE,
        "call": [
            "jnp.asarray(gradient, dtype)",
            "jnp.asarray(weight, dtype)" if weight else "None",
            *slots,
            "*values",
            *(["*draws"] if draws else []),
        ],
        "mapped": [
            *["change", "gradients"],
            *(["params"] if given else []),
            *(["keys"] if draws else []),
            *([f"*state[{2 if draws else 1}:]"] if states else []),
        ],
        "left": ["count", *(["key"] if draws else []), *(["*trees"] if states else [])],
    }
