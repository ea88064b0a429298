"""Rules, blocks and schedules of expressions that were put together in Python."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from nos_sym.errors import RuleError, quoted
from nos_sym.faces.parsing import parse, parse_file
from nos_sym.lang.expressions import Expression, Statement, expression, together
from nos_sym.language.block import Block
from nos_sym.language.rule import Momentum, Rule, Schedule, check_name
from nos_sym.language.setting import domain_from_text


def setting(name: str, default: float | Fraction | Decimal, domain: str = "") -> Expression:
    """Return a number that users of the optimizer may set: an argument of the rendered class.

    Args:
        name: its name.
        default: its default.
        domain: an interval such as ``"[0, 1)"``; by default that which the field's names have, else all.
    """
    _check_word(name)
    if domain:
        domain_from_text(domain)
    inside = f" in {domain}" if domain else ""
    return Expression(name, {name: f"{name}={expression(default)}{inside}"}, is_word=True)


def state(name: str, start: Any = None, kind: str = "tensor") -> Expression:
    """Return a state of a block, which :meth:`Expression.becomes` moves.

    Args:
        name: its name, the key in state dicts.
        start: its value before the first step, 0 where nothing is said.
        kind: ``tensor``, ``scalar``, ``row``, ``col``, ``global``, or another of the language.
    """
    _check_word(name)
    if not kind.isidentifier():
        raise RuleError(f"a state is of kind 'tensor', 'scalar', 'row', ..., not {quoted(kind)}")
    of_kind = "" if kind == "tensor" else f": {kind}"
    begins = None if start is None else expression(start)
    declared = together(*([] if begins is None else [begins]))
    text = f"state {name}{of_kind}" + ("" if begins is None else f" = {begins}")
    return Expression(name, {**declared, name: text}, is_word=True)


def when(condition: Any, *then: Statement, otherwise: tuple[Statement, ...] = ()) -> Statement:
    """Return ``if condition { ... } else { ... }``, decided by shape and settings when states are made."""
    asked = expression(condition)
    text = f"if {asked} {{ {'; '.join(map(str, then))} }}"
    if otherwise:
        text += f" else {{ {'; '.join(map(str, otherwise))} }}"
    return Statement(text, together(asked, *then, *otherwise))


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
    kind = momentum.value if isinstance(momentum, Momentum) else momentum
    if kind not in [each.value for each in Momentum]:
        raise RuleError(f"momentum is 'none', 'momentum' or 'nesterov', not {quoted(str(kind))}")
    new = expression(update)
    text = f"{kind}{' ascent' if ascent else ''} ~ {new}"
    return _read(_head(name, new.declared) + text, name, source)


def block(*statements: Statement, name: str = "", source: str = "") -> Block:
    """Return the block of statements, the last of which move the weight: ``w.becomes(w - lr * m)``.

    Args:
        statements: from top to bottom.
        name: name of the rule, which one with settings needs.
        source: where the rule comes from.

    Raises:
        NosSymError: the statements are no optimizer; the error has their text and the place.
    """
    declared = together(*statements)
    states = [text for text in declared.values() if text.startswith("state ")]
    text = "{ " + "; ".join([*states, *map(str, statements)]) + " }"
    made = _read(_head(name, declared) + text, name, source)
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
    return made.named(name, source)


def _head(name: str, declared: Mapping[str, str]) -> str:
    """Return what stands before the body of a rule: its name and its settings."""
    check_name(name)
    settings = [text for text in declared.values() if not text.startswith("state ")]
    if not name and settings:
        raise RuleError(
            f"a rule with settings ({', '.join(settings)}) needs a name; give it, as in name='Mine'"
        )
    inside = f"({', '.join(settings)})" if settings else ""
    return f"{name}{inside} = " if name else ""


def _read(text: str, name: str, source: str) -> Rule | Block:
    made = parse(text)
    return made.named(name, source) if name or source else made


def _check_word(name: str) -> None:
    check_name(name)
    if not name:
        raise RuleError("a setting or a state has a name; expected one such as 'beta'")
