"""What the templates for PyTorch see of the state dicts of originals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nos_sym.backends.options import literal_text, written_of_face
from nos_sym.errors import RenderError
from nos_sym.faces.face import Default, Face
from nos_sym.faces.saved import Saved
from nos_sym.language.kind import Kind
from nos_sym.program.program import Program


def saved_context(program: Program, face: Face | None, key: Callable[[str], str]) -> dict[str, Any]:
    """Return what a file checks in a state dict, and what it reads and writes as a library has it.

    ``key`` returns the key of a state in the state dict.

    Raises:
        RenderError: the table of the face speaks of states that the rule does not have.
    """
    said = Saved() if face is None else face.saved
    present = {} if face is None else face.present
    counts, squeezed = (False, False) if face is None else (face.counts == "group", face.squeezed)
    kinds = {key(slot.name): slot.kind for slot in program.own_slots}
    common = {key(slot.name) for slot in program.slots} - set(kinds)
    if unknown := said.names - set(kinds) - common:
        raise RenderError(f"{face} and its rule differ in the states {', '.join(sorted(unknown))}")
    absent = {*said.late, *said.matrices, *said.others, *map(key, present)}
    return {
        "original": "" if face is None else str(face),
        "counts": counts,
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
        "whole": [name for name, kind in kinds.items() if kind is Kind.TENSOR],
        "fills": bool(absent - {"step"}),
        "packs": bool(counts or said.count or said.group or said.keyed or said.others or squeezed),
    }


def _number(first: Default) -> str:
    """Return the text of a number before the first step, which may be that of an option."""
    return f'group["{first}"]' if isinstance(first, str) else literal_text(first)
