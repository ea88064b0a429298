"""Proofs of equality, by name or as text."""

from __future__ import annotations

from collections.abc import Sequence

from nos_sym.algebra.levels import Level
from nos_sym.proof.format import Proof
from nos_sym.proof.search import producer
from nos_sym.python.given import Given, level_of, optimizer_of


def prove(
    a: Given,
    b: Given,
    level: Level | str = Level.EXACT,
    *,
    seconds: float = producer.SECONDS,
    almost: Sequence[str] = (),
) -> Proof | None:
    """Search a proof that two optimizers are equal at a level.

    Args:
        a: one optimizer; settings are numbers, at their defaults.
        b: the other.
        level: what they may differ by, a :class:`Level` or its name; ``float32`` has no proofs.
        seconds: how long to search, in time of this thread: a busy machine finds what an idle one does.
        almost: expressions of the language that the proof may take not to be zero, as ``("g",)``.

    Returns:
        A proof that :func:`check_proof` accepts, or nothing where none was found. That none was found says
        nothing about the rules.

    Raises:
        NosSymError: no optimizer is given, no level, or an expression of ``almost`` that cannot be read.
    """
    first, second = optimizer_of(a), optimizer_of(b)
    return producer.prove(first, second, level_of(level), seconds=seconds, almost=almost)
