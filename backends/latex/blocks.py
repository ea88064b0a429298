"""Blocks in LaTeX: a line for each statement, the starts of the states, and the functions that need words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sympy.core.basic import Basic

from nos_sym.backends.latex.expression import ExpressionPrinter, setting_latex
from nos_sym.language.block import Assign, Block, If, Let, State, Statement
from nos_sym.language.node import Node
from nos_sym.language.registry import apply
from nos_sym.language.scope import WEIGHT, Scope
from nos_sym.program.ranges import ranges_within

_RATE = {apply("lr"): r"\eta_t", apply("momentum"): r"\mu_t"}

_AT_FIRST = (("lr", r"\eta"), ("g", "g"), ("w", "w"))
"""What starts are made of, at the first step."""


def block_lines(block: Block) -> list[str]:
    """Return the lines of a display: what each statement computes, then what the states are at first."""
    lines = _Lines(block)
    first = ExpressionPrinter({apply(name): f"{symbol}_0" for name, symbol in _AT_FIRST}, lines.ranges)
    starts = [f"{_symbol(state.name, '-1')} &= {first.print(state.start)}" for state in block.states]
    return [*lines.of(block.statements, Scope()), *starts]


class _Lines:
    """The lines of statements; a symbol for each value that has a name, and for old and new states."""

    def __init__(self, block: Block) -> None:
        self.symbols: dict[Basic, str] = dict(_RATE)
        self.ranges = ranges_within(block)
        self.final = {state.name: state.new for state in block.states} | {WEIGHT: block.move}
        for state in block.states:
            self.symbols[state.old] = _symbol(state.name, "t-1")

    def of(self, statements: Iterable[Statement], scope: Scope) -> Iterator[str]:
        """Yield the lines of statements, read in order."""
        for statement in statements:
            match statement:
                case State(name, kind, start):
                    scope.declare(name, kind, start)
                case Let(name, value):
                    yield from self._line(name, value, _symbol(name, "t"))
                    scope.let(name, value)
                case Assign(name, value):
                    time = "t+1" if name == WEIGHT else "t"
                    last = self.final.get(name) == value
                    yield from self._line(name, value, _symbol(name, time) if last else _symbol(name, "t'"))
                    scope.assign(name, value)
                case If(condition, then, otherwise):
                    first, second = scope.branch(), scope.branch()
                    yield rf"&\text{{if }} {self.print(condition)}\text{{:}}"
                    yield from self.of(then, first)
                    if otherwise:
                        yield r"&\text{otherwise:}"
                        yield from self.of(otherwise, second)
                    yield r"&\text{then}"
                    scope.merge(condition, first, second)
                    self._merged(scope)

    def print(self, expression: Basic) -> str:
        """Return the LaTeX of an expression, by the symbols so far."""
        return ExpressionPrinter(self.symbols, self.ranges).print(expression)

    def _line(self, name: str, value: Basic, symbol: str) -> Iterator[str]:
        if isinstance(value, Node) and value in self.symbols:
            if self.symbols[value] != symbol:
                yield f"{symbol} &= {self.symbols[value]}"
            return
        yield f"{symbol} &= {self.print(value)}"
        if isinstance(value, Node) and value.size > 1:
            self.symbols[value] = symbol

    def _merged(self, scope: Scope) -> None:
        """Give what two branches left the symbol that both have given it."""
        for name, value in scope.visible.items():
            if isinstance(value, Node) and value.operation.name == "where" and value not in self.symbols:
                parts = [self.symbols.get(part) for part in value.operands[1:]]
                time = "t+1" if name == WEIGHT and self.final[WEIGHT] == value else "t"
                self.symbols[value] = next(filter(None, parts), _symbol(name, time))


def _symbol(name: str, time: str) -> str:
    """Return the symbol of a state or value at a time; the number at the end of a name is an index, too."""
    word = name.rstrip("0123456789")
    index = f"{name[len(word) :]},{time}" if word != name else time
    letter = word if len(word) == 1 else setting_latex(word)
    return f"{letter}_{{{index}}}"
