"""Operations that exist in tests alone: what an extender might add, with facets that can be left out.

The algebra has no rule for any of them. Registered with all facets they can be run, which the judges do;
registered with some, they are what somebody who said less would have added.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations

from sympy.core.basic import Basic

from nos_sym.intervals import interval as iv
from nos_sym.intervals.interval import Interval
from nos_sym.language.operation import Meaning, Monotone, Operation, Parameter, Parity, Recursion, Role
from nos_sym.language.registry import ALIASES, CLASSES, REGISTRY, apply, number, register


def _squashed(x: float) -> float:
    return (
        math.copysign(1.0, x) if math.isinf(x) else x / math.sqrt(1 + x * x) if abs(x) < 1e100 else x / abs(x)
    )


def _sinh(x: Basic) -> Basic:
    return apply("div", apply("sub", apply("exp", x), apply("exp", apply("neg", x))), number(2))


def _one_plus_square(x: Basic) -> Basic:
    return apply("add", number(1), apply("pow", x, exponent=2))


def _dummy(name: str, arity: int, meaning: Meaning, **more: object) -> Operation:
    fields = {"role": Role.ELEMENTWISE, "title": f"dummy {name}", "computes": name, "source": "tests"} | more
    return Operation(name=name, arity=arity, meaning=meaning, **fields)  # type: ignore[arg-type]


DUMMIES: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        # Odd, bounded, rising.
        _dummy("dummy_squash", 1, Meaning(
            parity=Parity.ODD, monotone=Monotone.INCREASING,
            range=iv.increasing(_squashed, Interval(-1, 1, True, True)),
            reference=lambda xp, x: x / xp.sqrt(1 + x * x),
            definition=lambda x: apply("div", x, apply("sqrt", _one_plus_square(x))),
        )),
        # Odd and unbounded.
        _dummy("dummy_sinh", 1, Meaning(
            parity=Parity.ODD, monotone=Monotone.INCREASING,
            reference=lambda xp, x: (xp.exp(x) - xp.exp(-x)) / 2,
            definition=_sinh,
        )),
        # Even, and zero at zero.
        _dummy("dummy_bump", 1, Meaning(
            parity=Parity.EVEN, range=lambda x: Interval(0, 1, False, True),
            reference=lambda xp, x: 1 - 1 / (1 + x * x),
            definition=lambda x: apply("sub", number(1), apply("recip", _one_plus_square(x))),
        )),
        # Of two operands that may be exchanged, zero for many of them.
        _dummy("dummy_overlap", 2, Meaning(
            commutative=True,
            reference=lambda xp, x, y: xp.maximum(xp.minimum(x, y), 0 * x),
            definition=lambda x, y: apply("max", apply("min", x, y), number(0)),
        )),
        # A sum over all steps, a nonlinear recursion, and one with a parameter.
        _dummy("dummy_total", 1, Meaning(), role=Role.STATE,
               state=Recursion(step=lambda n, x: apply("add", n, x))),
        _dummy("dummy_square", 1, Meaning(), role=Role.STATE,
               state=Recursion(step=lambda n, x: apply("add", apply("mul", n, n), x))),
        _dummy("dummy_leak", 1, Meaning(), role=Role.STATE, parameters=(Parameter("rate", 0, 1),),
               state=Recursion(step=lambda n, x, rate: apply("add", apply("mul", rate, n), x))),
    )
}  # fmt: skip
"""Name of each dummy to its record with all facets."""

FACETS: dict[str, object] = {
    "range": Meaning().range,
    "parity": Parity.NONE,
    "monotone": Monotone.UNKNOWN,
    "commutative": False,
    "definition": None,
    "reference": None,
}
"""Facet to what a record holds where it is left out."""


def subsets() -> Iterator[frozenset[str]]:
    """Yield every subset of the facets."""
    for size in range(len(FACETS) + 1):
        yield from map(frozenset, combinations(FACETS, size))


@contextmanager
def registered(left_out: Iterable[str] = ()) -> Iterator[None]:
    """Register the dummies inside a ``with`` block, some facets of their records left out."""
    missing = {facet: FACETS[facet] for facet in left_out}
    try:
        for operation in DUMMIES.values():
            register(replace(operation, meaning=replace(operation.meaning, **missing)))
        yield
    finally:
        for name in DUMMIES:
            REGISTRY.pop(name, None)
            CLASSES.pop(name, None)
        assert not ALIASES.keys() & DUMMIES.keys()
