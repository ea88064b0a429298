"""Reading a graph of TensorFlow: each operation as terms, in order, and what its variables hold meanwhile.

What has no entry in :mod:`nos_sym.lift.tensorflow_table` becomes an opaque term that names the operation and
the line of the original; a variable that it was given holds something unknown from there on.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nos_sym.lift.jax_reading import ASK, MARK, Reading
from nos_sym.lift.jax_values import UnhandledError, Value, elementwise, uniform
from nos_sym.lift.recorder import is_of_original
from nos_sym.lift.recorder import short_path as path_of
from nos_sym.lift.tensorflow_table import Node, computed, with_shape

_CHANGED = {"AssignAddVariableOp": "add", "AssignSubVariableOp": "sub"}


class GraphReading:
    """Reads one graph.

    Attributes:
        known: values of tensors, by their references.
        asked: what the code asked, by the number of the question.
        casts: places at which numbers were rounded to a type of less than 64 bits.

    Args:
        reading: makes numbers, and knows the parameters and marks.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.known: dict[Any, Value] = {}
        self.asked = reading.asked
        self.casts = reading.casts
        self._held: dict[Any, Value] = {}

    def read(self, operation: Any) -> None:
        """Take one operation in."""
        from nos_sym.lift.tensorflow_traces import number_of

        name = operation.name.rpartition("/")[2]
        if operation.type in ("VarHandleOp", "NoOp", "VarIsInitializedOp"):
            return
        if operation.type == "Placeholder" and operation.outputs[0].ref() in {**self.known, **self._held}:
            return
        try:
            found = self._found(operation)
        except (UnhandledError, KeyError) as reason:
            self._lose(operation, str(reason) if isinstance(reason, UnhandledError) else "no handler")
            return
        if operation.type == "Identity" and name.startswith(MARK):
            found = [self.reading.mark(number_of(name, MARK), found[0])]
        if operation.type == "Identity" and name.startswith(ASK):
            self.asked[number_of(name, ASK)] = found[0].term
        for tensor, value in zip(operation.outputs, found, strict=True):
            self.known[tensor.ref()] = value

    def _found(self, operation: Any) -> list[Value]:
        kind = operation.type
        if kind == "ReadVariableOp":
            return [self._held[operation.inputs[0].ref()]]
        if kind == "AssignVariableOp":
            self._held[operation.inputs[0].ref()] = self.known[operation.inputs[1].ref()]
            return []
        if kind in _CHANGED:
            handle, other = operation.inputs
            value = self.known[other.ref()]
            before = self._held[handle.ref()]
            node = self._node(operation, [before, value], [other.dtype, other.dtype], before.shape)
            self._held[handle.ref()] = computed(node, _CHANGED[kind])
            return []
        if kind in ("If", "StatelessIf"):
            return self._branches(operation)
        if kind == "IdentityN":
            return [self.known[x.ref()] for x in operation.inputs]
        if kind == "Const":
            return [self.reading.constant(_array(operation))]
        if len(operation.outputs) != 1 or any(x.dtype.name == "resource" for x in operation.inputs):
            raise UnhandledError("no handler")
        shape = operation.outputs[0].shape
        if not shape.is_fully_defined():
            raise UnhandledError("a shape that is known only as it runs")
        operands = [self.known[x.ref()] for x in operation.inputs]
        if kind == "Cast":
            self._note_cast(operation, operands[0])
        node = self._node(operation, operands, [x.dtype for x in operation.inputs], tuple(shape))
        return [with_shape(computed(node, kind), tuple(shape), self.reading.layout)]

    def _branches(self, operation: Any) -> list[Value]:
        """Return the values of a branch on data: both sides, chosen between, as what variables hold is."""
        which, *outer = operation.inputs
        known = self.known[which.ref()]
        condition = known.term if which.dtype.is_bool else self.reading.making.to_truth(known.term)
        sides = [self._side(operation, name, outer) for name in ("then_branch", "else_branch")]

        def chosen(x: Value, y: Value) -> Value:
            return elementwise(lambda a, b: self.reading.making.where(condition, a, b), [x, y], x.shape)

        (yes, first), (no, second) = sides
        for i, x in enumerate(outer):
            if x.dtype.name == "resource":
                held = yes._held[first.inputs[i].ref()], no._held[second.inputs[i].ref()]
                self._held[x.ref()] = chosen(*held)
        results = zip(first.outputs, second.outputs, strict=True)
        return [chosen(yes.known[a.ref()], no.known[b.ref()]) for a, b in results]

    def _side(self, operation: Any, name: str, outer: list[Any]) -> tuple[GraphReading, Any]:
        """Return one side of a branch, read, and its graph."""
        graph = operation.graph._get_function(operation.get_attr(name).name).graph
        inner = GraphReading(self.reading)
        for x, own in zip(outer, graph.inputs, strict=True):
            if x.dtype.name == "resource":
                inner._held[own.ref()] = self._held[x.ref()]
            else:
                inner.known[own.ref()] = self.known[x.ref()]
        for one in graph.get_operations():
            inner.read(one)
        return inner, graph

    def _node(self, operation: Any, operands: list[Value], types: list[Any], shape: tuple[int, ...]) -> Node:
        kinds = [_kind(t) for t in types]
        return Node(self.reading, operation, operands, kinds, shape)

    def _lose(self, operation: Any, reason: str) -> None:
        """Let what an operation makes be unknown, variables that it may change among it."""
        told = f"{operation.type}: {reason} ({place_of(operation)})"
        making = self.reading.making
        values = [self.known.get(x.ref(), self._held.get(x.ref())) for x in operation.inputs]
        under = [t for value in values if value is not None for t in value.entries.reshape(-1)[:4]][:8]
        for i, tensor in enumerate(operation.outputs):
            name = f"{told}, result {i + 1}" if i else told
            shape = tuple(n or 1 for n in tensor.shape) if tensor.shape.rank is not None else ()
            self.known[tensor.ref()] = uniform(making.terms.opaque(name, *under), shape)
        for x in operation.inputs:
            held = self._held.get(x.ref())
            if held is not None and operation.type != "ReadVariableOp":
                self._held[x.ref()] = uniform(making.terms.opaque(told, *under), held.shape)

    def _note_cast(self, operation: Any, value: Value) -> None:
        old, new = operation.inputs[0].dtype, operation.outputs[0].dtype
        shorter = old.is_floating and new.is_floating and new.size < old.size
        if shorter and not all(x.is_number for x in value.entries.reshape(-1)):
            self.casts[place_of(operation)] = new.name


def _array(operation: Any) -> Any:
    import tensorflow as tf

    return np.asarray(tf.make_ndarray(operation.get_attr("value")))


def _kind(dtype: Any) -> str:
    if dtype.is_bool:
        return "b"
    return "i" if dtype.is_integer else "f" if dtype.is_floating else "c"


def place_of(operation: Any) -> str:
    """Return file and line of the original that an operation comes from."""
    for frame in reversed(list(operation.traceback)):
        file = frame[0]
        if is_of_original(file) and "/tensorflow/" not in file and "/nos_sym/lift/" not in file:
            return f"{path_of(file)}, line {frame[1]}"
    return "an unknown place"
