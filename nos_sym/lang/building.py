"""Rules, blocks and schedules of expressions that were put together in Python."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sympy.core.numbers import Rational

from nos_sym.errors import RuleError, described, quoted
from nos_sym.faces.parsing import parse, parse_file
from nos_sym.lang.expressions import (
    Expression,
    Statement,
    between,
    expression,
    is_state_text,
    named_text,
    plain_text,
    together,
)
from nos_sym.lang.numerals import finite_decimal
from nos_sym.language.block import Block
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.language.setting import domain_from_text, domain_text


def setting(name: str, default: float | Fraction | Decimal, domain: str = "") -> Expression:
    """Return a number that users of the optimizer may set: an argument of the rendered class.

    Args:
        name: its name.
        default: its default, a number whose decimal ends.
        domain: an interval such as ``"[0, 1)"``; by default that which the field's names have, else all.

    Raises:
        RuleError: there is no such name, number or interval.
    """
    name = _word(name, "a setting")
    if isinstance(default, bool) or not isinstance(default, numbers.Real | Decimal | Rational):
        raise RuleError(f"the default of '{name}' is a number, not {described(default)}")
    value = Fraction(int(default.p), int(default.q)) if isinstance(default, Rational) else default
    allowed = plain_text(domain, f"the domain of '{name}'")
    inside = f" in {domain_text(domain_from_text(allowed))}" if allowed else ""
    return Expression(name, {name: f"{name}={finite_decimal(value)}{inside}"}, is_word=True)


def state(name: str, start: Any = None, kind: str = "tensor") -> Expression:
    """Return a state of a block, which :meth:`Expression.becomes` moves.

    Args:
        name: its name, the key in state dicts.
        start: its value before the first step, 0 where nothing is said.
        kind: ``tensor``, ``scalar``, ``row``, ``col``, ``global``, or another of the language.

    Raises:
        RuleError: there is no such name or kind, or the start is no expression.
    """
    name = _word(name, "a state")
    of = plain_text(kind, f"the kind of '{name}'")
    if not of.isidentifier():
        raise RuleError(f"a state is of kind 'tensor', 'scalar', 'row', ..., not {quoted(of)}")
    text = f"state {name}" + ("" if of == "tensor" else f": {of}")
    if start is None:
        return Expression(name, {name: text}, is_word=True)
    begins = expression(start)
    itself = Expression(name, {name: f"{text} = {begins}"}, is_word=True)
    return Expression(name, together(itself, begins), is_word=True)


def when(condition: Any, *then: Statement, otherwise: Sequence[Statement] = ()) -> Statement:
    """Return ``if condition { ... } else { ... }``, decided by shape and settings when states are made.

    Raises:
        RuleError: something is no statement, or the condition is no expression.
    """
    asked = expression(condition)
    first = _statements(then, "when(condition, w.becomes(...), ...)")
    if isinstance(otherwise, Statement | str) or not isinstance(otherwise, Sequence):
        raise RuleError(f"'otherwise' is a tuple of statements, not {described(otherwise)}")
    second = _statements(otherwise, "otherwise=(w.becomes(...), ...)")
    text = f"if {asked} {{ {'; '.join(map(str, first))} }}"
    if second:
        text += f" else {{ {'; '.join(map(str, second))} }}"
    return Statement(text, together(asked, *first, *second))


def equal(x: Any, y: Any) -> Expression:
    """Return the condition ``x == y``, as Python's own compares objects.

    Raises:
        RuleError: one of them is no expression.
    """
    return between(x, "==", y)


def not_equal(x: Any, y: Any) -> Expression:
    """Return the condition ``x != y``; see :func:`equal`.

    Raises:
        RuleError: one of them is no expression.
    """
    return between(x, "!=", y)


def rule(
    update: Any,
    *,
    name: str = "",
    momentum: Momentum | str = Momentum.NONE,
    ascent: bool = False,
    source: str = "",
) -> Rule | Block:
    """Return the rule of an update, whose learning rate and momentum are outside of it.

    Args:
        update: an expression.
        name: name of the rule, which one with settings needs.
        momentum: ``"none"``, ``"momentum"`` or ``"nesterov"``.
        ascent: whether the update is added and not subtracted.
        source: where the rule comes from.

    Raises:
        NosSymError: the expression is no update; the error has its text and the place.
    """
    if isinstance(momentum, Momentum):
        kind = momentum.value
    elif isinstance(momentum, str) and momentum in [each.value for each in Momentum]:
        kind = str.__str__(momentum)
    else:
        raise RuleError(f"momentum is 'none', 'momentum' or 'nesterov', not {described(momentum)}")
    if not isinstance(ascent, bool):
        raise RuleError(f"'ascent' is True or False, not {described(ascent)}")
    new = expression(update)
    text = f"{kind}{' ascent' if ascent else ''} ~ {new}"
    return _read(_head(name, new.declared) + text, source)


def block(*statements: Statement, name: str = "", source: str = "") -> Block:
    """Return the block of statements, the last of which move the weight: ``w.becomes(w - lr * m)``.

    Args:
        statements: from top to bottom.
        name: name of the rule, which one with settings needs.
        source: where the rule comes from.

    Raises:
        NosSymError: the statements are no optimizer; the error has their text and the place.
    """
    declared = together(*_statements(statements, "block(m.becomes(...), w.becomes(...))"))
    states = [text for text in declared.values() if is_state_text(text)]
    text = "{ " + "; ".join([*states, *map(str, statements)]) + " }"
    made = _read(_head(name, declared) + text, source)
    assert isinstance(made, Block)
    return made


def schedule(factor: Any, *, name: str = "", source: str = "") -> Schedule:
    """Return the schedule of a factor of the learning rate, over ``p``, ``r``, ``t``, ``T``, ``a1``, ...

    Raises:
        NosSymError: the expression is no schedule; the error has its text and the place.
    """
    new = expression(factor)
    (made,) = parse_file(f"{_head(name, new.declared)}schedule ~ {new}")
    assert isinstance(made, Schedule)
    return made.named(made.name, plain_text(source, "the source of a rule"))


def _head(name: str, declared: Mapping[str, str]) -> str:
    """Return what stands before the body of a rule: its name and its settings."""
    name = named_text(name, "a rule")
    settings = [text for text in declared.values() if text and not is_state_text(text)]
    if not name and settings:
        raise RuleError(
            f"a rule with settings ({', '.join(settings)}) needs a name; give it, as in name='Mine'"
        )
    inside = f"({', '.join(settings)})" if settings else ""
    return f"{name}{inside} = " if name else ""


def _read(text: str, source: str) -> Rule | Block:
    made = parse(text)
    return made.named(made.name, plain_text(source, "the source of a rule"))


def _statements(given: Sequence[Statement], example: str) -> Sequence[Statement]:
    for each in given:
        if not isinstance(each, Statement):
            raise RuleError(
                f"expected statements one after the other, as in {example}, not {described(each)}"
            )
    return given


def _word(name: str, what: str) -> str:
    word = named_text(name, what)
    if not word:
        raise RuleError("a setting or a state has a name; expected one such as 'beta'")
    return word
