"""Moves of the weight as the learning rate times an update: ``w - lr * u`` with a ``u`` free of ``lr``."""

from __future__ import annotations

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.errors import RuleError
from nos_sym.language.node import Node
from nos_sym.language.products import product, quotient
from nos_sym.language.registry import CLASSES, apply
from nos_sym.language.scope import WEIGHT
from nos_sym.language.traversal import walk

_RATE = "lr"
_ZERO = Integer(0)


def update_of(move: Basic) -> Basic:
    """Return ``u`` of a new weight ``w - lr * u``; 0 where the weight stays.

    Raises:
        RuleError: the new weight cannot be shown to be of that form.
    """
    varying = _reading_rate(move)
    kept, terms = _Split(varying).of(move)
    if kept != apply(WEIGHT):
        raise RuleError(
            "its move is no 'w <- w - lr * (...)': the weight changes by more than lr times an update"
        )
    return _sum(terms)


_Terms = list[tuple[int, Basic]]


class _Split:
    """Takes expressions apart into ``a - lr * u``: ``a``, 0 as ``None``, and ``u`` as terms with signs."""

    def __init__(self, varying: set[Basic]) -> None:
        self._varying = varying

    def of(self, x: Basic) -> tuple[Basic | None, _Terms]:
        """Return both parts of an expression, or raise :class:`RuleError`."""
        if x not in self._varying:
            return x, []
        assert isinstance(x, Node)
        name = x.operation.name
        if name == _RATE:
            return None, [(-1, Integer(1))]
        if name == "neg":
            kept, terms = self.of(x.operands[0])
            return None if kept is None else _opposite(kept), _negated(terms)
        if name in ("add", "sub"):
            (a, left), (b, right) = map(self.of, x.operands)
            if b is None:
                return a, left + (right if name == "add" else _negated(right))
            kept = (b if name == "add" else _opposite(b)) if a is None else apply(name, a, b)
            return kept, left + (right if name == "add" else _negated(right))
        if name in ("mul", "scale"):
            return self._product(*x.operands)
        if name == "div" and x.operands[1] not in self._varying:
            kept, terms = self.of(x.operands[0])
            divisor = x.operands[1]
            return (
                None if kept is None else quotient(kept, divisor),
                [(sign, quotient(term, divisor)) for sign, term in terms],
            )
        if name == "where" and x.operands[0] not in self._varying:
            return self._choice(*x.operands)
        raise RuleError(f"its move is no 'w <- w - lr * (...)': lr stands in '{name}'")

    def _product(self, x: Basic, y: Basic) -> tuple[Basic | None, _Terms]:
        if x in self._varying and y in self._varying:
            raise RuleError("its move is no 'w <- w - lr * (...)': lr is multiplied by itself")
        if x in self._varying:
            kept, terms = self.of(x)
            return (
                None if kept is None else product(kept, y),
                [(sign, product(term, y)) for sign, term in terms],
            )
        kept, terms = self.of(y)
        return None if kept is None else product(x, kept), [(sign, product(x, term)) for sign, term in terms]

    def _choice(self, condition: Basic, x: Basic, y: Basic) -> tuple[Basic | None, _Terms]:
        (a, left), (b, right) = self.of(x), self.of(y)
        first, second = (_ZERO if kept is None else kept for kept in (a, b))
        kept = a if a == b else apply("where", condition, first, second)
        first, second = _sum(left), _sum(right)
        return kept, [(1, first if first == second else apply("where", condition, first, second))]


def _opposite(x: Basic) -> Basic:
    return x.operands[0] if isinstance(x, CLASSES["neg"]) else apply("neg", x)


def _negated(terms: _Terms) -> _Terms:
    return [(-sign, term) for sign, term in terms]


def _sum(terms: _Terms) -> Basic:
    total: Basic | None = None
    for sign, term in terms:
        if total is None:
            total = term if sign > 0 else _opposite(term)
        else:
            total = apply("add" if sign > 0 else "sub", total, term)
    return _ZERO if total is None else total


def _reading_rate(expression: Basic) -> set[Basic]:
    """Return the nodes that read ``lr``."""
    found: set[Basic] = set()
    for node in walk(expression):
        if node.operation.name == _RATE or any(a in found for a in node.args):
            found.add(node)
    return found
