"""Systems of states that are rules of one line: ``lr`` times an update, under one of the momentum types."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from nos_sym.algebra.elimination import states_in, value_of
from nos_sym.algebra.kernel import Exponent, Factor, Poly, add, mono, mul, opaque, poly, scaled, sign_of
from nos_sym.algebra.minimal import Minimal
from nos_sym.algebra.polynomials import polynomial
from nos_sym.language.kind import Kind
from nos_sym.language.node import kind_of
from nos_sym.language.registry import REGISTRY, apply
from nos_sym.language.rule import Momentum
from nos_sym.language.state import is_old_value, kind_word, state_name


@dataclass(frozen=True, slots=True)
class OneLine:
    """An optimizer as a momentum type and an update.

    Attributes:
        momentum: how the update moves the weights.
        update: form of the update, the sign of ascent applied.
    """

    momentum: Momentum
    update: Poly


def change_of(system: Minimal) -> Poly:
    """Return what a step adds to the weight."""
    return add(system.move, -polynomial(apply("w")))


def as_one_line(system: Minimal) -> OneLine | None:
    """Return the momentum type and the update that a system is, else ``None``."""
    change = change_of(system)
    if not system.states:
        update = without_rate(-change)
        return None if update is None else OneLine(Momentum.NONE, update)
    if len(system.states) > 1:
        return None
    (state,) = system.states
    if state.start.terms or state.shared or not change.terms:
        return None
    coefficient = opaque(REGISTRY["momentum"], [])
    step = add(state.new, -mul(coefficient, value_of(state.old)))
    if state.old in states_in(step) or not step.terms:
        return None
    for momentum, moved in (
        (Momentum.MOMENTUM, state.new),
        (Momentum.NESTEROV, add(mul(coefficient, state.new), step)),
    ):
        factor = _ratio(change, moved)
        update = None if factor is None else without_rate(scaled(step, -factor))
        if update is not None:
            return OneLine(momentum, update)
    return None


def lacking(system: Minimal) -> str:
    """Return what keeps a system from being a rule of one line, in words."""
    for state in system.states:
        if not is_old_value(state.leaf):
            continue
        name, kind = state_name(state.leaf), kind_of(state.leaf)
        if kind is not Kind.TENSOR:
            return f"its state '{name}' is of kind '{kind_word(kind)}', and those of one line are tensors"
        return f"its state '{name}' is no average, maximum or momentum of what a step reads"
    return "its step is not 'lr' times an update"


def _ratio(x: Poly, y: Poly) -> Fraction | None:
    """Return the number that makes one form of another."""
    if not y.terms or not x.terms:
        return None
    factor = x.terms[0][1] / y.terms[0][1]
    return factor if scaled(y, factor) is x else None


def without_rate(p: Poly) -> Poly | None:
    """Return what a value is ``lr`` times, where each of its terms has that factor."""
    rate = opaque(REGISTRY["lr"], []).terms[0][0].factors[0][0]
    found = {}
    for m, c in p.terms:
        at = next((f for f in m.factors if f[0] is rate), None)
        if at is None or at[1] < 1:
            return None
        others: list[Factor] = [f for f in m.factors if f is not at]
        q: Exponent = at[1] - 1
        # A rate is never negative: its sign is no factor of its own, and lr times what it leaves is all.
        s = at[2] if sign_of(rate) else (at[2] + 1) % 2
        found[mono([*others, (rate, q, s)] if q or s else others)] = c
    return poly(found)
