"""Nodes of the expression DAG: one SymPy class for each operation, built without evaluation.

A node keeps what was written; SymPy never rewrites it. Its SymPy arguments are the operands followed by the
parameters, which are exact rationals. Numbers are SymPy's own non-negative ``Integer`` and ``Rational``
(a negative number is a negation, as in the text), so that printing and parsing are inverse to each other.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sympy.core.basic import Basic
from sympy.core.expr import Expr
from sympy.core.numbers import Rational

from nos_sym.errors import RuleError
from nos_sym.language.kind import Kind, join
from nos_sym.language.operation import Operation, Role

MAX_DEPTH = 150
"""Levels of nesting of one rule: what recursive passes walk without a deep stack."""

MAX_NODES = 4000
"""Nodes of one rule, counted as a tree."""

# What the registry's definition of an operation may have above its operands, and how often it repeats them.
_MORE_DEPTH = 10
_MORE_NODES = 3

MAX_NUMBER = 1e300
"""Largest number of the language; the smallest positive one is its reciprocal."""


class Node(Expr):
    """An operation applied to operands and exact parameters.

    Attributes:
        kind: number, decay or tensor.
        depth: levels of nesting below and including this node.
        size: nodes of the tree below and including this node.
    """

    __slots__ = ("depth", "kind", "size")
    is_commutative = True
    operation: ClassVar[Operation]
    kind: Kind
    depth: int
    size: int

    def __new__(cls, *args: Basic) -> Node:
        """Check kinds and size; see :func:`nos_sym.language.registry.apply` for arguments by name."""
        operation = cls.operation
        operands = args[: operation.arity]
        kinds = tuple(kind_of(a) for a in operands)
        for index, operand in enumerate(operands):
            if is_condition(operand) is not (index < operation.conditions):
                raise _misplaced_condition(operation, operand)
        depth = 1 + max((depth_of(a) for a in operands), default=0)
        size = 1 + sum(size_of(a) for a in operands)
        if depth > MAX_DEPTH + _MORE_DEPTH or size > _MORE_NODES * MAX_NODES:
            raise _too_large()
        node: Node = Expr.__new__(cls, *args)
        node.kind = _result_kind(operation, kinds)
        node.depth = depth
        node.size = size
        return node

    @property
    def operands(self) -> tuple[Basic, ...]:
        """The arguments without the parameters."""
        return self.args[: self.operation.arity]  # type: ignore[no-any-return]

    @property
    def parameters(self) -> tuple[Rational, ...]:
        """The exact parameters, for example the beta of an average."""
        return self.args[self.operation.arity :]  # type: ignore[no-any-return]

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a rule is stored as JSON, not by pickle: use rule.to_json()")

    def _sympystr(self, printer: Any) -> str:
        from nos_sym.language.printer import print_expression

        return print_expression(self)


def kind_of(expression: Basic) -> Kind:
    """Return whether an expression is a number, a decay or a tensor."""
    return expression.kind if isinstance(expression, Node) else Kind.NUMBER


def depth_of(expression: Basic) -> int:
    """Return the levels of nesting of an expression."""
    return expression.depth if isinstance(expression, Node) else 1


def size_of(expression: Basic) -> int:
    """Return the number of nodes of an expression, counted as a tree."""
    return expression.size if isinstance(expression, Node) else 1


def is_condition(expression: Basic) -> bool:
    """Return whether an expression is a truth value: a comparison, or some joined by and, or, not."""
    return isinstance(expression, Node) and expression.operation.logical


def _misplaced_condition(operation: Operation, operand: Basic) -> RuleError:
    if is_condition(operand):
        return RuleError("a condition is no number; choose between values with where(condition, x, y)")
    return RuleError(f"'{operation.name}' needs a condition such as 'x < y', not a value")


def check_size(expression: Basic) -> None:
    """Raise :class:`RuleError` for an expression that is larger than a rule may be."""
    if depth_of(expression) > MAX_DEPTH or size_of(expression) > MAX_NODES:
        raise _too_large()


def _too_large() -> RuleError:
    return RuleError(f"the rule is too large; expected at most {MAX_DEPTH} levels and {MAX_NODES} nodes")


def is_number(expression: Basic) -> bool:
    """Return whether an expression is a literal number."""
    return isinstance(expression, Rational)


def _result_kind(operation: Operation, kinds: tuple[Kind, ...]) -> Kind:
    if operation.role is Role.LEAF:
        assert operation.kind is not None
        return operation.kind
    if operation.role is Role.SCALE:
        if kinds[0] is Kind.TENSOR:
            raise RuleError("a tensor stands where a decay function must be, in '[decay] x'")
        if kinds[1] is Kind.STEP:
            raise RuleError("a decay function stands where a tensor must be, in '[decay] x'")
        return Kind.TENSOR
    if operation.role is Role.REDUCTION and operation.kind is not None:
        return operation.kind
    if operation.role is Role.ELEMENTWISE:
        return join(kinds)
    return Kind.TENSOR


def node_class(operation: Operation) -> type[Node]:
    """Return a new SymPy class for an operation."""
    name = "".join(part.capitalize() for part in operation.title.replace("-", " ").split())
    return type(name, (Node,), {"operation": operation, "__slots__": (), "__module__": __name__})
