"""Finding a face by the name that its library gives it, ``torch.optim.Adam(amsgrad=True)``."""

from __future__ import annotations

import re
from functools import lru_cache

from nos_sym.errors import CatalogError, described, quoted
from nos_sym.faces.face import Default, Face, Use
from nos_sym.faces.reading import read_faces
from nos_sym.language.hints import did_you_mean

BACKENDS = ("torch", "keras", "optax")
"""Backends that have faces."""

_NAME = re.compile(r"([A-Za-z_][A-Za-z_0-9]*(?:\.[A-Za-z_][A-Za-z_0-9]*)+)\s*(?:\((.*)\))?\s*\Z", re.DOTALL)
_LITERAL = r"""None|True|False|'[^'\\]*'|"[^"\\]*"|[-+.0-9eE]+"""
_FLAG = re.compile(rf"\s*([A-Za-z_][A-Za-z_0-9]*)\s*=\s*({_LITERAL})\s*\Z")


@lru_cache(maxsize=1)
def faces() -> tuple[Face, ...]:
    """Return all faces, in the order of the tables."""
    return tuple(face for backend in BACKENDS for face in read_faces(backend))


def faces_of_entry(entry: str) -> tuple[Face, ...]:
    """Return the faces of an entry of the catalog."""
    return tuple(face for face in faces() if face.entry == entry)


def is_face_name(text: str) -> bool:
    """Return whether a text is the qualified name of a library's optimizer, known or not."""
    match = _NAME.match(text.strip())
    return match is not None and any(match[1].startswith(f"{root}.") for root in _roots())


@lru_cache(maxsize=1)
def _roots() -> frozenset[str]:
    return frozenset(face.name.split(".")[0] for face in faces())


def face_named(text: str) -> Face:
    """Return the face of a qualified name, with flags as in ``torch.optim.SGD(nesterov=True)`` if any.

    Flags are the values of the table or numbers equal to them, as in rendered files: 0 and 1 are ``False``
    and ``True``. What a library takes by its truth alone, such as a text, is refused.

    Raises:
        CatalogError: there is no such face, or not with these flags; the message has what there is.
    """
    match = _NAME.match(text.strip()) if isinstance(text, str) else None
    if match is None:
        text = text if isinstance(text, str) else described(text)
        raise CatalogError(f"{quoted(text)} is no qualified name; expected one such as 'torch.optim.AdamW'")
    name, flags = match[1], _flags(match[2] or "")
    found = [face for face in faces() if face.name == name]
    if not found:
        known = sorted({face.name for face in faces()})
        hint = did_you_mean(name, known) or f"; nos-sym list {name.split('.')[0]} shows those of the library"
        raise CatalogError(f"{quoted(name)} is not among the optimizers of libraries here{hint}")
    usual = {a.name: a.only for a in found[0].arguments if a.use is Use.ONLY}
    usual |= {flag: () for face in found for flag in face.flags if flag not in usual}
    for flag in flags:
        if flag not in usual:
            raise CatalogError(f"{name} has no flag {quoted(flag)}; expected one of {', '.join(usual)}")
    wanted = {flag: x for flag, x in flags.items() if x not in usual[flag]}
    for face in found:
        if dict(face.flags) == wanted:
            return face
    calls = ", ".join(str(face) for face in found)
    raise CatalogError(f"{quoted(text)} is not among the rules here; there are {calls}")


def _flags(text: str) -> dict[str, Default]:
    found: dict[str, Default] = {}
    for part in filter(str.strip, text.split(",")):
        match = _FLAG.match(part)
        if match is None:
            raise CatalogError(f"{quoted(part.strip())} is no flag; expected, for example, 'amsgrad=True'")
        if match[1] in found:
            raise CatalogError(f"the flag {quoted(match[1])} is given twice; expected it once")
        found[match[1]] = _literal(match[2])
    return found


def _literal(text: str) -> Default:
    constants: dict[str, Default] = {"None": None, "True": True, "False": False}
    if text in constants:
        return constants[text]
    if text[0] in "'\"":
        return text[1:-1]
    try:
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        raise CatalogError(f"{quoted(text)} is no number") from None
