"""Expressions of the language as canonical forms: each operation by its form, its definition, or opaque."""

from __future__ import annotations

from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra import block_forms, matrix_forms  # noqa: F401  # they register the forms of what blocks add
from nos_sym.algebra.forms import form_of
from nos_sym.algebra.kernel import Poly, as_number, constant, note, opaque, workspace
from nos_sym.intervals.exact import fraction_of
from nos_sym.language.node import Node
from nos_sym.language.operation import Role
from nos_sym.language.printer import print_expression
from nos_sym.language.setting import is_setting, setting_default


def polynomial(expression: Basic) -> Poly:
    """Return the canonical form of an expression."""
    done = workspace().done
    found = done.get(expression)
    if found is None:
        found = done[expression] = _polynomial(expression)
    return found


def _polynomial(expression: Basic) -> Poly:
    if not isinstance(expression, Node):
        return constant(fraction_of(expression))
    if is_setting(expression):
        return polynomial(setting_default(expression))
    operation = expression.operation
    parameters = [_parameter(v) for v in expression.parameters]
    exact = all(isinstance(v, Fraction) for v in parameters)
    constructor = form_of(operation.name, expressions=not exact)
    if constructor is not None:
        return constructor(*(polynomial(a) for a in expression.operands), *parameters)
    if operation.meaning.definition is not None:
        note("definition")
        return polynomial(operation.meaning.definition(*expression.operands, *expression.parameters))
    # Nothing says that two random nodes draw alike, so the text of a node is part of its atom.
    mark = print_expression(expression) if operation.role is Role.RANDOM else ""
    return opaque(operation, [polynomial(a) for a in expression.operands], parameters, mark)


def _parameter(value: Basic) -> Fraction | Poly:
    """Return a parameter as a fraction where it is a number, however it is written."""
    if not isinstance(value, Node):
        return fraction_of(value)
    found = polynomial(value)
    exact = as_number(found)
    return found if exact is None else exact
