"""Both sides of a branch as one term, in which what they have alike stands once.

``where(c, f(x, y), f(u, v))`` is ``f(where(c, x, u), where(c, y, v))``, since a branch of code has one answer
for all entries. Where many branches decide one number each, as a rate, what is made of these numbers is
written once, and not once for each way through all branches. Where one side is the other one and something
more, that is 0 or 1 on the other side.
"""

from __future__ import annotations

from collections.abc import Callable

from nos_sym.lift.algebra_of_terms import Maker, rebuilt
from nos_sym.lift.term import Term, walk

_OPEN = frozenset(
    (
        *("add", "sub", "mul", "div", "neg", "abs", "sqrt", "exp", "ln", "min", "max"),
        *("sign", "tanh", "softplus"),
        *("norm1", "norm2", "norm_inf", "rms", "sum", "mean", "mean_rest"),
        *(f"{line}_{kind}" for line in ("row", "col") for kind in ("sum", "mean", "max")),
    )
)
"""Operations whose operands may be choices; others take numbers that must be known, or add up parameters."""

Choose = Callable[[Maker, Term, Term, Term], Term]
"""From a condition and both sides to the choice."""


def merged(make: Maker, condition: Term, x: Term, y: Term) -> Term:
    """Return ``where`` of two sides, pushed down as far as the whole becomes smaller by it."""
    return _Merging(make, condition)(x, y)


_IDLE = {("add", 0): 0, ("add", 1): 0, ("sub", 0): 0, ("mul", 0): 1, ("mul", 1): 1, ("div", 0): 1}
"""By operation and operand: what the other operand is where the operation changes nothing."""


class _Merging:
    def __init__(self, make: Maker, condition: Term) -> None:
        self.make = make
        self.condition = condition
        self._done: dict[tuple[Term, Term], Term] = {}
        self._sizes: dict[Term, int] = {}
        self._within: dict[Term, set[Term]] = {}

    def __call__(self, x: Term, y: Term) -> Term:
        found = self._done.get((x, y))
        if found is None:
            found = self._done[x, y] = self._one(x, y)
        return found

    def _one(self, x: Term, y: Term) -> Term:
        if x is y:
            return x
        found = self.make.where(self.condition, x, y)
        for made in (self._alike(x, y), self._extended(x, y, True), self._extended(y, x, False)):
            if made is not None and self._size(made) < self._size(found):
                found = made
        return found

    def _alike(self, x: Term, y: Term) -> Term | None:
        """Return an operation that both sides are, of choices."""
        if x.operation != y.operation or len(x.operands) != len(y.operands):
            return None
        differing = [i for i, (a, b) in enumerate(zip(x.operands, y.operands, strict=True)) if a is not b]
        conditional = x.operation == "where" and 0 not in differing
        power = x.operation == "pow" and 1 not in differing
        if not (x.operation in _OPEN or conditional or power):
            return None
        operands = (self(a, b) for a, b in zip(x.operands, y.operands, strict=True))
        return rebuilt(self.make, x, tuple(operands))

    def _extended(self, x: Term, y: Term, taken: bool) -> Term | None:
        """Return ``f(where(c, a, y), where(c, b, idle))`` where one side ``f(a, b)`` has the other in it."""
        for (operation, place), idle in _IDLE.items():
            if x.operation != operation or y not in self._parts(x.operands[place]):
                continue
            inner, rest = x.operands[place], x.operands[1 - place]
            kept = self(inner, y) if taken else self(y, inner)
            nothing = self.make.number(idle)
            sides = (rest, nothing) if taken else (nothing, rest)
            other = self.make.where(self.condition, *sides)
            return rebuilt(self.make, x, (kept, other) if place == 0 else (other, kept))
        return None

    def _parts(self, x: Term) -> set[Term]:
        found = self._within.get(x)
        if found is None:
            found = self._within[x] = set(walk(x))
        return found

    def _size(self, term: Term) -> int:
        """Return the operations of a term, counted as a tree, as the language does."""
        if term not in self._sizes:
            for x in walk(term):
                if x not in self._sizes:
                    self._sizes[x] = 1 + sum(self._sizes[y] for y in x.operands)
        return self._sizes[term]
