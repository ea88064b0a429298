"""The canonical form of a system of states.

1. States that the move does not reach are left out.
2. States that are values of the language are put in (:mod:`nos_sym.algebra.elimination`), those that others
   read first.
3. What is left is scaled: the start, or what a step adds, has a leading coefficient of 1.
4. Partition refinement: states with equal starts are one until their new values differ when states of one
   class have one name. What is never told apart is equal at every step, by induction, and becomes one state.
5. Each state is named by a digest of its class, so that names and order of the text do not matter.

Two systems with the same move and the same states under these names are the same function of histories.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import blake2b

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.algebra.elimination import Environment, solved, state_atom, states_in, value_of, values
from nos_sym.algebra.groups import Reads, groups, reached
from nos_sym.algebra.kernel import Atom, Poly, constant, note, scaled, sign_of_poly
from nos_sym.algebra.scaling import scale_of
from nos_sym.language.node import Node
from nos_sym.language.registry import CLASSES
from nos_sym.language.system import Recursion, System

ROUNDS = 24
"""Most rounds in which scales, signs and classes are looked for; beyond them less is proved."""

EVALUATIONS = 400
"""Most new values that are worked out for the classes."""


@dataclass(frozen=True, slots=True)
class Named:
    """A state of a minimal system.

    Attributes:
        old: the atom that is its value before a step.
        start: value before the first step.
        new: value that a step leaves.
        shared: whether it is one number for all parameters.
        leaf: the leaf of the system that is its value before a step, which has its name and kind.
    """

    old: Atom
    start: Poly
    new: Poly
    shared: bool
    leaf: Node


@dataclass(frozen=True, slots=True)
class Minimal:
    """A system in canonical form.

    Attributes:
        move: the new weight.
        states: the states that are left, in the order of their names.
    """

    move: Poly
    states: tuple[Named, ...]

    @property
    def digest(self) -> bytes:
        """Digest of the whole system."""
        parts = [self.move.digest]
        for s in self.states:
            parts += [s.old.digest, s.start.digest, s.new.digest, b"shared" if s.shared else b""]
        return blake2b(b"".join(parts), digest_size=12).digest()


def minimal(system: System, settings: Environment | None = None) -> Minimal:
    """Return the canonical form of a system.

    Args:
        system: the optimizer.
        settings: forms of settings that do not stand for their defaults.
    """
    return _Reduction(system, settings or {}).result()


class _Reduction:
    """The work on one system.

    Attributes:
        left: the states that are still states.
        groups: states that are values, in the order in which they were found.
        kept: states that are none although they were once found to be.
    """

    def __init__(self, system: System, settings: Environment) -> None:
        self.system = system
        self.settings = settings
        self.left: list[Recursion] = list(system.states)
        self.groups: list[list[Recursion]] = []
        self.kept: set[Recursion] = set()
        self.scales: dict[Recursion, Fraction] = {}
        self.positive: set[Recursion] = set()
        self.reads: Reads = {}

    def result(self) -> Minimal:
        """Return the form."""
        while True:
            try:
                self._eliminate()
                if not self.left:
                    return self._named({})
                self.scales = self._scales()
                self.positive = self._nonnegative()
                classes = self._refined()
                if len(classes) == len(self.left):
                    return self._named({members[0]: name for name, members in classes.items()})
            except _Kept as error:
                self.kept.update(error.group)
            else:
                note("equal-states")
                self.system = _merged(self.system, classes, self.scales)
                self.kept = set()
            self.left, self.groups = list(self.system.states), []

    # What states are.

    def _environment(self, atoms: dict[Recursion, Atom]) -> Environment:
        """Return what every old value is, given the atoms of the states that are left."""
        # What is not reached has no effect, whatever it is.
        environment = dict(self.settings) | {s.old: constant(0) for s in self.system.states}
        for state, a in atoms.items():
            environment[state.old] = scaled(value_of(a), self.scales.get(state, Fraction(1)))
        waiting = list(self.groups)
        pending = {s: state_atom(f"pending {i}") for i, s in enumerate(s for g in waiting for s in g)}
        environment |= {s.old: value_of(a) for s, a in pending.items()}
        while waiting:
            group = self._solve_one(waiting, environment, frozenset(pending.values()))
            waiting.remove(group)
            for state in group:
                del pending[state]
        return environment

    def _solve_one(
        self, waiting: list[list[Recursion]], environment: Environment, pending: frozenset[Atom]
    ) -> list[Recursion]:
        """Add the values of states that read none which is still to be solved, and return them."""
        for group in waiting:
            found = solved(group, environment)
            if found is None:
                raise _Kept(group)
            if not any(pending & states_in(x) for x in found.values()):
                environment |= found
                return group
        raise _Kept(waiting[0])

    def _atoms(self, names: dict[Recursion, str]) -> dict[Recursion, Atom]:
        zero = {s for s in names if not s.shared and not self._start(s).terms}
        return {
            s: state_atom(name, positive=s in self.positive, from_zero=s in zero) for s, name in names.items()
        }

    def _start(self, state: Recursion) -> Poly:
        (start,) = values(self.settings, [state.start])
        return start

    def _numbered(self) -> dict[Recursion, Atom]:
        return self._atoms({s: f"#{i}" for i, s in enumerate(self.left)})

    # 1 and 2: reachable states, and those that are values.

    def _eliminate(self) -> None:
        self.scales, self.positive = {}, set()
        while True:
            atoms = self._numbered()
            environment = self._environment(atoms)
            news = dict(zip(self.left, values(environment, (s.new for s in self.left)), strict=True))
            (move,) = values(environment, [self.system.move])
            reads = {s: [t for t in self.left if atoms[t] in states_in(news[s])] for s in self.left}
            self.reads = reads
            needed = reached([t for t in self.left if atoms[t] in states_in(move)], reads)
            self.left = [s for s in self.left if s in needed]
            before = len(self.groups)
            for group in groups(self.left, reads):
                found = None if self.kept.intersection(group) else solved(group, environment)
                if found is not None:
                    environment |= found
                    self.groups.append(group)
            if len(self.groups) == before:
                return
            solved_now = {s for group in self.groups[before:] for s in group}
            self.left = [s for s in self.left if s not in solved_now]

    # 3: scales, and what is never negative.

    def _scales(self) -> dict[Recursion, Fraction]:
        """Return the scale of each state, those first that read no other one whose scale is open."""
        waiting, self.scales = list(self.left), {}
        for _ in range(ROUNDS):
            if not waiting:
                break
            atoms = self._numbered()
            environment = self._environment(atoms)
            ready = [s for s in waiting if not any(t is not s and t in self.reads[s] for t in waiting)]
            found: dict[Recursion, Fraction] = {}
            for state in ready or waiting:
                (new,) = values(environment, [state.new])
                others = frozenset(atoms[s] for s in waiting)
                scale = scale_of(atoms[state], self._start(state), new, others)
                if scale is not None:
                    found[state] = scale
            self.scales |= found or dict.fromkeys(ready or waiting, Fraction(1))
            waiting = [s for s in waiting if s not in self.scales]
        self.scales |= dict.fromkeys(waiting, Fraction(1))
        if any(c != 1 for c in self.scales.values()):
            note("scaled-state")
        return self.scales

    def _nonnegative(self) -> set[Recursion]:
        """Return states that are never negative: they start so, and stay so as long as all of them are."""
        self.positive = {s for s in self.left if sign_of_poly(self._scaled_start(s)) > 0}
        for _ in range(ROUNDS):
            environment = self._environment(self._numbered())
            ordered = [s for s in self.left if s in self.positive]
            news = values(environment, (s.new for s in ordered))
            kept = {
                s
                for s, new in zip(ordered, news, strict=True)
                if sign_of_poly(scaled(new, 1 / self.scales[s])) > 0
            }
            if kept == self.positive:
                return kept
            self.positive = kept
        return set()

    def _scaled_start(self, state: Recursion) -> Poly:
        return scaled(self._start(state), 1 / self.scales[state])

    # 4 and 5: classes of states, and their names.

    def _refined(self) -> dict[str, list[Recursion]]:
        """Return the coarsest classes that a step does not split, by name."""
        names = {s: _digest(s.shared, s in self.positive, self._scaled_start(s).digest) for s in self.left}
        count, rounds = 0, 0
        while len(set(names.values())) > count:
            rounds += 1
            if rounds > ROUNDS or rounds * len(self.left) > EVALUATIONS:
                # Too many to go on: every state is its own, in the order of the text.
                names = {s: _digest(name, i) for i, (s, name) in enumerate(names.items())}
                break
            count = len(set(names.values()))
            environment = self._environment(self._atoms(names))
            news = values(environment, (s.new for s in self.left))
            names = {
                s: _digest(names[s], scaled(new, 1 / self.scales[s]).digest)
                for s, new in zip(self.left, news, strict=True)
            }
        classes: dict[str, list[Recursion]] = {}
        for state, name in names.items():
            classes.setdefault(name, []).append(state)
        return classes

    def _named(self, names: dict[Recursion, str]) -> Minimal:
        atoms = self._atoms(names)
        environment = self._environment(atoms)
        ordered = sorted(names, key=lambda s: names[s])
        move, *news = values(environment, [self.system.move, *(s.new for s in ordered)])
        found = [
            Named(atoms[s], self._scaled_start(s), scaled(new, 1 / self.scales[s]), s.shared, s.old)
            for s, new in zip(ordered, news, strict=True)
        ]
        return Minimal(move, tuple(found))


class _Kept(Exception):
    """States that were values are none once others have one name."""

    def __init__(self, group: list[Recursion]) -> None:
        super().__init__()
        self.group = group


def _merged(system: System, classes: dict[str, list[Recursion]], scales: dict[Recursion, Fraction]) -> System:
    """Return a system with one state for each class, the others being multiples of it."""
    multiples: dict[Basic, Basic] = {}
    for first, *others in classes.values():
        for twin in others:
            ratio = scales[twin] / scales[first]
            multiples[twin.old] = CLASSES["mul"](Rational(ratio.numerator, ratio.denominator), first.old)
    states = tuple(replace(s, new=s.new.xreplace(multiples)) for s in system.states if s.old not in multiples)
    return System(states, system.move.xreplace(multiples))


def _digest(*parts: object) -> str:
    text = "|".join(p.hex() if isinstance(p, bytes) else str(p) for p in parts)
    return blake2b(text.encode(), digest_size=12).hexdigest()
