"""Other expressions in the place of some, as if the text had been written with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sympy.core.basic import Basic

from nos_sym.language.node import Node
from nos_sym.language.numerals import decimal_number
from nos_sym.language.registry import apply


def substitution(table: Mapping[Basic, Basic]) -> Callable[[Basic], Basic]:
    """Return what puts expressions in the place of others, all at once.

    What is put in is not looked through. A parameter is one number where it is made of numerals, as the
    parser makes it, and stays in its range. Expressions that have parts in common are best given to the same
    function, which remembers them; it raises :class:`RuleError` where the result is no expression of the
    language, or too large for one.
    """
    made: dict[Basic, Basic] = dict(table)

    def put(x: Basic) -> Basic:
        if x in made:
            return made[x]
        if not isinstance(x, Node):
            return x
        arguments = [put(a) for a in x.args]
        arity = x.operation.arity
        if all(new is old for new, old in zip(arguments, x.args, strict=True)):
            made[x] = x
        elif all(new is old for new, old in zip(arguments[arity:], x.parameters, strict=True)):
            made[x] = x.func(*arguments)
        else:
            parameters = zip(x.operation.parameters, arguments[arity:], strict=True)
            numbers = {parameter.name: decimal_number(value) for parameter, value in parameters}
            made[x] = apply(x.operation.name, *arguments[:arity], **numbers)
        return made[x]

    return put
