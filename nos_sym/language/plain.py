"""Plain SymPy: the same expression in SymPy's own functions, for calculus and for other tools."""

from __future__ import annotations

from typing import Any

import sympy
from sympy.core.basic import Basic

from nos_sym.language.node import Node


def to_sympy(expression: Basic) -> Any:
    """Return a plain SymPy expression; see :meth:`nos_sym.Rule.sympy`."""
    done: dict[Basic, Any] = {}

    def convert(node: Basic) -> Any:
        if not isinstance(node, Node):
            return node
        if node not in done:
            arguments = [convert(a) for a in node.operands]
            done[node] = node.operation.sympy(sympy, *arguments, *node.parameters)
        return done[node]

    return convert(expression)
