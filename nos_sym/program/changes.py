"""Moves that add to the weight: what they add, for files that return a change in place of the new weight."""

from __future__ import annotations

from sympy.core.basic import Basic

from nos_sym.language.block import ZERO
from nos_sym.language.node import Node
from nos_sym.language.registry import apply
from nos_sym.language.traversal import walk


def change_of(move: Basic) -> Basic | None:
    """Return ``x`` where a move is ``w + x`` as it is written; ``None`` where the weight is no summand.

    ``w - lr * u`` adds ``-(lr * u)``, and ``where(c, w, w - u)`` adds ``where(c, 0, -u)``. In
    ``0.9 * w - lr * u`` the weight is part of a product, and what is added to it would be a difference of
    nearly equal numbers.
    """
    found: dict[Basic, Basic] = {}
    for node in walk(move):  # operands first
        change = _change(node, found)
        if change is not None:
            found[node] = change
    return found.get(move)


def _change(node: Node, found: dict[Basic, Basic]) -> Basic | None:
    """Return what a node adds to the weight, given the same of its operands."""
    name = node.operation.name
    if name == "w":
        return ZERO
    if name == "where":
        condition, *sides = node.operands
        if all(side in found for side in sides):
            first, second = (found[side] for side in sides)
            return first if first == second else apply("where", condition, first, second)
    elif name in ("add", "sub"):
        left, right = node.operands
        if left in found:
            return _sum(name, found[left], right)
        if name == "add" and right in found:
            return _sum(name, found[right], left)
    return None


def _sum(name: str, change: Basic, other: Basic) -> Basic:
    if change != ZERO:
        return apply(name, change, other)
    return apply("neg", other) if name == "sub" else other
