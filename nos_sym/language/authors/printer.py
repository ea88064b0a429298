"""The printer of the authors' log syntax; :mod:`nos_sym.language.authors.parser` reads it back."""

from __future__ import annotations

from sympy.core.basic import Basic

from nos_sym.errors import RuleError
from nos_sym.language.authors.formats import format_of
from nos_sym.language.authors.table import TAGS
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.node import Node
from nos_sym.language.operands import BY_EXPRESSION
from nos_sym.language.printer import draws_of
from nos_sym.language.reading import MAX_TEXT
from nos_sym.language.rule import Rule
from nos_sym.language.setting import with_values


def print_authors(rule: Rule) -> str:
    """Return a rule as the authors' log writes it, for example ``None ~ tanh(v hat)``; its name is left out.

    The log has numbers and no settings, so that a setting is written as its default. ``softsign(1)`` is
    written ``1/(1+|1|)``, which reads as ``dsoft(1)``: the log cannot tell the two apart, and they are the
    same number.

    Raises:
        RuleError: the authors' syntax cannot say the rule; the message names what it lacks.
    """
    if rule.ascent:
        raise RuleError("the authors' syntax has no 'ascent'; the log does not print the sign of a rule")
    update = with_values(rule.update)
    draws = draws_of(update)
    if draws != list(range(1, len(draws) + 1)):
        raise RuleError(
            "the authors' syntax has no draws: every 'drop' of a rule must have a mask of its own"
        )
    if not isinstance(update, Node) and update not in BY_EXPRESSION:
        raise RuleError(f"the authors' syntax has no number {decimal_text(update)}")
    return f"{TAGS[rule.momentum]} ~ {_text(update)}"


def _text(expression: Basic) -> str:
    operand = BY_EXPRESSION.get(expression)
    if operand is not None:
        return operand.authors
    if not isinstance(expression, Node):
        return decimal_text(expression)
    form = format_of(expression)
    operation = expression.operation
    values = zip(operation.parameters, expression.parameters, strict=True)
    parameters = {p.name: decimal_text(v) for p, v in values}
    text = form.format(*(_text(operand) for operand in expression.operands), **parameters)
    # A softsign writes its argument twice, so that nested ones double the text.
    if len(text) > MAX_TEXT:
        raise RuleError(f"the rule has more than {MAX_TEXT} characters in the authors' syntax")
    return text
