"""How long a text is: nodes, where an operand of Table 2 counts one, then characters, then the alphabet."""

from __future__ import annotations

from sympy.core.basic import Basic

from nos_sym.algebra.text.effort import itself, remembered
from nos_sym.language.node import Node
from nos_sym.language.operands import BY_EXPRESSION, as_quasi_hyperbolic

Cost = tuple[int, int, str]


def nodes_of(node: Basic) -> int:
    """Return the nodes of an expression, each named operand, such as ``v_hat`` or ``qhm(0.7)``, as one."""
    return cost_of(node)[0]


@remembered(itself)
def cost_of(node: Basic) -> Cost:
    """Return the place of an expression among texts of one form: the smaller is the better."""
    if not isinstance(node, Node):
        text = str(node)
        return 1, len(text), text
    inner = [cost_of(x) for x in node.operands]
    parts = [text for _, _, text in inner] + [str(x) for x in node.parameters]
    # Written with the names of operations, which is as long as the printed text to a parenthesis or two.
    text = f"{node.operation.name}({','.join(parts)})"
    named = node in BY_EXPRESSION or as_quasi_hyperbolic(node) is not None
    return 1 if named else 1 + sum(nodes for nodes, _, _ in inner), len(text), text
