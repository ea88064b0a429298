"""The scale of a state: the number by which it is divided, so that two that are multiples get one form.

Any number will do, since states that are kept divided by it are the same optimizer. The choice must not
depend on the scale in which the state was written: it makes the start, or what a step adds to the state, or
what it is compared with, have the coefficient 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isqrt

from nos_sym.algebra.elimination import states_in
from nos_sym.algebra.kernel import Atom, Exponent, Factor, Mono, Poly, mono, poly, sign_of

_Place = tuple[int, bytes, bytes, Exponent]
"""Where a coefficient was found: what does not depend on the scale, to choose the same one every time."""


def scale_of(old: Atom, start: Poly, new: Poly, others: frozenset[Atom]) -> Fraction | None:
    """Return the scale of a state; ``None`` where nothing sets it yet.

    Args:
        old: its old value.
        start: its value before the first step.
        new: the value that a step leaves.
        others: the states whose scale is open, this one included.
    """
    if start.terms:
        return min(start.terms, key=lambda t: t[0].digest)[1]
    inputs = min(_inputs(new, Fraction(1), others), default=None)
    if inputs is not None:
        return inputs[1]
    beside = min(_beside(new, old, others), default=None)
    if beside is None:
        return None
    size = beside[1]
    # An even function of the state leaves its sign open.
    return size if beside[0][3] != 0 or _leading(new, old) > 0 else -size


def _reads(m: Mono, others: frozenset[Atom]) -> bool:
    return bool(others & states_in(poly({m: Fraction(1)})))


def _place(m: Mono) -> tuple[int, bytes]:
    return len(states_in(poly({m: Fraction(1)}))), m.digest


def _inputs(
    p: Poly, factor: Fraction, others: frozenset[Atom]
) -> Iterator[tuple[tuple[int, bytes], Fraction]]:
    """Yield what a step adds to a state from outside, inside of maxima too, with its coefficient."""
    for m, c in p.terms:
        if not _reads(m, others):
            yield _place(m), factor * c
        elif len(m.factors) == 1 and m.factors[0][0].op in ("max", "min") and m.factors[0][1] == 1:
            a, _, s = m.factors[0]
            if s == 1 or sign_of(a):
                for x in a.args:
                    yield from _inputs(x, factor * (c if s == 1 or sign_of(a) > 0 else -c), others)


def _beside(p: Poly, old: Atom, others: frozenset[Atom]) -> Iterator[tuple[_Place, Fraction]]:
    """Yield the scales at which the state and a value from outside, that are summed, have one coefficient."""
    seen: set[Poly] = {p}
    waiting = [x for m, _ in p.terms for a, _, _ in m.factors for x in a.args]
    while waiting:
        here = waiting.pop()
        if here in seen or old not in states_in(here):
            continue
        seen.add(here)
        outside = [(m, c) for m, c in here.terms if not _reads(m, others)]
        for m, c in here.terms:
            own = next((f for f in m.factors if f[0] is old), None)
            rest = mono([f for f in m.factors if f is not own])
            if own is None or _reads(rest, others):
                continue
            for n, d in outside:
                found = _ratio(own, d / c)
                if found is not None:
                    yield (_place(n)[0], n.digest, rest.digest, found[1]), found[0]
        waiting += [x for m, _ in here.terms for a, _, _ in m.factors for x in a.args]


def _ratio(own: Factor, ratio: Fraction) -> tuple[Fraction, Exponent] | None:
    """Return the scale that turns a ratio into 1, and 1 where it has a sign, 0 where only its size counts."""
    _, q, s = own
    if q == 1:
        return (ratio, 1) if s == 1 else (abs(ratio), 0)
    up, down = isqrt(abs(ratio.numerator)), isqrt(ratio.denominator)
    if q == 2 and s == 0 and Fraction(up * up, down * down) == abs(ratio):
        return Fraction(up, down), 0
    return None


def _leading(new: Poly, old: Atom) -> Fraction:
    """Return the coefficient of a term of the new value, found without the state."""
    return min(new.terms, key=lambda t: mono([f for f in t[0].factors if not _has(f[0], old)]).digest)[1]


def _has(a: Atom, old: Atom) -> bool:
    return old in states_in(poly({mono([(a, 1, 1)]): Fraction(1)}))
