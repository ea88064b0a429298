"""Terms as a reader expects them: signs taken out, squares as powers, numbers before tensors.

Every rewriting is exact on the values of the language; none needs a condition.
"""

from __future__ import annotations

from collections.abc import Collection

from nos_sym.lift.algebra_of_terms import MEANS, Maker, leaves_of
from nos_sym.lift.deep_axes import EACH
from nos_sym.lift.orthogonalizing import STEPS, orthogonalized
from nos_sym.lift.term import NAME, OPAQUE, Term, Terms, walk

_LENGTHS = frozenset(("size", "first_axis"))
_TENSORS = frozenset(("g", "w"))


class Tidy:
    """Rewrites terms, each once.

    Args:
        terms: the maker of terms.
        states: names of states, whose old values are data.
    """

    def __init__(self, terms: Terms, states: Collection[str] = ()) -> None:
        self._states = _TENSORS.union(states)
        self.make = Maker(terms)
        self._done: dict[Term, Term] = {}
        self._data: dict[Term, bool] = {}

    def __call__(self, root: Term) -> Term:
        """Return a term that is tidy."""
        for term in walk(root):
            if term not in self._done:
                self._done[term] = self._fixed(self._one(term, tuple(self._done[x] for x in term.operands)))
        return self._done[root]

    def _fixed(self, term: Term) -> Term:
        """Rewrite what a rewriting made, until nothing changes; each takes a sign out or turns a pair."""
        for _ in range(8):
            new = self._one(term, term.operands)
            if new is term:
                break
            term = new
        return term

    def data(self, term: Term) -> bool:
        """Return whether a term reads the gradient, the weight or a state."""
        for x in walk(term):
            if x not in self._data:
                own = x.operation == NAME and x.name in self._states
                self._data[x] = own or any(self._data[y] for y in x.operands)
        return self._data[term]

    def _one(self, term: Term, operands: tuple[Term, ...]) -> Term:
        make = self.make
        match term.operation:
            case "add":
                return self._sum(*operands)
            case "sub":
                x, y = operands
                return make.add(x, y.operands[0]) if y.operation == "neg" else self._difference(x, y)
            case "mul":
                return self._product(*operands)
            case "div":
                x, y = operands
                for part, other, first in ((x, y, True), (y, x, False)):
                    if _negative(part):
                        positive = self._opposite(part)
                        pair = (positive, other) if first else (other, positive)
                        return make.neg(self._quotient(*pair))
                return self._quotient(x, y)
            case "pow":
                return self._power(*operands)
            case "neg":
                x = operands[0]
                if x.operation == "sub":
                    return make.sub(x.operands[1], x.operands[0])
                return make.neg(x)
            case "where":
                return make.where(*operands)
        if term.operation in (*STEPS, EACH):
            return orthogonalized(make, term.operation, operands)
        if not operands:
            return term
        if term.operation == OPAQUE:
            return make.terms.opaque(term.name, *operands)
        return make.terms.apply(term.operation, *operands)

    def _opposite(self, x: Term) -> Term:
        return self.make.number(-x.value) if x.is_number else x.operands[0]

    def _sum(self, x: Term, y: Term) -> Term:
        if _negative(y):
            return self._difference(x, self._opposite(y))
        if x.operation == "neg":
            return self._difference(y, x.operands[0])
        return self._counted(x, y, 1) or self.make.add(x, y)

    def _counted(self, x: Term, y: Term, sign: int) -> Term | None:
        """Return a count of steps that is shifted twice as one that is shifted once."""
        if x.operation not in ("add", "sub") or not y.is_number:
            return None
        count, shift = x.operands
        if count.name != "t" or not shift.is_number:
            return None
        shifted = (shift.value if x.operation == "add" else -shift.value) + sign * y.value
        if shifted < 0:
            return self.make.sub(count, self.make.number(-shifted))
        return self.make.add(count, self.make.number(shifted))

    def _difference(self, x: Term, y: Term) -> Term:
        if x is y:
            return self.make.zero
        if _negative(y):
            return self.make.add(x, self._opposite(y))
        return self._counted(x, y, -1) or self.make.sub(x, y)

    def _product(self, x: Term, y: Term) -> Term:
        make = self.make
        if _negative(x):
            return make.neg(self._product(self._opposite(x), y))
        if _negative(y):
            return make.neg(self._product(x, self._opposite(y)))
        if x is y and not x.is_number:
            return make.square(x)
        if (self.data(x) and not self.data(y)) or (y.is_number and not x.is_number):
            x, y = y, x
        if x.operation == "div" and x.operands[0] is make.one:
            return self._quotient(y, x.operands[1])
        if y.operation == "div" and y.operands[0] is make.one:
            return self._quotient(x, y.operands[1])
        return make.mul(x, y)

    def _power(self, x: Term, y: Term) -> Term:
        if x.operation == "sqrt" and y.is_number and y.value == 2 and _square(x.operands[0]):
            return x.operands[0]
        return self.make.power(x, y)

    def _quotient(self, x: Term, y: Term) -> Term:
        make = self.make
        means = {"row_sum": ("cols", "row_mean"), "col_sum": ("rows", "col_mean"), "sum": ("size", "mean")}
        if x.operation in means and y.operation == NAME and y.name == means[x.operation][0]:
            return make.apply(means[x.operation][1], x.operands[0])
        if x.operation == "norm2":
            if y.operation == "sqrt" and y.operands[0].name == "size":
                return make.apply("rms", x.operands[0])
            if y.operation == "mul" and y.operands[0].operation == "sqrt":
                root, rest = y.operands
                if root.operands[0].name == "size":
                    return make.div(make.apply("rms", x.operands[0]), rest)
        return make.div(x, y)


def _negative(x: Term) -> bool:
    return x.operation == "neg" or (x.is_number and x.value < 0)


def _square(x: Term) -> bool:
    """Return whether a term is a sum of squares, which its root squared is again."""
    if x.operation in MEANS:
        return _square(x.operands[0])
    if x.operation == "mul" and x.operands[1].operation in ("mean_rest", "mean_first"):
        return leaves_of(x.operands[0]) <= _LENGTHS and _square(x.operands[1])
    return x.operation == "pow" and x.operands[1].is_number and x.operands[1].value % 2 == 0
