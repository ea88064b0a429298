"""Directed graphs as adjacency lists: what reaches what, and whether a node reaches itself."""

from __future__ import annotations

from collections.abc import Sequence

Edges = Sequence[Sequence[int]]
"""For each hidden node, the hidden nodes among its arguments."""


def reachable(edges: Edges, start: Sequence[int]) -> frozenset[int]:
    """Return the nodes that the nodes ``start`` depend on, themselves included."""
    seen: set[int] = set()
    pending = list(start)
    while pending:
        node = pending.pop()
        if node not in seen:
            seen.add(node)
            pending.extend(edges[node])
    return frozenset(seen)


def reaches(edges: Edges, start: int, target: int) -> bool:
    """Return whether ``start`` depends on ``target``, or is it."""
    if start == target:
        return True
    return bool(edges[start]) and target in reachable(edges, (start,))


def find_cycle(edges: Edges) -> int | None:
    """Return a node that depends on itself, or ``None`` where the graph is acyclic."""
    for node, arguments in enumerate(edges):
        if any(reaches(edges, argument, node) for argument in arguments):
            return node
    return None
