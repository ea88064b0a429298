"""What the template for optax sees of a program beside its statements: options, trees and calls."""

from __future__ import annotations

from typing import Any

from nos_sym.backends.layout import literal, refusal
from nos_sym.backends.options import (
    Option,
    arguments_of_face,
    option_of,
    options_of_face,
    rate_for_none,
    refused_rows,
    setting_values,
)
from nos_sym.backends.settings import check_names
from nos_sym.faces.face import Face
from nos_sym.language.kind import Kind
from nos_sym.program.program import Program

_DTYPE = "jnp.result_type(gradient, jnp.float32)"
_OPTIONS = ["learning_rate", "momentum", "total_steps", "seed", "rule_key"]


_ZEROS = {
    Kind.TENSOR: "zeros()",
    Kind.SCALAR: "zeros(lambda _: ())",
    Kind.ROW: "zeros(lambda s: (*s[:-1], *(1 for _ in s[-1:])))",
    Kind.COLUMN: "zeros(lambda s: (*s[:-2], *(1 for _ in s[:-1][-1:]), *s[-1:]))",
}


def context(
    program: Program,
    states: tuple[str, ...],
    scalars: bool,
    face: Face | None = None,
    rate: str = "",
) -> dict[str, Any]:
    """Return the options of a rendered transformation, and the names by which its parts are called.

    With a face they are the library's, in its order and with its defaults; ours follow by keyword. Without
    one the default of the learning rate is ``rate``; where that is empty it must be given.
    """
    momentum = program.cycles
    total = ["total_steps"] if program.needs_total_steps else []
    draws = ["seed=0"] if program.draws else []
    if face is None:
        check_names(program, _OPTIONS if momentum else [name for name in _OPTIONS if name != "momentum"])
        given = {s.name: option_of(s) for s in program.settings}
        options = [*total, *(f"{o.name}={o.default}" for o in given.values()), *draws]
        arguments = [
            f"learning_rate={rate}" if rate else "learning_rate",
            *(["momentum=0.9"] if momentum else []),
            *(["*", *options] if options else []),
        ]
    else:
        given = options_of_face(program, face)
        arguments = arguments_of_face(face, given, "learning_rate")
        arguments += ["*"] if "*" not in arguments and total + draws else []
        arguments += total + draws
    steps = '(isinstance(total_steps, jax.Array) or 1 <= total_steps < float("inf"))'
    checks = [(steps, "total_steps", "")] if total else []
    checks += [_check(option) for option in given.values()]
    weight = program.replaces or any(value.operation == "w" for value in program.needed)
    slots = ["*slots"] if states else []
    own = program.own_slots
    seen = weight or program.unbounded
    weights = "jnp.asarray(weight, dtype)" if weight else "None"
    if not weight and not program.elementwise:
        weights = "jnp.zeros_like(gradient, dtype)"  # its shape is read
    one = ["gradient", *(["weight"] if seen else []), *(["key"] if draws else []), *slots]
    return {
        "weight": weight,
        "elementwise": program.elementwise and not program.common_slots,
        "arguments": arguments,
        "face": face,
        "rate_for_none": rate_for_none(face),
        "refused": refused_rows(face),
        "checks": [(refusal(condition, 4), name, outside) for condition, name, outside in checks],
        "traced": "jax.core.Tracer",
        "documented": [(option.name, option.says) for option in given.values()],
        "settings": [*total, *(s.name for s in program.settings)],
        "values": [*total, *setting_values(program, given).values()],
        "fields": states,
        "shapes": any(slot.kind is not Kind.TENSOR for slot in own),
        "literal": literal,
        "started": [
            "jnp.zeros([], jnp.int32)",
            *(["jax.random.key(seed)"] if draws else []),
            *(_ZEROS[slot.kind] for slot in own),
            *("jnp.zeros([], wide)" for _ in program.common_slots),
        ],
        "one": one,
        "dtype": "slots[0].dtype" if states else _DTYPE,
        "call": [
            "jnp.asarray(gradient, dtype)",
            weights,
            *slots,
            "*values",
            *(["*draws"] if draws else []),
        ],
        "mapped": [
            *["change", "gradients"],
            *(["params"] if seen else []),
            *(["keys"] if draws else []),
            *(["*trees" if program.common_slots else f"*state[{2 if draws else 1}:-1]"] if states else []),
        ],
        "axes": face.saved.axes if face is not None else 0,
        "largest": face.saved.largest if face is not None else "",
        "left": ["count", *(["key"] if draws else []), *(["*trees"] if states else [])],
    }


def _check(option: Option) -> tuple[str, str, str]:
    """Return the check of an option, which schedules and arrays pass: their values are not known yet."""
    condition, name, outside = option.check
    if option.is_tuple:
        return condition, name, outside
    return f"(callable({name}) or isinstance({name}, jax.Array) or {condition})", name, outside
