"""What a link has to cite: a search over the table between two expressions.

Worlds in which they differ say what is missing: citations at the nodes of both are gathered in rounds,
each fact that fails in a world could exclude it, and what is not needed is left out again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import NosSymError
from nos_sym.language.node import Node
from nos_sym.language.registry import number
from nos_sym.language.traversal import walk
from nos_sym.proof.cases import Differ, Link, literals
from nos_sym.proof.citations import Put, as_it_is, instance, not_zero
from nos_sym.proof.errors import Refused
from nos_sym.proof.format import ASSUME, Use
from nos_sym.proof.primes import Primes, primes
from nos_sym.proof.ranges import names_of, shared
from nos_sym.proof.search.candidates import Fact, divisors, facts_of, writings
from nos_sym.proof.search.proposals import is_decimal, proposals, safe, text
from nos_sym.proof.worlds import World, parts
from nos_sym.proof.zeros import roots

_ROUNDS = 5
_MOST_EQUATIONS = 60
_MOST_FACTS = 6
_FREE = frozenset(
    ("add", "sub", "mul", "scale", "neg", "id", "pow", "wmean", "abs", "sqrt", "g", "w", "p", "r")
)


@dataclass(frozen=True, slots=True)
class _Equation:
    use: Use
    left: Node
    right: Basic


class TimeIsUp(Exception):
    """The search has taken as long as it may."""


def field_of(terms: Iterable[Basic]) -> Primes:
    """Return primes of worlds that know the literals of expressions."""
    return primes(frozenset(literals(terms)), 12)


class _TimedLink(Link):
    """A link that stops when the time of its search is up."""

    def __init__(self, until: float, *what: Any) -> None:
        self.until = until
        super().__init__(*what)

    def world(self) -> World:
        if time.thread_time() > self.until:
            raise TimeIsUp
        return super().world()


class LinkSearch:
    """The search of what a link between two expressions has to cite.

    Args:
        x: one expression.
        y: the other.
        until: when to stop, on the clock of ``time.thread_time``.
        almost: what the link may take not to be zero.
        put: what takes the place of an expression that is cited.
    """

    def __init__(
        self, x: Basic, y: Basic, until: float, almost: tuple[Basic, ...] = (), put: Put = as_it_is
    ) -> None:
        self.put = put
        self.x, self.y, self.until, self.almost = shared(x), shared(y), until, almost
        self.field = field_of([x, y])
        never = dict.fromkeys([*divisors([x, y]), *self._assumed_averages()])
        self.nonzero = [Fact(Use("nonzero", (("x", text(t)),)), shared(t)) for t in never]

    def uses(self) -> tuple[Use, ...] | None:
        """Return what makes the expressions equal, or nothing."""
        equations: list[_Equation] = []
        tried: set[Use] = set()
        nodes = self._own_nodes()
        names = names_of(self.x) | names_of(self.y)
        rest = list(dict.fromkeys([*walk(self.x), *walk(self.y)]))
        for _ in range(_ROUNDS):
            found = self._enough(equations)
            if found is not None:
                return self._least(equations, found)
            new: list[_Equation] = []
            for node in nodes:
                if node.operation.name in _FREE:
                    continue
                for use in (u for n in writings(node) for u in safe(proposals(n, names))):
                    if use not in tried:
                        tried.add(use)
                        new += self._equation(use)
            if not new and rest:
                # What has its value in both may have another by an identity, as ln(1).
                nodes, rest = rest, []
                continue
            if not new or len(equations) + len(new) > _MOST_EQUATIONS:
                return None
            if not equations:
                alone = next((e for e in new if self._agrees([e], [])), None)
                if alone is not None:
                    return self._least([alone], [])
            equations += new
            # Next what the citations bring in, and what stands below the nodes that were tried.
            below = [n for node in nodes if node.operation.name not in _FREE for n in walk(node)]
            nodes = list(dict.fromkeys([*(n for e in new for n in walk(e.right)), *below]))
            names |= {n.operation.name for n in nodes}
        return None

    def _equation(self, use: Use) -> list[_Equation]:
        try:
            return [_Equation(use, *instance(use.name, use.values, self.almost, self.put))]
        except (NosSymError, RecursionError):
            return []

    def _assumed_averages(self) -> Iterator[Node]:
        """Yield averages that are not zero where what is assumed is not."""
        nodes = [*walk(self.x), *walk(self.y)] if self.almost else []
        for node in (parts(n)[0] if n.operation.name == "ema_hat" else n for n in nodes):
            if node.operation.name in ("ema", "running_max") and not_zero(node, self.almost):
                yield node

    def _own_nodes(self) -> list[Node]:
        """Return the nodes of both expressions, first those whose values the other has not."""
        link = self._link([], [])
        sides = [list(walk(t)) for t in (self.x, self.y)]
        own: dict[Node, None] = {}
        for _ in range(12):
            # In one world a maximum has the value of one of its operands.
            world = link.world()
            values = [{n: world.value(n) for n in side} for side in sides]
            shared_values = set(values[0].values()) & set(values[1].values())
            own |= {n: None for side in values for n, v in side.items() if v not in shared_values}
        return [*own, *(n for node in own for n in _of_number(node, world))]

    def _link(self, equations: Sequence[_Equation], chosen: Sequence[Fact]) -> Link:
        return _TimedLink(
            self.until,
            [self.x, self.y],
            [(e.left, e.right) for e in equations],
            [f.term for f in chosen],
            [*(n.term for n in self.nonzero), *(r for t in self.almost for r in roots(shared(t)))],
            self.field,
        )

    def _enough(self, equations: Sequence[_Equation]) -> list[Fact] | None:
        """Return the facts with which equations are enough, or nothing."""
        try:
            if self._agrees(equations, []):
                return []
            sides = [s for e in equations for s in (e.left, e.right)]
            candidates = facts_of([self.x, self.y, *sides], self.put)
            return self._hitting(equations, candidates) if candidates else None
        except Refused:
            return None

    def _agrees(self, equations: Sequence[_Equation], chosen: Sequence[Fact]) -> bool:
        """Return whether the expressions agree: quickly where they do not."""
        link = self._link(equations, chosen)
        if not chosen:
            for _ in range(4):
                world = link.world()
                if world.value(self.x) != world.value(self.y):
                    return False
        try:
            link.agree(self.x, self.y)
        except Differ:
            return False
        return True

    def _hitting(self, equations: Sequence[_Equation], candidates: list[Fact]) -> list[Fact] | None:
        """Return facts of which one fails in each world in which the expressions differ."""
        # Facts may hold labels of their own.
        link = _TimedLink(self.until, [self.x, self.y, *(f.term for f in candidates)],
                    [(e.left, e.right) for e in equations], [], [], self.field)  # fmt: skip
        broken: list[frozenset[int]] = []
        for _ in range(80):
            world = link.world()
            if world.value(self.x) != world.value(self.y):
                failing = _failing(world, candidates)
                if not failing:
                    return None
                broken.append(failing)
        chosen = _cover(broken)
        for _ in range(8):
            if len(chosen) > _MOST_FACTS:
                return None
            facts_now = [candidates[i] for i in chosen]
            if self._agrees(equations, facts_now):
                return facts_now
            extra = self._differing(link, candidates, chosen)
            if not extra:
                return None
            broken += extra
            chosen = _cover(broken)
        return None

    def _differing(self, link: Link, candidates: list[Fact], chosen: list[int]) -> list[frozenset[int]]:
        """Return what fails in worlds that satisfy the chosen facts, and in which the expressions differ."""
        found: list[frozenset[int]] = []
        for _ in range(400):
            world = link.world()
            if world.value(self.x) == world.value(self.y) or _failing(world, [candidates[i] for i in chosen]):
                continue
            failing = _failing(world, candidates)
            if not failing:
                return []
            found.append(failing)
            if len(found) > 3:
                break
        return found

    def _least(self, equations: list[_Equation], found: list[Fact]) -> tuple[Use, ...]:
        """Leave out what is not needed."""
        every = self.nonzero
        self.nonzero = []
        try:
            self.nonzero = [] if self._agrees(equations, found) else every
        except (Refused, TimeIsUp):
            self.nonzero = every
        for equation in list(equations):
            fewer = [e for e in equations if e is not equation]
            try:
                again = found if self._agrees(fewer, found) else (self._enough(fewer) if not found else None)
            except (Refused, TimeIsUp):
                again = None
            if again is not None and len(again) <= len(found):
                equations, found = fewer, again
        for fact in list(found):
            fewer_facts = [f for f in found if f is not fact]
            try:
                if self._agrees(equations, fewer_facts):
                    found = fewer_facts
            except (Refused, TimeIsUp):
                continue
        for never in list(self.nonzero):
            every = self.nonzero
            self.nonzero = [n for n in every if n is not never]
            try:
                needed = not self._agrees(equations, found)
            except (Refused, TimeIsUp):
                needed = True
            self.nonzero = every if needed else self.nonzero
        assumed = tuple(Use(ASSUME, (("x", text(t)),)) for t in self._needed(equations, found))
        return assumed + tuple(f.use for f in (*self.nonzero, *found)) + tuple(e.use for e in equations)

    def _needed(self, equations: list[_Equation], found: list[Fact]) -> tuple[Basic, ...]:
        """Return what has to be taken not to be zero."""
        for t in self.almost:
            every = self.almost
            self.almost = tuple(a for a in every if a != t)
            try:
                kept = all(self._equation(e.use) for e in equations)
                kept = kept and all(not_zero(n.term, self.almost) for n in self.nonzero)
                needed = not (kept and self._agrees(equations, found))
            except (Refused, TimeIsUp):
                needed = True
            self.almost = every if needed else self.almost
        return self.almost


def _of_number(node: Node, world: World) -> Iterator[Node]:
    """Yield a state of the number that its operand is in a world."""
    if node.operation.name in ("ema", "ema_hat", "running_max") and isinstance(node.operands[0], Node):
        value = world.ratio(world.value(node.operands[0]), 1)
        if value is not None and is_decimal(value):
            yield node.func(number(Rational(value)), *node.parameters)


def _failing(world: World, candidates: list[Fact]) -> frozenset[int]:
    return frozenset(i for i, f in enumerate(candidates) if world.character(world.value(f.term)) < 0)


def _cover(broken: list[frozenset[int]]) -> list[int]:
    chosen: list[int] = []
    while broken:
        counts: dict[int, int] = {}
        for failing in broken:
            for i in failing:
                counts[i] = counts.get(i, 0) + 1
        best = max(counts, key=lambda i: (counts[i], -i))
        chosen.append(best)
        broken = [b for b in broken if best not in b]
    return chosen
