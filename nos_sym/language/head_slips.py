"""What people write in the head of a rule that is no list of settings, and what to write instead."""

from __future__ import annotations

import re

from nos_sym.errors import quoted
from nos_sym.language.reading import Problem

_HEAD = re.compile(r"\s*([A-Za-z_]\w*)\s*\((.*)", re.DOTALL)
_TUPLE = re.compile(r"[\[(]\s*([0-9.eE+-]+(?:\s*,\s*[0-9.eE+-]+)*)\s*,?\s*[\])]")
_UNNAMED = "settings stand behind the name of a rule, as in 'Name(beta=0.9) = ...'"


def in_a_head(text: str, start: int, place: int, seen: str) -> Problem | None:
    """Return what is wrong in the settings of a rule.

    Args:
        text: what is read, comments and quotes blanked out.
        start: where the rule begins.
        place: where the parser stopped.
        seen: what stands there.
    """
    before = text[start:place]
    if seen == "(" and (not before.strip() or re.fullmatch(r"\s*\w+\s*=\s*", before)):
        return Problem(f"unexpected '('; {_UNNAMED}", place) if _is_settings(text, place) else None
    head = _HEAD.fullmatch(before)
    if head is None or any(c in head[2] for c in "~{") or head[2].count("(") != head[2].count(")"):
        return None
    setting = re.search(r"(?:^|,)\s*(\w*)\s*(=?)\s*([^,=\s]*)\s*$", head[2])
    if setting is None:
        return None
    name, equal, value = setting.groups()
    if equal and not value:
        return _no_number(text, place, seen, name)
    if name and not equal and seen in (")", ",", "in", ":"):
        if seen == ":":
            return Problem(f"unexpected ':'; a setting is '{name}=0.9', and its domain follows 'in'", place)
        return Problem(
            f"the setting '{name}' has no default; write '{name}=0.9'",
            start + head.start(2) + setting.start(1),
        )
    if value and seen in ("-", "+", "*", "/", "^", "**"):
        return Problem(f"unexpected '{seen}'; the default of a setting is one decimal number", place)
    if not name and seen in ("*", "**"):
        return Problem(f"unexpected '{seen}'; a setting is a name with its default, 'beta=0.9'", place)
    return None


def _is_settings(text: str, place: int) -> bool:
    return re.match(r"\(\s*\w+\s*=(?!=)", text[place:]) is not None


def _no_number(text: str, place: int, seen: str, name: str) -> Problem | None:
    if seen in ("(", "["):
        found = _TUPLE.match(text, place)
        numbers = [part.strip() for part in found[1].split(",")] if found else ["0.9", "0.999"]
        base = name[:-1] if name.endswith("s") and len(name) > 1 else name
        write = ", ".join(f"{base}{i}={x[:20]}" for i, x in enumerate(numbers[:4], 1))
        return Problem(f"{quoted(name)} is given a tuple; a setting is one number, so write '{write}'", place)
    if seen.startswith('"'):
        return Problem(f"{quoted(name)} is given a text; a setting is one number", place)
    return None


def no_number(word: str) -> str:
    """Return what is wrong with a word as the default of a setting."""
    if word in ("True", "true"):
        return f"unexpected '{word}'; a setting is a number: write 1, and compare it in 'if', as in 'x == 1'"
    if word in ("False", "false"):
        return f"unexpected '{word}'; a setting is a number: write 0, and compare it in 'if', as in 'x == 1'"
    if word in ("None", "null", "nil"):
        return (
            f"unexpected '{word}'; a setting is a number: leave it out, or write the number that means none"
        )
    return f"unexpected {quoted(word)}; expected a number"
