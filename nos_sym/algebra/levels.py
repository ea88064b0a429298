"""Levels of equality: what two rules may differ by and still count as one optimizer.

``exact`` refines ``sign`` refines ``scale`` refines ``schedule``. ``float32`` is no proof: it is a
comparison of numbers, coarser than ``exact`` and not comparable with the others.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from nos_sym.algebra.canonical import make_key, one_line_of
from nos_sym.algebra.factor import split, without_constant
from nos_sym.algebra.kernel import ONE, Poly, base, mul, product, tables_of
from nos_sym.algebra.minimal import Minimal
from nos_sym.algebra.one_line import change_of
from nos_sym.algebra.schedule_zeros import zeros_of_atom
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule


class Level(Enum):
    """What equality means.

    exact: the same update on every history. sign: up to the sign, which the integrity check chooses. scale:
    up to a constant factor other than 0, which a learning-rate sweep absorbs. schedule: up to functions of
    the training's step on both sides, each zero or singular at a number of steps that does not grow with T,
    on histories in which every weight has a gradient from the first step on. float32: not told apart by
    samples in float32, which is a measurement.
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


def level_key(rule: Rule | Block, level: Level, *, almost: bool = False) -> str:
    """Return the key of a rule at a level of equality: rules with the same key are proved equal at it.

    Keys of different levels say nothing about each other.

    Args:
        rule: the rule.
        level: what rules may differ by.
        almost: whether they may also differ on a null set of histories, as where a gradient is zero.

    Raises:
        ValueError: for ``float32``, which compares numbers and has no key.
    """
    if not level.is_proof:
        raise ValueError("float32 compares numbers; it has no key")
    # A branch may be zero on a set that is no null set: blocks are compared on every history.
    with tables_of(almost=almost and isinstance(rule, Rule)):
        title = f"{level.value}, almost" if almost else level.value
        found = one_line_of(rule)
        if isinstance(found, Minimal):
            # What moves the weight has a sign and a factor; what the states do is the same at every level.
            return make_key("states", at_level(found, level), "exact" if level is Level.EXACT else title)
        return make_key(found.momentum.value, level_form(found.update, level).digest, title)


def at_level(system: Minimal, level: Level) -> bytes:
    """Return the digest of a system at a level, by its change of the weight; no schedule leaves it."""
    if level is Level.EXACT:
        return system.digest
    change = level_form(change_of(system), Level.SIGN if level is Level.SIGN else Level.SCALE)
    return replace(system, move=change).digest


def level_form(p: Poly, level: Level) -> Poly:
    """Return the representative of a canonical form at a level."""
    return form_and_zeros(p, level)[0]


def form_and_zeros(p: Poly, level: Level) -> tuple[Poly, int]:
    """Return the representative of a form, and at how many steps the schedule that left may be 0 or singular.

    The number holds for every T; below level ``schedule`` it is 0, since no schedule leaves.
    """
    if level is Level.EXACT or not p.terms:
        return p, 0
    if level is Level.SIGN:
        return p if p.terms[0][1] > 0 else -p, 0
    if level is Level.SCALE:
        return without_constant(p)[1], 0
    core, zeros = _without_schedule(p)
    return without_constant(core)[1], zeros


def _without_schedule(p: Poly) -> tuple[Poly, int]:
    """Return a form without the functions of the step that leave it, and at how many steps they are 0."""
    schedule, number, core = split(p, corrections=True)
    _, monomial, remainder = base(schedule)
    kept, zeros = mul(number, core), 0
    for a, q, s in [*monomial.factors, *([(remainder, 1, 1)] if remainder is not None else [])]:
        found = zeros_of_atom(a)
        if found is None:
            # It vanishes at more than a few steps, for all that is known: it is no schedule, it stays.
            kept = mul(product(ONE, [(a, q, s)]), kept)
        else:
            zeros += found
    return kept, zeros
