"""The names of modules of rendered optimizers, which say all that they are printed from."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from functools import lru_cache
from importlib import metadata
from typing import NamedTuple

PACKAGE = "nos_sym.rendered"
"""What the names begin with."""

LONGEST = 1 << 20
"""Bytes of a description at most, so that a name from elsewhere fills no memory."""

_PLAIN, _PACKED = "p", "x"
_NAME = re.compile(rf"(\w+)_([{_PLAIN}{_PACKED}])([a-z2-7]+)\Z", re.ASCII)


class Printed(NamedTuple):
    """What a module is printed from.

    Attributes:
        version: of nos-sym.
        rule: a name of the catalog, or the text of the rule with its name; empty where it is that of the
            face.
        backend: what it is printed for.
        face: the library's optimizer that it replaces, or nothing.
        cast: type of the matrices that are multiplied, or nothing.
        fused: whether a file for torch holds C.
        low_precision: whether a file for torch has options for states and weights of 16 bits.
    """

    version: str
    rule: str
    backend: str
    face: str | None = None
    cast: str | None = None
    fused: bool = True
    low_precision: bool = False


_NEEDED = Printed._fields[: -len(Printed._field_defaults)]
_DEFAULTS = tuple(Printed._field_defaults.values())
_TYPES: tuple[type | tuple[type, ...], ...] = (
    *(str, str, str),
    *((str, type(None)), (str, type(None))),
    *(bool, bool),
)


@lru_cache(maxsize=1)
def current_version() -> str:
    """Return the version of this package."""
    return metadata.version("nos-sym")


def module_name(label: str, printed: Printed) -> str:
    """Return the name of a module.

    Args:
        label: what the name begins with, for its readers.
        printed: what the module is printed from.
    """
    given = list(printed)
    while len(given) > len(_NEEDED) and given[-1] == _DEFAULTS[len(given) - 1 - len(_NEEDED)]:
        del given[-1]
    data = json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode()
    packed = zlib.compress(data, 9)
    short, kind = (packed, _PACKED) if len(packed) < len(data) else (data, _PLAIN)
    return f"{PACKAGE}.{label}_{kind}{base64.b32encode(short).decode().rstrip('=').lower()}"


def printed_as(name: str) -> Printed | None:
    """Return what a module is printed from; ``None`` where a name is none of these."""
    match = _NAME.match(name.removeprefix(f"{PACKAGE}."))
    if match is None:
        return None
    code = match[3].upper()
    try:
        data = base64.b32decode(code + "=" * (-len(code) % 8))
        if match[2] == _PACKED:
            data = zlib.decompressobj().decompress(data, LONGEST)
        found = json.loads(data)
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not len(_NEEDED) <= len(found) <= len(_TYPES):
        return None
    right = all(isinstance(x, kinds) for x, kinds in zip(found, _TYPES, strict=False))
    return Printed(*found) if right else None
