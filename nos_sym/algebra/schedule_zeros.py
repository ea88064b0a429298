"""At how many steps a function of the step is zero, at most, whatever the number of total steps is.

Two rules are equal at level ``schedule`` if functions of the step that vanish at a bounded number of steps
make them equal. For a fixed T such a function is one of ``p = t/T``. Cells of [0, 1) are found on each of
which interval arithmetic excludes 0 from the function, or from its first or second derivative by p for every
T: there it is zero at one step, or at two, at most (Rolle).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from nos_sym.algebra.kernel import (
    Atom,
    Bounds,
    Exponent,
    Poly,
    Subdomain,
    as_extremum,
    atom_on,
    nonzero,
    nonzero_poly,
    workspace,
)
from nos_sym.intervals import closed

CELLS = 96
"""Most cells that are looked at."""

_ZEROS = {"p": 1, "r": 2, "remaining": 1}
_ZERO: Bounds = (0.0, 0.0)
_ONE = closed.ONE
_TWO_OVER_ROOT_PI = (1.128379167095512, 1.1283791670955128)
_PI = (3.141592653589793, 3.1415926535897936)

Jet = tuple[Bounds, Bounds, Bounds]
"""Bounds of a value and of its first and second derivative by p."""
_UNKNOWN: Jet = (closed.REALS, closed.REALS, closed.REALS)


def zeros_of(p: Poly) -> int | None:
    """Return a number N such that a function of the step is 0 at no more than N steps, for every T.

    ``None`` where none is found, as for ``max(p - 1/2, 0)``, which is 0 for half of the steps.
    """
    if not p.scalar or not p.terms:
        return None
    if nonzero_poly(p):
        return 0
    memo = workspace().memo
    key = ("zeros of", p)
    if key not in memo:
        memo[key] = _of_product(p) if len(p.terms) == 1 else _of_sum(p)
    return memo[key]  # type: ignore[return-value]


def _of_sum(p: Poly) -> int | None:
    extremum = as_extremum(p)
    if extremum is None:
        return _count(lambda box: _poly_jet(p, box))
    # A maximum is zero only where one of its arguments is.
    return _total(zeros_of(x) for x in extremum[1])


def _total(counts: Iterable[int | None]) -> int | None:
    found = list(counts)
    return None if None in found else sum(n for n in found if n is not None)


def _of_product(p: Poly) -> int | None:
    return _total(zeros_of_atom(a) for a, _, _ in p.terms[0][0].factors)


def zeros_of_atom(a: Atom) -> int | None:
    """Return the same for one factor of a product."""
    if nonzero(a):
        return 0
    if a.op in _ZEROS:
        return _ZEROS[a.op]
    if not a.scalar or not a.args:
        return None
    if a.op == "sum" or a.kind.zero_with_argument_only:
        return zeros_of(a.args[0])
    if a.op in ("max", "min"):
        return _total(zeros_of(x) for x in a.args)
    return _count(lambda box: _atom_jet(a, box))


def _count(jet: Callable[[dict[str, Bounds]], Jet]) -> int | None:
    waiting = [Subdomain((i / 8, (i + 1) / 8), (0.0, 1.0)) for i in range(8)]
    count = zeros = 0
    while waiting:
        cell = waiting.pop()
        count += 1
        value, first, second = map(_is_free_of_zero, jet(cell.box()))
        if value:
            continue
        if first or second:
            zeros += 1 if first else 2
        elif count + len(waiting) >= CELLS:
            return None
        else:
            waiting += cell.halves({"p"})
    return zeros


def _is_free_of_zero(x: Bounds) -> bool:
    return x[0] > 0 or x[1] < 0


def _poly_jet(p: Poly, box: dict[str, Bounds]) -> Jet:
    total: Jet = (_ZERO, _ZERO, _ZERO)
    for m, c in p.terms:
        term: Jet = (closed.number(c), _ZERO, _ZERO)
        for a, q, s in m.factors:
            term = _times(term, _power_jet(_atom_jet(a, box), q, s))
        total = closed.add(total[0], term[0]), closed.add(total[1], term[1]), closed.add(total[2], term[2])
    return total


def _times(x: Jet, y: Jet) -> Jet:
    (u, v, w), (a, b, c) = x, y
    cross = closed.multiply(closed.multiply(v, b), (2.0, 2.0))
    outer = closed.add(closed.multiply(w, a), closed.multiply(u, c))
    return (
        closed.multiply(u, a),
        closed.add(closed.multiply(v, a), closed.multiply(u, b)),
        closed.add(outer, cross),
    )


def _chain(inner: Jet, value: Bounds, first: Bounds, second: Bounds) -> Jet:
    """Return the jet of a function of a value, given its own value and derivatives."""
    _, v, w = inner
    square = closed.power(closed.absolute(*v), 2)
    curved = closed.add(closed.multiply(second, square), closed.multiply(first, w))
    return value, closed.multiply(first, v), curved


def _power_jet(base: Jet, q: Exponent, s: int) -> Jet:
    """Return ``|a|^q sign(a)^s``."""
    low, high = base[0]
    if isinstance(q, int) and q > 0 and (s == q % 2 or low >= 0):
        result = base
        for _ in range(min(q, 8) - 1):
            result = _times(result, base)
        return result if q <= 8 else _UNKNOWN
    if q == 1 and s == 0 and high <= 0:
        return _negated(base)
    if not _is_free_of_zero(base[0]):
        return _UNKNOWN
    positive = base if low > 0 else _negated(base)
    size, k = positive[0], Fraction(q)
    if k:
        first = closed.multiply(_ONE if k == 1 else closed.power(size, k - 1), closed.number(k))
        second = closed.multiply(_ONE if k == 2 else closed.power(size, k - 2), closed.number(k * (k - 1)))
        result = _chain(positive, closed.power(size, k), first, second)
    else:
        result = (_ONE, _ZERO, _ZERO)
    return _negated(result) if s == 1 and low < 0 else result


def _negated(x: Jet) -> Jet:
    return closed.negate(x[0]), closed.negate(x[1]), closed.negate(x[2])


def _atom_jet(a: Atom, box: dict[str, Bounds]) -> Jet:
    """Return bounds of an atom and of its derivatives by p on a cell."""
    if a.constant:
        return atom_on(a, box), _ZERO, _ZERO
    if a.op in _ZEROS:
        slope = {"p": 1.0, "r": 2.0, "remaining": -1.0}[a.op]
        return box[a.op], (slope, slope), _ZERO
    if not a.args or a.kind.operation is not None:
        return atom_on(a, box), closed.REALS, closed.REALS
    inner = [_poly_jet(x, box) for x in a.args]
    if a.op in ("sum", "product"):
        return inner[0]
    if a.op in ("max", "min"):
        slopes = [d for _, d, _ in inner]
        return atom_on(a, box), (min(d[0] for d in slopes), max(d[1] for d in slopes)), closed.REALS
    x = inner[0][0]
    if a.op == "ln" and x[0] >= 0 and x[1] > 0 and nonzero_poly(a.args[0]):
        first = closed.power(x, -1)
        value = closed.image("ln", *x)
        return _chain(inner[0], value, first, closed.negate(closed.power(x, -2)))
    slopes_of = _DERIVATIVES.get(a.op)
    if slopes_of is None:
        return atom_on(a, box), closed.REALS, closed.REALS
    value = atom_on(a, box)
    return _chain(inner[0], value, *slopes_of(x, value))


def _of_exp(_: Bounds, value: Bounds) -> tuple[Bounds, Bounds]:
    return value, value


def _of_tanh(_: Bounds, value: Bounds) -> tuple[Bounds, Bounds]:
    square = closed.power(closed.absolute(*value), 2)
    low, high = closed.add(_ONE, closed.negate(square))
    first = max(low, 0.0), min(high, 1.0)
    return first, closed.multiply(closed.multiply(value, first), (-2.0, -2.0))


def _of_arctan(x: Bounds, _: Bounds) -> tuple[Bounds, Bounds]:
    first = closed.power(_one_and_square(x), -1)
    return first, closed.multiply(closed.multiply(x, closed.power(first, 2)), (-2.0, -2.0))


def _of_arcsinh(x: Bounds, _: Bounds) -> tuple[Bounds, Bounds]:
    first = closed.power(_one_and_square(x), Fraction(-1, 2))
    return first, closed.negate(closed.multiply(x, closed.power(first, 3)))


def _of_erf(x: Bounds, _: Bounds) -> tuple[Bounds, Bounds]:
    square = closed.power(closed.absolute(*x), 2)
    first = closed.multiply(_TWO_OVER_ROOT_PI, closed.image("exp", -square[1], -square[0]))
    return first, closed.multiply(closed.multiply(x, first), (-2.0, -2.0))


def _of_cospi(x: Bounds, value: Bounds) -> tuple[Bounds, Bounds]:
    sine = closed.image("cospi", *closed.add(x, (-0.5, -0.5)))
    squared = closed.multiply(_PI, _PI)
    return closed.negate(closed.multiply(_PI, sine)), closed.negate(closed.multiply(squared, value))


def _one_and_square(x: Bounds) -> Bounds:
    return closed.add(_ONE, closed.power(closed.absolute(*x), 2))


_DERIVATIVES: dict[str, Callable[[Bounds, Bounds], tuple[Bounds, Bounds]]] = {
    "exp": _of_exp,
    "tanh": _of_tanh,
    "arctan": _of_arctan,
    "arcsinh": _of_arcsinh,
    "erf": _of_erf,
    "cospi": _of_cospi,
}
"""First and second derivative of functions, from bounds of the argument and of the value."""
