"""Comparisons, what joins them, and the choice between two values.

A condition is 1 where it holds and 0 where it does not. Only conditions and the choice take conditions, so
none can enter a sum by mistake. The side that is not chosen does not count: neither its infinities nor its
gradients.
"""

from __future__ import annotations

from typing import Any

from nos_sym.intervals.interval import Interval
from nos_sym.language.operation import Meaning, Operation, Role
from nos_sym.language.registry import register

_TRUTH = Interval(0, 1)


def _condition(name: str, title: str, computes: str, **more: Any) -> Operation:
    reference, commutative = more.pop("reference"), more.pop("commutative", False)
    return register(
        Operation(
            name=name,
            title=title,
            computes=computes,
            source="blocks",
            of_blocks=True,
            role=Role.ELEMENTWISE,
            standard=True,
            logical=True,
            noun="holds",
            meaning=Meaning(range=lambda *_: _TRUTH, reference=reference, commutative=commutative),
            **more,
        )
    )


_condition("less", "less than", "x < y", arity=2, reference=lambda xp, x, y: xp.where(x < y, 1.0, 0.0))
_condition("less_equal", "at most", "x <= y", arity=2, reference=lambda xp, x, y: xp.where(x <= y, 1.0, 0.0))
_condition(
    "equal", "equal to", "x == y", arity=2, commutative=True,
    reference=lambda xp, x, y: xp.where(x == y, 1.0, 0.0),
)  # fmt: skip
_condition(
    "logical_and", "conjunction", "x and y", arity=2, conditions=2, commutative=True,
    reference=lambda xp, x, y: x * y,
)  # fmt: skip
_condition(
    "logical_or", "disjunction", "x or y", arity=2, conditions=2, commutative=True,
    reference=lambda xp, x, y: xp.maximum(x, y),
)  # fmt: skip
_condition("logical_not", "opposite", "not x", arity=1, conditions=1, reference=lambda xp, x: 1.0 - x)
register(
    Operation(
        name="where",
        title="choice",
        computes="x where a condition holds, else y",
        source="blocks",
        of_blocks=True,
        arity=3,
        role=Role.ELEMENTWISE,
        conditions=1,
        standard=True,
        noun="chosen",
        meaning=Meaning(
            range=lambda condition, x, y: x.hull(y),
            reference=lambda xp, condition, x, y: xp.where(condition != 0, x, y),
        ),
    )
)
