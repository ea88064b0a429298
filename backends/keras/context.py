"""What the templates for Keras see of a program beside its statements: the settings of the optimizer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sympy.core.basic import Basic

from nos_sym.backends.layout import literal, tuple_text
from nos_sym.backends.options import (
    Option,
    arguments_of_face,
    option_of,
    options_of_face,
    refused_rows,
    setting_values,
    written_of_face,
)
from nos_sym.backends.settings import check_names
from nos_sym.errors import RenderError
from nos_sym.faces.face import Face, Use
from nos_sym.language.registry import apply
from nos_sym.language.setting import is_setting, setting_name
from nos_sym.program.program import Program, Slot

_OPTIONS = ["learning_rate", "momentum", "total_steps", "seed", "name", "kwargs", "rule_key", "self"]

LOCALS = frozenset(
    (
        "add_up", "dtype", "found", "gradients", "inputs", "learning_rate", "numbers", "own", "self",
        "states", "variables", "x",
    )
)  # fmt: skip
"""Names of the templates where they sum over all variables, which sums and common states cannot have."""


def _slot_names(program: Program, face: Face | None) -> str:
    """Return the names of the states, with their kinds where not all are tensors."""
    kinds = {_key(slot.name, face): _kind(slot) for slot in program.own_slots}
    if set(kinds.values()) <= {"tensor"}:
        return tuple_text(f'"{name}"' for name in kinds)
    items = (f'"{name}": "{kind}"' for name, kind in kinds.items())
    return f"{{{', '.join(items)}}}"


def _kind(slot: Slot) -> str:
    """Return the kind of a state, where one of kind step is one for all variables: steps are counted once."""
    return "step" if slot.double else slot.kind.name.lower()


def _key(name: str, face: Face | None) -> str:
    """Return what a state is called in a saved file."""
    return name if face is None else face.states.get(name, name)


def _groups(program: Program, face: Face | None) -> list[str]:
    """Return the states that a variable has together, as text of each group; nothing where these are all."""
    own = tuple(slot.name for slot in program.own_slots if not slot.double)
    groups = () if face is None else face.groups
    if groups and sorted(name for group in groups for name in group) != sorted(own):
        raise RenderError(f"{face} and its rule differ in the states {', '.join(own)}")
    if own and len(own) < len(program.own_slots):
        groups = groups or (own,)
    return [tuple_text(f'"{_key(name, face)}"' for name in group) for group in groups]


def context(
    program: Program,
    states: tuple[str, ...],
    scalars: bool,
    face: Face | None = None,
    rate: str = "1e-3",
) -> dict[str, Any]:
    """Return the settings of a rendered optimizer, what is documented and checked of them, and the state.

    With a face the arguments are the library's, in its order and with its defaults; ours follow by keyword.
    Without one the default of the learning rate is ``rate``.
    """
    momentum = program.cycles
    if face is None:
        check_names(program, _OPTIONS if momentum else [name for name in _OPTIONS if name != "momentum"])
        given = {s.name: option_of(s) for s in program.settings}
    else:
        given = options_of_face(program, face)
    total = ["total_steps"] if program.needs_total_steps else []
    checks = [('1 <= total_steps < float("inf")', "total_steps", "")] if total else []
    checks += [option.check for option in given.values()]
    if momentum:
        # A variable of it may be of float32.
        checks.append(("(callable(momentum) or 0 <= momentum < 2.0**127)", "momentum", ""))
    settings = [*total, *(s.name for s in program.settings)]
    draws = ["seed=None"] if program.draws else []
    if face is None:
        arguments = ["self", f"learning_rate={rate}", *(["momentum=0.9"] if momentum else [])]
        arguments += ["*"] if settings or draws else []
        arguments += [*total, *(f"{o.name}={o.default}" for o in given.values()), *draws]
    else:
        arguments = ["self", *arguments_of_face(face, given, "learning_rate")]
        arguments += ["*"] if "*" not in arguments and total + draws else []
        arguments += total + draws
    values = setting_values(program, given)
    return {
        "settings": settings,
        "pairs": [*(f'"{x}": {x}' for x in total), *(f'"{name}": {text}' for name, text in values.items())],
        "documented": [(option.name, option.says) for option in given.values()],
        "checks": checks,
        "numbers": _numbers(total, given.values(), momentum),
        # Keras can exclude variables from it.
        "decays": [s.name for s in program.settings if s.name.endswith("weight_decay")],
        "imitates": face is not None,
        "refused": refused_rows(face),
        "named": [] if face is None else list(_named(face)),
        "passed": _passed(face),
        # What a configuration has beside the options of the base class.
        "config": None if face is None else [*total, *_own_arguments(face)],
        "arguments": [*arguments, "**kwargs"],
        "slots": states,
        "elementwise": program.elementwise,
        # Small tensors can be updated as one.
        "joins": program.elementwise and not program.draws and not program.common_slots,
        "steps": [index for index, slot in enumerate(program.own_slots) if slot.double],
        "groups": _groups(program, face),
        "squeezed": face is not None and face.squeezed,
        "written": {name: (f"[{', '.join(x)}]", y) for name, (x, y) in written_of_face(face).items()},
        "optional": [] if face is None else list(_optional(face)),
        "starts": _starts(program.own_slots, face),
        "common_starts": _starts(program.common_slots, face),
        "slot_names": _slot_names(program, face),
        "shapes": any(_kind(slot) != "tensor" for slot in program.own_slots),
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


def _numbers(total: list[str], given: Iterable[Option], momentum: bool) -> list[str]:
    """Return the arguments that are to be numbers, as those of a call."""
    values = {name: name for name in total}
    if momentum:
        values["momentum"] = "0 if callable(momentum) else momentum"
    values |= {x.name: f"0 if {x.name} is None else {x.name}" if x.none else x.name for x in given}
    return [f"{name}={value}" for name, value in values.items()]


def _named(face: Face) -> Iterator[tuple[str, str]]:
    """Yield texts in names of matrices that are refused, each with what a message says of such a matrix."""
    for argument in face.arguments:
        if argument.names:
            call = f"{argument.name}={argument.default!r}"
            yield argument.names, f"'{argument.names}' in its name, which this file does not step with {call}"


def _optional(face: Face) -> Iterator[tuple[str, str]]:
    """Yield the states that some variables do not have, each with when."""
    for name, setting in face.present.items():
        yield _key(name, face), f'not self.settings["{setting}"] > 0'
    for name, rank in face.saved.without.items():
        yield name, f"len(variable.shape) == {rank}"


def _passed(face: Face | None) -> list[str]:
    """Return the arguments of a face that the base class takes."""
    return [] if face is None else [a.name for a in face.arguments if a.use is Use.OPTION]


def _own_arguments(face: Face) -> list[str]:
    """Return the arguments of a face that the base class does not know."""
    return [a.name for a in face.arguments if a.use in (Use.SETTINGS, Use.ONLY)]


def _starts(slots: Iterable[Slot], face: Face | None) -> list[tuple[str, str]]:
    """Return the names of states that begin with something else than zero, and with what."""
    return [(_key(slot.name, face), _start(slot.first)) for slot in slots if slot.first != 0]


def _start(value: Basic) -> str:
    if value == apply("w"):
        return "variable"
    return f'self.settings["{setting_name(value)}"]' if is_setting(value) else repr(float(value))
