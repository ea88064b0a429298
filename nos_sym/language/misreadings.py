"""What the parser took for something else: ``none ~ g w``, where ``w`` seems to begin another rule."""

from __future__ import annotations

from lark import Token
from lark.exceptions import UnexpectedToken

from nos_sym.language.reading import Problem, place_of


def begins_line(token: Token, text: str) -> bool:
    """Return whether nothing but blanks stands before a token in its line."""
    return not text[text.rfind("\n", 0, place_of(token)) + 1 : place_of(token)].strip()


def after_a_rule(token: Token) -> Problem:
    """Return the error of a rule that is followed by something in its line."""
    return Problem(
        f"unexpected '{token[:40]}' after a complete rule; expected an operator or a new line",
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
