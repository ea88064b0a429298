"""What looks beyond one entry and one step: averages, running maxima, norms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeGuard

from sympy.core.basic import Basic

from nos_sym.language.node import Node
from nos_sym.proof.shown import at_least_zero
from nos_sym.proof.worlds import ODD_OF_MATRICES, is_wide, parts

BEGIN_AT_ZERO = frozenset(("ema", "delta", "running_max"))
"""States that are zero where all is zero that they saw."""
ZERO_OF_ZERO = BEGIN_AT_ZERO | frozenset(
    (
        *(
            "norm1",
            "norm2",
            "norm_inf",
            "rms",
            "sum",
            "mean",
            "mean_rest",
            "largest_rest",
            "mean_first",
            "largest_first",
            "total",
        ),
        *("row_mean", "row_max", "row_sum", "col_mean", "col_max", "col_sum"),
        *ODD_OF_MATRICES,
    )
)
"""What is zero where its operand is zero in all entries and at all steps."""


def beyond(terms: Iterable[Basic]) -> set[Node]:
    """Return what needs a label: states, norms, other values beyond an entry, and parameters that vary."""
    found: set[Node] = set()

    def visit(t: Basic) -> None:
        if not isinstance(t, Node) or t in found:
            return
        if t.operation.name == "ema_hat":
            for part in parts(t):
                visit(part)
        elif is_wide(t):
            found.add(t)
        found.update(x for x in t.parameters if isinstance(x, Node))
        for x in (*t.operands, *t.parameters):
            visit(x)

    for term in terms:
        visit(term)
    return found


def sees_all(t: Basic) -> TypeGuard[Node]:
    """Return whether a state is zero only where all is zero that it saw."""
    return (
        isinstance(t, Node)
        and t.operation.name in ("ema", "running_max")
        and all(not isinstance(k, Node) and bool(k > 0) for k in t.parameters)
        and at_least_zero(t.operands[0])
    )
