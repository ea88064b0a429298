"""The registry: every operation of the language, once, with a constructor for its nodes.

The grammars, printers, interpreter, range analysis, renderers and documentation look here; no other place
describes an operation. :data:`REGISTRY` maps the spelling to the operation and :func:`apply` builds nodes.
"""

from __future__ import annotations

import difflib
import keyword
from typing import Any, TypeAlias

from sympy.core.basic import Basic
from sympy.core.numbers import Integer, Rational

from nos_sym import plugins
from nos_sym.errors import RuleError, described, quoted
from nos_sym.intervals.exact import number_range
from nos_sym.intervals.interval import Interval
from nos_sym.language.hints import did_you_mean
from nos_sym.language.kind import Kind
from nos_sym.language.node import MAX_NUMBER, Node, node_class
from nos_sym.language.operation import RENAMED, Operation, Parameter, Role
from nos_sym.language.plugin_record import with_blame
from nos_sym.language.reserved import NO_OPERATIONS
from nos_sym.language.setting import is_setting, setting_domain

REGISTRY: dict[str, Operation] = {}
"""Spelling of each operation to its description, in the order of the paper's tables."""

CLASSES: dict[str, type[Node]] = {}
"""Spelling of each operation to the SymPy class of its nodes."""

ALIASES: dict[str, str] = {}
"""Accepted spellings to the printed ones."""

Number: TypeAlias = "int | str | Rational"


def register(operation: Operation) -> Operation:
    """Add an operation to the registry and make its SymPy class.

    Plug-ins call it too; what their functions raise names the plug-in.

    Raises:
        RuleError: the name, an alias or the digest of the operation is taken, a name is no identifier or
            a reserved word, a state has no recursion, a leaf no kind, or a random operation no number of its
            draw.
    """
    for name in (operation.name, *operation.aliases):
        if not (isinstance(name, str) and name.isascii() and name.isidentifier()):
            raise RuleError(f"{described(name)} cannot name an operation; expected letters, digits and '_'")
        if keyword.iskeyword(name) or name in NO_OPERATIONS:
            raise RuleError(f"{quoted(name)} cannot name an operation: it is a reserved word; choose another")
        if name in REGISTRY or name in ALIASES:
            raise RuleError(f"operation '{name}' is described twice")
    if any(other.digest == operation.digest for other in REGISTRY.values()):
        raise RuleError(f"the digest '{operation.digest}' of operation '{operation.name}' is another's")
    if operation.role is Role.STATE and operation.state is None and operation.meaning.definition is None:
        raise RuleError(f"operation '{operation.name}' holds a state; its record needs a recursion")
    if operation.role is Role.LEAF and operation.kind is None:
        raise RuleError(f"operation '{operation.name}' is a leaf; its record needs a kind")
    if operation.role is Role.RANDOM and all(p.name != "draw" for p in operation.parameters):
        raise RuleError(f"operation '{operation.name}' is random; its record needs a parameter 'draw'")
    if plugins.current():
        operation = with_blame(operation, plugins.current())
    REGISTRY[operation.name] = operation
    CLASSES[operation.name] = node_class(operation)
    for alias in operation.aliases:
        ALIASES[alias] = operation.name
    return operation


def number(value: Number) -> Basic:
    """Return an exact number of the language from an integer, a decimal text or a rational.

    A negative value becomes a negation. Raises :class:`RuleError` outside ``1e-300 ... 1e300`` and for a
    value that has no finite decimal expansion, because the text of a rule must carry it exactly.
    """
    exact = value if isinstance(value, Rational) else Rational(value)
    # Not `is_negative`: the assumptions of SymPy take twenty times as long.
    if exact.p < 0:
        return apply("neg", number(-exact))
    if exact.p != 0 and not 1 / MAX_NUMBER <= float(exact) <= MAX_NUMBER:
        # The digits of a number in a text are there; those of 1e5000 would be thousands.
        shown = f" {quoted(value)}" if isinstance(value, str) and len(value) <= 40 else ""
        raise RuleError(f"number{shown} is out of range; expected 0 or 1e-300 to 1e300")
    denominator = int(exact.q)
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator != 1:
        raise RuleError(f"number {quoted(str(value))} has no finite decimal form; write it as a quotient")
    return exact


def default_of(parameter: Parameter) -> Basic | None:
    """Return what a parameter is where a rule does not say it, or ``None``."""
    return number(parameter.default) if parameter.default else None


def complement(value: Basic) -> Basic:
    """Return ``1 - value``, computed where the value is a literal number."""
    return number(1 - value) if isinstance(value, Rational) else apply("sub", Integer(1), value)


def apply(name: str, *operands: Basic, **parameters: Number | Basic) -> Node:
    """Return the node of operation ``name`` over ``operands``.

    Parameters are given by name, and those without a default must all be there: numbers, or expressions of
    settings and of the step.
    Raises :class:`RuleError` for a wrong number of arguments, a parameter out of range, or a decay function
    where a tensor must be.
    """
    operation = REGISTRY.get(name) or lookup(name)
    if operation is None:
        raise RuleError(f"unknown operation {quoted(name)}{operation_hint(name)}")
    if len(operands) != operation.arity:
        raise RuleError(f"'{name}' takes {_count(operation.arity, 'argument')}, not {len(operands)}")
    unknown = set(parameters) - {p.name for p in operation.parameters}
    if unknown:
        known = ", ".join(p.name for p in operation.parameters) or "none"
        raise RuleError(f"'{name}' has no parameter {quoted(min(unknown))}; expected {known}")
    given = {p.name: p.default for p in operation.parameters if p.default} | parameters
    missing = [p.name for p in operation.parameters if p.name not in given]
    if missing:
        raise RuleError(f"'{name}' needs its parameter '{missing[0]}'")
    values = [_parameter(operation, p, given[p.name]) for p in operation.parameters]
    return CLASSES[operation.name](*operands, *values)


def _parameter(operation: Operation, parameter: Parameter, value: Number | Basic) -> Basic:
    """Return a parameter as an expression, or raise :class:`RuleError` where it may be out of range."""
    if not isinstance(value, Node) and parameter.low < 0:
        value = number(value)  # a negative one is a negation
    if not isinstance(value, Node):
        return checked(operation, parameter, value)
    if parameter.literal:
        raise RuleError(f"parameter {parameter.name} of '{operation.name}' must be a plain number")
    if value.kind not in (Kind.NUMBER, Kind.STEP):
        raise RuleError(
            f"a tensor stands where a number must be, in parameter {parameter.name} of '{operation.name}'"
        )
    if parameter.fixed and value.kind is Kind.STEP:
        raise RuleError(
            f"parameter {parameter.name} of '{operation.name}' must be the same at every step; "
            f"{parameter.fixed}"
        )
    if not _range(value).within(parameter.interval):
        raise RuleError(
            f"parameter {parameter.name} of '{operation.name}' may leave its range; "
            f"expected values in {parameter.interval}"
        )
    return value


def _range(expression: Basic) -> Interval:
    """Return the range of a number or of a function of the step, by the records of its operations."""
    if not isinstance(expression, Node):
        return number_range(expression)
    if is_setting(expression):
        return setting_domain(expression)
    ranges = [_range(a) for a in expression.operands]
    return expression.operation.meaning.range(*ranges, *expression.parameters)


def checked(operation: Operation, parameter: Parameter, value: Number) -> Rational:
    """Return a parameter as an exact rational, or raise :class:`RuleError` where it is out of range."""
    exact = value if isinstance(value, Rational) else Rational(value)
    # Compared as binary64, in which the rendered file computes: a beta that rounds to 1 is refused.
    whole = exact.is_integer or not parameter.integer
    if exact.is_negative or float(exact) not in parameter.interval or not whole:
        noun = "an integer" if parameter.integer else "a value"
        raise RuleError(
            f"parameter {parameter.name} of '{operation.name}' is out of range; "
            f"expected {noun} in {parameter.interval}"
        )
    number(exact)
    return Integer(exact) if exact.is_integer else exact


def lookup(name: str) -> Operation | None:
    """Return the operation of a spelling or an alias, or ``None``; an unknown name loads the plug-ins."""
    found = REGISTRY.get(ALIASES.get(name, name))
    if found is None and not plugins.current():
        plugins.load_operations()
        found = REGISTRY.get(ALIASES.get(name, name))
    return found


def operation_hint(name: str) -> str:
    """Return ``"; did you mean 'x'?"`` for an unknown name of an operation in data, or nothing."""
    renamed = RENAMED.get(name) or ALIASES.get(name)
    return f"; did you mean '{renamed}'?" if renamed else did_you_mean(name, REGISTRY)


def suggestion(name: str, known: Any) -> str:
    """Return ``"; did you mean 'x'?"`` for the nearest name of a setting or a choice, or nothing.

    Names of operations and of optimizers are another thing: see :mod:`nos_sym.language.hints`.
    """
    near = difflib.get_close_matches(name[:40], list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n or 'no'} {noun}s"
