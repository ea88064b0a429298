"""What nodes of a graph may hold: operations with their constants, operands, and leaves of decay functions.

All of it comes from the registry. :data:`UNARY`, :data:`BINARY`, :data:`OPERANDS` and their counterparts of
decay functions are what a search draws from (Tables 2 to 7); a genome may hold any other operation too, and
operands of the same shape with other constants, so that an optimizer such as Adam can be one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import GenomeError, NosSymError
from nos_sym.language.authors.form import form_of as log_form
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, is_number, kind_of
from nos_sym.language.operation import Operation, Parameter, Role
from nos_sym.language.parser import parse
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import REGISTRY, apply, checked, number, suggestion
from nos_sym.operations.operands import OPERANDS as TABLE_2

_LONGEST = 80
"""Characters of the text of an operand; ``sign(ema_hat(g^2, 0.999))`` has 24."""


@dataclass(frozen=True, slots=True)
class Form:
    """An operation as a node holds it, with its constants.

    Attributes:
        operation: a name of the registry.
        parameters: its parameters as decimal texts, without the mask of a dropout: every node has its own.
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
        return acts_on_decays(REGISTRY[self.operation])

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

    @property
    def draws(self) -> bool:
        """Whether every node of this form draws a dropout mask."""
        return REGISTRY[self.operation].role is Role.RANDOM


def acts_on_decays(operation: Operation) -> bool:
    """Return whether a decay function may hold an operation."""
    return operation.role is Role.ELEMENTWISE or operation.kind is Kind.STEP


def constants_of(operation: Operation) -> tuple[Parameter, ...]:
    """Return the parameters that a node holds: all but the number of a dropout mask."""
    return operation.parameters[:-1] if operation.optional else operation.parameters


@lru_cache(maxsize=4096)
def _check_form(name: str, parameters: tuple[str, ...], literal: str | None) -> None:
    operation = REGISTRY.get(name)
    if operation is None:
        raise GenomeError(f"unknown operation '{str(name)[:40]}'{suggestion(str(name), REGISTRY)}")
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
    if literal is not None and (operation.arity != 2 or literal not in log_form(name).literals):
        raise GenomeError(f"'{name}' takes no literal argument {str(literal)[:40]}")


def _decimal(text: str) -> Rational:
    """Return the number that a text says, in the one way that the printer writes it."""
    expression = _read(text, "a number")
    if not isinstance(expression, Rational):
        raise GenomeError(f"'{text[:40]}' is no number; expected one such as 0.95")
    return expression


def _read(text: str, what: str) -> Basic:
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise GenomeError(f"{str(text)[:40]!r} is not {what}; expected at most {_LONGEST} characters")
    try:
        expression = parse(f"none ~ [{text}] g").update.operands[0] if what == _LEAF else _tensor(text)
        canonical = print_expression(expression)
    except NosSymError as error:
        raise GenomeError(f"'{text}' is not {what}: {error}") from None
    if canonical != text:
        raise GenomeError(f"'{text}' is not {what} as it is written here; expected '{canonical}'")
    return expression


def _tensor(text: str) -> Basic:
    return parse(f"none ~ {text}").update


_OPERAND = "an operand"
_LEAF = "a leaf of a decay function"


@lru_cache(maxsize=4096)
def operand(text: str) -> Basic:
    """Return the expression of an operand's text, for example ``v_hat`` or ``1e-8``.

    Raises:
        GenomeError: the text is no operand, or not as the language prints it.
    """
    expression = _read(text, _OPERAND)
    if _shape(expression) not in _SHAPES:
        raise GenomeError(
            f"'{text}' is not an operand; expected one of Table 2, or the same with other constants"
        )
    return expression


@lru_cache(maxsize=4096)
def leaf(text: str) -> Basic:
    """Return the expression of a leaf of a decay function: a schedule, its basis, or a number.

    Raises:
        GenomeError: the text is no leaf, or not as the language prints it.
    """
    expression = _read(text, _LEAF)
    if not is_leaf(expression):
        raise GenomeError(f"'{text}' is not a leaf of a decay function; expected a1 to a14, or a number")
    return expression


@lru_cache(maxsize=4096)
def operand_text(expression: Basic) -> str | None:
    """Return the text of an expression that is an operand, else ``None``.

    An operand is one of Table 2, or differs from one in its constants only; an average counts with its bias
    correction and without. So ``ema(g, 0.9)``, ``0.01 * w``, ``qhm(0.5)`` and ``1e-8`` are operands.
    """
    if _shape(expression) not in _SHAPES:
        return None
    text = print_expression(expression)
    return text if len(text) <= _LONGEST else None


def is_leaf(expression: Basic) -> bool:
    """Return whether an expression is a function of the step without arguments, or a number."""
    if isinstance(expression, Node) and not expression.operands:
        return expression.kind is Kind.STEP
    return _is_constant(expression)


def _is_constant(expression: Basic) -> bool:
    if isinstance(expression, Node) and expression.operation.name == "neg":
        return is_number(expression.operands[0])
    return is_number(expression)


Shape = str | tuple["Shape", ...]


def _shape(expression: Basic) -> Shape:
    """Return an expression with its constants taken out, and with averages of both kinds as one."""
    if _is_constant(expression):
        return "constant"
    assert isinstance(expression, Node)
    name = expression.operation.name
    if expression.size > 12:
        return "large"
    return ("ema" if name == "ema_hat" else name, *(_shape(a) for a in expression.operands))


_SHAPES = frozenset([_shape(o.expression) for o in TABLE_2] + [_shape(apply("w"))])

OPERANDS: tuple[str, ...] = tuple(print_expression(o.expression) for o in TABLE_2)
"""The 20 operands of Table 2, as the language prints them."""

SCHEDULES: tuple[str, ...] = tuple(
    o.name for o in REGISTRY.values() if o.kind is Kind.STEP and log_form(o.name).decay is not None
)
"""The 14 schedules of Table 7."""


def _forms(arity: int, in_decays: bool) -> tuple[Form, ...]:
    """Return the forms that the tables have, in their order."""
    found = []
    for operation in REGISTRY.values():
        form = log_form(operation.name)
        written = form.decay if in_decays else form.update
        if written is None or operation.role in (Role.LEAF, Role.SCALE):
            continue
        if operation.arity == arity:
            values = [form.values] * len(constants_of(operation))
            found += [Form(operation.name, chosen) for chosen in product(*values)]
        if not in_decays and arity == 1:
            found += [Form(operation.name, (), text) for text in form.literals]
    return tuple(found)


UNARY = _forms(1, in_decays=False)
"""Tables 3 and 5: 23 unary operations and three that hold a state."""

BINARY = _forms(2, in_decays=False)
"""Table 4."""

DECAY_UNARY = _forms(1, in_decays=True)
"""Table 6: the unary operations of decay functions."""

DECAY_BINARY = _forms(2, in_decays=True)
"""Table 6: the binary operations of decay functions."""

IDENTITY = Form("id")


def form_of(node: Node) -> Form:
    """Return the form of a node of the language, with a literal where the tables have it so."""
    operation = node.operation
    texts = [print_expression(p) for p in node.parameters]
    parameters = tuple(texts[: len(constants_of(operation))])
    literals = log_form(operation.name).literals
    if literals and kind_of(node) is not Kind.STEP:
        last = print_expression(node.operands[-1]) if _is_constant(node.operands[-1]) else None
        if last in literals:
            return Form(operation.name, parameters, last)
    return Form(operation.name, parameters)
