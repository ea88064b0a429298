"""Damage for fuzzing: valid text, bytes and JSON data, changed in a few places by a seeded generator."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

HOSTILE = [
    "\n", "\r", "\r\n", "\t", "\x0b", "\x0c", "\x1b[31m", "\x1b]0;title\x07", "\x00", "\x85", "\x9b2J",
    "\u2028", "\u00a0", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud800", "\U000e0001", "\u0301" * 50,
    "\u65e5\u672c", "\U0001f600", "\u2212", "\u00b2", "\u221a", "\u03b2", "'", '"', "\\", "%s", "{0}",
    "{", "}", "$(x)", "`", "<", "&", "..", "/", "~", "-", "--", "0", "-0", "1e400", "1e-400", "9" * 50,
    "0x10", "nan", "inf", "-inf", "1_000", "1e", ".", "e", "true", "null", "(", ")", "[", "]", "|", "^",
    "=", ",", ":", ";", "#", "((((", "none ~ g", "None ~ g",
]  # fmt: skip
"""Characters and words that readers and terminals take for something else."""

LONG = [
    "a" * 10_000,
    "(" * 10_000,
    "[" * 3_000,
    "\u202e" * 10_000,
    "9" * 10_000,
    "g+" * 5_000 + "g",
    "\n" * 10_000,
    "-" * 5_000,
]
"""Texts that are long or deep."""


def damaged_text(rng: random.Random, text: str, others: list[str]) -> str:
    """Return a text with one to four changes; ``others`` are texts that pieces are taken from."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        start = rng.randint(0, len(text))
        end = min(len(text), start + rng.choice((0, 0, 1, 1, 2, 4, 9, 40)))
        kind = rng.random()
        if kind < 0.35:
            middle = rng.choice(HOSTILE)
        elif kind < 0.5:
            middle = ""
        elif kind < 0.6:
            middle = text[start:end] * rng.choice((2, 2, 3, 20))
        elif kind < 0.75:
            other = rng.choice(others)
            at = rng.randint(0, len(other))
            middle = other[at : at + rng.choice((1, 3, 10, 40))]
        elif kind < 0.85:
            middle = chr(rng.choice((rng.randrange(32, 127), rng.randrange(256), rng.randrange(0x2100))))
        elif kind < 0.88:
            middle = rng.choice(LONG)
        elif kind < 0.94:
            end, middle = len(text), ""
        else:
            middle = str(rng.choice((0, -1, 1, 2, 7, 10**6, 10**19, 0.5, 1e-9, 1e308)))
        text = text[:start] + middle + text[end:]
    return text


def damaged_bytes(rng: random.Random, data: bytes) -> bytes:
    """Return bytes with a few of them changed, left out, repeated or cut off."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(changed) + 1)
        kind = rng.random()
        if kind < 0.6 and at < len(changed):
            changed[at] = rng.randrange(256)
        elif kind < 0.75:
            del changed[at : at + rng.choice((1, 8, 100, 4096))]
        elif kind < 0.9:
            changed[at:at] = rng.randbytes(rng.choice((1, 8, 512)))
        else:
            del changed[at:]
    return bytes(changed)


def damaged_json(rng: random.Random, data: Any) -> Any:
    """Return JSON data with one to three values or keys replaced, left out or repeated."""
    data = copy.deepcopy(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = _damage(rng, data)
    return data


def _damage(rng: random.Random, data: Any) -> Any:
    if isinstance(data, dict) and data and rng.random() < 0.85:
        key = rng.choice(list(data))
        kind = rng.random()
        if kind < 0.1:
            del data[key]
        elif kind < 0.2:
            data[rng.choice(HOSTILE)] = data.pop(key)
        elif kind < 0.25:
            data[rng.choice((*HOSTILE, "name", "exponent", "rate", "setting"))] = _value(rng, data[key])
        else:
            data[key] = _damage(rng, data[key])
        return data
    if isinstance(data, list) and data and rng.random() < 0.85:
        at = rng.randrange(len(data))
        kind = rng.random()
        if kind < 0.1:
            del data[at]
        elif kind < 0.2:
            data.insert(at, data[at])
        else:
            data[at] = _damage(rng, data[at])
        return data
    return _value(rng, data)


def _value(rng: random.Random, old: Any) -> Any:
    deep: Any = "1"
    makers: list[Callable[[], Any]] = [
        lambda: None, lambda: True, lambda: False, lambda: 0, lambda: -1, lambda: 2, lambda: 10**400,
        lambda: -(10**19), lambda: 0.5, lambda: float("nan"), lambda: float("inf"), lambda: -0.0, lambda: "",
        lambda: {}, lambda: [], lambda: [old], lambda: {"x": old}, lambda: [[]],
        lambda: "setting", lambda: ["g"], lambda: rng.choice(HOSTILE), lambda: rng.choice(HOSTILE),
        lambda: rng.choice(LONG), lambda: 1e308,
    ]  # fmt: skip
    if isinstance(old, str):
        makers += [lambda: damaged_text(rng, old, [old, "tanh", "0.5"])] * 8
    if isinstance(old, int | float) and not isinstance(old, bool):
        makers += [lambda: old + 1, lambda: -old, lambda: str(old)]
    if rng.random() < 0.02:
        for _ in range(rng.choice((200, 2_000))):
            deep = rng.choice((["neg", deep], [deep], {"x": deep}))
        return deep
    return rng.choice(makers)()
