"""Ten ways to spoil a proof. What comes out claims or cites something else, and most of it is false."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.])")
_BETA = re.compile(r"(?<=, )0\.\d+(?=\))")
_EXPONENT = re.compile(r"(?<=\^)[2-9]")
_LEAVES = ("g", "w", "v_hat", "s_hat", "a2", "a4")

Spoil = Callable[[list[str], random.Random], "list[str] | None"]


def _chain_lines(lines: list[str]) -> list[int]:
    start = lines.index("")
    return [i for i, line in enumerate(lines) if i > start and "~" in line]


def _uses(lines: list[str]) -> list[int]:
    return [i for i, line in enumerate(lines) if line.lstrip().startswith("by ")]


def _replaced(
    line: str, pattern: re.Pattern[str], rng: random.Random, put: Callable[[str], str]
) -> str | None:
    head, tilde, body = line.partition("~") if "~" in line else ("", "", line)
    found = list(pattern.finditer(body))
    if not found:
        return None
    match = rng.choice(found)
    return head + tilde + body[: match.start()] + put(match[0]) + body[match.end() :]


def _in_rule(pattern: re.Pattern[str], put: Callable[[str, random.Random], str]) -> Spoil:
    def spoil(lines: list[str], rng: random.Random) -> list[str] | None:
        i = rng.choice(_chain_lines(lines))
        line = _replaced(lines[i], pattern, rng, lambda old: put(old, rng))
        return None if line is None else _with(lines, i, line)

    return spoil


def _with(lines: list[str], i: int, line: str) -> list[str]:
    """Replace a line; the claim follows where it is the first or the last of the chain."""
    changed = [*lines[:i], line, *lines[i + 1 :]]
    chain = _chain_lines(lines)
    body = re.sub(r"^[= ] ", "", line)
    for end, name in ((chain[0], "A: "), (chain[-1], "B: ")):
        if i == end:
            (at,) = [j for j, text in enumerate(lines) if text.startswith(name)]
            changed[at] = name + body
    return changed


def _sign(lines: list[str], rng: random.Random) -> list[str] | None:
    i = rng.choice(_chain_lines(lines))
    head, _, body = lines[i].partition("~ ")
    return _with(lines, i, f"{head}~ -({body})")


def _swapped(lines: list[str], rng: random.Random) -> list[str] | None:
    i = rng.choice(_chain_lines(lines))
    head, _, body = lines[i].partition("~ ")
    found = list(re.finditer(r"(clip|rdiv|abspow)\(([^(),]+), ([^(),]+)\)", body))
    found += list(re.finditer(r"()([\w.]+) [-/] ([\w.]+)", body))
    if not found:
        return None
    m = rng.choice(found)
    body = body[: m.start(2)] + m[3] + body[m.end(2) : m.start(3)] + m[2] + body[m.end(3) :]
    return _with(lines, i, f"{head}~ {body}")


def _dropped(lines: list[str], rng: random.Random) -> list[str] | None:
    uses = _uses(lines)
    if not uses:
        return None
    i = rng.choice(uses)
    return [*lines[:i], *lines[i + 1 :]]


def _renamed(lines: list[str], rng: random.Random) -> list[str] | None:
    from nos_sym.proof.table import TABLE

    uses = [i for i in _uses(lines) if not re.match(r"\s*by (nonneg|nonzero|masks)\b", lines[i])]
    if not uses:
        return None
    i = rng.choice(uses)
    name = re.match(r"\s*by ([\w-]+)", lines[i])
    assert name is not None
    other = rng.choice([e.name for e in TABLE if e.name != name[1]])
    return [*lines[:i], lines[i].replace(f"by {name[1]}", f"by {other}", 1), *lines[i + 1 :]]


def _placed(lines: list[str], rng: random.Random) -> list[str] | None:
    """Move a factor to a part of the rule: another place."""
    i = rng.choice(_chain_lines(lines))
    line = _replaced(
        lines[i], re.compile(r"(?<![\w.])(?:g|w|v_hat|s_hat)(?![\w.(])"), rng, lambda old: f"tanh({old})"
    )
    return None if line is None else _with(lines, i, line)


def _another(lines: list[str], rng: random.Random) -> list[str] | None:
    """Cite for another x."""
    uses = [i for i in _uses(lines) if ":=" in lines[i] and "by masks" not in lines[i]]
    if not uses:
        return None
    i = rng.choice(uses)
    parts = lines[i].split("; ")
    k = rng.randrange(1, len(parts))
    name, _, old = parts[k].partition(" := ")
    value = rng.choice(["0.5", "0.1"] if name in "kl" else [leaf for leaf in _LEAVES if leaf != old])
    parts[k] = f"{name} := {value}"
    return [*lines[:i], "; ".join(parts), *lines[i + 1 :]]


def _factor(lines: list[str], rng: random.Random) -> list[str] | None:
    i = rng.choice(_chain_lines(lines))
    head, _, body = lines[i].partition("~ ")
    return _with(
        lines, i, f"{head}~ {rng.choice(('2', '0.5', '[a3]', '[1 / a1]'))} * ({body})".replace("] * (", "] (")
    )


WAYS: dict[str, Spoil] = {
    "constant": _in_rule(
        _NUMBER, lambda old, rng: f"{old}1" if "." in old else str(int(float(old)) + rng.choice((1, 2)))
    ),
    "sign": _sign,
    "exponent": _in_rule(_EXPONENT, lambda old, rng: str(int(old) % 8 + 2)),
    "beta": _in_rule(_BETA, lambda old, rng: "0.5" if old != "0.5" else "0.6"),
    "swapped arguments": _swapped,
    "dropped condition": _dropped,
    "name of the identity": _renamed,
    "place": _placed,
    "another x": _another,
    "factor": _factor,
}


def spoiled(text: str, way: str, rng: random.Random) -> str | None:
    """Return a spoiled proof, or nothing where the way does not apply to it."""
    lines = WAYS[way](text.rstrip("\n").split("\n"), rng)
    return None if lines is None else "\n".join(lines) + "\n"
