"""The text of a block: its statements in order, each value written with the names that it may use.

A statement holds its value with every name put in. Printing takes the names out again: a part of a value that
is what a name means at that place is written as that name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.language.block import Assign, Block, If, Let, State, Statement, names_in
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node
from nos_sym.language.printer import head_of, print_condition, print_expression
from nos_sym.language.scope import WEIGHT, Scope
from nos_sym.language.state import is_old_value, kind_word, state_name
from nos_sym.language.traversal import walk

_Line: TypeAlias = "str | tuple[str, list[_Line], list[_Line]]"
"""A statement, or what stands before the braces of a branch, and what stands inside of them."""


def print_block(block: Block, *, indent: int | None = None) -> str:
    """Return the text of a block, in one line, or with a line for each statement where ``indent`` is given.

    Args:
        block: what to print.
        indent: blanks before each statement.
    """
    tail = f' from "{block.source}"' if block.source else ""
    saved: dict[Basic, str] = {}
    while True:
        try:
            lines = list(_Lines(saved).of(block.statements, Scope()))
        except _Hidden as error:
            saved[error.leaf] = _unused(f"{error.name}_before", block.statements)
        else:
            return f"{head_of(block)}{_braces(lines, indent, 0)}{tail}"


def update_lines(block: Block, name: str) -> list[str]:
    """Return the statements that make the new value of a state, or of the weight, and the values they name.

    Args:
        block: the optimizer.
        name: of the state, or ``w``.
    """
    new = block.move if name == WEIGHT else next(s.new for s in block.states if s.name == name)
    parts = set(walk(new))
    saved: dict[Basic, str] = {}
    while True:
        made: set[Basic] = set()

        def is_part(statement: Statement, made: set[Basic] = made) -> bool:
            if isinstance(statement, State):
                return statement.name == name and statement.start != Integer(0)
            if isinstance(statement, If):
                return False
            wanted = statement.value in parts and statement.value not in made
            if isinstance(statement, Assign):
                wanted = statement.name == name or (wanted and statement.name != WEIGHT)
                made.add(statement.value)
            return wanted

        try:
            lines = list(_Lines(saved, is_part).of(block.statements, Scope()))
        except _Hidden as error:
            saved[error.leaf] = _unused(f"{error.name}_before", block.statements)
        else:
            return [x if isinstance(x, str) else _braces([x], None, 0)[2:-2] for x in lines]


def _braces(lines: Iterable[_Line], indent: int | None, level: int) -> str:
    texts = []
    for line in lines:
        if isinstance(line, str):
            texts.append(line)
            continue
        head, then, otherwise = line
        text = f"{head} {_braces(then, indent, level + 1)}"
        texts.append(f"{text} else {_braces(otherwise, indent, level + 1)}" if otherwise else text)
    if indent is None:
        return "{ " + "; ".join(texts) + " }" if texts else "{ }"
    inner, outer = " " * (indent * (level + 1)), " " * (indent * level)
    return "{\n" + "".join(f"{inner}{text}\n" for text in texts) + outer + "}"


class _Hidden(Exception):
    """A value before its assignment is read below it, and has no name there."""

    def __init__(self, leaf: Basic, name: str) -> None:
        super().__init__(name)
        self.leaf = leaf
        self.name = name


class _Lines:
    """The lines of statements, given names for old values that are read below their assignment."""

    def __init__(self, saved: dict[Basic, str], wanted: Callable[[Statement], bool] | None = None) -> None:
        self.saved = saved
        self.wanted = wanted or (lambda statement: True)

    def of(self, statements: Iterable[Statement], scope: Scope, *, inner: bool = False) -> Iterator[_Line]:
        """Yield the lines of statements; the scope follows."""
        if not inner:
            yield from self._save(WEIGHT, scope)
        for statement in statements:
            match statement:
                case State(name, kind, start):
                    scope.declare(name, kind, start)
                    word = "" if kind is Kind.TENSOR else f": {kind_word(kind)}"
                    value = "" if start == Integer(0) else f" = {print_expression(start, hidden=())}"
                    if self.wanted(statement):
                        yield f"state {name}{word}{value}"
                    yield from self._save(name, scope)
                case Let(name, value):
                    if self.wanted(statement):
                        yield f"{name} = {_text(value, scope)}"
                    scope.let(name, value)
                case Assign(name, value):
                    if self.wanted(statement):
                        yield f"{name} <- {_text(value, scope)}"
                    scope.assign(name, value)
                case If(condition, then, otherwise):
                    first, second = scope.branch(), scope.branch()
                    lines = (
                        list(self.of(then, first, inner=True)),
                        list(self.of(otherwise, second, inner=True)),
                    )
                    if any(lines) or self.wanted(statement):
                        yield f"if {print_condition(condition)}", *lines
                    scope.merge(condition, first, second)

    def _save(self, name: str, scope: Scope) -> Iterator[_Line]:
        leaf = scope.visible[name]
        if leaf in self.saved:
            scope.let(self.saved[leaf], leaf)
            yield f"{self.saved[leaf]} = {name}"


def _text(value: Basic, scope: Scope) -> str:
    names = _names(scope)
    _check_leaves(value, names)
    return print_expression(value, names=names, hidden=scope.visible)


def _check_leaves(value: Basic, names: dict[Basic, str]) -> None:
    if value in names or not isinstance(value, Node):
        return
    if is_old_value(value) or value.operation.name == WEIGHT:
        raise _Hidden(value, state_name(value) if is_old_value(value) else WEIGHT)
    for part in (*value.operands, *value.parameters):
        _check_leaves(part, names)


def _names(scope: Scope) -> dict[Basic, str]:
    """Return what is written by a name: what states are now, then the values that have a name."""
    found: dict[Basic, str] = {}
    for name, value in scope.visible.items():
        if isinstance(value, Node) and (
            is_old_value(value) or value.size > 1 or value.operation.name == WEIGHT
        ):
            found.setdefault(value, name)
    return found


def _unused(name: str, statements: Iterable[Statement]) -> str:
    taken = set(names_in(statements))
    while name in taken:
        name += "_"
    return name
