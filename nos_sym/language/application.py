"""Rules as functions of the gradient: what an optimizer makes of it, without the move.

An optimizer that moves the weight by ``w <- w - lr * u`` with a ``u`` free of ``lr`` may stand in another
one, as ``u`` of whatever takes the place of its gradient: ``Adam(clip_norm(g))``. This module finds ``u`` and
the statements that it needs. What cannot be shown to be ``lr`` times such an update is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from sympy.core.basic import Basic

from nos_sym.errors import RuleError
from nos_sym.language.block import (
    Assign,
    Block,
    If,
    Let,
    State,
    Statement,
    expressions_in,
    names_in,
    rewritten,
    run,
)
from nos_sym.language.moves import update_of
from nos_sym.language.node import Node
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.language.scope import WEIGHT, Scope
from nos_sym.language.substitution import substitution
from nos_sym.language.traversal import own_draws, walk, with_draws

_UPDATE = "update"


class Library(Protocol):
    """Where a parser finds the rules that a text applies and does not hold itself."""

    def find(self, name: str) -> Rule | Block | Schedule | None:
        """Return the rule of a name; ``None`` where there is none.

        Raises:
            NosSymError: there is one, and it cannot be read.
        """

    def names(self) -> Iterable[str]:
        """Return the names that there are, for suggestions."""

    def meant(self, text: str) -> str:
        """Return what a qualified name at the beginning of a text means here, as a message; else nothing."""
        return ""

    def with_setting(self, name: str, setting: str) -> str:
        """Return which rule is like that of a name and has a setting that it lacks, as a message's end."""
        return ""


class Earlier(Library):
    """A library with rules that were read before, in front of another library.

    Attributes:
        rules: those rules by name; more may be added.
    """

    def __init__(self, library: Library | None = None) -> None:
        self.rules: dict[str, Rule | Block | Schedule] = {}
        self._library = library

    def find(self, name: str) -> Rule | Block | Schedule | None:
        """Return the rule of a name; ``None`` where there is none."""
        if name in self.rules or self._library is None:
            return self.rules.get(name)
        return self._library.find(name)

    def names(self) -> Iterable[str]:
        """Return the names that there are."""
        return [*self.rules, *(self._library.names() if self._library is not None else ())]

    def meant(self, text: str) -> str:
        """Return what the other library says of a qualified name."""
        return self._library.meant(text) if self._library is not None else ""

    def with_setting(self, name: str, setting: str) -> str:
        """Return what the other library says of a setting that a rule of its own lacks."""
        own = name in self.rules or self._library is None
        return "" if own or self._library is None else self._library.with_setting(name, setting)


@dataclass(frozen=True, slots=True)
class Form:
    """An optimizer without its move.

    Attributes:
        statements: its states, with names of values that they or the update read.
        update: ``u`` of its move ``w <- w - lr * u``.
    """

    statements: tuple[Statement, ...]
    update: Basic

    @property
    def expressions(self) -> list[Basic]:
        """Every expression of it, the update last."""
        return [*expressions_in(self.statements), self.update]


def put_into(form: Form, table: Mapping[Basic, Basic], names: Mapping[str, str]) -> Form:
    """Return a form with other expressions in the place of some, and other names.

    Raises:
        RuleError: the result is too large, or no expression of the language.
    """
    put = substitution(table)
    statements = tuple(rewritten(s, put, names.__getitem__) for s in form.statements)
    return Form(statements, put(form.update))


def draws_of(form: Form) -> list[int]:
    """Return the numbers of the masks of dropout in a form, in the order of the text."""
    return list(dict.fromkeys(draw for node in walk(*form.expressions) for draw in own_draws(node)))


def with_masks(form: Form, numbers: dict[int, int]) -> Form:
    """Return a form with its masks of dropout numbered anew."""
    statements = (rewritten(s, lambda x: with_draws(x, numbers)) for s in form.statements)
    return Form(tuple(statements), with_draws(form.update, numbers))


def check_starts(form: Form) -> None:
    """Raise :class:`RuleError` for a start that reads the weight, which is for places below a move of it."""
    for state in _states(form.statements):
        if apply(WEIGHT) in set(walk(state.start)):
            raise RuleError(
                f"the start of '{state.name}' reads the weight, and it stands below a move of the weight; "
                "apply the rule above the move"
            )


def _states(statements: Iterable[Statement]) -> Iterator[State]:
    for statement in statements:
        if isinstance(statement, If):
            yield from _states((*statement.then, *statement.otherwise))
        elif isinstance(statement, State):
            yield statement


def form_of(rule: Rule | Block) -> Form:
    """Return an optimizer as an update and the statements that it needs.

    Raises:
        RuleError: the move is not ``lr`` times an expression without ``lr``, or a state reads the weight
            below a move of it.
    """
    if isinstance(rule, Rule):
        if rule.momentum is not Momentum.NONE:
            raise RuleError(
                f"it moves the weight by a momentum that holds the learning rate; write "
                f"'{rule.momentum.value} ~ ...' for the whole, or apply a rule of 'none ~'"
            )
        return Form((), apply("neg", rule.update) if rule.ascent else rule.update)
    reader = _Reader(set(names_in(rule.statements)))
    scope = Scope()
    statements = reader.read(rule.statements, scope)
    update = update_of(scope.visible[WEIGHT])
    read = set(walk(update, *_kept(statements)))
    return Form(tuple(_without_unread(statements, read)), update)


class _Reader:
    """Leaves the moves out of statements, and names the update where a branch moves the weight."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken

    def read(self, statements: Iterable[Statement], scope: Scope) -> list[Statement]:
        """Return statements without moves; the scope sees them all."""
        found: list[Statement] = []
        for statement in statements:
            if isinstance(statement, If):
                found.append(self._branched(statement, scope))
                continue
            if not (isinstance(statement, Assign) and statement.name == WEIGHT):
                _check_unmoved(statement, scope)
                found.append(statement)
            run((statement,), scope)
        return found

    def _branched(self, statement: If, scope: Scope) -> If:
        before, branches = scope.visible[WEIGHT], (scope.branch(), scope.branch())
        lines = [
            self.read(inner, branch)
            for inner, branch in zip((statement.then, statement.otherwise), branches, strict=True)
        ]
        if any(branch.visible[WEIGHT] != before for branch in branches):
            # States of a branch are seen there alone, so what the branch moves by gets its name there.
            name = self._unused()
            for inner, branch in zip(lines, branches, strict=True):
                inner.append(Let(name, update_of(branch.visible[WEIGHT])))
        scope.merge(statement.condition, *branches)
        return If(statement.condition, tuple(lines[0]), tuple(lines[1]))

    def _unused(self) -> str:
        name, count = _UPDATE, 1
        while name in self._taken:
            count += 1
            name = f"{_UPDATE}{count}"
        self._taken.add(name)
        return name


def _check_unmoved(statement: State | Let | Assign, scope: Scope) -> None:
    """Raise :class:`RuleError` where a statement reads the weight below a move of it."""
    moved = scope.visible[WEIGHT]
    value = statement.start if isinstance(statement, State) else statement.value
    if moved != apply(WEIGHT) and moved in set(walk(value)):
        raise RuleError(f"'{statement.name}' reads the weight below its move, and another rule moves it here")


def _kept(statements: Iterable[Statement]) -> Iterator[Basic]:
    """Yield what counts: starts and new values of states, and what a branch names its update."""
    for statement in statements:
        match statement:
            case State(_, _, start):
                yield start
            case Assign(_, value):
                yield value
            case If(_, then, otherwise):
                yield from _kept((*then, *otherwise))


def _without_unread(
    statements: Iterable[Statement], read: set[Node], in_branch: bool = False
) -> Iterator[Statement]:
    for statement in statements:
        if isinstance(statement, If):
            branches = (statement.then, statement.otherwise)
            then, otherwise = (tuple(_without_unread(s, read, True)) for s in branches)
            if then or otherwise:
                yield If(statement.condition, then, otherwise)
        elif (
            not isinstance(statement, Let)
            or statement.value in read
            # The other branch may give the name to what is read, and it is there where both do.
            or (in_branch and not isinstance(statement.value, Node))
        ):
            yield statement
