"""Names of states and values that nothing around has."""

from __future__ import annotations

import re
from collections.abc import Collection

from nos_sym.language.registry import lookup
from nos_sym.language.reserved import KEYWORDS, UNSAID
from nos_sym.language.writing import spelled_name

_LONGEST = 60
_COMMENT = re.compile(r"#[^\r\n]*")
_BRACE = re.compile(r"#[^\r\n]*|[{}]")
_NAME = re.compile(r"[^\W\d]\w*")


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
    depth, end = 0, len(text)
    for match in _BRACE.finditer(text, brace):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if not depth:
            end = match.end()
            break
    return frozenset(map(spelled_name, _NAME.findall(_COMMENT.sub(" ", text[brace:end]))))
