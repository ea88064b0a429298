"""Names of states and values that nothing around has."""

from __future__ import annotations

import re
from collections.abc import Collection

from nos_sym.language.registry import lookup
from nos_sym.language.scope import KEYWORDS, UNSAID

_LONGEST = 60
_HIDES = re.compile(r'#[^\r\n]*|"[^"\n]*"')
_NAME = re.compile(r"[A-Za-z_]\w*")


def unused_name(name: str, rule: str, taken: Collection[str]) -> str:
    """Return a name that is not taken: it, with the name of a rule before it, with a number behind it."""
    stem = f"{rule.lower()}_{name}"[: _LONGEST - 5] if rule else name
    found, count = name, 1
    while found in taken or found in KEYWORDS or found in UNSAID or lookup(found) is not None:
        found = stem if count == 1 else f"{stem}{count}"
        count += 1
    return found


def names_of_block(text: str, brace: int) -> frozenset[str]:
    """Return every name in a block, from its brace to the one that closes it, comments left out."""
    plain = _HIDES.sub(" ", text[brace:])
    depth, end = 0, len(plain)
    for match in re.finditer(r"[{}]", plain):
        depth += 1 if match[0] == "{" else -1
        if not depth:
            end = match.end()
            break
    return frozenset(_NAME.findall(plain, 0, end))
