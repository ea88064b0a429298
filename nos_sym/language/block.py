"""Blocks: an optimizer as statements that are read from top to bottom, with states of its own.

Every value of a block is an expression over the gradient, the weight, the step and the *old* values of the
states, with the names that it was written with put in. So a block has one meaning whatever its names are: the
starts of its states, their new values, and the new weight. The statements keep the names and the order of the
text, for printers; they do not count when blocks are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from sympy.core.basic import Basic
from sympy.core.numbers import Integer, Rational

from nos_sym.errors import RuleError
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, check_size
from nos_sym.language.rule import check_name, check_rate, check_source, checked_settings
from nos_sym.language.scope import WEIGHT, Scope, StateEquation, check_start, check_static
from nos_sym.language.setting import setting_name, with_values
from nos_sym.language.shown import ShownRule

if TYPE_CHECKING:
    from nos_sym.language.setting_values import Value

ZERO = Integer(0)


@dataclass(frozen=True, slots=True)
class State:
    """``state name: kind = start``, the declaration of a state.

    Attributes:
        name: identifier, the key in state dicts.
        kind: one number for a step, for a tensor, for each row, column or entry of it, or for all tensors.
        start: value before the first step, over ``g``, ``w``, ``lr``, the shape and settings at that step.
    """

    name: str
    kind: Kind = Kind.TENSOR
    start: Basic = ZERO


@dataclass(frozen=True, slots=True)
class Let:
    """``name = value``, a name for a value."""

    name: str
    value: Basic


@dataclass(frozen=True, slots=True)
class Assign:
    """``name <- value``, the new value of a state, or of the weight ``w``."""

    name: str
    value: Basic


@dataclass(frozen=True, slots=True)
class If:
    """``if condition { ... } else { ... }``, decided by shape and settings when the states are made."""

    condition: Basic
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


Statement: TypeAlias = State | Let | Assign | If


@dataclass(frozen=True, slots=True, repr=False)
class Block(ShownRule):
    """An optimizer whose move need not be ``lr`` times an update.

    Two blocks are ``==`` when their states (names, kinds, starts, new values) and their moves are the same
    expressions; names of values, the order of statements, name and source do not count.

    Attributes:
        statements: what was written, in order, with the names of values put into each expression.
        name: Python identifier, the name of the rendered class; empty where it has none.
        source: where the rule comes from, one line.
        settings: the numbers that users may set, in the order of the head.
        rate: the default learning rate of a rendered class; see :class:`Rule`.
        states: each state with its start and its new value, in the order of their declarations.
        move: the new weight.
    """

    statements: tuple[Statement, ...]
    name: str = ""
    source: str = ""
    settings: tuple[Node, ...] = ()
    rate: Rational | None = None
    states: tuple[StateEquation, ...] = field(init=False, compare=False)
    move: Basic = field(init=False, compare=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        check_source(self.source)
        check_rate(self.rate)
        scope = Scope()
        run(self.statements, scope)
        if not scope.moves:
            raise RuleError(_unmoved(self.statements))
        object.__setattr__(self, "states", scope.equations())
        object.__setattr__(self, "move", scope.visible[WEIGHT])
        object.__setattr__(
            self, "settings", checked_settings(self.settings, *expressions_in(self.statements))
        )
        check_kept({setting_name(node) for node in self.settings}, self.statements)

    def __eq__(self, other: object) -> bool:
        return self._identity() == other._identity() if isinstance(other, Block) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._identity())

    def __str__(self) -> str:
        from nos_sym.language.block_printer import print_block

        return print_block(self)

    def _identity(self) -> tuple[tuple[StateEquation, ...], Basic]:
        return self.states, self.move

    def named(self, name: str, source: str | None = None) -> Block:
        """Return the same block under another name."""
        return replace(self, name=name, source=self.source if source is None else source)

    def with_settings(self, values: Mapping[str, Value] | None = None, **named: Value) -> Block:
        """Return the same block with other defaults of its settings; see :meth:`Rule.with_settings`.

        Raises:
            RuleError: it has no such setting, or the number is none or lies outside the domain.
        """
        from nos_sym.language.setting_values import with_defaults

        settings, put = with_defaults(self.settings, {**(values or {}), **named})
        statements = tuple(rewritten(s, put) for s in self.statements)
        return replace(self, statements=statements, settings=settings)

    def at_defaults(self) -> Block:
        """Return the block with the default of each setting in its place, what keys are about."""
        if not self.settings:
            return self
        return self.mapped(with_values)

    def mapped(self, function: Callable[[Basic], Basic]) -> Block:
        """Return the block with another expression for each, settings included."""
        return replace(self, statements=tuple(rewritten(s, function) for s in self.statements), settings=())

    def to_json(self) -> dict[str, Any]:
        """Return the block as JSON data; :func:`nos_sym.rule_from_json` reads it."""
        from nos_sym.language.json_form import rule_to_json

        return rule_to_json(self)


def expressions_of(block: Block) -> list[Basic]:
    """Return every expression of the meaning of a block: starts, conditions, new values, the move."""
    found = [x for s in block.states for x in (s.start, *([s.when] if s.when is not None else []), s.new)]
    return [*found, block.move]


def names_in(statements: Iterable[Statement]) -> Iterator[str]:
    """Yield the names of states and values of statements, in the order of the text, some more than once."""
    for statement in statements:
        if isinstance(statement, If):
            yield from names_in((*statement.then, *statement.otherwise))
        else:
            yield statement.name


def named_values(statements: Iterable[Statement]) -> Iterator[tuple[Basic, str]]:
    """Yield each value that has a name with it, in the order of the text."""
    for statement in statements:
        if isinstance(statement, If):
            yield from named_values((*statement.then, *statement.otherwise))
        elif isinstance(statement, Let):
            yield statement.value, statement.name


def expressions_in(statements: Iterable[Statement]) -> Iterator[Basic]:
    """Yield every expression that stands in statements, those of names that nothing reads included."""
    for statement in statements:
        match statement:
            case State(_, _, start):
                yield start
            case Let(_, value) | Assign(_, value):
                yield value
            case If(condition, then, otherwise):
                yield condition
                yield from expressions_in((*then, *otherwise))


def _unmoved(statements: tuple[Statement, ...]) -> str:
    if any(
        isinstance(s, If) and ("w" in _assigned(s.then) or "w" in _assigned(s.otherwise)) for s in statements
    ):
        return "one branch of 'if' moves the weight, and the other does not; write 'else { w <- w }'"
    return "the block does not move the weight; write 'w <- ...' in it"


def _assigned(statements: tuple[Statement, ...]) -> set[str]:
    inner = (s for s in statements if isinstance(s, If))
    own = {s.name for s in statements if isinstance(s, Assign)}
    return own.union(*(_assigned((*s.then, *s.otherwise)) for s in inner))


def run(statements: Iterable[Statement], scope: Scope) -> None:
    """Let a scope see statements one after the other."""
    for statement in statements:
        match statement:
            case State(name, kind, start):
                check_start(name, kind, start)
                scope.declare(name, kind, start)
            case Let(name, value):
                check_size(value)
                scope.let(name, value)
            case Assign(name, value):
                check_size(value)
                scope.assign(name, value)
            case If(condition, then, otherwise):
                check_static(condition)
                first, second = scope.branch(), scope.branch()
                run(then, first)
                run(otherwise, second)
                scope.merge(condition, first, second)


def check_kept(settings: Container[str], statements: Iterable[Statement]) -> None:
    """Raise :class:`RuleError` where a statement gives the name of a setting to something else."""
    for statement in statements:
        if isinstance(statement, If):
            check_kept(settings, (*statement.then, *statement.otherwise))
        elif statement.name in settings:
            raise RuleError(
                f"'{statement.name}' is a setting, and keeps its value along a training; choose another name"
            )


def rewritten(
    statement: Statement, function: Callable[[Basic], Basic], name: Callable[[str], str] = str
) -> Statement:
    """Return a statement with other expressions, and other names of states and values."""
    match statement:
        case State(old, kind, start):
            return State(name(old), kind, function(start))
        case Let(old, value):
            return Let(name(old), function(value))
        case Assign(old, value):
            return Assign(name(old), function(value))
        case If(condition, then, otherwise):
            branches = (then, otherwise)
            return If(
                function(condition), *(tuple(rewritten(s, function, name) for s in b) for b in branches)
            )
