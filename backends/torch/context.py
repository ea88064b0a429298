"""What the templates for PyTorch see of a program beside its statements: the options of the optimizer."""

from __future__ import annotations

from typing import Any

from nos_sym.backends.layout import literal, refusal, returned, tuple_text
from nos_sym.backends.options import (
    LOW_PRECISION,
    Option,
    arguments_of_face,
    option_of,
    options_of_face,
    rate_for_none,
    refused_rows,
)
from nos_sym.backends.settings import check_names, is_beta
from nos_sym.backends.torch.recorded import kept_inputs
from nos_sym.backends.torch.saved import saved_context
from nos_sym.errors import RenderError
from nos_sym.faces.face import Default, Face
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.kind import Kind
from nos_sym.program.program import Program

_OPTIONS = [
    "params", "lr", "momentum", "betas", "ema_betas", "total_steps", "training_step", "maximize", "foreach",
    "differentiable", "fused", "compile", "self", "initial_lr", "rule_key", "state_dtype", "kahan_sum",
    "stochastic_rounding", "rounding_seed",
]  # fmt: skip
_MODES = ("maximize", "foreach", "differentiable", "fused", "compile", *LOW_PRECISION)
"""What every file offers, in this order, and those with low precision."""


_ZEROS = {
    Kind.TENSOR: "torch.zeros_like(weight)",
    Kind.SCALAR: "weight.new_zeros(())",
    Kind.ROW: "row_zeros(weight)",
    Kind.COLUMN: "column_zeros(weight)",
}
_EPSILON = 'torch.finfo(group["dtype"]).eps'
_DOUBLE = "torch.zeros((), dtype=torch.float64, device=weight.device)"

_FOREIGN: dict[str, Default] = {
    "betas": None,
    "eps": None,
    "momentum": 0,
    "dampening": 0,
    "nesterov": False,
    "weight_decay": 0,
    "amsgrad": False,
    "centered": False,
    "capturable": False,
}
"""Options that users of PyTorch's optimizers put into groups, and what switches each off.

A group of a rule that has no such option would keep it, and train on as if it counted.
"""


_UNFUSED = ['    "fused": ((None, False), "; this rule has no compiled steps: leave it out"),']
"""What a rule refuses that has no kernel, in the table of what is refused."""

_KEYS = frozenset(
    [
        *_OPTIONS, *_FOREIGN, "name", "param_names", "step", "dtype", "decoupled_weight_decay",
        # Of learning rate schedulers.
        "max_lr", "min_lr", "base_lr", "swa_lr", "base_momentum", "max_momentum", "min_momentum",
    ]
)  # fmt: skip
"""Keys of parameter groups that this file, PyTorch or its schedulers read or write.

A state that all parameters have in common is kept in the groups too, and cannot have one of these names.
"""


def context(
    program: Program,
    states: tuple[str, ...],
    scalars: bool,
    face: Face | None = None,
    *,
    kernel: bool | None = None,
    low_precision: bool = False,
    rate: str = "1e-3",
) -> dict[str, Any]:
    """Return the options of a rendered optimizer and how they are checked and passed on.

    With a face they are the library's, in its order and with its defaults; ours follow by keyword. With a
    kernel the file can move all tensors in one call of compiled C; it refuses that where kernel is false, and
    knows no such option where it is ``None``. With low precision it has options for states in bfloat16 and
    for how 16 bits are rounded. Without a face the default of the learning rate is ``rate``.
    """
    momentum = program.cycles
    if face is None:
        _check_common(program)
        check_names(program, _OPTIONS if momentum else [name for name in _OPTIONS if name != "momentum"])
    options = _options(program) if face is None else options_of_face(program, face, _EPSILON)
    modes = {"maximize": "False", "foreach": "None", "differentiable": "False", "compile": "False"}
    if kernel is not None:
        modes |= {"fused": "None"}
    if low_precision:
        modes |= LOW_PRECISION
    arguments = _arguments(program, options, rate) if face is None else arguments_of_face(face, options, "lr")
    total = ["total_steps"] if program.needs_total_steps else []
    given = {a.split("=")[0] for a in arguments}
    arguments += ["*"] if "*" not in arguments else []
    arguments += total + [f"{name}={modes[name]}" for name in _MODES if name in modes and name not in given]
    none = rate_for_none(face)
    rate = "lr >= 0" if face is not None else '0 <= lr < float("inf")'
    valid = [(f"(lr is None or {rate})" if none else rate, "lr", "")]
    valid += [(rate.replace("lr", "momentum"), "momentum", "")] if momentum else []
    valid += [option.check for option in options.values()]
    valid += [('1 <= total_steps < float("inf")', "total_steps", "")] if total else []
    numbers = ["lr", 'group["momentum"]'] if momentum else ["lr"]
    typed = any(option.none == _EPSILON for option in options.values())
    steps = "training_step, group" if total else "group"
    passed = steps.replace("group", '{**group, "dtype": dtype}') if typed else steps
    if scalars:
        numbers.append(f"*scalars(step, {passed})")
    zeros = [_DOUBLE if slot.double else _ZEROS[slot.kind] for slot in program.own_slots]
    names = [a.split("=")[0] for a in arguments if a != "*"]
    plain = [name for name in names if name not in modes and name not in ("foreach", "fused", "compile")]
    return {
        "runtime": False,
        "short": False,
        "cycles": momentum,
        "none_rate": none,
        "given": list(options.values()),
        "key_of": {s.name: option.name for option in options.values() for s in option.settings},
        "arguments": arguments,
        "minimal_arguments": [
            *(a for a in arguments if a.split("=")[0] in plain and a not in total),
            *(["*", *total] if total else []),
        ],
        "options": names,
        "minimal_options": plain,
        "imitates": face is not None,
        "unfused": kernel is False,
        "refused": [
            *refused_rows(face, {k: off for k, off in _FOREIGN.items() if k not in names}),
            *(_UNFUSED if kernel is False else []),
        ],
        "rate": f'{none} if group["lr"] is None else group["lr"]' if none else 'group["lr"]',
        "saved": saved_context(program, face, lambda name: _key(name, face)),
        "valid": valid,
        "checked": [name for _, name, _ in valid],
        "steps": steps,
        "numbers": returned(tuple(numbers), 8),
        # A state whose name means something else in the language has another one in the code.
        "slots": [_key(name, face) for name in states],
        "empty": [zero.replace("weight", "like") for zero in zeros],
        "low_precision": low_precision,
        "entries": [_key(slot.name, face) for slot in program.own_slots if slot.kind is Kind.TENSOR],
        "doubles": [_key(slot.name, face) for slot in program.own_slots if slot.double],
        "zeros": zeros,
        "detached": _detached(states, face),
        "kept": kept_inputs(program),
        "elementwise": program.elementwise,
        "divisible": program.divisible,
        # Uniform numbers are drawn tensor by tensor, in their order.
        "joins": program.elementwise and not program.draws,
        "reads_rank": any(value.operation == "rank" for value in program.values),
        "literal": literal,
        "refusal": refusal,
        "names": lambda keys: tuple_text(f'"{k}"' for k in keys),
        "texts": lambda keys: [f'"{k}"' for k in keys],
        "pairs": lambda keys: [f'"{k}": {k}' for k in keys],
    }


def _check_common(program: Program) -> None:
    """Raise :class:`RenderError` where a group would hold a global state under a key that it has otherwise.

    Names of a library's own states are those of the library, which has them in its groups.
    """
    own = {slot.name for slot in program.own_slots}
    for slot in program.slots:
        if slot.name not in own and slot.name in _KEYS:
            raise RenderError(
                f"parameter groups of PyTorch have a key '{slot.name}'; rename the global state of that name"
            )


def _detached(states: tuple[str, ...], face: Face | None) -> list[int]:
    """Return the indices of the states that the original begins without a history."""
    found = {_key(name, face) for name in face.detached} if face is not None else set()
    return [index for index, name in enumerate(states) if _key(name, face) in found]


def _key(name: str, face: Face | None) -> str:
    """Return the key of a state in the state dict."""
    return name if face is None else face.states.get(name, name)


def _options(program: Program) -> dict[str, Option]:
    """Return the arguments that give settings where no library says them: betas together, others alone.

    OneCycleLR and CyclicLR cycle the first of ``betas`` where there are some, which they take for the
    coefficient of an average of the gradient, and else ``momentum``. So a tuple is called ``betas`` only
    where its first number is one, and in rules with momentum never.
    """
    betas = sorted(filter(is_beta, program.settings), key=lambda s: (len(s.name), s.name))
    if not program.cycles and not (betas and betas[0].name in program.first_moments):
        return {s.name: option_of(s) for s in program.settings}
    key = "ema_betas" if program.cycles else "betas"
    found: dict[str, Option] = {}
    if betas:
        text = tuple_text(decimal_text(b.default) for b in betas)
        found[key] = Option(key, tuple(betas), text, is_tuple=True)
    return found | {s.name: option_of(s) for s in program.settings if not is_beta(s)}


def _arguments(program: Program, options: dict[str, Option], rate: str) -> list[str]:
    momentum = ["momentum=0.9"] if program.cycles else []
    return [f"lr={rate}", *momentum, *(f"{o.name}={o.default}" for o in options.values())]
