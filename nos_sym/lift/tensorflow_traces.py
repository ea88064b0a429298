"""A step that TensorFlow records as a graph, read as terms: the counterpart of what JAX traces.

The graph is one of version 1: variables are operations of it, as their starts are, and its operations stand
in the order in which the code of the original made them, which is that of reads and assignments.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from nos_sym.errors import quoted
from nos_sym.lift.jax_algebra import Making
from nos_sym.lift.jax_asking import Asking, lines
from nos_sym.lift.jax_reading import ASK, MARK, Reading
from nos_sym.lift.jax_traces import Run, StateReader, Step, Stepped
from nos_sym.lift.jax_values import Layout
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.tensorflow_reading import GraphReading

_DEEPEST = 12


def traced(
    making: Making, step: Step, settings: Mapping[str, float | int], layout: Layout, asking: Asking,
    hints: Mapping[str, frozenset[int]] | None = None,
) -> Run:  # fmt: skip
    """Return what a step computes; see :func:`nos_sym.lift.jax_traces.traced`.

    Raises:
        LiftError: states of a shape that is not the parameter's.
    """
    import tensorflow as tf

    graph = tf.Graph()
    with graph.as_default(), tf.device("/CPU:0"), _answered(asking):

        def placed(shape: Sequence[int], value: float = 0.0) -> Any:
            whole = isinstance(value, int)
            return tf.compat.v1.placeholder(tf.int32 if whole else tf.float64, shape)

        values = {name: placed((), settings[name]) for name in sorted(settings)}
        lr = placed(())
        weights = [placed(shape) for shape in layout.shapes]
        gradients = [placed(shape) for shape in layout.shapes]
        stepped = _told(step, values, lr, weights, gradients)
        results = [tf.convert_to_tensor(x) for x in (*stepped.weights, *stepped.states)]
        operations = graph.get_operations()
    reader = StateReader(making, layout, stepped.places, hints or {})
    for operation in operations:
        if operation.name.rpartition("/")[2].startswith(MARK):
            kind = operation.outputs[0].dtype
            index = number_of(operation.name, MARK)
            reader.whole |= {index} if kind.is_integer else set()
            reader.truths |= {index} if kind.is_bool else set()
    inputs = [*values.values(), lr, *weights, *gradients]
    reading = GraphReading(Reading(making, layout, reader.mark))
    reading.known |= {x.ref(): value for x, value in zip(inputs, reader.operands([*settings]), strict=True)}
    for operation in operations:
        reading.read(operation)
    found = [reading.known[x.ref()] for x in results]
    return reader.run(found, reading.asked, reading.casts, asking)


def _told(step: Step, *inputs: Any) -> Stepped:
    """Return a step, and say what TensorFlow cannot do with symbols: no value is refused then."""
    try:
        return step(*inputs)
    except (TypeError, ValueError) as error:
        text = str(error).strip().partition("\n")[0]
        if isinstance(error, TypeError) or "dtype" in text or "Tensor(" in text:
            raise LiftError(f"the original raised {type(error).__name__}: {quoted(text)}") from error
        raise


def number_of(name: str, kind: str) -> int:
    """Return the number of a mark or a question in the name of its operation."""
    return int(name.rpartition("/")[2].removeprefix(f"{kind}_").partition("_")[0])


@contextmanager
def _answered(asking: Asking) -> Iterator[None]:
    """Let questions on symbolic numbers be answered."""
    import tensorflow as tf

    usual: Callable[[Any], bool] = tf.Tensor.__bool__

    def ask(tensor: Any) -> bool:
        if hasattr(tensor, "numpy") or tensor.shape.rank != 0:
            return usual(tensor)

        def record(index: int) -> None:
            with tf.control_dependencies(None):
                truth = (
                    tensor if tensor.dtype == tf.bool else tf.not_equal(tensor, tf.zeros((), tensor.dtype))
                )
                tf.identity(truth, name=f"{ASK}_{index}")

        return asking.take(lines(), _expression(tensor), record)

    # In graphs of version 1 tensors are equal where they are one object, which no eager code means.
    with (
        patch.object(tf.Tensor, "__bool__", ask),
        patch.object(tf.Tensor, "__eq__", _compared(tf.Tensor.__eq__, tf.equal)),
        patch.object(tf.Tensor, "__ne__", _compared(tf.Tensor.__ne__, tf.not_equal)),
    ):
        yield


def _compared(usual: Callable[[Any, Any], Any], compare: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Return what compares the values of tensors, but for TensorFlow itself."""

    def compared(self: Any, other: Any) -> Any:
        if "/tensorflow/" in sys._getframe(1).f_code.co_filename or other is None:
            return usual(self, other)
        return compare(self, other)

    return compared


def _expression(tensor: Any, depth: int = 0) -> Hashable | None:
    """Return what a symbolic number was computed of, ``None`` where that takes too long to say."""
    operation = tensor.op
    if operation.type == "Placeholder":
        return str(operation.name)
    if operation.type == "Const":
        return repr(operation.get_attr("value"))
    if operation.type == "ReadVariableOp" or depth > _DEEPEST:
        return None
    parts = tuple(_expression(x, depth + 1) for x in operation.inputs)
    if any(x is None for x in parts):
        return None
    kind = repr(operation.get_attr("DstT")) if operation.type == "Cast" else ""
    return operation.type, kind, parts
