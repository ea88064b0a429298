"""Linear recursions with constant coefficients, in the parts of their transfer functions.

A state that is a linear recursion over others is a sum of simple ones, each over one signal: averages with a
rational beta, alternating differences, delays, and recursions of which the language has no word. Two writings
of one recursion have the same parts. Signals that are functions of the step alone become such functions: the
average of a constant is a bias correction.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import factorial
from typing import NamedTuple

from nos_sym.algebra.kernel.bounds import sign_of
from nos_sym.algebra.kernel.functions_of_signs import sign
from nos_sym.algebra.kernel.kinds import STEP
from nos_sym.algebra.kernel.opaque import opaque
from nos_sym.algebra.kernel.partial_fractions import Coefficients, Mode, Transfer, chained, modes
from nos_sym.algebra.kernel.products import mul, product
from nos_sym.algebra.kernel.term import (
    ONE,
    Atom,
    Factor,
    Mono,
    Poly,
    add,
    atom,
    constant,
    note,
    scaled,
    single,
)
from nos_sym.intervals.interval import Interval
from nos_sym.language.registry import REGISTRY

_GEOMETRIC: Coefficients = (ONE, -ONE)
"""The denominator of the running sum."""

LARGEST_ORDER = 16
"""Poles of recursions that are joined to one; its partial fractions take their cube in time."""


def filtered(p: Poly, transfer: Transfer) -> Poly:
    """Return what a linear recursion that starts from zero makes of a value."""
    return add(*(_of_term(m, c, transfer) for m, c in p.terms))


def delayed(p: Poly) -> Poly:
    """Return the value of the step before, 0 at the first step."""
    return filtered(p, Transfer((Fraction(0), ONE)))


def step_number() -> Poly:
    """Return the count of the steps of a parameter, from 0."""
    return opaque(REGISTRY["t"], [])


def is_step(k: int) -> Poly:
    """Return 1 at step k, else 0."""
    off = sign(add(step_number(), constant(-k)))
    return add(constant(1), -mul(off, off))


def powers_of(base: Fraction) -> Poly:
    """Return ``base^t`` for a base between 0 and 1: a bias correction, written the other way."""
    return scaled(add(constant(1), -single([(atom("correction", (), base), 1, 0)])), 1 / base)


def _of_term(monomial: Mono, coefficient: Fraction, transfer: Transfer) -> Poly:
    fixed = [f for f in monomial.factors if f[0].constant]
    varying = [f for f in monomial.factors if not f[0].constant]
    outside = product(coefficient, fixed)
    if not varying:
        return mul(outside, _of_impulse(chained(transfer, Transfer((ONE,), _GEOMETRIC))))
    if len(varying) == 1:
        factor = varying[0]
        if _is_late(factor):
            # 1 from the second step on: a constant less an impulse.
            summed = chained(transfer, Transfer((ONE,), _GEOMETRIC))
            return mul(outside, add(_of_impulse(summed), -_of_impulse(transfer)))
        inner = _inner(factor)
        if inner is not None and transfer.order + inner[1].order <= LARGEST_ORDER:
            note("filters-apart")
            return mul(outside, filtered(inner[0], chained(transfer, inner[1])))
    signal = single(varying)
    return mul(outside, add(*(scaled(_of_mode(signal, m), c) for m, c in modes(transfer))))


def _is_late(factor: Factor) -> bool:
    a, q, s = factor
    return a.op == STEP and q == 0 and s == 2


def _inner(factor: Factor) -> tuple[Poly, Transfer] | None:
    """Return what a linear recursion acts on, and the recursion; ``None`` for another factor."""
    a, q, s = factor
    transfer = transfer_of(a)
    if transfer is None or q != 1 or s == 2:
        return None
    if s == 0 and sign_of(a) < 1:
        # |x| is another signal than x.
        return None
    return a.args[0], transfer


def transfer_of(a: Atom) -> Transfer | None:
    """Return the transfer function of a linear recursion, else ``None``."""
    if a.op == "ema":
        return Transfer((1 - a.param,), (ONE, -a.param))
    if a.op == "delta":
        return Transfer((ONE,), (ONE, ONE))
    if a.op == "filter":
        return a.param.transfer  # type: ignore[no-any-return]
    return None


def _of_mode(x: Poly, mode: Mode) -> Poly:
    """Return a mode of a signal, which is one product without constants."""
    if mode.power == 0:
        return x if mode.shift == 0 else _made("filter", x, mode)
    pole = mode.pole
    if pole is not None and 0 < pole < 1:
        for _ in range(mode.power):
            x = _made("ema", x, pole)
        return scaled(x, 1 / (1 - pole) ** mode.power)
    if pole == -1:
        for _ in range(mode.power):
            x = _made("delta", x, Fraction(0))
        return x
    return _made("filter", x, mode)


def _made(op: str, x: Poly, parameter: object) -> Poly:
    return product(ONE, [(atom(op, (x,), parameter), 1, 1)])


def _of_impulse(transfer: Transfer) -> Poly:
    """Return the response to 1 at the first step and 0 after it."""
    return add(*(scaled(_response(m), c) for m, c in modes(transfer)))


def _response(mode: Mode) -> Poly:
    if mode.power == 0:
        return is_step(mode.shift)
    pole = mode.pole
    if pole is None or not 0 < pole <= 1:
        return _made("filter", is_step(0), mode)
    repeated = _rising(mode.power - 1)
    return repeated if pole == 1 else mul(repeated, powers_of(pole))


def _rising(k: int) -> Poly:
    """Return ``(t + 1) ... (t + k) / k!``."""
    found = constant(1)
    for i in range(1, k + 1):
        found = mul(found, add(step_number(), constant(i)))
    return scaled(found, Fraction(1, factorial(k)))


def power_of_step(base: Fraction, exponent: Poly, general: Callable[[], Poly]) -> Poly:
    """Return ``base^(a t + n)`` for whole a and n by what the algebra knows of bias corrections."""
    t = step_number()
    slope = sum((c for m, c in exponent.terms if single(m.factors) is t), Fraction(0))
    offset = add(exponent, scaled(t, -slope))
    number = sum((c for m, c in offset.terms if not m.factors), Fraction(0))
    whole = slope.denominator == number.denominator == 1 and 0 < slope <= 64 and abs(number) <= 64
    if not (0 < base < 1 and whole and len(offset.terms) == (number != 0)):
        return general()
    note("power-of-step")
    return scaled(powers_of(base ** int(slope)), base ** int(number))


def geometric(p: Poly, growth: Poly) -> Poly:
    """Return the old value of ``n <- growth n + p`` from 0, for a growth that is a constant."""
    parts = []
    for m, c in p.terms:
        fixed = [f for f in m.factors if f[0].constant]
        inner = single([f for f in m.factors if not f[0].constant])
        made = product(ONE, [(atom("geometric", (inner, growth)), 1, 1)])
        parts.append(mul(product(c, fixed), made))
    return add(*parts)


class Symbol(NamedTuple):
    """What is known of a setting: its name and its domain, and whether that lies in [0, 1)."""

    name: str
    low: float
    high: float
    domain: str
    fraction: bool

    def __str__(self) -> str:
        return f"{self.name}|{self.domain}"


def symbol(name: str, domain: Interval) -> Poly:
    """Return a setting as a constant of which the domain is known."""
    fraction = domain.low >= 0 and (domain.high < 1 or (domain.high == 1 and domain.high_open))
    known = Symbol(name, domain.low, domain.high, str(domain), fraction)
    return product(ONE, [(atom("setting", (), known), 1, 1)])
