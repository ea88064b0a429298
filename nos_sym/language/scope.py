"""What the names of a block mean at a place: the reading from top to bottom, a statement at a time."""

from __future__ import annotations

import keyword
from dataclasses import dataclass

from sympy.core.basic import Basic

from nos_sym.errors import RuleError, quoted
from nos_sym.language.hints import WRITINGS
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, is_condition, kind_of, size_of
from nos_sym.language.operation import Role
from nos_sym.language.registry import apply, lookup
from nos_sym.language.setting import is_setting
from nos_sym.language.state import is_old_value, old_value
from nos_sym.language.traversal import walk

WEIGHT = "w"
MAX_STATEMENTS = 1000
"""Statements of one block."""

MAX_TOTAL = 60_000
"""Nodes of all statements of a block, each counted as a tree with the names that it reads put in."""

_STATIC = frozenset(("rows", "cols", "size", "rank"))
_IN_STARTS = _STATIC | {"g", "w", "lr"}
_COUNTS = ("t", "correction")
KEYWORDS = frozenset(("state", "if", "else", "where", "and", "or", "not", "in", "from"))
UNSAID = {
    "input": "values that a training hands over beside the gradient, such as Hessian diagonals or the loss",
    "eval": "weights to evaluate at that differ from those that are trained",
    "matmul": "products of matrices",
    "transpose": "transposes of matrices",
    "svd": "decompositions of matrices",
    "qr": "decompositions of matrices",
    "eigh": "decompositions of matrices",
    "cholesky": "decompositions of matrices",
    "closure": "gradients and losses at other weights",
    "noise": "random numbers other than the masks of 'drop'",
    "old": "'x' above its assignment is the old value already; name it above: 'q = x'",
}
"""Reserved words of what a block cannot say, and what they would mean."""


def unsaid(name: str) -> str:
    """Return that a reserved word cannot be said, and what it would mean."""
    return f"'{name}' cannot be said: {UNSAID[name]}"


@dataclass(frozen=True, slots=True)
class StateEquation:
    """A state of a block.

    Attributes:
        name: key in state dicts.
        kind: what it holds one number for.
        start: value before the first step.
        new: value that a step leaves, over old values.
        when: the condition on shape and settings under which the state exists; ``None`` for always.
    """

    name: str
    kind: Kind
    start: Basic
    new: Basic
    when: Basic | None = None

    @property
    def old(self) -> Node:
        """The leaf that is its value before a step."""
        return old_value(self.name, self.kind)


class Scope:
    """The values that names have after the statements so far.

    Attributes:
        visible: each name to its value: of a state the newest one, of the weight too.
        moves: whether the weight was assigned.
    """

    def __init__(self) -> None:
        self.visible: dict[str, Basic] = {WEIGHT: apply("w")}
        self.moves = False
        self._declared: dict[str, Kind] = {}
        self._states: list[StateEquation] = []
        self._named: set[str] = set()
        self._total = [0, 0]

    def declare(self, name: str, kind: Kind, start: Basic) -> None:
        """Add a state."""
        self._count(start)
        self._check_new(name)
        self._check_unkept(name)
        self._declared[name] = kind
        self._states.append(StateEquation(name, kind, start, old_value(name, kind)))
        self.visible[name] = old_value(name, kind)

    def let(self, name: str, value: Basic) -> None:
        """Name a value."""
        self._count(value)
        if name in self._declared or name == WEIGHT:
            raise RuleError(f"'{name}' is a state; assign it with '{name} <- ...'")
        self._check_new(name)
        if is_condition(value):
            raise RuleError("a condition is no value; write where(condition, x, y), or the condition itself")
        self._named.add(name)
        self.visible[name] = value

    def assign(self, name: str, value: Basic) -> None:
        """Give a state, or the weight, a new value."""
        if name in self._named:
            raise RuleError(f"'{name}' names a value and is no state; declare 'state {name}', or rename it")
        if name != WEIGHT and name not in self._declared:
            meant = WRITINGS.get(name)
            if meant == WEIGHT:
                raise RuleError(f"'{name}' is no state; the weight is '{WEIGHT}'")
            if lookup(name) is not None:
                raise RuleError(
                    f"'{name}' has a meaning already and is not assigned; name a state of your own"
                )
            raise RuleError(f"'{name}' is no state; declare it above with 'state {name}'")
        self._count(value)
        kind = Kind.TENSOR if name == WEIGHT else self._declared[name]
        if is_condition(value):
            raise RuleError("a condition is no value; write where(condition, x, y)")
        if not kind_of(value).fits(kind):
            raise RuleError(f"'{name}' is {kind.value}; {kind_of(value).value} does not fit into it")
        if kind is Kind.GLOBAL and reads_count(value):
            raise RuleError(
                f"'{name}' is one number for all tensors, and 't' and states of kind step count the steps of "
                "each; count in a state of its own, 'state count: global', with 'count <- count + 1'"
            )
        self.visible[name] = value
        self.moves |= name == WEIGHT

    def branch(self) -> Scope:
        """Return the scope of a branch of ``if``."""
        scope = Scope()
        scope.visible = dict(self.visible)
        scope.moves = self.moves
        scope._declared = dict(self._declared)
        scope._named = set(self._named)
        scope._total = self._total
        return scope

    def merge(self, condition: Basic, then: Scope, otherwise: Scope) -> None:
        """Take over what both branches of ``if`` define, and the states of each."""
        self.moves = then.moves and otherwise.moves
        for name, value in then.visible.items():
            if name not in otherwise.visible:
                continue
            other = otherwise.visible[name]
            inner = any(name in s._declared and name not in self._declared for s in (then, otherwise))
            if not inner:
                if value != other:
                    value = apply("where", condition, value, other)
                    self._count(value)
                self.visible[name] = value
                self._named |= then._named & otherwise._named
        opposite = apply("logical_not", condition)
        found: dict[str, StateEquation] = {}
        for scope, when in ((then, condition), (otherwise, opposite)):
            for state in scope.equations():
                self._check_unkept(state.name)
                if state.kind is Kind.GLOBAL:
                    raise RuleError(
                        f"'{state.name}' is one number for all tensors, and 'if' is decided for each of "
                        "them; declare it above"
                    )
                inside = when if state.when is None else apply("logical_and", when, state.when)
                self._count(inside)
                here = StateEquation(state.name, state.kind, state.start, state.new, inside)
                other = found.get(state.name)
                found[state.name] = here if other is None else self._either(condition, other, here)
        self._states += found.values()

    def _either(self, condition: Basic, x: StateEquation, y: StateEquation) -> StateEquation:
        """Return the state that both branches declare, of which only one is ever there."""
        if x.kind is not y.kind:
            raise RuleError(
                f"'{x.name}' is {x.kind.value} in one branch of 'if' and {y.kind.value} in the other; give "
                "one of them another name"
            )
        assert x.when is not None and y.when is not None
        pairs = ((x.start, y.start), (x.new, y.new))
        start, new = (a if a == b else apply("where", condition, a, b) for a, b in pairs)
        self._count(new)
        return StateEquation(x.name, x.kind, start, new, apply("logical_or", x.when, y.when))

    def equations(self) -> tuple[StateEquation, ...]:
        """Return the states that were declared here, with their new values."""
        return tuple(
            s if s.when is not None else StateEquation(s.name, s.kind, s.start, self.visible[s.name])
            for s in self._states
        )

    def _count(self, value: Basic) -> None:
        """Add a statement, and raise :class:`RuleError` for a block that is larger than one may be."""
        self._total[0] += 1
        self._total[1] += size_of(value)
        if self._total[0] > MAX_STATEMENTS or self._total[1] > MAX_TOTAL:
            raise RuleError(
                f"the block is too large; expected at most {MAX_STATEMENTS} statements, and {MAX_TOTAL} "
                "nodes with the names put in"
            )

    def _check_new(self, name: str) -> None:
        check_local_name(name)
        if name in self._declared or name in self._named:
            raise _taken(name)

    def _check_unkept(self, name: str) -> None:
        """Raise :class:`RuleError` where a state of this name stands above, in a branch too."""
        if any(state.name == name for state in self._states):
            raise _taken(name)


def _taken(name: str) -> RuleError:
    return RuleError(f"{quoted(name)} is there already; a name is given once, so choose another")


def check_local_name(name: str) -> None:
    """Raise :class:`RuleError` for a name that a state or a value of a block cannot have."""
    if not (name.isascii() and name.isidentifier()) or len(name) > 60 or name.startswith("_"):
        raise RuleError(
            f"name {quoted(name)} is no identifier; expected letters, digits and '_', beginning with a letter"
        )
    if name in KEYWORDS or keyword.iskeyword(name):
        raise RuleError(f"'{name}' is a keyword; choose another name")
    if name in UNSAID:
        raise RuleError(f"'{name}' is reserved; choose another name")
    if lookup(name) is not None:
        raise RuleError(f"'{name}' has a meaning already; choose another name")


def check_static(condition: Basic) -> None:
    """Raise :class:`RuleError` unless a condition is decided by shape and settings alone."""
    if not is_condition(condition):
        raise RuleError("'if' needs a condition such as 'rank >= 2'")
    for node in walk(condition):
        if node.operation.role is Role.LEAF and not is_setting(node) and node.operation.name not in _STATIC:
            raise RuleError(
                "'if' is decided when the state is made, by rows, cols, size, rank and settings alone; "
                "write where(condition, x, y) for a choice at every step"
            )


def reads_count(value: Basic) -> bool:
    """Return whether a value reads what counts the steps of one parameter, outside what ``total`` sums."""
    seen: set[Basic] = set()
    stack = [value]
    while stack:
        node = stack.pop()
        if not isinstance(node, Node) or node in seen or node.operation.name == "total":
            continue
        seen.add(node)
        if node.operation.name in _COUNTS or (is_old_value(node) and kind_of(node) is Kind.STEP):
            return True
        stack += [*node.operands, *node.parameters]
    return False


def check_start(name: str, kind: Kind, start: Basic) -> None:
    """Raise :class:`RuleError` unless an expression may be the start of a state."""
    if is_condition(start):
        raise RuleError(f"the start of '{name}' is a condition; expected a value")
    if not kind_of(start).fits(kind):
        raise RuleError(f"'{name}' is {kind.value}; {kind_of(start).value} does not fit into it")
    for node in walk(start):
        if node.operation.name == "total" and kind is not Kind.GLOBAL:
            raise RuleError(
                f"the start of '{name}' is there when its parameter is first seen, where nothing is summed; "
                "make the sum the start of a state: global"
            )
        role = node.operation.role
        known = is_setting(node) or node.operation.name in _IN_STARTS
        if is_old_value(node) or role in (Role.STATE, Role.RANDOM) or (role is Role.LEAF and not known):
            raise RuleError(
                f"the start of '{name}' is there before the first step; it reads g, w, lr, the shape and "
                "settings alone"
            )
