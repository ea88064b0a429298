"""Ten ways to spoil a proof by induction: of a rule, which then is another, or of what the states are."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from nos_sym.language.parser import parse
from nos_sym.proof.format import INDUCTION, Proof, Step, Use

_NUMBER = re.compile(r"(?<![\w.^])\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.])")
_BETA = re.compile(r"(?<![\w.])0\.\d+(?= \*)")

OfText = Callable[[str, random.Random], "str | None"]
OfValues = Callable[[list[tuple[str, str]], random.Random], "list[tuple[str, str]] | None"]


def _put(text: str, pattern: re.Pattern[str], rng: random.Random, put: Callable[[str], str]) -> str | None:
    found = list(pattern.finditer(text))
    if not found:
        return None
    match = rng.choice(found)
    return text[: match.start()] + put(match[0]) + text[match.end() :]


def _constant(text: str, rng: random.Random) -> str | None:
    return _put(text, _NUMBER, rng, lambda old: f"({old} + 0.125)")


def _sign(text: str, rng: random.Random) -> str | None:
    return _put(text, re.compile(r" [+-] "), rng, lambda old: " - " if "+" in old else " + ")


def _exponent(text: str, rng: random.Random) -> str | None:
    return _put(text, re.compile(r"(?<![\w.])g(?![\w.^])"), rng, lambda old: "g^3")


def _beta(text: str, rng: random.Random) -> str | None:
    return _put(text, _BETA, rng, lambda old: f"{old}01")


def _start(text: str, rng: random.Random) -> str | None:
    return _put(text, re.compile(r"(?<=state )\w+(?: = [^;]*)?"), rng, lambda old: (
        f"{old} + 0.5" if "=" in old else f"{old} = 0.5"
    ))  # fmt: skip


def _old(text: str, rng: random.Random) -> str | None:
    """Read a value before the step where the one after it stood, in the move."""
    head, arrow, move = text.rpartition("w <- ")
    changed = _put(move, re.compile(r"\bnew_\w\b"), rng, lambda name: name.replace("new", "old"))
    return None if changed is None else head + arrow + changed


def _order(text: str, rng: random.Random) -> str | None:
    """Put two statements in the other order."""
    lines = text.removeprefix("{ ").removesuffix(" }").split("; ")
    i = rng.randrange(len(lines) - 1)
    lines[i], lines[i + 1] = lines[i + 1], lines[i]
    return "{ " + "; ".join(lines) + " }"


def _factor(values: list[tuple[str, str]], rng: random.Random) -> list[tuple[str, str]] | None:
    if not values:
        return None
    i = rng.randrange(len(values))
    name, said = values[i]
    return [*values[:i], (name, f"{rng.choice(('2', '-1', '0.5'))} * ({said})"), *values[i + 1 :]]


def _swapped(values: list[tuple[str, str]], rng: random.Random) -> list[tuple[str, str]] | None:
    if len(values) < 2:
        return None
    i, j = rng.sample(range(len(values)), 2)
    changed = list(values)
    changed[i], changed[j] = (values[i][0], values[j][1]), (values[j][0], values[i][1])
    return changed


def _dropped(values: list[tuple[str, str]], rng: random.Random) -> list[tuple[str, str]] | None:
    if not values:
        return None
    i = rng.randrange(len(values))
    return values[:i] + values[i + 1 :]


OF_RULES: dict[str, OfText] = {
    "constant": _constant,
    "sign": _sign,
    "exponent": _exponent,
    "beta": _beta,
    "start": _start,
    "old for new": _old,
    "other order": _order,
}
"""Ways to spoil a rule, as text."""

OF_INVARIANTS: dict[str, OfValues] = {"factor": _factor, "swapped": _swapped, "dropped": _dropped}
"""Ways to spoil what states are."""


def with_second(proof: Proof, text: str) -> Proof:
    """Return a proof of one link about another second rule."""
    other = parse(text)
    first, last = proof.chain
    return Proof(proof.level, proof.first, other, (first, Step(other, last.uses)))


def with_values(proof: Proof, values: list[tuple[str, str]]) -> Proof:
    """Return a proof of one link whose induction says something else."""
    first, last = proof.chain
    rest = tuple(use for use in last.uses if use.name != INDUCTION)
    return Proof(
        proof.level,
        proof.first,
        proof.second,
        (first, Step(last.rule, (Use(INDUCTION, tuple(values)), *rest))),
    )
