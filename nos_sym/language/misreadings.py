"""What was read as something else than was meant.

A parser takes ``w`` of ``none ~ g w`` for the head of another rule, which is an error. A reader of papers
takes ``v_hat`` for the average of ``g^2``, which is a rule like any other and worth a note.
"""

from __future__ import annotations

import re

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import quoted
from nos_sym.language.application import Library
from nos_sym.language.block import Block
from nos_sym.language.node import Node
from nos_sym.language.printer import print_expression
from nos_sym.language.reading import Problem, place_of
from nos_sym.language.rule import Rule, Schedule
from nos_sym.language.slips import AFTER_A_BLOCK, slip
from nos_sym.language.traversal import walk

_LARGEST_EPSILON = 0.01
_LAST_WORD = re.compile(r"[A-Za-z_]\w*\Z")
_AVERAGES = ("ema", "ema_hat")
_HEAD_WITH_ARGUMENT = re.compile(
    r"[ \t]*(?:\w+[ \t]*(?:\([^()\n]*\)[ \t]*)?=[ \t]*)?"
    r"(none|momentum|nesterov)[ \t]*(\([^()\n]*\))\s*(?:ascent\s*)?~"
)


def begins_line(token: Token, text: str) -> bool:
    """Return whether nothing but blanks stands before a token in its line."""
    return not text[text.rfind("\n", 0, place_of(token)) + 1 : place_of(token)].strip()


def after_a_rule(token: Token, text: str) -> Problem:
    """Return the error of a rule that is followed by something in its line."""
    if text[: place_of(token)].rstrip().endswith("}"):
        return Problem(f"unexpected {quoted(token)}; {AFTER_A_BLOCK}", place_of(token))
    return Problem(
        f"unexpected {quoted(token)} after a complete rule; expected an operator, which is '*' for a "
        "product, or a new line",
        place_of(token),
    )


def explained(
    error: UnexpectedInput | Problem, text: str, library: Library | None = None
) -> UnexpectedInput | Problem:
    """Return what is wrong with a text in the words of who wrote it, or the error of the parser."""
    if isinstance(error, UnexpectedCharacters) and library is not None:
        word = _LAST_WORD.search(text[: error.pos_in_stream])
        if word and (meant := library.meant(text[word.start() :])):
            return Problem(meant, word.start())
    if isinstance(error, Problem) and _comma_in_number(text, error.position - 1):
        return Problem(f"{error.message}; a decimal fraction is written with a point", error.position)
    found = slip(error, text) if isinstance(error, UnexpectedInput) else None
    if found is not None or not isinstance(error, UnexpectedToken):
        return found or error
    head = _HEAD_WITH_ARGUMENT.match(text, text.rfind("\n", 0, place_of(error.token)) + 1)
    if head and head.start(2) <= place_of(error.token) <= head.end():
        return _head_with_argument(head)
    return _second_rule_in_line(error, text) or _near_operator(error, text) or error


def _head_with_argument(head: re.Match[str]) -> Problem:
    what = "takes nothing in parentheses"
    if head[1] != "none":
        what = f"has no number: the momentum of '{head[1]} ~' is set where the optimizer is made"
    return Problem(f"'{head[1]}' {what}; write '{head[1]} ~ ...'", head.start(2))


def _second_rule_in_line(error: UnexpectedToken, text: str) -> Problem | None:
    """Return what is wrong with ``none ~ g w`` or ``none ~ 2 tanh(g)``, taken for another head."""
    wanted = error.accepts or error.expected
    # Where a sum may go on, '=' would follow the name of a parameter.
    if "EQUAL" not in wanted or "PLUS" in wanted:
        return None
    stack = error.state.value_stack
    # A name and a bracket before it: what seems to be a setting of that name's rule.
    head = stack[-3] if len(stack) > 2 and str(stack[-2]) == "(" else stack[-1]
    if isinstance(head, Token) and head.type == "NAME" and not begins_line(head, text):
        return after_a_rule(head, text)
    return None


def _near_operator(error: UnexpectedToken, text: str) -> Problem | None:
    """Return what is wrong with ``(2 g)``, ``+g``, ``0,9`` and ``x^2^3``."""
    token, place = error.token, place_of(error.token)
    wanted = set(error.accepts or error.expected)
    if token.type == "PLUS" and {"NUMBER", "MINUS"} <= wanted:
        return Problem("unexpected '+'; a positive sign is left out", place)
    # Before the error the parser may have taken the operand for a whole term, after which only a sum goes on.
    if "PLUS" not in wanted or "NUMBER" in wanted:
        return None
    if token.type in ("_POWER", "SUPERSCRIPT"):
        return Problem(f"unexpected {quoted(token)}; write parentheses, as in '(x^y)^z' or '√(x^2)'", place)
    if token.type == "COMMA" and _comma_in_number(text, place):
        return Problem("unexpected ','; a decimal fraction is written with a point, as in '0.9'", place)
    if token.type in ("NUMBER", "NAME", "LPAR", "LSQB", "VBAR", "_ROOT"):
        return Problem(f"unexpected {quoted(token)}; expected an operator, which is '*' for a product", place)
    return None


def _comma_in_number(text: str, place: int) -> bool:
    """Return whether a comma between two digits stands at a place."""
    return re.fullmatch(r"[0-9],[0-9]", text[max(0, place - 1) : place + 2]) is not None


def doubts_about(rule: Rule | Block | Schedule) -> list[str]:
    """Return what a rule says and its writer may not have meant, one line each.

    It is the square root of an average of ``g`` as a divisor, or with a small number added, as in
    ``g / sqrt(v_hat)``: in papers on Adam, ``v`` is the average of ``g^2``.
    """
    if not isinstance(rule, Rule):
        return []
    doubtful = dict.fromkeys(place for node in walk(rule.update) for place in _doubtful_roots(node))
    return [
        f"in '{print_expression(node)[:60]}' the root is of an average of g; that of g^2, Adam's v, is "
        f"'s_hat' or 'ema_hat(g^2, 0.999)' here"
        for node in doubtful
    ]


def _doubtful_roots(node: Basic) -> list[Basic]:
    """Return what a node shows of a root of an average of ``g`` that may stand for one of ``g^2``."""
    if _is(node, "add") and any(map(_is_root_plus_epsilon, node.operands, node.operands[::-1])):
        return [node]
    divisors = node.operands[-1:] if _is(node, "div", "recip") else ()
    return [divisor for divisor in divisors if _is_root(divisor)]


def _is_root_plus_epsilon(root: Basic, epsilon: Basic) -> bool:
    return isinstance(epsilon, Rational) and 0 < epsilon <= _LARGEST_EPSILON and _is_root(root)


def _is_root(root: Basic) -> bool:
    if not _is(root, "sqrt"):
        return False
    average = root.operands[0]
    return _is(average, *_AVERAGES) and _is(average.operands[0], "g")


def _is(expression: Basic, *names: str) -> bool:
    return isinstance(expression, Node) and expression.operation.name in names
