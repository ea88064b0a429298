"""Levels of equality: what two rules may differ by and still count as one optimizer.

``exact`` refines ``sign`` refines ``scale`` refines ``schedule``. ``float32`` is no proof: it is a
comparison of numbers, coarser than ``exact`` and not comparable with the others.
"""

from __future__ import annotations

from enum import Enum

from nos_sym.algebra.canonical import canonical, make_key
from nos_sym.algebra.factor import split, without_constant
from nos_sym.algebra.kernel import (
    Poly,
)
from nos_sym.language.rule import Rule


class Level(Enum):
    """What equality means.

    exact: the same update, but on a null set. sign: up to the sign, which the integrity check chooses.
    scale: up to a constant factor, which a learning-rate sweep absorbs. schedule: after the decays that
    commute with the learning rate are factored out. float32: indistinguishable at training precision, which
    is not a proof.
    """

    EXACT = "exact"
    SIGN = "sign"
    SCALE = "scale"
    SCHEDULE = "schedule"
    FLOAT32 = "float32"

    @property
    def is_proof(self) -> bool:
        """Whether equality at this level is proved."""
        return self is not Level.FLOAT32


def level_key(rule: Rule, level: Level) -> str:
    """Return the key of a rule at a level of equality: rules with the same key are proved equal at it.

    Keys of different levels say nothing about each other.

    Raises:
        ValueError: for ``float32``, which compares numbers and has no key.
    """
    if not level.is_proof:
        raise ValueError("float32 compares numbers; it has no key")
    return make_key(rule, level_form(canonical(rule), level), level.value)


def level_form(p: Poly, level: Level) -> Poly:
    """Return the representative of a canonical form at a level."""
    if level is Level.EXACT or not p.terms:
        return p
    if level is Level.SIGN:
        return p if p.terms[0][1] > 0 else -p
    if level is Level.SCALE:
        return without_constant(p)[1]
    return without_constant(split(p)[2])[1]
