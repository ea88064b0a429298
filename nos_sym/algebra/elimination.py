"""States that are values of the language: linear recursions with constant coefficients, and running maxima.

The states of a system that read each other go together. Where their new values are sums of rational multiples
of the states and of signals, each old value is a function of the signals alone, in the parts of its transfer
function; a start other than zero is a signal of the first step. A state ``n <- max(x, n)`` from 0 is the
running maximum of x, one step late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.kernel import (
    Atom,
    Mono,
    Poly,
    Transfer,
    add,
    as_extremum,
    atom,
    delayed,
    filtered,
    geometric,
    given,
    is_step,
    maximum,
    mono,
    mul,
    note,
    poly,
    resolvent,
    running_maximum,
    scaled,
    sign_of,
    single,
    workspace,
)
from nos_sym.algebra.polynomials import polynomial
from nos_sym.language.system import Recursion

Environment = dict[Basic, Poly]
"""What leaves, and some expressions above them, mean."""

_STATES = ("state", "state+", "state from 0", "state+ from 0")
LARGEST = 12
"""Most states that are solved for together."""


def values(environment: Mapping[Basic, Poly], wanted: Iterable[Basic]) -> list[Poly]:
    """Return the forms of expressions in an environment."""
    with given(environment):
        return [polynomial(x) for x in wanted]


def state_atom(name: str, *, positive: bool = False, from_zero: bool = False) -> Atom:
    """Return the atom that is the old value of a state."""
    return atom(f"state{'+' * positive}{' from 0' * from_zero}", (), name)


def value_of(a: Atom) -> Poly:
    """Return an atom as a value."""
    return single([(a, 1, 0 if sign_of(a) > 0 else 1)])


def states_in(p: Poly) -> frozenset[Atom]:
    """Return the old values of states that a form reads."""
    memo = workspace().memo
    key = ("states in", p)
    if key not in memo:
        memo[key] = frozenset().union(*(_states_of(a) for m, _ in p.terms for a, _, _ in m.factors))
    return memo[key]  # type: ignore[return-value]


def _states_of(a: Atom) -> frozenset[Atom]:
    if a.op in _STATES:
        return frozenset((a,))
    return frozenset().union(*(states_in(x) for x in a.args))


def solved(states: Sequence[Recursion], environment: Environment) -> Environment | None:
    """Return what the old values of states are, and expressions with them; ``None`` where they stay states.

    Args:
        states: states that read each other, or one.
        environment: what all others are.
    """
    if len(states) > LARGEST or any(s.shared for s in states):
        return None
    starts = values(environment, (s.start for s in states))
    # Names that no other state has.
    atoms = [state_atom(f"solved {i}", from_zero=not start.terms) for i, start in enumerate(starts)]
    inner = {s.old: value_of(a) for s, a in zip(states, atoms, strict=True)}
    news = values(environment | inner, (s.new for s in states))
    linear = _linear(news, atoms)
    if linear is not None:
        note("linear-states")
        matrix, signals = linear
        old = _responses(matrix, signals, starts)
        after = [
            add(signal, *(scaled(x, c) for c, x in zip(row, old, strict=True)))
            for row, signal in zip(matrix, signals, strict=True)
        ]
        # The new value by itself, since a branch at the first step is seen best where it stands.
        known = dict(zip((s.new for s in states), after, strict=True))
        return known | dict(zip((s.old for s in states), old, strict=True))
    if len(states) == 1:
        grown = _geometric(news[0], atoms[0], starts[0])
        if grown is not None:
            note("linear-states")
            return {states[0].old: grown}
    if len(states) == 1 and not starts[0].terms:
        peak = _peak(news[0], atoms[0])
        if peak is not None:
            note("peak-state")
            return {states[0].old: delayed(peak), states[0].new: peak}
    return None


def _linear(news: Sequence[Poly], atoms: Sequence[Atom]) -> tuple[list[list[Fraction]], list[Poly]] | None:
    """Return coefficients and signals of new values that are linear in the old ones."""
    own, rows, signals = frozenset(atoms), [], []
    for new in news:
        row = [Fraction(0)] * len(atoms)
        signal: dict[Mono, Fraction] = {}
        for m, c in new.terms:
            if not own & states_in(poly({m: Fraction(1)})):
                signal[m] = c
            elif len(m.factors) == 1 and m.factors[0][0] in own and m.factors[0][1:] == (1, 1):
                row[atoms.index(m.factors[0][0])] = c
            else:
                return None
        rows.append(row)
        signals.append(poly(signal))
    return rows, signals


def _geometric(new: Poly, old: Atom, start: Poly) -> Poly | None:
    """Return an old value whose new one is a constant times it, and a signal."""
    growth: dict[Mono, Fraction] = {}
    signal: dict[Mono, Fraction] = {}
    for m, c in new.terms:
        own = next((f for f in m.factors if f[0] is old), None)
        rest = mono([f for f in m.factors if f is not own])
        if old in states_in(poly({rest: Fraction(1)})):
            return None
        if own is None:
            signal[m] = c
        elif own[1:] == (1, 1) and rest.constant:
            growth[rest] = c
        else:
            return None
    factor = poly(growth)
    if not factor.terms:
        return None
    first = mul(start, is_step(0)) if start.terms else start
    return add(geometric(poly(signal), factor), first, mul(factor, geometric(first, factor)))


def _responses(matrix: list[list[Fraction]], signals: list[Poly], starts: list[Poly]) -> list[Poly]:
    """Return the old values of linear states: ``(1 - u A)^-1 (u x + start at the first step)``."""
    over, under = resolvent(matrix)
    first = [mul(start, is_step(0)) if start.terms else start for start in starts]
    found = []
    for row in over:
        parts = []
        for numerator, signal, start in zip(row, signals, first, strict=True):
            if numerator:
                parts.append(filtered(signal, Transfer((Fraction(0), *numerator), under)))
                parts.append(filtered(start, Transfer(numerator, under)))
        found.append(add(*parts))
    return found


def _peak(new: Poly, old: Atom) -> Poly | None:
    """Return the running maximum that a new value is, if it is the larger of the old one and of a signal."""
    extremum = as_extremum(new)
    if extremum is None or extremum[0] != "max":
        return None
    own = value_of(old)
    others = [x for x in extremum[1] if x is not own]
    if len(others) == len(extremum[1]) or any(old in states_in(x) for x in others):
        return None
    return running_maximum(maximum(others))
