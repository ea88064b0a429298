"""Sentences of a small grammar, made anew where they are needed, whose information is known to the bit.

A grammar that is not ambiguous gives each sentence one probability, the product of those of its choices. The
sum of their logarithms is what no model can predict, so that a score can say how much of the rest it has
learned. Subjects and verbs agree in number, also across a relative clause.

Only ``random.Random.random`` draws, whose sequence Python keeps from version to version.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

_SINGULAR = ("dog", "cat", "river", "teacher", "child", "farmer", "stone", "bird", "garden", "letter")
_PLURAL = (
    "dogs", "cats", "rivers", "teachers", "children", "farmers", "stones", "birds", "gardens", "letters",
)  # fmt: skip
_ADJECTIVES = ("old", "small", "quiet", "green", "strange", "heavy")
_TRANSITIVE = (
    ("sees", "see"),
    ("finds", "find"),
    ("follows", "follow"),
    ("likes", "like"),
    ("meets", "meet"),
)
_INTRANSITIVE = (("sleeps", "sleep"), ("waits", "wait"), ("falls", "fall"), ("sings", "sing"))
_PLACES = ("near", "behind", "under", "without")
_PLURAL_SHARE, _ADJECTIVE, _CLAUSE, _OBJECT, _PLACE = 0.4, 0.4, 0.15, 0.6, 0.3


class _Writer:
    """Writes sentences and adds up their bits."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed).random  # noqa: S311 - data, no secret
        self.bits = 0.0
        self.words: list[str] = []

    def chance(self, share: float) -> bool:
        """Return a choice that is true with a probability."""
        chosen = self.draw() < share
        self.bits -= math.log2(share if chosen else 1 - share)
        return chosen

    def pick(self, count: int) -> int:
        """Return one of some numbers; number i has a probability as 1 / (i + 1), as words have."""
        shares = [1 / (i + 1) for i in range(count)]
        point, total = self.draw() * sum(shares), 0.0
        for number, share in enumerate(shares):
            total += share
            if point < total or number == count - 1:
                self.bits -= math.log2(share / sum(shares))
                return number
        raise AssertionError

    def one_of(self, words: Sequence[str]) -> None:
        """Write one of some words."""
        self.words.append(words[self.pick(len(words))])

    def noun(self, *, clauses: bool) -> int:
        """Write a noun with what belongs to it; return 1 for a plural."""
        plural = int(self.chance(_PLURAL_SHARE))
        self.one_of(("the", "some") if plural else ("the", "a"))
        if self.chance(_ADJECTIVE):
            self.one_of(_ADJECTIVES)
        self.one_of(_PLURAL if plural else _SINGULAR)
        if clauses and self.chance(_CLAUSE):
            self.words.append("that")
            self.verb(plural, clauses=False)
        return plural

    def verb(self, plural: int, *, clauses: bool) -> None:
        """Write a verb that agrees with its subject, and what follows it."""
        if self.chance(_OBJECT):
            self.words.append(_TRANSITIVE[self.pick(len(_TRANSITIVE))][plural])
            self.noun(clauses=False)
        else:
            self.words.append(_INTRANSITIVE[self.pick(len(_INTRANSITIVE))][plural])
        if clauses and self.chance(_PLACE):
            self.one_of(_PLACES)
            self.noun(clauses=False)

    def sentence(self) -> str:
        """Return a sentence with its full stop and a blank."""
        self.words = []
        self.verb(self.noun(clauses=True), clauses=True)
        return f"{' '.join(self.words)}. "


def write(length: int, seed: int) -> tuple[str, float]:
    """Return whole sentences of a seed with so many characters or a few more, and their bits together."""
    writer = _Writer(seed)
    text = ""
    while len(text) < length:
        text += writer.sentence()
    return text, writer.bits
