"""What the templates for PyTorch see of the state dicts of originals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nos_sym.backends.options import literal_text, written_of_face
from nos_sym.errors import RenderError
from nos_sym.faces.face import Default, Face
from nos_sym.language.kind import Kind
from nos_sym.program.program import Program


def saved_context(program: Program, face: Face | None, key: Callable[[str], str]) -> dict[str, Any] | None:
    """Return what a file reads and writes otherwise than its own states, ``None`` where it is no library's.

    ``key`` returns the key of a state in the state dict.

    Raises:
        RenderError: the table of the face speaks of states that the rule does not have.
    """
    if face is None:
        return None
    said = face.saved
    kinds = {key(slot.name): slot.kind for slot in program.own_slots}
    common = {key(slot.name) for slot in program.slots} - set(kinds)
    if unknown := said.names - set(kinds) - common:
        raise RenderError(f"{face} and its rule differ in the states {', '.join(sorted(unknown))}")
    absent = {*said.late, *said.matrices, *said.others, *map(key, face.present)}
    return {
        "original": str(face),
        "counts": face.counts == "group",
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
        "rows": [name for name, kind in kinds.items() if kind is Kind.ROW] if face.squeezed else [],
        "columns": [name for name, kind in kinds.items() if kind is Kind.COLUMN] if face.squeezed else [],
        "late": said.late,
        "needed": [name for name in ("step", *kinds) if name not in absent],
        "present": {key(name): setting for name, setting in face.present.items()},
        "written": written_of_face(face),
        "off": {name: literal_text(off[0]) for name, off in face.keys.items()},
        "averaged": said.averaged,
        "whole": [name for name, kind in kinds.items() if kind is Kind.TENSOR],
        "fills": bool(absent - {"step"}),
        "packs": bool(
            face.counts == "group" or said.count or said.group or said.keyed or said.others or face.squeezed
        ),
    }


def _number(first: Default) -> str:
    """Return the text of a number before the first step, which may be that of an option."""
    return f'group["{first}"]' if isinstance(first, str) else literal_text(first)
