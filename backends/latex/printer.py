"""Rules in LaTeX: the weight update, the update term and the definition of every symbol, in one display."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from sympy.core.basic import Basic

from nos_sym.backends.latex.blocks import block_lines, names_of_block
from nos_sym.backends.latex.expression import ExpressionPrinter, latex_expression
from nos_sym.backends.latex.form import form_of
from nos_sym.backends.latex.measure import fraction_depth_of, width_of, with_large_parts
from nos_sym.backends.latex.names import Symbol, legend_of, symbols_of
from nos_sym.backends.latex.symbols import Slot, find_states, find_terms
from nos_sym.language.block import Block, expressions_of
from nos_sym.language.heads import moved
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node
from nos_sym.language.operation import Role
from nos_sym.language.printer import print_rule
from nos_sym.language.registry import REGISTRY, apply
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.language.setting import setting_name
from nos_sym.language.traversal import walk
from nos_sym.program.move import COEFFICIENT, LEARNING_RATE, MOVES, PREVIOUS, UPDATE

__all__ = ["latex_expression", "latex_rule"]

WIDEST = 50.0
"""Width, in digits, above which parts of an equation get symbols of their own: a line of an ordinary page."""

DEEPEST = 2
"""Fractions inside fractions above which the same happens."""

_WORTH_NAMING = 6.0
"""Width of a part from which naming it makes an equation simpler."""

_ZEROS_IN_A_LINE = 6

_LEGEND = "Needs amsmath. Steps t = 0, ..., T-1; g gradient, w weights, \\eta learning rate"


def latex_rule(rule: Rule | Block | Schedule) -> str:
    r"""Return a rule as a complete display: a commented ``align*`` environment of amsmath.

    The lines are the weight update of the momentum type (Table 1), the update ``U_t``, its states as
    recursions with their bias correction, the schedules ``a_i``, and every function that is not standard. Of
    a block the lines are its statements, and what its states are before the first step.
    """
    if isinstance(rule, Block):
        expressions = expressions_of(rule)
        helped = [line for e in expressions for line in (*_scalar_lines(e), *_function_lines(e))]
        lines = [*block_lines(rule), *dict.fromkeys(helped)]
    else:
        lines = _schedule_lines(rule) if isinstance(rule, Schedule) else _rule_lines(rule)
    kind = "schedule" if isinstance(rule, Schedule) else "optimizer"
    if isinstance(rule, Block):
        names = names_of_block(rule)
        momentum = any(apply("momentum") in walk(e) for e in expressions)
    else:
        names = _names_of_settings(rule)
        momentum = isinstance(rule, Rule) and rule.momentum is not Momentum.NONE
    said = legend_of(names)
    text: str = _template().render(
        title=rule.name or f"Unnamed {kind}",
        source=rule.source,
        text=print_rule(rule),
        legend=[_LEGEND + (", \\mu momentum." if momentum else "."), *([f"{said}."] if said else [])],
        lines=lines,
    )
    return text


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("nos_sym.backends.latex"),
        autoescape=False,  # noqa: S701 - LaTeX, not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("rule.tex.jinja")


def _names_of_settings(rule: Rule | Schedule) -> dict[str, Symbol]:
    """Return the symbols of the settings of a rule of one line, beside those of its states and terms."""
    taken = {"f", "g", "m", "p", "r", "t", "T", "w", "x", r"\eta", r"\mu", r"\rho"}
    if isinstance(rule, Rule):
        taken |= {slot.letter for slot in (*find_terms(rule.update), *find_states(rule.update))}
    return symbols_of(map(setting_name, rule.settings), taken)


def _symbols_of_settings(rule: Rule | Schedule) -> dict[Basic, str]:
    names = _names_of_settings(rule)
    return {n: str(names[setting_name(n)]) for n in rule.settings}


def _schedule_lines(schedule: Schedule) -> list[str]:
    display = _Display(_symbols_of_settings(schedule))
    lines = [r"\eta_t &= f(t)\,\eta^{\text{base}}_t", *display.equation("f(t)", schedule.factor)]
    return [*lines, *_scalar_lines(schedule.factor), *_function_lines(schedule.factor)]


def _rule_lines(rule: Rule) -> list[str]:
    terms, states = find_terms(rule.update), find_states(rule.update)
    symbols = _symbols_of_settings(rule)
    symbols |= {term.node: term.at("t") for term in terms}
    for state in states:
        symbols[state.node] = state.at("t")
        if state.hat is not None:
            symbols[state.hat] = state.at("t", r"\hat")
    display = _Display(symbols)
    update = apply("neg", rule.update) if rule.ascent else rule.update
    lines = [*_weight_lines(rule.momentum), *display.equation("U_t", update)]
    for term in terms:
        lines.append(f"{term.at('t')} &= {display.printer.definition(term.node)}")
    for state in states:
        lines += display.recursion(state)
    lines += _initial_lines(rule, states)
    return [*lines, *_scalar_lines(rule.update), *_function_lines(rule.update)]


class _Display:
    """Equations of one rule, whose wide parts get the symbols x as they are written."""

    def __init__(self, symbols: dict[Basic, str]) -> None:
        self.printer = ExpressionPrinter(symbols)
        self.named = 0

    def equation(self, name: str, expression: Basic) -> list[str]:
        """Return the lines of ``name = expression``; the parts that had to be named come after it."""
        if expression in self.printer.symbols:
            return [f"{name} &= {self.printer.print(expression)}"]
        parts = self.fold(expression, WIDEST)
        return [f"{name} &= {self.printer.print(expression)}", *parts]

    def recursion(self, state: Slot) -> list[str]:
        """Return the lines of the update of a state and of its bias correction."""
        parts = self.fold(state.node.operands[0], WIDEST / 2)
        line = f"{state.at('t')} &= {self.printer.recursion(state.node, state.at('t-1'))}"
        if state.hat is not None:
            beta = self.printer.atom(state.node.parameters[0])
            hat = state.at("t", r"\hat")
            line += rf", \qquad {hat} = \frac{{{state.at('t')}}}{{1 - {beta}^{{t+1}}}}"
        return [with_large_parts(line), *parts]

    def fold(self, expression: Basic, widest: float) -> list[str]:
        """Name parts of an expression until it fits a line of ``widest``; return their equations."""
        if not isinstance(expression, Node) or expression in self.printer.symbols:
            return []
        lines: list[str] = []
        for operand in expression.operands:
            lines = self.fold(operand, WIDEST) + lines
        while (measure := self._excess(expression, widest)) is not None:
            part = max(expression.operands, key=lambda operand: measure(self.printer.plain(operand)))
            if width_of(self.printer.plain(part)) < _WORTH_NAMING:
                break
            definition = self.printer.print(part)
            self.named += 1
            symbol = f"x_{{{self.named},t}}"
            self.printer.name(part, symbol)
            lines.insert(0, f"{symbol} &= {definition}")
        return lines

    def _excess(self, expression: Basic, widest: float) -> Callable[[str], float] | None:
        """Return the measure of which an expression has too much, if any."""
        text = self.printer.plain(expression)
        if width_of(text) > widest:
            return width_of
        return fraction_depth_of if fraction_depth_of(text) > DEEPEST else None


def _weight_lines(momentum: Momentum) -> list[str]:
    move = MOVES[momentum]
    symbols: dict[Basic, str] = {
        LEARNING_RATE: r"\eta",
        COEFFICIENT: r"\mu",
        UPDATE: "U_t",
        PREVIOUS: "m_{t-1}",
    }
    lines = []
    if move.momentum is not None:
        lines.append(f"m_t &= {ExpressionPrinter(dict(symbols)).print(move.momentum)}")
        symbols[move.momentum] = "m_t"
    symbols[apply("w")] = "w_t"
    return [*lines, f"w_{{t+1}} &= {ExpressionPrinter(symbols).print(moved(apply('w'), move))}"]


def _initial_lines(rule: Rule, states: list[Slot]) -> list[str]:
    zero = [state.at("-1") for state in states]
    if rule.momentum is not Momentum.NONE:
        zero.insert(0, "m_{-1}")
    rows = [zero[i : i + _ZEROS_IN_A_LINE] for i in range(0, len(zero), _ZEROS_IN_A_LINE)]
    return [f"{first} &= {' = '.join([*others, '0'])}" for first, *others in rows]


def _scalar_lines(expression: Basic) -> list[str]:
    """Return the definitions of the schedules and of the basis that they are written in."""
    used = [n for n in walk(expression) if n.operation.kind is Kind.STEP]
    schedules = sorted(
        (n for n in used if n.operation.meaning.definition is not None), key=_place_in_registry
    )
    lines = []
    for schedule in schedules:
        assert schedule.operation.meaning.definition is not None
        definition = schedule.operation.meaning.definition()
        lines.append(f"{latex_expression(schedule)} &= {latex_expression(definition)}")
        used += walk(definition)
    basis = {form_of(n.operation).definition: None for n in used if n.operation.role is Role.LEAF}
    return lines + [_aligned(text) for text in basis if text]


def _function_lines(expression: Basic) -> list[str]:
    """Return the definitions of the functions that are not standard."""
    functions = [n.operation for n in walk(expression) if n.operation.role not in (Role.LEAF, Role.STATE)]
    return [_aligned(text) for text in dict.fromkeys(form_of(f).definition for f in functions) if text]


def _place_in_registry(node: Node) -> int:
    return list(REGISTRY).index(node.operation.name)


def _aligned(definition: str) -> str:
    return definition.replace("=", "&=", 1)
