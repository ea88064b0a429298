"""What interval arithmetic shows of an expression on every history: its range.

The arithmetic is Arb's, with 96 bits, by python-flint. Nothing of the algebra or of its bounds is used. A
range is a pair of ends, of which an infinite one is a limit. Where an expression depends on the step
alone, the training is cut into 64 parts, in which the basis of the schedules has small ranges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sympy.core.basic import Basic

from nos_sym.errors import RuleError
from nos_sym.language.node import Node
from nos_sym.language.parser import parse_rule
from nos_sym.proof.leaves import Bounded

try:
    from flint import arb, ctx
except ImportError as error:  # pragma: no cover - the environment of the tests has it
    raise RuleError("proofs need python-flint; install it with pip install 'nos-sym[proof]'") from error

ctx.prec = 96
Range = tuple[Any, Any]
Box = dict[str, Range]

PARTS = 64
"""Into how many parts a training is cut."""

_INF, _ZERO, _ONE = arb.pos_inf(), arb(0), arb(1)
_ALL, UNIT = (-_INF, _INF), (_ZERO, _ONE)
_SCHEDULES = frozenset(f"a{i}" for i in range(1, 15))
STEP_NAMES = frozenset(("p", "r", "remaining")) | _SCHEDULES
"""Leaves that follow the step of the training."""

# Rising functions: Arb's name, and the limits at both infinities.
_HALF_PI = (arb.pi() / 2).upper()
_RISING: dict[str, tuple[str, Any, Any]] = {
    "exp": ("exp", _ZERO, _INF),
    "tanh": ("tanh", -_ONE, _ONE),
    "erf": ("erf", -_ONE, _ONE),
    "arcsinh": ("asinh", -_INF, _INF),
    "arctan": ("atan", -_HALF_PI, _HALF_PI),
    "sqrt": ("sqrt", _ZERO, _INF),
}
# Functions that are known by their bounds alone; those of odd ones hold on either side of 0.
_BOUNDS: dict[str, Range] = {
    "sigmoid": UNIT, "dsoft": UNIT, "dtanh": UNIT, "dsig": (_ZERO, _ONE / 4), "softplus": (_ZERO, _INF),
    "correction": UNIT, "cospi": (-_ONE, _ONE), "abspow": (_ZERO, _INF), "erfc": (_ZERO, 2 * _ONE),
    "p": UNIT, "r": UNIT, "remaining": UNIT, **dict.fromkeys(_SCHEDULES, UNIT),
    **dict.fromkeys(("t", "lr", "rank", "norm1", "norm2", "norm_inf", "rms"), (_ZERO, _INF)),
    **dict.fromkeys(("T", "size", "rows", "cols", "first_axis", "second_axis"), (_ONE, _INF)),
    **dict.fromkeys(("less", "less_equal", "equal", "logical_and", "logical_or", "logical_not"), UNIT),
}  # fmt: skip
_ODD_BOUNDS = {"sign": _ONE, "softsign": _ONE, "i1e": arb("0.22"), "clip_norm": _ONE}
# In these texts each basis value stands once, so that their ranges are sharp.
_SHARP = {
    "a1": "1 - p", "a2": "p", "a3": "(1 + cospi(p)) / 2", "a4": "(1 - cospi(p)) / 2",
    "a5": "(1 + cospi(2 * p)) / 2", "a6": "(1 - cospi(2 * p)) / 2", "a7": "(1 + cospi(r)) / 2",
    "a8": "(1 - cospi(r)) / 2", "a9": "1 - r", "a10": "r", "a11": "exp(-p * ln(100))",
    "a12": "1 - exp(-p * ln(100))", "a13": "1 - 0.05 / (0.05 + 0.95 * remaining)",
    "a14": "0.05 / (0.05 + 0.95 * remaining) - 0.05",
}  # fmt: skip


def _outward(*ends: Any) -> Range:
    low, high = ends[0], ends[0]
    for end in ends[1:]:
        low, high = low.min(end), high.max(end)
    return low.lower(), high.upper()


def _times(a: Range, b: Range) -> Range:
    return _outward(*(_ZERO if x == 0 or y == 0 else x * y for x in a for y in b))


def _magnitude(a: Range) -> Range:
    if a[0] >= 0:
        return a
    return (-a[1], -a[0]) if a[1] <= 0 else (_ZERO, (-a[0]).max(a[1]))


def _rising(name: str, a: Range) -> Range:
    function, least, most = _RISING[name]
    ends = [least if v == -_INF else most if v == _INF else getattr(v, function)() for v in a]
    low, high = ends[0].lower(), ends[1].upper()
    return (low if low > least else least), (high if high < most else most)


def _log(a: Range) -> Range:
    """Return the range of ln|x| for x that is not zero; ``ln 0`` is a constant of which nothing is known."""
    if not a[0] > 0:
        return _ALL
    return a[0].log().lower(), (_INF if a[1] == _INF else a[1].log().upper())


def _inverse(a: Range) -> Range:
    """Return the range of 1/x, where 1/0 is 0."""
    if a[0] > 0:
        return (_ZERO if a[1] == _INF else (1 / a[1]).lower()), (1 / a[0]).upper()
    if a[1] < 0:
        low, high = _inverse((-a[1], -a[0]))
        return -high, -low
    return (_ZERO if a[0] >= 0 else -_INF), (_ZERO if a[1] <= 0 else _INF)


def _span(t: Basic, box: Box) -> Range:
    if not isinstance(t, Node):
        return of_fraction(Fraction(int(t.p), int(t.q)))
    name = t.operation.name
    found = _of_node(t, name, [_span(x, box) for x in t.operands], box)
    # Two enclosures of one value: the ends that say more.
    low, high = _BOUNDS.get(name, _ALL)
    return (found[0] if found[0] > low else low), (found[1] if found[1] < high else high)


def _of_node(t: Node, name: str, a: list[Range], box: Box) -> Range:
    if name in box:
        return box[name]
    if isinstance(t.operation, Bounded):
        return _ALL if t.operation.least is None else (arb(t.operation.least), _INF)
    if name in _SHARP:
        return _span(_term(_SHARP[name]), box) if box else UNIT
    if name in _RISING:
        return _rising(name, _magnitude(a[0]) if name == "sqrt" else a[0])
    if name in _ODD_BOUNDS or name == "clip":
        bound = _magnitude(a[1])[1] if name == "clip" else _ODD_BOUNDS[name]
        own = _magnitude(a[0])[1]
        bound = own if own < bound and name != "i1e" and name != "sign" else bound
        return (_ZERO if a[0][0] >= 0 else -bound), (_ZERO if a[0][1] <= 0 else bound)
    rule = _FORMULAS.get(name)
    return _ALL if rule is None else rule(t, *a)


def _difference(x: Range, y: Range) -> Range:
    return (x[0] - y[1]).lower(), (x[1] - y[0]).upper()


def _product(t: Node, x: Range, y: Range) -> Range:
    return _times(_magnitude(x), _magnitude(x)) if t.operands[0] == t.operands[1] else _times(x, y)


def _power(t: Node, x: Range) -> Range:
    exponent = int(t.parameters[0])
    base = x if exponent % 2 else _magnitude(x)
    low, high = (v if abs(v) == _INF else v**exponent for v in base)
    return low.lower(), high.upper()


def _general_power(t: Node, x: Range, y: Range) -> Range:
    base = _magnitude(x)
    if base[0] > 0 and base[1] <= 1 and abs(y[0]) < _INF and y[1] == _INF:
        # It falls with the exponent.
        return _ZERO, _rising("exp", _times(_log(base), (y[0], y[0])))[1]
    return _rising("exp", _times(_log(base), y))


def _cosine(t: Node, x: Range) -> Range:
    if abs(x[0]) == _INF or abs(x[1]) == _INF:
        return _ALL
    image = x[0].union(x[1]).cos_pi()
    if x[0] >= 0 and x[1] <= 1:
        return x[1].cos_pi().lower(), x[0].cos_pi().upper()
    return image.lower(), image.upper()


def _kept(t: Node, x: Range) -> Range:
    """Return the range of dropout: 0, or x divided by 1 - rate."""
    rate = arb(int(t.parameters[0].p)) / int(t.parameters[0].q)
    return _outward(*_times(x, ((1 / (1 - rate)).lower(), (1 / (1 - rate)).upper())), _ZERO)


_FORMULAS: dict[str, Callable[..., Range]] = {
    "id": lambda t, x: x,
    "neg": lambda t, x: (-x[1], -x[0]),
    "abs": lambda t, x: _magnitude(x),
    "ln": lambda t, x: _log(_magnitude(x)),
    "add": lambda t, x, y: ((x[0] + y[0]).lower(), (x[1] + y[1]).upper()),
    "sub": lambda t, x, y: _difference(x, y),
    "mul": _product,
    "scale": lambda t, d, x: _times(d, x),
    "div": lambda t, x, y: _times(x, _inverse(y)),
    "recip": lambda t, x: _inverse(x),
    "rdiv": lambda t, x, y: _times(x, UNIT),
    "max": lambda t, x, y: (x[0].max(y[0]).lower(), x[1].max(y[1]).upper()),
    "min": lambda t, x, y: (x[0].min(y[0]).lower(), x[1].min(y[1]).upper()),
    "wmean": lambda t, x, y: _outward(*x, *y),
    "pow": _power,
    "abspow": _general_power,
    "cospi": _cosine,
    "erfc": lambda t, x: _difference((_ONE, _ONE), _rising("erf", x)),
    "ema": lambda t, x: _outward(*x, _ZERO),
    "ema_hat": lambda t, x: x,
    "running_max": lambda t, x: (x[0].max(_ZERO), x[1].max(_ZERO)),
    "drop": _kept,
    "where": lambda t, c, x, y: _outward(*x, *y),
    "floor": lambda t, x: ((x[0] - 1).lower(), x[1]),
    **dict.fromkeys(
        (
            *("mean", "row_mean", "row_max", "col_mean", "col_max"),
            *("mean_rest", "largest_rest", "mean_first", "largest_first"),
        ),
        lambda t, x: _outward(*x),
    ),
    **dict.fromkeys(
        ("sum", "row_sum", "col_sum", "total"),
        lambda t, x: ((_ZERO if x[0] >= 0 else -_INF), (_ZERO if x[1] <= 0 else _INF)),
    ),
}


@lru_cache(maxsize=64)
def _term(text: str) -> Basic:
    return parse_rule(f"none ~ [{text}] 1").update.operands[0]


def boxes_of_steps() -> Iterator[Box]:
    """Yield ranges of the basis of the schedules that together hold every step of every training."""
    for i in range(PARTS):
        low, high, back = arb(i) / PARTS, arb(i + 1) / PARTS, 2 * i // PARTS
        yield {
            "p": (low, high),
            "r": (2 * low - back, 2 * high - back),
            "remaining": (_ZERO, (1 - low).upper()),
        }


def ranges_of(t: Basic) -> list[Range]:
    """Return ranges that together hold every value of an expression."""
    names = names_of(t)
    if names & STEP_NAMES:
        return [_span(t, box) for box in boxes_of_steps()]
    return [_span(t, {})]


def span_in(t: Basic, box: Box) -> Range:
    """Return an interval that holds every value of an expression whose leaves have the ranges of a box."""
    return _span(t, box)


def of_fraction(x: Fraction) -> Range:
    """Return an interval that holds a number."""
    value = arb(x.numerator) / x.denominator
    return value.lower(), value.upper()


@lru_cache(maxsize=20000)
def span(t: Basic) -> Range:
    """Return an interval that holds every value of an expression on every history, without cutting."""
    return _span(t, {})


def shared(t: Basic) -> Basic:
    """Return the one object that stands for an expression, so that looking it up compares no expressions."""
    if not isinstance(t, Node):
        return t
    found = _SHARED.get(t)
    if found is None:
        if len(_SHARED) > _MOST_SHARED:
            _SHARED.clear()
        found = t.func(*(shared(a) for a in t.args)) if t.args else t
        _SHARED[found] = found
    return found


_SHARED: dict[Basic, Node] = {}
_MOST_SHARED = 200_000


@lru_cache(maxsize=20000)
def names_of(t: Basic) -> frozenset[str]:
    """Return the names of the operations that occur in an expression."""
    if not isinstance(t, Node):
        return frozenset()
    return frozenset((t.operation.name,)).union(*(names_of(x) for x in (*t.operands, *t.parameters)))
