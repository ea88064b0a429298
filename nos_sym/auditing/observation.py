"""What is asked of the states of two optimizers: the forms of values that they keep, and their numbers.

A state is what a step leaves of a history of gradients, weights and rates. Two states, or a value made of
states, are one where the systems that end in them have one form: the induction over the steps is that of the
algebra. The weights are part of the history, so that an answer holds for any gradients and weights that both
optimizers are given, whatever each of them makes of the weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

import numpy as np
import numpy.typing as npt
from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.algebra.falsification.histories import MATRIX, can_run
from nos_sym.algebra.falsification.trajectories import History, Trajectory
from nos_sym.algebra.observed import never_holds, value_digest
from nos_sym.auditing.families import Families, Variable
from nos_sym.intervals.interval import Interval
from nos_sym.language.block import Block
from nos_sym.language.expansion import as_block
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of
from nos_sym.language.operation import Role
from nos_sym.language.registry import number
from nos_sym.language.rule import Rule
from nos_sym.language.setting import setting, setting_name
from nos_sym.language.state import old_value
from nos_sym.language.system import Recursion, System, expressions, system_of
from nos_sym.language.traversal import own_draws, replaced, walk

Array = npt.NDArray[np.float64]
Values = Mapping[Variable, Rational]

STEPS = 8
# No rate is a number that rules have as a factor: what is the same by chance for a step pairs nothing.
_RATES = (0.37, 0.29, 0.13, 0.41, 0.73, 0.07, 0.83, 0.59)
_MOMENTA = (0.5, 0.75, 0.875, 0.25, 0.375, 0.625, 0.125, 0.9375)
_TIGHT = 1e-9


@dataclass(frozen=True, slots=True)
class Kept:
    """A state of one side.

    Attributes:
        name: as its block has it.
        kind: what it holds one number for.
        old: the leaf that is its value before a step, no other side's.
        start: value before the first step.
        new: value that a step leaves.
        when: the condition on shape and settings under which it exists; ``None`` for always.
    """

    name: str
    kind: Kind
    old: Node
    start: Basic
    new: Basic
    when: Basic | None = None

    @property
    def recursion(self) -> Recursion:
        """The state as systems have it."""
        return Recursion(self.old, self.start, self.new, self.kind is Kind.GLOBAL)


@dataclass
class Observation:
    """Two optimizers whose states are compared, over the settings of a question.

    Attributes:
        variables: the settings; each is one number on both sides.
        nodes: the settings as expressions, in that order.
        blocks: the two, every state with a name.
        states: of either.
        moves: the new weights.
        letters: what the two are called.
    """

    variables: tuple[Variable, ...]
    nodes: tuple[Node, ...]
    blocks: tuple[Block, Block]
    states: tuple[tuple[Kept, ...], tuple[Kept, ...]]
    moves: tuple[Basic, Basic]
    letters: str = "AB"
    _known: dict[object, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, families: Families) -> Observation:
        """Return what is asked of the states of two optimizers.

        Raises:
            RuleError: a rule of one line would be too large as a block.
        """
        variables = families.variables
        nodes = tuple(setting(f"setting_{i}", x.default, x.domain) for i, x in enumerate(variables))
        blocks = _named(families.first), _named(families.second)
        read = [_read(block, side, variables, nodes) for side, block in enumerate(blocks)]
        return cls(variables, nodes, blocks, (read[0][0], read[1][0]), (read[0][1], read[1][1]))

    def turned(self) -> Observation:
        """Return the same of the second side and the first."""
        (a, b), (c, d), (e, f) = self.blocks, self.states, self.moves
        return Observation(self.variables, self.nodes, (b, a), (d, c), (f, e), self.letters[::-1])

    def name(self, variable: Variable) -> str:
        """Return what the second side calls a setting; one of the first alone has its letter."""
        own, other = (variable.first, variable.second)[:: -1 if self.letters == "AB" else 1]
        return own or f"{self.letters[0]}.{other}"

    @property
    def random(self) -> bool:
        """Whether masks are drawn, whose pairing is that of the whole optimizers."""
        return any(own_draws(n) for x in self._expressions() for n in walk(x))

    @property
    def runs(self) -> bool:
        """Whether every operation says what it computes."""
        return can_run(*(self.system(side, {}) for side in (0, 1)))

    def at(self, expression: Basic, values: Values) -> Basic:
        """Return an expression with numbers for some of the settings."""
        table: dict[Basic, Basic] = {
            node: number(values[x]) for node, x in zip(self.nodes, self.variables, strict=True) if x in values
        }
        return replaced(expression, table) if table else expression

    def system(self, side: int, values: Values) -> System:
        """Return a side with numbers for some of the settings."""
        found = [s.recursion for s in self.states[side]]
        put = (Recursion(s.old, self.at(s.start, values), self.at(s.new, values), s.shared) for s in found)
        return System(tuple(put), self.at(self.moves[side], values))

    def digest(self, side: int, value: Basic, values: Values) -> bytes:
        """Return the digest of the form of a value over the states of a side, the other settings free.

        Values of one digest are equal after every step, for all values of the free settings.
        """
        key = side, value, tuple(sorted((x.name, v) for x, v in values.items()))
        if key not in self._known:
            self._known[key] = self._digest(self.system(side, values).states, value, values)
        return self._known[key]

    def _digest(self, states: Sequence[Recursion], value: Basic, values: Values) -> bytes:
        free = {
            node: (f"setting {i}", x.domain)
            for i, (node, x) in enumerate(zip(self.nodes, self.variables, strict=True))
            if x not in values
        }
        return value_digest(states, self.at(value, values), free)

    def same_start(self, a: Kept, b: Kept, values: Values) -> bool:
        """Return whether two states are proved equal before the first step, the other settings being free."""
        return self._digest((), a.start, values) == self._digest((), b.start, values)

    def exists(self, state: Kept, values: Values) -> bool:
        """Return whether a state is there at some settings, for a parameter of some shape."""
        return state.when is None or not never_holds(self.at(state.when, values))

    def numbers(self, values: Values) -> tuple[dict[Node, Array], Array, Array]:
        """Return what states of both are after steps on one history of gradients and weights, and these two.

        The weights move as the first side moves them. A number that rounding leaves open is NaN.
        """
        history = self._history()
        first, second = (self.system(side, values) for side in (0, 1))
        run = Trajectory(System((*first.states, *second.states), first.move), history)
        rows: dict[Node, list[list[float]]] = {s.old: [] for s in run.system.states}
        weights = [list(history.weights)]
        for moved in run:
            for state in run.system.states:
                rows[state.old].append([middle(x) for x in run.values[state.old]])
            weights.append([middle(x) for x in moved])
        return {old: np.array(x) for old, x in rows.items()}, np.array(weights), np.array(history.gradients)

    @property
    def rates(self) -> Array:
        """The learning rates of the history of :meth:`numbers`."""
        return np.array(_RATES[:STEPS])

    def _history(self) -> History:
        matrix = bool(MATRIX & {n.operation.name for x in self._expressions() for n in walk(x)})
        shape = (2, 3) if matrix else (3,)
        size = int(np.prod(shape))
        rng = np.random.default_rng(211)
        weights, *gradients = np.round(rng.normal(size=(STEPS + 1, size)), 2) + 0.001
        return History(
            shape, STEPS, tuple(map(float, weights)), tuple(tuple(map(float, g)) for g in gradients),
            _RATES[:STEPS], _MOMENTA[:STEPS],
        )  # fmt: skip

    def _expressions(self) -> Sequence[Basic]:
        return [x for side in (0, 1) for x in expressions(self.system(side, {}))]


def middle(x: Interval) -> float:
    """Return the number that an enclosure is of; NaN where it is too wide to be one."""
    half = x.low / 2 + x.high / 2
    known = isfinite(half) and (x.high - x.low <= _TIGHT * abs(half) or x.low == x.high)
    return half if known else float("nan")


def _named(rule: Rule | Block) -> Block:
    hidden = any(n.operation.role is Role.STATE for x in expressions(system_of(rule)) for n in walk(x))
    return as_block(rule) if isinstance(rule, Rule) or hidden else rule


def _read(
    block: Block, side: int, variables: Sequence[Variable], nodes: Sequence[Node]
) -> tuple[tuple[Kept, ...], Basic]:
    """Return states and move of a block over the settings of the question and leaves of its side."""
    renamed = {(x.first, x.second)[side]: node for x, node in zip(variables, nodes, strict=True)}
    table: dict[Basic, Basic] = {n: renamed[setting_name(n)] for n in block.settings}
    system = system_of(block)
    leaves = {s.old: old_value(f"{'AB'[side]} {i}", kind_of(s.old)) for i, s in enumerate(system.states)}
    table |= leaves
    found = [
        Kept(
            e.name, e.kind, leaves[s.old], replaced(s.start, table), replaced(s.new, table),
            None if e.when is None else replaced(e.when, table),
        )
        for e, s in zip(block.states, system.states, strict=True)
    ]  # fmt: skip
    return tuple(found), replaced(system.move, table)
