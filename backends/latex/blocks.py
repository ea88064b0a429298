"""Blocks in LaTeX: a line for each statement, the starts of the states, and the functions that need words."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from sympy.core.basic import Basic

from nos_sym.backends.latex.expression import ExpressionPrinter
from nos_sym.backends.latex.names import Symbol, symbols_of
from nos_sym.language.block import Assign, Block, If, Let, State, Statement, expressions_of, names_in
from nos_sym.language.node import Node
from nos_sym.language.registry import apply
from nos_sym.language.scope import WEIGHT, Scope
from nos_sym.language.setting import setting_name
from nos_sym.language.traversal import walk
from nos_sym.program.ranges import ranges_within

_RATE: dict[Basic, str] = {apply("lr"): r"\eta_t", apply("momentum"): r"\mu_t"}

_THEN = r"&\text{then}"

_AT_FIRST = (("lr", r"\eta"), ("g", "g"), ("w", "w"))
"""What starts are made of, at the first step."""


def block_lines(block: Block) -> list[str]:
    """Return the lines of a display: what each statement computes, then what the states are at first."""
    lines = _Lines(block)
    at_first = {apply(name): f"{symbol}_0" for name, symbol in _AT_FIRST}
    first = ExpressionPrinter(at_first | lines.settings, lines.ranges)
    starts = [f"{lines.names[state.name].at('-1')} &= {first.print(state.start)}" for state in block.states]
    shown = list(lines.of(block.statements, Scope()))
    if shown and shown[-1] == _THEN:
        # No statement follows the branches; what the states are at first is no part of the last one.
        shown[-1:] = [r"&\text{at the start:}"] if starts else []
    return [*shown, *starts]


def names_of_block(block: Block) -> dict[str, Symbol]:
    """Return the symbols of the settings, states and values of a block."""
    names = [*map(setting_name, block.settings), *(n for n in names_in(block.statements) if n != WEIGHT)]
    taken = {"w", "g", "t", "T", "p", "r", r"\eta"}
    if any(apply("momentum") in walk(x) for x in expressions_of(block)):
        taken.add(r"\mu")
    return symbols_of(dict.fromkeys(names), taken)


class _Lines:
    """The lines of statements; a symbol for each value that has a name, and for old and new states.

    Attributes:
        names: symbols of settings, states and values, without a time.
        settings: the settings to theirs.
        symbols: of values, as far as they have one at this place.
        current: what each name stands for at this place.
        primes: how many values between the old and the final one each name has had.
    """

    def __init__(self, block: Block) -> None:
        self.names = names_of_block(block) | {WEIGHT: Symbol(WEIGHT)}
        self.settings: dict[Basic, str] = {n: str(self.names[setting_name(n)]) for n in block.settings}
        self.symbols: dict[Basic, str] = _RATE | self.settings
        self.current: dict[str, str] = {}
        self.primes: dict[str, int] = {}
        self.ranges = ranges_within(block)
        self.final = {state.name: state.new for state in block.states} | {WEIGHT: block.move}
        self.last = {id(s) for name in self.final for s in _last(block.statements, name)}
        for state in block.states:
            self.symbols[state.old] = self.names[state.name].at("t-1")

    def of(self, statements: Iterable[Statement], scope: Scope) -> Iterator[str]:
        """Yield the lines of statements, read in order."""
        for statement in statements:
            match statement:
                case State(name, kind, start):
                    scope.declare(name, kind, start)
                case Let(name, value):
                    yield from self._line(name, value, self.names[name].at("t"))
                    scope.let(name, value)
                case Assign(name, value):
                    yield from self._line(name, value, self._assigned(name, last=id(statement) in self.last))
                    scope.assign(name, value)
                case If():
                    yield from self._branches(statement, scope)

    def print(self, expression: Basic) -> str:
        """Return the LaTeX of an expression, by the symbols so far."""
        return ExpressionPrinter(self.symbols, self.ranges).print(expression)

    def _assigned(self, name: str, *, last: bool) -> str:
        """Return the symbol of a new value of a state or the weight."""
        if last:
            return self.names[name].at("t+1" if name == WEIGHT else "t")
        self.primes[name] = self.primes.get(name, 0) + 1
        return self.names[name].at("t" + "'" * self.primes[name])

    def _line(self, name: str, value: Basic, symbol: str) -> Iterator[str]:
        self.current[name] = symbol
        if isinstance(value, Node) and value in self.symbols:
            if self.symbols[value] != symbol:
                yield f"{symbol} &= {self.symbols[value]}"
            return
        yield f"{symbol} &= {self.print(value)}"
        if isinstance(value, Node) and value.size > 1:
            self.symbols[value] = symbol

    def _branches(self, statement: If, scope: Scope) -> Iterator[str]:
        """Yield the lines of both branches, which end with one symbol for each name that they leave."""
        yield rf"&\text{{if }} {self.print(statement.condition)}\text{{:}}"
        before = dict(self.symbols), dict(self.current), dict(self.primes)
        scopes, lines, after = [], [], []
        for branch in (statement.then, statement.otherwise):
            self.symbols, self.current, self.primes = (dict(table) for table in before)
            scopes.append(scope.branch())
            lines.append(list(self.of(branch, scopes[-1])))
            after.append((self.symbols, self.current, self.primes))
        scope.merge(statement.condition, *scopes)
        first, second = after
        # What one branch has named has no name in the other one, nor behind both.
        kept = {value: symbol for value, symbol in first[0].items() if second[0].get(value) == symbol}
        self.current = before[1]
        self.primes = {name: max(x[2].get(name, 0) for x in after) for name in {*first[2], *second[2]}}
        for name, value in scope.visible.items():
            parts = [inner.visible[name] for inner in scopes]
            if parts[0] == parts[1]:
                continue
            symbols = [current.get(name) for _, current, _ in after]
            symbol = symbols[0] if symbols[0] == symbols[1] else None
            symbol = symbol or self._left(name, value, symbols)
            for part, known, own, (table, _, _) in zip(parts, symbols, lines, after, strict=True):
                if known != symbol:
                    own.append(f"{symbol} &= {ExpressionPrinter(table, self.ranges).print(part)}")
            kept[value] = self.current[name] = symbol
        self.symbols = kept
        yield from lines[0]
        if lines[1]:
            yield r"&\text{otherwise:}"
            yield from lines[1]
        yield _THEN

    def _left(self, name: str, value: Basic, symbols: Container[str | None]) -> str:
        """Return the symbol of a name whose branches end with two."""
        if name not in self.final:
            return self.names[name].at("t")
        final = self._assigned(name, last=True)
        if self.final[name] == value or final in symbols:
            return final
        return self.names[name].at("t" + "'" * max(self.primes.get(name, 0), 1))


def _last(statements: Iterable[Statement], name: str) -> list[Statement]:
    """Return the assignments that leave a name its final value, one in each branch where there are."""
    for statement in reversed(tuple(statements)):
        if isinstance(statement, Assign) and statement.name == name:
            return [statement]
        if isinstance(statement, If):
            found = [s for branch in (statement.then, statement.otherwise) for s in _last(branch, name)]
            if found:
                return found
    return []
