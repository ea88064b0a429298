"""What the templates for PyTorch see of the state dicts of originals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nos_sym.backends.options import literal_text, written_of_face
from nos_sym.errors import RenderError
from nos_sym.faces.face import Default, Face, Use
from nos_sym.faces.saved import Saved
from nos_sym.language.kind import Kind
from nos_sym.program.program import Program

_SHAPES = {
    Kind.TENSOR: "shape",
    Kind.ROW: "row",
    Kind.COLUMN: "column",
}
"""The shapes of states of a weight; others are numbers."""
_OF_CONSTRUCTOR = {"pytorch_optimizer": ("maximize",)}
"""Options that are the constructor's in a library, whatever a parameter group says."""


def saved_context(program: Program, face: Face | None, key: Callable[[str], str]) -> dict[str, Any]:
    """Return what a file checks in a state dict, and what it reads and writes as a library has it.

    ``key`` returns the key of a state in the state dict.

    Raises:
        RenderError: the table of the face speaks of states that the rule does not have.
    """
    said = Saved() if face is None else face.saved
    present = {} if face is None else face.present
    counts, squeezed = ("parameter", False) if face is None else (face.counts, face.squeezed)
    kinds = {key(slot.name): slot.kind for slot in program.own_slots}
    common = {key(slot.name) for slot in program.slots} - set(kinds)
    if unknown := said.names - set(kinds) - common:
        raise RenderError(f"{face} and its rule differ in the states {', '.join(sorted(unknown))}")
    arguments = () if face is None else face.arguments
    given = {a.name for a in arguments}
    settings = {a.name for a in arguments if a.use in (Use.RATE, Use.SETTINGS)}
    absent = {*said.late, *said.matrices, *said.others, *map(key, present)}
    return {
        "original": "" if face is None else str(face),
        "counts": counts if counts != "parameter" else "",
        "begins": said.begins,
        "steps": said.steps,
        "count": said.count,
        "numbers": {name: _number(first) for name, first in said.group.items() if name in kinds},
        "common": {name: _number(first) for name, first in said.group.items() if name in common},
        "keyed": {name: (option, names) for name, (option, *names) in said.keyed.items()},
        "made": said.made,
        "matrices": said.matrices,
        "others": said.others,
        "renamed": {old: name for name, old in said.others.items() if old != name},
        "rows": [name for name, kind in kinds.items() if kind is Kind.ROW] if squeezed else [],
        "columns": [name for name, kind in kinds.items() if kind is Kind.COLUMN] if squeezed else [],
        "late": said.late,
        "needed": [name for name in ("step", *kinds) if name not in absent],
        "present": {key(name): setting for name, setting in present.items()},
        "written": written_of_face(face),
        "off": {name: literal_text(off[0]) for name, off in (face.keys.items() if face else ())},
        "averaged": said.averaged,
        "shapes": {"step": "()"} | {name: _SHAPES.get(kind, "()") for name, kind in kinds.items()},
        "extra": said.extra,
        "axes": said.axes,
        "imitates": face is not None,
        "fixed": [] if face is None else [x for x in _OF_CONSTRUCTOR.get(face.library, ()) if x in given],
        "required": [name for name in ("lr", "betas", "momentum") if name in settings] if face else [],
        "tuples": [a.name for a in arguments if len(a.settings) > 1],
        "fills": bool(absent - {"step"}),
        "packs": bool(
            counts != "parameter" or said.count or said.group or said.keyed or said.others or squeezed
        ),
    }


def _number(first: Default) -> str:
    """Return the text of a number before the first step, which may be that of an option."""
    return f'group["{first}"]' if isinstance(first, str) else literal_text(first)
