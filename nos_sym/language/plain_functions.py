"""What SymPy's functions are in the language, for the reader of plain SymPy."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.errors import RuleError, quoted
from nos_sym.language.node import Node
from nos_sym.language.numerals import fraction_node
from nos_sym.language.operation import Operation
from nos_sym.language.plain_shapes import Bessel, Pi
from nos_sym.language.plain_value import Value, constant, divided, of_node, raised
from nos_sym.language.registry import apply, lookup

PI = Pi()
_RENAMED = {"Abs": "abs", "log": "ln", "asinh": "arcsinh", "atan": "arctan"}
"""SymPy's functions of one argument to the operations that mean them."""


def called(name: str, values: tuple[Value, ...]) -> Value | None:
    """Return a function of SymPy or an operation of the language over arguments; ``None`` for another name.

    Raises:
        RuleError: the number or the values of the arguments are not what the function takes.
    """
    if name in FUNCTIONS:
        counts, form = FUNCTIONS[name]
        if len(values) not in counts:
            expected = counts.start if len(counts) == 1 else f"{counts.start} or more"
            raise RuleError(f"'{name}' takes {expected} argument{'s' * (expected != 1)}, not {len(values)}")
        return form(*values)
    operation = lookup(_RENAMED.get(name, name))
    if operation is None or not (operation.arity or operation.parameters):
        return None
    return of_node(_operation(operation, values))


def _operation(operation: Operation, values: tuple[Value, ...]) -> Basic:
    most = operation.arity + len(operation.parameters)
    if len(values) != most:
        raise RuleError(f"{quoted(operation.name)} takes {most} arguments here, not {len(values)}")
    operands = [value.node() for value in values[: operation.arity]]
    if operation.meaning.absolute:
        # SymPy needs the absolute value that the operation takes by itself.
        operands[0] = _within_abs(operands[0])
    numbers = [
        value.node() if value.exact is None else fraction_node(value.exact)
        for value in values[operation.arity :]
    ]
    names = [p.name for p in operation.parameters]
    return apply(operation.name, *operands, **dict(zip(names, numbers, strict=True)))


def _within_abs(node: Basic) -> Basic:
    return node.operands[0] if isinstance(node, Node) and node.operation.name == "abs" else node


def _absolute(x: Value) -> Value:
    if len(x.above) == 1 and not x.below and isinstance(bessel := x.above[0], Bessel):
        return of_node(Bessel(bessel.argument, True))
    return of_node(apply("abs", x.node()))


def _bessel(order: Value, x: Value) -> Value:
    if order.exact != 1:
        raise RuleError("a rule has the Bessel function of order 1 alone; expected 'besseli(1, x)'")
    return of_node(Bessel(x.node()))


def _remainder(x: Value, y: Value) -> Value:
    if x.line is None and not y.steps:
        return of_node(apply("mod", x.node(), y.node()))
    if x.line != (Fraction(2), Fraction(0)) or y.node(y.steps) != 1 or y.steps != 1:
        raise RuleError("a rule has the restarted progress alone; expected 'Mod(2*t, T)'")
    return Value((apply("r"),), (), Fraction(1))


def _cosine(x: Value) -> Value:
    if PI in x.above and not x.steps:
        above = list(x.above)
        above.remove(PI)
        return of_node(apply("cospi", Value(tuple(above), x.below).node()))
    return of_node(apply("cospi", divided(x, of_node(PI)).node()))


def _root(x: Value, n: Value) -> Value:
    return raised(x, divided(constant(Fraction(1)), n))


def _logarithm(x: Value, *base: Value) -> Value:
    found = of_node(apply("ln", _within_abs(x.node())))
    return divided(found, _logarithm(base[0])) if base else found


def _folded(name: str) -> Callable[..., Value]:
    def fold(*values: Value) -> Value:
        node = values[0].node()
        for value in values[1:]:
            node = apply(name, node, value.node())
        return of_node(node)

    return fold


_HALF, _THIRD = Fraction(1, 2), Fraction(1, 3)
FUNCTIONS: dict[str, tuple[range, Callable[..., Value]]] = {
    "Abs": (range(1, 2), _absolute),
    "abs": (range(1, 2), _absolute),
    "sqrt": (range(1, 2), lambda x: raised(x, constant(_HALF))),
    "cbrt": (range(1, 2), lambda x: raised(x, constant(_THIRD))),
    "root": (range(2, 3), _root),
    "log": (range(1, 3), _logarithm),
    "ln": (range(1, 3), _logarithm),
    "cos": (range(1, 2), _cosine),
    "besseli": (range(2, 3), _bessel),
    "Mod": (range(2, 3), _remainder),
    "Max": (range(1, 1000), _folded("max")),
    "Min": (range(1, 1000), _folded("min")),
    # Everything is real.
    "re": (range(1, 2), lambda x: x),
    "conjugate": (range(1, 2), lambda x: x),
    "im": (range(1, 2), lambda x: constant(Fraction(0))),
    "Pow": (range(2, 3), raised),
    "pow": (range(2, 3), raised),
}
"""Functions of SymPy that are no operation by another name: how many arguments they take, and their forms."""
