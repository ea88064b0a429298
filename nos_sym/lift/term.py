"""Terms: what an original computed, as a DAG of the language's operations.

A term is what a front end keeps for a tensor or a number of the original. It is smaller than a node of the
language: shared, unchecked and never a tree, since traces repeat themselves; the text that is made of it is
read by the parser, which checks everything. The only rewriting is what no reader would want to see and what
is exact on every value: numbers are computed, and ``x + 0``, ``x * 1``, ``x - 0``, ``x / 1``, ``-(-x)`` are
``x``. A product with 0 is 0: the values of the language are numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

NUMBER = "number"
"""Operation of a term that is an exact number, in ``value``."""

NAME = "name"
"""Operation of a leaf: ``g``, ``w``, ``lr``, ``t``, a number of the shape, a setting or a state."""

OPAQUE = "opaque"
"""Operation of a term that no handler knew; ``name`` says what it was and where."""


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """An operation of the language on other terms; two terms are the same where they are one object.

    Attributes:
        operation: name in the registry of operations (``add``, ``sqrt``, ``norm2``, ``where``, ``less``,
            ...), or :data:`NUMBER`, :data:`NAME` or :data:`OPAQUE`.
        operands: what it is computed of.
        name: of a leaf; for an opaque term the operation of the original and its place, ``aten.foo (my.py,
            line 3)``.
        value: of a number.
    """

    operation: str
    operands: tuple[Term, ...] = ()
    name: str = ""
    value: Fraction = field(default=Fraction(0))

    @property
    def is_number(self) -> bool:
        """Whether it is an exact number."""
        return self.operation == NUMBER


class Terms:
    """Makes terms, one object for equal ones; terms of two makers do not mix."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, tuple[int, ...], str, Fraction], Term] = {}

    def number(self, value: float | Fraction) -> Term:
        """Return a number: a float is taken at the shortest decimal that reads back.

        Raises:
            ValueError: an infinity or no number; the language has none.
        """
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{value} is no number of the language")
        exact = Fraction(repr(float(value))) if isinstance(value, float) else Fraction(value)
        return self._one(NUMBER, (), "", exact)

    def leaf(self, name: str) -> Term:
        """Return the leaf of a name; that of a state is its old value."""
        return self._one(NAME, (), name, Fraction(0))

    def constant(self, operation: str, value: Fraction) -> Term:
        """Return a constant that is no number of the language; a rule with such a term cannot be written."""
        return self._one(operation, (), "", value)

    def opaque(self, what: str, *operands: Term) -> Term:
        """Return what an operation without a handler computed; a rule with such a term cannot be written."""
        return self._one(OPAQUE, operands, what, Fraction(0))

    def apply(self, operation: str, *operands: Term) -> Term:
        """Return an operation of the language on terms, computed where it is one of numbers."""
        folded = self._folded(operation, operands)
        return folded if folded is not None else self._one(operation, operands, "", Fraction(0))

    def _one(self, operation: str, operands: tuple[Term, ...], name: str, value: Fraction) -> Term:
        key = (operation, tuple(id(x) for x in operands), name, value)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = Term(operation, operands, name, value)
        return found

    def _folded(self, operation: str, operands: tuple[Term, ...]) -> Term | None:
        if operation in _EXACT and all(x.is_number for x in operands):
            value = _EXACT[operation](*(x.value for x in operands))
            return None if value is None else self.number(value)
        if operation == "neg" and operands[0].operation == "neg":
            return operands[0].operands[0]
        if len(operands) == 2 and operation in ("add", "sub", "mul", "div"):
            return self._idle(operation, *operands)
        return None

    def _idle(self, operation: str, x: Term, y: Term) -> Term | None:
        first = x.value if x.is_number else None
        second = y.value if y.is_number else None
        if operation in ("add", "sub") and second == 0:
            return x
        if first == 0:
            if operation == "add":
                return y
            return self.apply("neg", y) if operation == "sub" else x
        if operation in ("mul", "div") and second == 1:
            return x
        if operation == "mul":
            return y if first == 1 or second == 0 else None
        return None


def _quotient(x: Fraction, y: Fraction) -> Fraction:
    return x / y if y else Fraction(0)


_EXACT: dict[str, Callable[..., Fraction | None]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": _quotient,
    "neg": lambda x: -x,
    "abs": abs,
    "min": min,
    "max": max,
}


def walk(*roots: Term) -> Iterator[Term]:
    """Yield each term under some once, operands before what is computed of them."""
    seen: set[int] = set()
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        term, ready = stack.pop()
        if ready:
            yield term
        elif id(term) not in seen:
            seen.add(id(term))
            stack.append((term, True))
            stack.extend((x, False) for x in reversed(term.operands))
