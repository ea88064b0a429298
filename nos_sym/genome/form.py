"""Operations with their constants, as the nodes of a graph hold them.

A genome may hold any operation of the language that has arguments, also one that a plug-in adds, so that
every optimizer made of them can be a genome. What a search draws is in
:mod:`nos_sym.genome.search_space`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import GenomeError, NosSymError, quoted
from nos_sym.genome.text import read_tensor
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, is_number
from nos_sym.language.operation import Operation, Parameter, Role
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import REGISTRY, apply, checked, lookup, number, operation_hint

LITERALS: dict[str, tuple[str, ...]] = {"max": ("0",), "min": ("0",)}
"""Numbers that make a binary operation of Table 4 a unary one of Table 3: ``max(x, 0)`` and ``min(x, 0)``."""


@dataclass(frozen=True, slots=True)
class Form:
    """An operation as a node holds it, with its constants.

    Attributes:
        operation: name of the operation in the language.
        parameters: its parameters as decimal texts. The number of a dropout mask is not among them: every
            node draws its own.
        literal: a number as last argument, which makes a binary operation unary: ``max(x, 0)``.

    Raises:
        GenomeError: there is no such operation, or its constants are wrong.
    """

    operation: str
    parameters: tuple[str, ...] = ()
    literal: str | None = None

    def __post_init__(self) -> None:
        _check_form(self.operation, self.parameters, self.literal)

    @property
    def arity(self) -> int:
        """Number of connections that a node of this form has."""
        return REGISTRY[self.operation].arity - (self.literal is not None)

    @property
    def commutative(self) -> bool:
        """Whether an exchange of the arguments changes nothing."""
        return REGISTRY[self.operation].meaning.commutative

    @property
    def in_decays(self) -> bool:
        """Whether a decay function may hold it."""
        operation = REGISTRY[self.operation]
        return operation.role is Role.ELEMENTWISE or operation.kind is Kind.STEP

    @property
    def draws(self) -> bool:
        """Whether every node of this form draws a dropout mask."""
        return REGISTRY[self.operation].optional

    def expression(self, *operands: Basic, draw: int = 0) -> Node:
        """Return the node of the language; ``draw`` is the number of its dropout mask."""
        operation = REGISTRY[self.operation]
        values: dict[str, str | int] = {
            p.name: v for p, v in zip(constants_of(operation), self.parameters, strict=True)
        }
        if operation.optional:
            values[operation.parameters[-1].name] = draw
        if self.literal is not None:
            operands = (*operands, number(self.literal))
        return apply(self.operation, *operands, **values)


def constants_of(operation: Operation) -> tuple[Parameter, ...]:
    """Return the parameters that a node holds: all but the number of a dropout mask."""
    return operation.parameters[:-1] if operation.optional else operation.parameters


def form_of(node: Node, *, in_decays: bool = False) -> Form:
    """Return the form of a node of an update, or of one of a decay function.

    In an update, a number that is one of :data:`LITERALS` belongs to the form. In a decay function it is an
    argument like any other.
    """
    operation = node.operation
    texts = [print_expression(p) for p in node.parameters]
    parameters = tuple(texts[: len(constants_of(operation))])
    literals = () if in_decays else LITERALS.get(operation.name, ())
    if literals and is_number(node.operands[-1]):
        last = print_expression(node.operands[-1])
        if last in literals:
            return Form(operation.name, parameters, last)
    return Form(operation.name, parameters)


@lru_cache(maxsize=4096)
def _check_form(name: str, parameters: tuple[str, ...], literal: str | None) -> None:
    operation = lookup(str(name))
    # An alias is for texts: nodes are compared by the names of their operations.
    if operation is None or operation.name != name:
        raise GenomeError(f"unknown operation {quoted(str(name))}{operation_hint(str(name))}")
    if not operation.arity or operation.role is Role.SCALE:
        raise GenomeError(f"'{name}' is no operation of a node; expected one with an argument")
    constants = constants_of(operation)
    if len(parameters) != len(constants):
        expected = ", ".join(c.name for c in constants) or "none"
        raise GenomeError(f"'{name}' has {len(parameters)} parameters; expected {expected}")
    for constant, text in zip(constants, parameters, strict=True):
        try:
            checked(operation, constant, _decimal(text))
        except NosSymError as error:
            raise GenomeError(str(error)) from None
    if literal is not None and literal not in LITERALS.get(name, ()):
        raise GenomeError(f"'{name}' takes no literal argument {quoted(str(literal))}")


def _decimal(text: str) -> Rational:
    """Return the number that a text says, in the one way that the printer writes it."""
    expression = read_tensor(text, "a number")
    if not isinstance(expression, Rational):
        raise GenomeError(f"{quoted(text)} is no number; expected one such as 0.95")
    return expression
