"""Texts that a genome holds in place of expressions, each in the one way that the language prints it."""

from __future__ import annotations

from sympy.core.basic import Basic

from nos_sym.errors import GenomeError, NosSymError, quoted
from nos_sym.language.parser import parse_rule
from nos_sym.language.printer import print_expression

MAX_LENGTH = 80
"""Characters of the text of an operand or a constant; ``sign(ema_hat(g^2, 0.999))`` has 24."""


def read_tensor(text: str, what: str) -> Basic:
    """Return the expression of a text that may stand as an update; ``what`` says what it should be.

    Raises:
        GenomeError: it cannot be read, is too long, or is not written as the language prints it.
    """
    return _read(text, what, in_decays=False)


def read_decay(text: str, what: str) -> Basic:
    """Return the expression of a text that may stand between the brackets of ``[d] x``.

    Raises:
        GenomeError: as for :func:`read_tensor`.
    """
    return _read(text, what, in_decays=True)


def parsed_tensor(text: str) -> Basic | None:
    """Return the expression of a text that may stand as an update, however it is written, or ``None``."""
    if len(text) > MAX_LENGTH:
        return None
    try:
        return parse_rule(f"none ~ {text}").update
    except NosSymError:
        return None


def _read(text: str, what: str, *, in_decays: bool) -> Basic:
    if not isinstance(text, str) or len(text) > MAX_LENGTH:
        raise GenomeError(f"{quoted(str(text))} is not {what}; expected at most {MAX_LENGTH} characters")
    try:
        rule = parse_rule(f"none ~ [{text}] g" if in_decays else f"none ~ {text}")
        expression = rule.update.operands[0] if in_decays else rule.update
        canonical = print_expression(expression)
    except NosSymError as error:
        raise GenomeError(f"{quoted(text)} is not {what}: {error}") from None
    if canonical != text:
        raise GenomeError(f"{quoted(text)} is not {what} as it is written here; expected '{canonical}'")
    return expression
