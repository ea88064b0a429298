"""What the names of a block mean at a place: the reading from top to bottom, a statement at a time."""

from __future__ import annotations

import keyword
from dataclasses import dataclass, replace

from sympy.core.basic import Basic

from nos_sym.errors import RuleError, quoted
from nos_sym.language.branches import changed
from nos_sym.language.hints import WRITINGS
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, is_condition, kind_of, size_of
from nos_sym.language.operation import Role
from nos_sym.language.registry import apply, lookup
from nos_sym.language.reserved import KEYWORDS, RESERVED
from nos_sym.language.setting import is_setting
from nos_sym.language.state import is_old_value, old_value
from nos_sym.language.traversal import walk

WEIGHT = "w"
MAX_STATEMENTS = 1000
"""Statements of one block."""

MAX_TOTAL = 60_000
"""Nodes of all statements of a block, each counted as a tree with the names that it reads put in."""

MAX_CHOSEN = 8000
"""Nodes of both values that an ``if`` leaves a name, each counted as a tree."""

_STATIC = frozenset(("rows", "cols", "size", "rank", "first_axis", "second_axis"))
_IN_STARTS = _STATIC | {"g", "w", "lr"}
_COUNTS = ("t", "correction")


@dataclass(frozen=True, slots=True)
class StateEquation:
    """A state of a block.

    Attributes:
        name: key in state dicts.
        kind: what it holds one number for.
        start: value before the first step.
        new: value that a step leaves, over old values.
        when: the condition on shape and settings under which the state exists; ``None`` for always. A state
            that both branches of an ``if`` declare is one, whose start and new value the condition chooses.
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
        self._closed: set[str] = set()  # states of branches that have ended
        self._total = [0, 0]

    def declare(self, name: str, kind: Kind, start: Basic) -> None:
        """Add a state."""
        self._count(start)
        self._check_new(name)
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
        scope._closed = set(self._closed)
        scope._total = self._total
        return scope

    def merge(self, condition: Basic, then: Scope, otherwise: Scope) -> None:
        """Take over what both branches of ``if`` define, and the states of each."""
        self.moves = then.moves and otherwise.moves
        for name, value in then.visible.items():
            if name not in otherwise.visible:
                continue
            inner = any(name in s._declared and name not in self._declared for s in (then, otherwise))
            if not inner:
                self.visible[name] = self._chosen(
                    name, self._declared.get(name), condition, value, otherwise.visible[name]
                )
                self._named |= then._named & otherwise._named
        self._take_states(condition, then, otherwise)

    def _chosen(self, name: str, kind: Kind | None, condition: Basic, value: Basic, other: Basic) -> Basic:
        """Return what a name means after ``if``, of a kind where it is a state."""
        if value == other:
            return value
        found = changed(condition, value, other, self.visible.get(name, value))
        if found is None:
            if size_of(value) + size_of(other) > MAX_CHOSEN:
                raise RuleError(
                    f"'{name}' is too large behind this 'if': each 'if' that assigns it doubles it; name "
                    "what each adds, as in 'x = where(rank >= 2, g, 0)', and assign it once"
                )
            found = apply("where", condition, value, other)
        self._count(found)
        if kind is not None and not kind_of(found).fits(kind):
            raise RuleError(
                f"'{name}' is {kind.value}, and 'if' is decided for each tensor; take another name in one of "
                "the branches, or another kind"
            )
        return found

    def _take_states(self, condition: Basic, then: Scope, otherwise: Scope) -> None:
        """Take over the states of both branches; one that both declare is one state."""
        opposite = apply("logical_not", condition)
        first, second = ({s.name: s for s in scope.equations()} for scope in (then, otherwise))
        for name, state in {**second, **first}.items():
            if state.kind is Kind.GLOBAL:
                raise RuleError(
                    f"'{name}' is one number for all tensors, and 'if' is decided for each of "
                    "them; declare it above"
                )
        for name, state in first.items():
            when = self._within(condition, state)
            other = second.pop(name, None)
            if other is not None:
                if other.kind is not state.kind:
                    raise RuleError(
                        f"'{name}' is {state.kind.value} in one branch of 'if' and {other.kind.value} in the "
                        "other; a state has one kind, so rename one of them"
                    )
                also = self._within(opposite, other)
                start = self._chosen(name, state.kind, condition, state.start, other.start)
                new = self._chosen(name, state.kind, condition, state.new, other.new)
                always = state.when is None and other.when is None
                when = None if always else apply("logical_or", when, also)
                state = StateEquation(name, state.kind, start, new)
            self._states.append(replace(state, when=when))
        self._states += [replace(s, when=self._within(opposite, s)) for s in second.values()]
        self._closed |= {s.name for s in self._states} - set(self._declared)

    def _within(self, condition: Basic, state: StateEquation) -> Basic:
        """Return when a state of a branch exists, given the condition of the branch."""
        inside = condition if state.when is None else apply("logical_and", condition, state.when)
        self._count(inside)
        return inside

    def equations(self) -> tuple[StateEquation, ...]:
        """Return the states that were declared here, with their new values."""
        return tuple(
            replace(s, new=self.visible[s.name]) if s.name in self._declared else s for s in self._states
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
        if name in self._declared or name in self._named or name in self._closed:
            raise RuleError(f"{quoted(name)} is there already; a name is given once, so choose another")


def check_local_name(name: str) -> None:
    """Raise :class:`RuleError` for a name that a state or a value of a block cannot have."""
    if not (name.isascii() and name.isidentifier()) or len(name) > 60 or name.startswith("_"):
        raise RuleError(
            f"name {quoted(name)} is no identifier; expected letters, digits and '_', beginning with a letter"
        )
    if name in KEYWORDS or keyword.iskeyword(name):
        raise RuleError(f"'{name}' is a keyword; choose another name")
    if name in RESERVED:
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
