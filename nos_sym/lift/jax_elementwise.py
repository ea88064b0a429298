"""Operations of JAX on each entry, as operations of the language: one table, by primitive."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from nos_sym.lift import jax_matrices
from nos_sym.lift.jax_algebra import Making
from nos_sym.lift.jax_values import UnhandledError, Value, elementwise
from nos_sym.lift.term import Term

_SAME_NAME = {
    "exp": "exp", "log": "ln", "sqrt": "sqrt", "tanh": "tanh", "abs": "abs", "sign": "sign", "erf": "erf",
    "erfc": "erfc", "asinh": "arcsinh", "atan": "arctan", "logistic": "sigmoid", "floor": "floor",
}  # fmt: skip
_UNCHANGED = {
    "copy", "copy_p", "stop_gradient", "optimization_barrier", "reduce_precision", "real", "pvary",
    "device_put", "sharding_constraint", "name",
}  # fmt: skip


def unary(making: Making, name: str, params: Mapping[str, Any]) -> Callable[[Term], Term] | None:
    """Return what a primitive of one operand does to an entry, ``None`` where it is none of them."""
    one = making.number(1)
    if name in _SAME_NAME:
        return lambda x: making.terms.apply(_SAME_NAME[name], x)
    if name in _UNCHANGED:
        return lambda x: x
    table: dict[str, Callable[[Term], Term]] = {
        "neg": making.neg,
        "rsqrt": lambda x: making.div(one, making.terms.apply("sqrt", x)),
        "cbrt": making.cube_root,
        "square": lambda x: making.power(x, Fraction(2)),
        "integer_pow": lambda x: making.power(x, Fraction(params["y"])),
        "log1p": lambda x: making.terms.apply("ln", making.add(one, x)),
        "expm1": lambda x: making.sub(making.terms.apply("exp", x), one),
        "exp2": lambda x: making.terms.apply("abspow", making.number(2), x),
        "ceil": lambda x: making.neg(making.terms.apply("floor", making.neg(x))),
        "cos": lambda x: making.terms.apply("cospi", making.div(x, _pi(making))),
        "sin": lambda x: making.terms.apply(
            "cospi", making.sub(making.div(x, _pi(making)), making.number(0.5))
        ),
        "is_finite": lambda _: making.truth(True),
    }
    making.finite = making.finite or name == "is_finite"
    return table.get(name)


def _pi(making: Making) -> Term:
    """Return pi, which the language has as a function of numbers alone."""
    return making.mul(making.number(4), making.terms.apply("arctan", making.number(1)))


def _equal(making: Making, x: Term, y: Term) -> Term:
    """Return whether two numbers are equal; a number is no NaN, which alone differs from itself."""
    making.finite = making.finite or x is y
    return making.equal(x, y)


def binary(making: Making, name: str, kind: str) -> Callable[[Term, Term], Term] | None:
    """Return what a primitive of two operands does to entries of a kind of type (``f``, ``i``, ``b``)."""
    if kind == "b":
        logical: dict[str, Callable[[Term, Term], Term]] = {
            "and": making.both, "or": making.either, "add": making.either, "mul": making.both,
            "max": making.either, "min": making.both, "eq": lambda x, y: making.no(_differ(making, x, y)),
            "ne": lambda x, y: _differ(making, x, y), "xor": lambda x, y: _differ(making, x, y),
        }  # fmt: skip
        return logical.get(name)
    table: dict[str, Callable[[Term, Term], Term]] = {
        "add": making.add, "add_any": making.add, "sub": making.sub, "mul": making.mul, "div": making.div,
        "pow": making.pow, "max": lambda x, y: making.extreme("max", x, y),
        "min": lambda x, y: making.extreme("min", x, y), "lt": making.less,
        "gt": lambda x, y: making.less(y, x), "le": lambda x, y: making.less(x, y, equal=True),
        "ge": lambda x, y: making.less(y, x, equal=True), "eq": lambda x, y: _equal(making, x, y),
        "ne": lambda x, y: making.no(_equal(making, x, y)),
    }  # fmt: skip
    if kind in "iu":
        # Counts and numbers of steps are never negative, so that whole quotients are rounded down.
        table["div"] = lambda x, y: making.terms.apply("floor", making.div(x, y))
        table["rem"] = lambda x, y: making.terms.apply("mod", x, y)
    return table.get(name)


def _differ(making: Making, x: Term, y: Term) -> Term:
    return making.either(making.both(x, making.no(y)), making.both(making.no(x), y))


def apply(
    making: Making, name: str, params: Mapping[str, Any], operands: Sequence[Value], kinds: Sequence[str],
    shape: Sequence[int],
) -> Value | None:  # fmt: skip
    """Return what an elementwise primitive computes, ``None`` for any other one.

    Raises:
        UnhandledError: arrays that do not fit.
    """
    if name == "not" and kinds[0] == "b":
        return elementwise(making.no, operands, shape)
    if name == "convert_element_type":
        return _converted(making, params, operands, kinds[0], shape)
    if name == "select_n":
        return _selected(making, operands, kinds[0], shape)
    if name == "clamp":
        low, x, high = operands
        raised = elementwise(lambda a, b: making.extreme("max", a, b), (x, low), shape)
        return elementwise(lambda a, b: making.extreme("min", a, b), (raised, high), shape)
    if len(operands) == 1 and (function := unary(making, name, params)) is not None:
        return _one(making, name, function, operands[0], shape)
    if len(operands) == 2 and (two := binary(making, name, kinds[0])) is not None:
        found = _of_matrices(making, name, operands)
        return found or elementwise(two, operands, shape)
    return None


def _one(
    making: Making, name: str, function: Callable[[Term], Term], x: Value, shape: Sequence[int]
) -> Value:
    if x.polynomial is not None and name in _UNCHANGED:
        return x
    if x.polynomial is not None and name == "neg":
        return jax_matrices.scaled(making, x, making.number(-1))
    return elementwise(function, [x], shape)


def _of_matrices(making: Making, name: str, operands: Sequence[Value]) -> Value | None:
    x, y = operands
    if x.polynomial is None and y.polynomial is None:
        return None
    if name in ("mul", "div") and not y.runs_over and x.polynomial is not None:
        return jax_matrices.scaled(making, x, y.term, over=name == "div")
    if name == "mul" and not x.runs_over and y.polynomial is not None:
        return jax_matrices.scaled(making, y, x.term)
    if name in ("add", "add_any", "sub"):
        try:
            return jax_matrices.summed(making, x, y, less=name == "sub")
        except UnhandledError:
            return None
    return None


def _converted(
    making: Making, params: Mapping[str, Any], operands: Sequence[Value], kind: str, shape: Sequence[int]
) -> Value:
    """Return a value in another type: real numbers have one type, booleans and whole numbers differ."""
    new = np.dtype(params["new_dtype"]).kind
    if operands[0].polynomial is not None and new == "f":
        return operands[0]
    if kind == "b" and new != "b":
        return elementwise(making.from_truth, operands, shape)
    if new == "b" and kind != "b":
        return elementwise(making.to_truth, operands, shape)
    if kind == "f" and new in "iu":
        return elementwise(lambda x: _truncated(making, x), operands, shape)
    if new == "c":
        raise UnhandledError("complex numbers")
    return elementwise(lambda x: x, operands, shape)


def _truncated(making: Making, x: Term) -> Term:
    if x.is_number:
        return making.number(Fraction(int(x.value)))
    down, up = making.terms.apply("floor", x), making.neg(making.terms.apply("floor", making.neg(x)))
    return making.where(making.less(x, making.number(0)), up, down)


def _selected(making: Making, operands: Sequence[Value], kind: str, shape: Sequence[int]) -> Value:
    which, *cases = operands
    if kind == "b":
        return elementwise(lambda c, no, yes: making.where(c, yes, no), operands, shape)

    def chosen(index: Term, *values: Term) -> Term:
        found = values[-1]
        for i in range(len(values) - 2, -1, -1):
            found = making.where(making.less(index, making.number(i), equal=True), values[i], found)
        return found

    return elementwise(chosen, [which, *cases], shape)
