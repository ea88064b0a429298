"""Whether two expressions have one value on every history: drawn worlds, case by case.

An expression is arithmetic over drawn values once it is known which signs count and which divisors are
zero. A *case* makes some of them zero; in every case worlds are drawn until each pattern of signs that
can occur has been met, with the values that the identities of the proof give. In a case both expressions
are generalized polynomials of the drawn values; if they differ they differ in almost all worlds with the
pattern.

What is zero in a case is zero wherever it occurs: a sum is solved for a value that stands in it once,
with a coefficient that is never zero; what cannot be solved is replaced by 0 at each expression that has
its value. Real numbers satisfy more than such a world does, never less, so that two expressions that
agree in all worlds are equal. Absolute values, maxima and roots need no case at zero: they are
continuous, and zero belongs to both signs.

Averages, norms and other values that look beyond one entry and one step have *labels*: two have one label
where they are one operation, and their operands agree as functions, in all cases; label 0 is that of an
average of 0, and of an odd function of matrices -n is that of the negated operand of n.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from sympy.core.basic import Basic

from nos_sym.language.node import Node
from nos_sym.language.registry import apply, number
from nos_sym.proof.errors import Refused
from nos_sym.proof.patterns import Patterns
from nos_sym.proof.primes import Primes, primes
from nos_sym.proof.ranges import names_of, shared
from nos_sym.proof.solving import make_zero
from nos_sym.proof.states import BEGIN_AT_ZERO, ZERO_OF_ZERO, beyond, sees_all
from nos_sym.proof.worlds import ODD_OF_MATRICES, World, is_wide
from nos_sym.proof.zeros import roots

PRIMES = 40
LEAST_WORLDS = 24
"""Worlds of each case."""
MOST_WORLDS = 8_000
"""Worlds of one link; a link with more cases must be cut into several."""
_ROUNDS = 6
_NUMBERS = 1 << 16
"""Size of numerators and denominators by which a value is taken for a number, in a field of 2^90 elements."""

Equation = tuple[Node, Basic]


class Differ(Refused):
    """Two expressions have different values in a world."""


class Link:
    """What two neighbors of a chain may use.

    Attributes:
        equations: both sides of the identities that stand between them.
        facts: expressions that are never negative.
        nonzero: expressions that are never zero, or are assumed not to be, beside those whose form shows it.
        labels: labels of the averages, norms and states that occur.
        worlds: how many worlds have been drawn.
    """

    def __init__(
        self,
        terms: Sequence[Basic],
        equations: Sequence[Equation],
        facts: Sequence[Basic],
        nonzero: Sequence[Basic] = (),
        field: Primes | None = None,
    ) -> None:
        self.labels: dict[Node, int] = {}
        self.facts: list[Basic] = []
        self.equations: list[Equation] = []
        self.nonzero: list[Basic] = []
        self.worlds = 0
        self._vanishing: dict[tuple[Basic, Basic], bool] = {}
        facts, nonzero = ([shared(t) for t in what] for what in (facts, nonzero))
        equations = [(shared(left), shared(right)) for left, right in equations]
        terms = [shared(t) for t in terms]
        every = [*terms, *facts, *nonzero, *(side for sides in equations for side in sides)]
        self.primes = field or primes(frozenset(literals(every)), PRIMES)
        self._label(every, list(equations), list(facts), list(nonzero))

    def agree(self, x: Basic, y: Basic, given: tuple[Basic, ...] = ()) -> None:
        """Raise :class:`Differ` unless two expressions have one value in every world of every case.

        Args:
            x: one expression.
            y: the other.
            given: what is zero in all cases.
        """
        x, y = shared(x), shared(y)
        cases: list[tuple[tuple[Basic, ...], tuple[Basic, ...]]] = [(given, tuple(self.nonzero))]
        while cases:
            zeros, others = cases.pop()
            for d, never in self._draw_case(x, y, zeros, others).items():
                if d not in others:
                    cases.append(((*zeros, d), others))
                    # What vanishes with some signs by itself may vanish in a later case, too.
                    others = (*others, d) if never else others

    def _draw_case(
        self, x: Basic, y: Basic, zeros: tuple[Basic, ...], others: tuple[Basic, ...]
    ) -> dict[Basic, bool]:
        """Draw the worlds of a case; return what may be zero beside what is, and if it never was."""
        patterns, accepted = Patterns(), 0
        implied = self._implied(zeros)
        met: dict[Basic, tuple[bool, int]] = {}
        while not patterns.complete(LEAST_WORLDS):
            world = self._world_with(implied, x, y)
            a, b = world.value(x), world.value(y)
            known = [world.character(world.value(fact)) for fact in self.facts]
            never = [world.value(t) for t in self.nonzero]
            patterns.add(world.signs | {(fact, -1): s for fact, s in zip(self.facts, known, strict=True)})
            if patterns.hopeless:
                raise Refused("too many patterns of signs; cut the link into several")
            if min(known, default=1) < 0 or not all(never):
                continue
            accepted += 1
            if a != b:
                raise Differ(f"the values differ {_words(zeros)}")
            _note_divisors(world, met, others)
        if self.nonzero and not (zeros or accepted):
            raise Refused("what is said not to be zero is zero")
        return {d: count == accepted for d, (first, count) in met.items() if first}

    def _implied(self, zeros: tuple[Basic, ...]) -> tuple[Basic, ...]:
        """Return what is zero in a case: where an average of what is never negative is zero, all of it is.

        So its operand is, now and at the steps before, and so are averages of what vanishes with the operand.
        """
        found = list(zeros)
        for t in found:
            if sees_all(t):
                # Masks of dropout are zero beside the roots.
                parts = t.operands if "drop" in names_of(t) else roots(t.operands[0])
                states = [n for n in self.labels if n.operation.name in BEGIN_AT_ZERO]
                also = [n for n in states if all(self._vanishes(n.operands[0], part) for part in parts)]
                also += parts if len(parts) == 1 else t.operands
                found += [n for n in also if n not in found]
        return tuple(found)

    def _vanishes(self, y: Basic, x: Basic) -> bool:
        """Return whether an expression is zero wherever another one is."""
        if (y, x) not in self._vanishing:
            # Within itself the question is left open.
            self._vanishing[y, x] = False
            with suppress(Refused):
                self.agree(y, number(0), (x,))
                self._vanishing[y, x] = True
        return self._vanishing[y, x]

    def _world_with(self, zeros: tuple[Basic, ...], x: Basic, y: Basic) -> World:
        """Return a world in which expressions are zero, with all values that count."""
        world = self.world()
        make_zero(world, zeros, self.saturate)
        # Signs count wherever a value came from: in what identities say, and in what was made zero.
        every = [x, y, *self.facts, *zeros, *(t for sides in self.equations for t in sides), *self.nonzero]
        for _ in range(_ROUNDS):
            world.forget()
            for t in every:
                world.value(t)
            # A product whose factor is replaced by 0 is zero also where it is multiplied out.
            left = [t for t in world.divisors if not all(map(world.value, roots(t)))]
            left += [t for t in zeros if world.value(t)]
            if not left:
                return world
            for t in left:
                world.replace_by_zero(world.value(t))
            self.saturate(world)
        raise Refused("a case of zeros cannot be drawn; cut the link into several")

    def world(self) -> World:
        """Return a new world with what the identities say."""
        self.worlds += 1
        if self.worlds > MOST_WORLDS:
            raise Refused("too many cases of signs and zeros; cut the link into several")
        world = World(self.primes[self.worlds], self.labels)
        self.saturate(world)
        return world

    def saturate(self, world: World) -> None:
        """Give functions the values that the identities say, until nothing changes."""
        for _ in range(_ROUNDS if self.equations else 0):
            before = dict(world.given)
            for left, right in self.equations:
                world.memo.clear()
                v = world.value(right)
                world.give(left, v)
            if world.given == before:
                break
        world.forget()

    def _label(
        self, every: list[Basic], equations: list[Equation], facts: list[Basic], nonzero: list[Basic]
    ) -> None:
        """Label what looks beyond an entry, inner ones first, by identities that need inner ones alone."""
        known: dict[tuple[object, ...], list[tuple[Basic, int]]] = {}
        sizes: dict[Basic, int] = {}
        for t in sorted(beyond(every), key=lambda t: _size(t, sizes)):
            self.equations = [e for e in equations if self.labels.keys() >= beyond(e)]
            self.facts = [f for f in facts if self.labels.keys() >= beyond([f])]
            self.nonzero = [n for n in nonzero if self.labels.keys() >= beyond([n])]
            wide = is_wide(t) and t.operation.arity == 1
            shape: tuple[object, ...] = ("parameter",)
            operand: Basic = t
            if wide:
                shape = (t.operation.name, *(self.labels.get(x, str(x)) for x in t.parameters))
                operand = t.operands[0]
                if t.operation.name == "clip_norm":
                    operand = apply("abs", operand)
            elif is_wide(t):
                shape = (str(t),)
            found = [label for other, label in known.setdefault(shape, []) if self._same(operand, other)]
            if not found and t.operation.name in ODD_OF_MATRICES:
                negated = apply("neg", operand)
                found = [-label for other, label in known[shape] if self._same(negated, other)]
            if not found and wide and t.operation.name in ZERO_OF_ZERO:
                found = [0] if self._same(operand, number(0)) else []
            self.labels[t] = found[0] if found else 1 + len(self.labels)
            known[shape].append((operand, self.labels[t]))
        self.equations, self.facts, self.nonzero = equations, facts, nonzero

    def _same(self, x: Basic, y: Basic) -> bool:
        if x == y:
            return True
        try:
            for _ in range(2):
                world = self.world()
                if not self.facts and world.value(x) != world.value(y):
                    return False
            self.agree(x, y)
        except Differ:
            return False
        return True


def _note_divisors(world: World, met: dict[Basic, tuple[bool, int]], others: tuple[Basic, ...]) -> None:
    """Note what may be zero, but for what is a number times an earlier one in every world."""
    divisors = list(dict.fromkeys(r for d in world.divisors for r in roots(d)))
    known = [v for o in others if (v := world.value(o))]
    values = {min(v, world.p - v) for v in known}
    for d in divisors:
        v = world.value(d)
        v = min(v, world.p - v)
        # A number that is not zero is none of the values that may be.
        if v and world.ratio(v, 1, _NUMBERS) is None:
            first, count = met.get(d, (False, 0))
            again = v in values or any(world.ratio(v, o, 1 << 24) for o in known)
            met[d] = first or not again, count + 1
            values.add(v)


def _size(t: Basic, sizes: dict[Basic, int]) -> int:
    """Return the number of nodes of a tree, those of parameters included: what is inside has less."""
    if not isinstance(t, Node):
        return 1
    if t not in sizes:
        sizes[t] = 1 + sum(_size(x, sizes) for x in t.args)
    return sizes[t]


def literals(terms: Iterable[Basic]) -> set[int]:
    """Return the numbers whose sign the worlds must know: numerators, denominators, and those of 1 - k."""
    found: set[int] = set()

    def visit(t: Basic) -> None:
        if isinstance(t, Node):
            for x in (*t.operands, *t.parameters):
                visit(x)
            for x in t.parameters:
                if not isinstance(x, Node) and x < 1:
                    found.update((int((1 - x).p), int(x.q)))
        elif t != 0:
            found.update((int(t.p), int(t.q)))

    for term in dict.fromkeys(terms):
        visit(term)
    return found


def _words(zeros: tuple[Basic, ...]) -> str:
    from nos_sym.language.printer import print_expression

    if not zeros:
        return "where nothing is zero"
    shown = ", ".join(print_expression(z) for z in zeros)
    return f"where {shown if len(shown) <= 200 else 'several expressions are'} = 0"
