"""Values that an optimizer makes of its states, compared as functions of gradients and weights so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy.core.basic import Basic

from nos_sym.algebra.elimination import Environment
from nos_sym.algebra.kernel import as_number, fresh_workspace, symbol
from nos_sym.algebra.minimal import minimal
from nos_sym.algebra.polynomials import polynomial
from nos_sym.intervals.interval import Interval
from nos_sym.language.node import Node
from nos_sym.language.system import Recursion, System


def value_digest(
    states: Sequence[Recursion], value: Basic, free: Mapping[Node, tuple[str, Interval]]
) -> bytes:
    """Return the digest of the form of a value over the states of an optimizer.

    Two values of one digest, whatever their optimizers, are equal after every step of every history of
    gradients, weights and rates that both are given, for all values of the free settings, those of one name
    being one. Different digests prove nothing. What the optimizers make of the weights is not looked at.

    Args:
        states: the states of the optimizer, numbers in the place of all settings that are not free.
        value: an expression over their old values, the gradient, the weight and the step.
        free: for each free setting the name that it is to have, and the domain that it is to range over.
    """
    with fresh_workspace():
        settings: Environment = {node: symbol(*of) for node, of in free.items()}
        return minimal(System(tuple(states), value), settings).digest


def never_holds(condition: Basic) -> bool:
    """Return whether a condition without settings is proved to be false."""
    with fresh_workspace():
        return as_number(polynomial(condition)) == 0
