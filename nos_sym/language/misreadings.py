"""What was read as something else than was meant.

A parser takes ``w`` of ``none ~ g w`` for the head of another rule, which is an error. A reader of papers
takes ``v_hat`` for the average of ``g^2``, which is a rule like any other and worth a note.
"""

from __future__ import annotations

from lark import Token
from lark.exceptions import UnexpectedToken
from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import quoted
from nos_sym.language.block import Block
from nos_sym.language.node import Node
from nos_sym.language.printer import print_expression
from nos_sym.language.reading import Problem, place_of
from nos_sym.language.rule import Rule, Schedule
from nos_sym.language.traversal import walk

_LARGEST_EPSILON = 0.01
_AVERAGES = ("ema", "ema_hat")


def begins_line(token: Token, text: str) -> bool:
    """Return whether nothing but blanks stands before a token in its line."""
    return not text[text.rfind("\n", 0, place_of(token)) + 1 : place_of(token)].strip()


def after_a_rule(token: Token) -> Problem:
    """Return the error of a rule that is followed by something in its line."""
    return Problem(
        f"unexpected {quoted(token)} after a complete rule; expected an operator or a new line",
        place_of(token),
    )


def second_rule_in_line(error: Exception, text: str) -> Problem | None:
    """Return what is wrong with ``none ~ g w`` or ``none ~ 2 tanh(g)``, taken for another head."""
    if not isinstance(error, UnexpectedToken) or "EQUAL" not in (error.accepts or error.expected):
        return None
    stack = error.state.value_stack
    # A name and a bracket before it: what seems to be a setting of that name's rule.
    head = stack[-3] if len(stack) > 2 and str(stack[-2]) == "(" else stack[-1]
    if isinstance(head, Token) and head.type == "NAME" and not begins_line(head, text):
        return after_a_rule(head)
    return None


def doubts_about(rule: Rule | Block | Schedule) -> list[str]:
    """Return what a rule says and its writer may not have meant, one line each.

    It is the square root of an average of ``g`` with a small number added, as in ``sqrt(v_hat) + 1e-8``:
    in papers on Adam, ``v`` is the average of ``g^2``.
    """
    if not isinstance(rule, Rule):
        return []
    return [
        f"in '{print_expression(node)[:60]}' the root is of an average of g; that of g^2, Adam's v, is "
        f"'s_hat' or 'ema_hat(g^2, 0.999)' here"
        for node in walk(rule.update)
        if _is(node, "add") and any(map(_is_root_plus_epsilon, node.operands, node.operands[::-1]))
    ]


def _is_root_plus_epsilon(root: Basic, epsilon: Basic) -> bool:
    if not (_is(root, "sqrt") and isinstance(epsilon, Rational) and 0 < epsilon <= _LARGEST_EPSILON):
        return False
    average = root.operands[0]
    return _is(average, *_AVERAGES) and _is(average.operands[0], "g")


def _is(expression: Basic, *names: str) -> bool:
    return isinstance(expression, Node) and expression.operation.name in names
