"""Leaves of the language: gradient, weights, and the scalar functions of the step.

Schedules follow Table 7 with ``p = t/T``, ``r = mod(2t, T)/T`` and a step ``t`` that counts from 0; they are
written over a small basis (``p``, ``r``, ``remaining``, ``cospi``), which the language offers too.
"""

from __future__ import annotations

import math
from typing import Any

from nos_sym.intervals.interval import Interval, decreasing
from nos_sym.language.operation import Kind, Operation, Parameter, Parity, Role
from nos_sym.language.registry import apply as node
from nos_sym.language.registry import number, register

_HALF_OPEN = Interval(0, 1, False, True)
_POSITIVE = Interval(0, 1, True, False)
_UNIT = Interval(0, 1)


def _leaf(name: str, title: str, kind: Kind, **more: Any) -> Operation:
    return register(Operation(name=name, title=title, arity=0, role=Role.LEAF, kind=kind, **more))


_leaf(
    "g",
    "gradient",
    Kind.TENSOR,
    computes="g",
    source="Table 2",
    latex="g_t",
    reference=lambda xp, env: env.gradient,
    sympy=lambda s: s.Symbol("g", real=True),
    spelling={"torch": "gradient", "tensorflow": "gradient", "keras": "gradient", "jax": "gradient"},
    authors="g",
)
_leaf(
    "w", "weight", Kind.TENSOR, computes="w", source="Table 2", latex="w_t",
    reference=lambda xp, env: env.weight, sympy=lambda s: s.Symbol("w", real=True),
    spelling={"torch": "weight", "tensorflow": "weight", "keras": "weight", "jax": "weight"},
)  # fmt: skip


def _t(s: Any) -> Any:
    return s.Symbol("t", integer=True, nonnegative=True)


def _total(s: Any) -> Any:
    return s.Symbol("T", integer=True, positive=True)


def _basis(name: str, title: str, formula: str, interval: Interval, **more: Any) -> Operation:
    return _leaf(
        name, title, Kind.DECAY, source="basis of Table 7", interval=lambda: interval,
        computes=formula, **more,
    )  # fmt: skip


_basis(
    "p",
    "progress",
    "t/T",
    _HALF_OPEN,
    latex="p",
    latex_definition="p = t/T",
    reference=lambda xp, env: env.step / env.total_steps,
    sympy=lambda s: _t(s) / _total(s),
    spelling={
        "math": "t / total_steps",
        "tensorflow": "t / total_steps",
        "keras": "t / total_steps",
        "jax": "t / total_steps",
    },
)
_basis(
    "r",
    "restarted progress",
    "mod(2t, T)/T",
    _HALF_OPEN,
    latex="r",
    latex_definition=r"r = (2t \bmod T)/T",
    reference=lambda xp, env: (2 * env.step % env.total_steps) / env.total_steps,
    sympy=lambda s: s.Mod(2 * _t(s), _total(s)) / _total(s),
    spelling={
        "math": "(2 * t % total_steps) / total_steps",
        "tensorflow": "(2 * t % total_steps) / total_steps",
        "keras": "(2 * t % total_steps) / total_steps",
        "jax": "(2 * t % total_steps) / total_steps",
    },
)
_basis(
    "remaining", "remaining fraction", "1 - (t+1)/T", _HALF_OPEN, latex=r"\rho",
    latex_definition=r"\rho = 1 - (t+1)/T",
    reference=lambda xp, env: 1 - (env.step + 1) / env.total_steps,
    sympy=lambda s: 1 - (_t(s) + 1) / _total(s),
    spelling={
        "math": "1 - (t + 1) / total_steps",
        # XLA multiplies by 1/T, and 1 - (t+1) * (1/T) is not 0 at the last step.
        "tensorflow": "(total_steps - 1 - t) / total_steps",
        "keras": "(total_steps - 1 - t) / total_steps",
        "jax": "(total_steps - 1 - t) / total_steps",
    },
)  # fmt: skip


def _cospi(x: float) -> float:
    """Return ``cos(pi x)`` for x in [0, 1], right to the last digits next to its zero."""
    return math.cos(math.pi * x) if x < 0.25 else math.sin(math.pi * (0.5 - x))


register(
    Operation(
        name="cospi", title="cosine of pi", computes="cos(pi x)", source="basis of Table 7",
        arity=1, role=Role.ELEMENTWISE, parity=Parity.EVEN, latex=r"\cos(\pi\,{0:product})",
        reference=lambda xp, x: xp.cos(math.pi * x), sympy=lambda s, x: s.cos(s.pi * x),
        interval=lambda x: (
            decreasing(_cospi, Interval(-1, 1))(x)
            if x.within(_UNIT)
            else (Interval(-1, 1))
        ),
        spelling={
            "math": "math.cos(math.pi * {0})",
            "torch": "torch.cos(math.pi * {0})",
            "tensorflow": "tf.cos(math.pi * {0})",
            "keras": "ops.cos(math.pi * {0})",
            "jax": "jnp.cos(jnp.pi * {0})",
        },
        noun="cosine",
    )
)  # fmt: skip

register(
    Operation(
        name="correction", title="bias correction", computes="1 - beta^(t+1)",
        source="Section 3.1", arity=0, role=Role.LEAF, kind=Kind.DECAY,
        parameters=(Parameter("beta", 0, 1, high_open=True),),
        latex=r"1 - {beta}^{{t+1}}",
        reference=lambda xp, env, beta: 1 - beta ** (env.step + 1),
        sympy=lambda s, beta: 1 - beta ** (_t(s) + 1),
        interval=lambda beta: _POSITIVE,
        spelling={
            "math": "1 - {0} ** (step + 1)",
            "tensorflow": "1 - {0} ** (step + 1)",
            "keras": "1 - {0} ** (step + 1)",
            "jax": "1 - {0} ** (step + 1)",
        },
        noun="correction",
    )
)  # fmt: skip


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
    ("cyclic cosine decay", "(1 + cos(2 pi p))/2", _UNIT,
     lambda: _half_cosine(1, _twice_progress()), lambda xp, e: (1 + _cos(xp, 2 * _p(e))) / 2),
    ("cyclic cosine increase", "(1 - cos(2 pi p))/2", _UNIT,
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


def _register_schedules() -> None:
    for index, (title, formula, interval, definition, reference) in enumerate(_SCHEDULES, 1):
        _leaf(
            f"a{index}", title, Kind.DECAY, computes=formula, source="Table 7",
            latex=f"a_{{{{{index}}}}}", interval=lambda interval=interval: interval,
            reference=reference, definition=definition, authors_decay=f"a{index}", noun=f"a{index}",
            sympy=lambda s, definition=definition: _plain(s, definition()),
        )  # fmt: skip


def _plain(s: Any, expression: Any) -> Any:
    from nos_sym.language.plain import to_sympy

    return to_sympy(expression)


_register_schedules()
