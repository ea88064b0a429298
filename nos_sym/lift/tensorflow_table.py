"""TensorFlow: the table of operations, as those of JAX that compute the same on values with named axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nos_sym.lift import jax_elementwise, jax_reductions, jax_shapes
from nos_sym.lift.jax_reading import Reading
from nos_sym.lift.jax_values import Layout, UnhandledError, Value, elementwise, uniform


@dataclass(frozen=True, slots=True)
class Node:
    """An operation with its operands.

    Attributes:
        reading: makes numbers and knows the parameters.
        operation: of TensorFlow.
        operands: values.
        kinds: of the types of operands: ``f``, ``i`` or ``b``.
        shape: of the result.
    """

    reading: Reading
    operation: Any
    operands: list[Value]
    kinds: list[str]
    shape: tuple[int, ...]

    def attribute(self, name: str) -> Any:
        """Return an attribute of the operation."""
        return self.operation.get_attr(name)

    def numbers(self, position: int) -> list[int]:
        """Return an operand that is a constant of whole numbers, such as axes."""
        entries = self.operands[position].entries
        if not all(x.is_number for x in entries.reshape(-1)):
            raise UnhandledError("axes that are computed")
        full = np.broadcast_to(entries, self.operands[position].shape)
        return [int(x.value) for x in full.reshape(-1)]

    def apply(self, name: str, operands: Sequence[Value], shape: Sequence[int] | None = None) -> Value:
        """Return what an elementwise primitive of JAX makes of operands, which are broadcast."""
        shape = self.shape if shape is None else tuple(shape)
        spread = [spread_to(x, shape, self.reading.layout) for x in operands]
        found = jax_elementwise.apply(self.reading.making, name, {}, spread, self.kinds, shape)
        if found is None:
            raise UnhandledError("no handler")
        return found


Handler = Callable[[Node], Value]


def computed(node: Node, kind: str) -> Value:
    """Return what an operation computes.

    Args:
        node: the operation.
        kind: its type in TensorFlow, or the name of an elementwise primitive of JAX.

    Raises:
        UnhandledError: it has no handler.
    """
    handler = HANDLERS.get(kind)
    if handler is not None:
        return handler(node)
    return node.apply(ELEMENTWISE.get(kind, kind if kind in ("add", "sub") else "none"), node.operands)


def spread_to(x: Value, shape: Sequence[int], layout: Layout) -> Value:
    """Return a value broadcast to a shape; a single number is one for every entry already."""
    if x.shape in ((), tuple(shape)):
        return x
    places = range(len(shape) - len(x.shape), len(shape))
    found = jax_shapes.apply("broadcast_in_dim", {"broadcast_dimensions": places}, [x], shape, layout)
    assert found is not None
    return found


def with_shape(x: Value, shape: tuple[int, ...], layout: Layout) -> Value:
    """Return a value with the shape of its tensor, where it is one number for all entries."""
    if x.shape == shape:
        return x
    return spread_to(x, shape, layout) if x.shape else uniform(x.term, shape)


def _moved(name: str, params: dict[str, Any], x: Value, shape: Sequence[int], layout: Layout) -> Value:
    found = jax_shapes.apply(name, params, [x], shape, layout)
    assert found is not None
    return found


def _reshaped(n: Node) -> Value:
    return _moved("reshape", {}, n.operands[0], n.shape, n.reading.layout)


def _transposed(n: Node) -> Value:
    return _moved("transpose", {"permutation": n.numbers(1)}, n.operands[0], n.shape, n.reading.layout)


def _reduced(name: str) -> Handler:
    def reduce(n: Node) -> Value:
        making, layout = n.reading.making, n.reading.layout
        x = n.operands[0]
        axes = tuple(sorted(i % len(x.shape) for i in n.numbers(1))) if x.shape else ()
        kept = tuple(size for i, size in enumerate(x.shape) if i not in axes)
        what = "reduce_sum" if name == "mean" else name
        found = jax_reductions.reduced(making, what, x, axes, kept, layout)
        if name == "mean":
            count = making.number(math.prod(x.shape[i] for i in axes))
            found = elementwise(lambda y: making.div(y, count), [found], kept)
        return _moved("reshape", {}, found, n.shape, layout) if found.shape != n.shape else found

    return reduce


def _product(n: Node) -> Value:
    """Return a product of matrices, one of them transposed perhaps."""
    turned = [
        n.attribute(first) if first in n.operation.node_def.attr else n.attribute(second)
        for first, second in (("transpose_a", "adj_x"), ("transpose_b", "adj_y"))
    ]
    x, y = n.operands
    rank = len(x.shape)
    if len(y.shape) != rank:
        raise UnhandledError("a product of arrays with other numbers of axes")
    batch = tuple(range(rank - 2))
    left, right = ((rank - 2,) if turned[0] else (rank - 1,)), ((rank - 1,) if turned[1] else (rank - 2,))
    params = {"dimension_numbers": ((left, right), (batch, batch))}
    found = jax_reductions.apply(
        n.reading.making, "dot_general", params, n.operands, n.shape, n.reading.layout
    )
    assert found is not None
    return found


def _chosen(n: Node) -> Value:
    making = n.reading.making
    spread = [spread_to(x, n.shape, n.reading.layout) for x in n.operands]
    return elementwise(making.where, spread, n.shape)


def _selected(n: Node) -> Value:
    """Return a choice of version 1, whose condition may be one of whole rows as well."""
    if n.operands[0].shape not in ((), n.shape):
        raise UnhandledError("a choice between rows")
    return _chosen(n)


def _cast(n: Node) -> Value:
    new = np.dtype(n.operation.outputs[0].dtype.as_numpy_dtype)
    kinds, params = n.kinds, {"new_dtype": np.dtype("float64") if new.kind == "V" else new}
    found = jax_elementwise.apply(
        n.reading.making, "convert_element_type", params, n.operands, kinds, n.shape
    )
    assert found is not None
    return found


def _clipped(n: Node) -> Value:
    x, low, high = n.operands
    return n.apply("min", [n.apply("max", [x, low]), high])


def _remainder(n: Node) -> Value:
    spread = [spread_to(x, n.shape, n.reading.layout) for x in n.operands]
    return elementwise(lambda x, y: n.reading.making.terms.apply("mod", x, y), spread, n.shape)


def _rounded_down(n: Node) -> Value:
    making = n.reading.making
    spread = [spread_to(x, n.shape, n.reading.layout) for x in n.operands]
    return elementwise(lambda x, y: making.terms.apply("floor", making.div(x, y)), spread, n.shape)


def _square_of_difference(n: Node) -> Value:
    return n.apply("square", [n.apply("sub", n.operands)])


def _reciprocal(n: Node) -> Value:
    return n.apply("div", [uniform(n.reading.making.number(1), ()), n.operands[0]])


def _safe_division(n: Node) -> Value:
    """Return a quotient that is 0 where the divisor is."""
    making = n.reading.making
    zero = making.number(0)
    spread = [spread_to(x, n.shape, n.reading.layout) for x in n.operands]
    return elementwise(
        lambda x, y: making.where(making.equal(y, zero), zero, making.div(x, y)), spread, n.shape
    )


def _finite(n: Node) -> Value:
    """Return the answer to whether a number is none or infinite, which is taken for granted."""
    n.reading.making.finite = True
    return _number(0)(n)


def _stacked(n: Node) -> Value:
    return _side_by_side("stack", {"axis": n.attribute("axis")}, n.operands, n)


def _joined(n: Node) -> Value:
    along = n.numbers(len(n.operands) - 1)[0] % len(n.shape)
    return _side_by_side("concatenate", {"dimension": along}, n.operands[:-1], n)


def _side_by_side(name: str, params: dict[str, Any], operands: Sequence[Value], n: Node) -> Value:
    found = jax_shapes.apply(name, params, operands, n.shape, n.reading.layout)
    assert found is not None
    return found


def _sum_of_all(n: Node) -> Value:
    found = n.operands[0]
    for x in n.operands[1:]:
        found = n.apply("add", [found, x])
    return found


def _filled(position: int) -> Handler:
    return lambda n: with_shape(n.operands[position], n.shape, n.reading.layout)


def _number(value: int) -> Handler:
    return lambda n: uniform(n.reading.making.number(value), n.shape)


ELEMENTWISE = {
    "Add": "add", "AddV2": "add", "Sub": "sub", "Mul": "mul", "RealDiv": "div", "Div": "div",
    "Pow": "pow", "Maximum": "max", "Minimum": "min", "Less": "lt", "LessEqual": "le",
    "Greater": "gt", "GreaterEqual": "ge", "Equal": "eq", "NotEqual": "ne", "LogicalAnd": "and",
    "LogicalOr": "or", "LogicalNot": "not", "Neg": "neg", "Sqrt": "sqrt", "Rsqrt": "rsqrt",
    "Square": "square", "Abs": "abs", "Sign": "sign", "Exp": "exp", "Expm1": "expm1", "Log": "log",
    "Log1p": "log1p", "Tanh": "tanh", "Cos": "cos", "Sin": "sin", "Atan": "atan", "Asinh": "asinh",
    "Erf": "erf", "Erfc": "erfc",
    "Sigmoid": "logistic", "Floor": "floor", "Ceil": "ceil", "IsFinite": "is_finite", "Identity": "copy",
    "Snapshot": "copy", "StopGradient": "stop_gradient", "PreventGradient": "stop_gradient",
}  # fmt: skip
"""Operations on each entry, by the primitives of JAX that are the same."""

HANDLERS: dict[str, Handler] = {
    "Reshape": _reshaped, "ExpandDims": _reshaped, "Squeeze": _reshaped, "Transpose": _transposed,
    "BroadcastTo": _filled(0), "Fill": _filled(1), "ZerosLike": _number(0), "OnesLike": _number(1),
    "IsNan": _finite, "IsInf": _finite, "DivNoNan": _safe_division, "Pack": _stacked, "ConcatV2": _joined,
    "Sum": _reduced("reduce_sum"), "Mean": _reduced("mean"), "Max": _reduced("reduce_max"),
    "Min": _reduced("reduce_min"), "Prod": _reduced("reduce_prod"), "All": _reduced("reduce_and"),
    "Any": _reduced("reduce_or"), "MatMul": _product, "BatchMatMulV2": _product,
    "Select": _selected, "SelectV2": _chosen, "Cast": _cast, "ClipByValue": _clipped, "FloorMod": _remainder,
    "FloorDiv": _rounded_down, "SquaredDifference": _square_of_difference, "Reciprocal": _reciprocal,
    "AddN": _sum_of_all,
}  # fmt: skip
"""Operations that move, reduce and choose entries, or are several primitives of JAX."""
