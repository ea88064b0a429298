"""The 14 schedules a1 to a14 (Table 7), each defined over the basis of :mod:`nos_sym.operations.leaves`."""

from __future__ import annotations

import math
from typing import Any

from nos_sym.intervals.interval import UNIT, Interval
from nos_sym.language.kind import Kind
from nos_sym.language.operation import Meaning, Operation, Role
from nos_sym.language.registry import apply as node
from nos_sym.language.registry import number, register

_HALF_OPEN = Interval(0, 1, False, True)
_POSITIVE = Interval(0, 1, True, False)


def _half_cosine(sign: int, angle: Any) -> Any:
    cosine = node("cospi", angle)
    return node("div", node("add" if sign > 0 else "sub", number(1), cosine), number(2))


def _demon() -> Any:
    """``b/(0.05 + b)`` with ``b = 0.95 (1 - (t+1)/T)`` (Chen et al. 2022)."""
    b = node("mul", number("0.95"), node("remaining"))
    return node("div", b, node("add", number("0.05"), b))


def _twice_progress() -> Any:
    return node("mul", number(2), node("p"))


def _cos(xp: Any, x: Any) -> Any:
    return xp.cos(math.pi * x)


def _p(env: Any) -> Any:
    return env.step / env.total_steps


def _r(env: Any) -> Any:
    return (2 * env.step % env.total_steps) / env.total_steps


def _demon_value(env: Any) -> Any:
    b = 0.95 * (1 - (env.step + 1) / env.total_steps)
    return b / (0.05 + b)


# Decimals that binary64 rounds are moved outward, so that the enclosure is one.
_AT_MOST_95 = math.nextafter(0.95, 1)
_BELOW_95 = Interval(0, _AT_MOST_95)
_ONE = number(1)

# index: title, formula, interval, definition, reference
_SCHEDULES: tuple[tuple[str, str, Interval, Any, Any], ...] = (
    ("linear decay", "1 - p", _POSITIVE,
     lambda: node("sub", _ONE, node("p")), lambda xp, e: 1 - _p(e)),
    ("linear increase", "p", _HALF_OPEN,
     lambda: node("p"), lambda xp, e: _p(e)),
    ("cosine decay", "(1 + cos(pi p))/2", _POSITIVE,
     lambda: _half_cosine(1, node("p")), lambda xp, e: (1 + _cos(xp, _p(e))) / 2),
    ("cosine increase", "(1 - cos(pi p))/2", _HALF_OPEN,
     lambda: _half_cosine(-1, node("p")), lambda xp, e: (1 - _cos(xp, _p(e))) / 2),
    ("cyclic cosine decay", "(1 + cos(2 pi p))/2", UNIT,
     lambda: _half_cosine(1, _twice_progress()), lambda xp, e: (1 + _cos(xp, 2 * _p(e))) / 2),
    ("cyclic cosine increase", "(1 - cos(2 pi p))/2", UNIT,
     lambda: _half_cosine(-1, _twice_progress()), lambda xp, e: (1 - _cos(xp, 2 * _p(e))) / 2),
    ("cosine decrease with restart", "(1 + cos(pi r))/2", _POSITIVE,
     lambda: _half_cosine(1, node("r")), lambda xp, e: (1 + _cos(xp, _r(e))) / 2),
    ("cosine increase with restart", "(1 - cos(pi r))/2", _HALF_OPEN,
     lambda: _half_cosine(-1, node("r")), lambda xp, e: (1 - _cos(xp, _r(e))) / 2),
    ("linear decrease with restart", "1 - r", _POSITIVE,
     lambda: node("sub", _ONE, node("r")), lambda xp, e: 1 - _r(e)),
    ("linear increase with restart", "r", _HALF_OPEN,
     lambda: node("r"), lambda xp, e: _r(e)),
    ("exponential decay", "0.01^p", Interval(math.nextafter(0.01, 0), 1),
     lambda: node("abspow", number("0.01"), node("p")), lambda xp, e: 0.01 ** _p(e)),
    ("exponential increase", "1 - 0.01^p", Interval(0, math.nextafter(0.99, 1)),
     lambda: node("sub", _ONE, node("abspow", number("0.01"), node("p"))),
     lambda xp, e: 1 - 0.01 ** _p(e)),
    ("demon decay", "b/(0.05 + b), b = 0.95 (1 - (t+1)/T)", _BELOW_95,
     _demon, lambda xp, e: _demon_value(e)),
    ("demon increase", "0.95 - b/(0.05 + b), b = 0.95 (1 - (t+1)/T)",
     Interval(0, _AT_MOST_95, True, False),
     lambda: node("sub", number("0.95"), _demon()), lambda xp, e: 0.95 - _demon_value(e)),
)  # fmt: skip


for _index, (_title, _formula, _interval, _definition, _reference) in enumerate(_SCHEDULES, 1):
    register(
        Operation(
            name=f"a{_index}",
            title=_title,
            computes=_formula,
            source="Table 7",
            arity=0,
            role=Role.LEAF,
            kind=Kind.STEP,
            meaning=Meaning(
                range=lambda interval=_interval: interval,
                reference=_reference,
                definition=_definition,
            ),
            noun=f"a{_index}",
        )
    )
