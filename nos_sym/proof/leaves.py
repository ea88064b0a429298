"""Leaves that stand in a proof by induction: the states of both rules before a step, and its number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, node_class
from nos_sym.language.operation import Operation, Role

STATE_NAME = re.compile(r"(?<![\w.])[AB]\.[A-Za-z][A-Za-z0-9_]*(?![\w.(])")
"""How a proof names a state: ``A.v`` is the state ``v`` of the rule above the link, ``B.v`` of that below."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Bounded(Operation):
    """A leaf with a least value.

    Attributes:
        least: no value is below it; ``None`` where nothing is known.
    """

    least: int | None = None


@lru_cache(maxsize=4096)
def leaf(name: str, least: int | None = None) -> Node:
    """Return the leaf of a name: ``A.v`` for a state, ``t`` for the number of a step that is not the first.

    Leaves of states are tensors, whatever the kind of the state: a kind says how often a value is kept.
    """
    made = Bounded(
        name=name,
        title="value before the step",
        computes="what the step before left",
        source="inductions",
        arity=0,
        role=Role.LEAF,
        kind=Kind.TENSOR,
        least=least,
    )
    return node_class(made)()


def is_leaf(t: object) -> bool:
    """Return whether an expression is one of these leaves."""
    return isinstance(t, Node) and isinstance(t.operation, Bounded)
