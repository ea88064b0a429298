"""The arguments of a call in the project's own syntax: which are operands, and which are parameters."""

from __future__ import annotations

from lark import Token
from sympy.core.basic import Basic

from nos_sym.errors import quoted
from nos_sym.language.node import kind_of
from nos_sym.language.numerals import decimal_number
from nos_sym.language.reading import Located, Problem, place_of


def bind(
    token: Token,
    arity: int,
    parameters: tuple[str, ...],
    required: tuple[str, ...],
    items: tuple[tuple[Token | None, Located], ...],
) -> tuple[list[Located], dict[str, Basic]]:
    """Split the items of a call into operands and parameters, by position or by name.

    Args:
        token: name of the function, for messages.
        arity: number of operands.
        parameters: names of the numbers that follow the operands.
        required: those of them that may not be left out.
        items: keyword, or ``None``, and value of everything between the parentheses.

    Raises:
        Problem: too few or too many items, an unknown keyword, or a parameter that is a tensor.
    """
    operands: list[Located] = []
    values: dict[str, Basic] = {}
    for keyword, item in items:
        if keyword is not None:
            if str(keyword) not in parameters:
                known = ", ".join(parameters) or "none"
                raise Problem(
                    f"'{token}' has no parameter {quoted(keyword)}; expected {known}", place_of(keyword)
                )
            name = str(keyword)
        elif len(operands) < arity:
            operands.append(item)
            continue
        else:
            name = parameters[len(values)] if len(values) < len(parameters) else ""
            if not name:
                raise Problem(f"{_signature(token, arity, parameters)}, not more", item.position)
        if name in values:
            raise Problem(f"parameter '{name}' of '{token}' is given twice", item.position)
        if not kind_of(item.node).of_step:
            raise Problem(
                f"parameter '{name}' of '{token}' must be a number, a setting or a function of the step",
                item.position,
            )
        values[name] = decimal_number(item.node)
    if len(operands) < arity or any(p not in values for p in required):
        raise Problem(f"{_signature(token, arity, required)}, not {len(items)}", place_of(token))
    return operands, values


def _signature(token: Token, arity: int, parameters: tuple[str, ...]) -> str:
    count = arity + len(parameters)
    shown = ", ".join([*("xy"[:arity]), *parameters])
    return f"'{token}' takes {count} argument{'s' if count != 1 else ''}, '{token}({shown})'"
