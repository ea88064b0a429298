"""Reading a jaxpr: each equation as terms, calls and loops of known length written out.

What has no handler becomes an opaque term that names the primitive and the line of the original.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from nos_sym.lift import jax_elementwise, jax_reductions, jax_shapes
from nos_sym.lift.jax_algebra import Making
from nos_sym.lift.jax_values import LARGEST, Layout, UnhandledError, Value, constant, elementwise, uniform
from nos_sym.lift.recorder import is_of_original
from nos_sym.lift.term import Term

LONGEST_LOOP = 100
"""Loops of more steps are not written out."""

MARK = "nos_sym_mark"
"""Primitive of this package: what stands for its operand in the trace is said by :attr:`Reading.marks`."""

ASK = "nos_sym_ask"
"""Primitive of this package: the code asked whether its operand holds."""

Mark = Callable[[int, Value], Value]


class Reading:
    """Reads jaxprs of one run.

    Attributes:
        making: where terms are made.
        layout: of the parameters.
        mark: gives a marked state its leaf.
        asked: what the code asked, by the number of the question.
        casts: places at which numbers were rounded to a type of less than 64 bits.
    """

    def __init__(self, making: Making, layout: Layout, mark: Mark) -> None:
        self.making = making
        self.layout = layout
        self.asked: dict[int, Term] = {}
        self.casts: dict[str, str] = {}
        self.mark = mark
        self._calls: list[str] = []

    def number(self, value: Any) -> Term:
        """Return a number of NumPy as a term."""
        value = np.asarray(value)
        kind = value.dtype.kind
        if kind in "biu":
            return self.making.number(int(value))
        if kind == "f" or value.dtype.name == "bfloat16":
            # A number of a short type is the shortest decimal that this type reads back.
            return self.making.number(float(str(value[()])))
        return self.making.terms.opaque(f"a constant of type {value.dtype}")

    def closed(self, jaxpr: Any, operands: Sequence[Value]) -> list[Value]:
        """Return what a jaxpr with its constants computes."""
        return self.open(jaxpr.jaxpr, [self.constant(x) for x in jaxpr.consts], operands)

    def open(self, jaxpr: Any, constants: Sequence[Value], operands: Sequence[Value]) -> list[Value]:
        """Return what a jaxpr computes of constants and operands."""
        known: dict[Any, Value] = dict(zip(jaxpr.constvars, constants, strict=True))
        known |= zip(jaxpr.invars, operands, strict=True)

        def value_of(x: Any) -> Value:
            return self.constant(x.val) if hasattr(x, "val") else known[x]

        for equation in jaxpr.eqns:
            found = self._equation(equation, [value_of(x) for x in equation.invars])
            known |= zip(equation.outvars, found, strict=True)
        return [value_of(x) for x in jaxpr.outvars]

    def constant(self, x: Any) -> Value:
        """Return an array of NumPy or JAX as a value."""
        try:
            return constant(np.asarray(x), self.number)
        except (UnhandledError, TypeError) as reason:
            return uniform(self.making.terms.opaque(f"a constant ({reason})"), np.shape(x))

    def _equation(self, equation: Any, operands: list[Value]) -> list[Value]:
        name, params = equation.primitive.name, equation.params
        try:
            self._calls.append(place_of(equation))
            try:
                found = self._compound(name, params, operands)
            finally:
                self._calls.pop()
            if found is None:
                found = [self._simple(name, params, operands, equation)]
        except UnhandledError as reason:
            found = self._unknown(f"{name}: {reason}", equation, operands)
        return found

    def _unknown(self, what: str, equation: Any, operands: Sequence[Value]) -> list[Value]:
        told = f"{what} ({self._place(equation)})"
        under = [x for value in operands for x in value.entries.reshape(-1)[:4]][:8]
        named = [f"{told}, result {i + 1}" if i else told for i in range(len(equation.outvars))]
        opaque = [self.making.terms.opaque(name, *under) for name in named]
        return [uniform(x, v.aval.shape) for x, v in zip(opaque, equation.outvars, strict=True)]

    def _simple(self, name: str, params: Any, operands: list[Value], equation: Any) -> Value:
        aval = equation.outvars[0].aval
        kinds = [getattr(x.aval.dtype, "kind", "key") for x in equation.invars]
        shape = tuple(aval.shape)
        if name == MARK:
            return self.mark(params["index"], operands[0])
        if name == ASK:
            self.asked[params["index"]] = operands[0].term
            return operands[0]
        if name == "iota":
            return self.constant(_iota(params))
        if name == "eye":
            return self.constant(np.eye(*shape))
        if name == "convert_element_type":
            self._note_cast(equation, operands)
        found = jax_elementwise.apply(self.making, name, params, operands, kinds, shape)
        if found is None:
            found = jax_shapes.apply(name, params, operands, shape, self.layout)
        if found is None:
            found = jax_reductions.apply(self.making, name, params, operands, shape, self.layout)
        if found is None:
            raise UnhandledError("no handler")
        return found

    def _note_cast(self, equation: Any, operands: Sequence[Value]) -> None:
        old, new = equation.invars[0].aval.dtype, np.dtype(equation.params["new_dtype"])
        shorter = getattr(old, "kind", "") == "f" and new.kind == "f" and new.itemsize < old.itemsize
        if shorter and not all(x.is_number for x in operands[0].entries.reshape(-1)):
            self.casts[self._place(equation)] = new.name

    def _place(self, equation: Any) -> str:
        """Return file and line of an equation, or of the call that it is in."""
        return place_of(equation) or next((x for x in reversed(self._calls) if x), "an unknown place")

    def _compound(self, name: str, params: Any, operands: list[Value]) -> list[Value] | None:
        inner = params.get("jaxpr", params.get("call_jaxpr", params.get("fun_jaxpr")))
        if name == "scan":
            return self._scan(params, operands)
        if name == "while":
            return self._while(params, operands)
        if name == "cond":
            return self._branches(params["branches"], operands[0], operands[1:])
        if inner is None or not (hasattr(inner, "eqns") or hasattr(inner, "jaxpr")):
            return None
        if hasattr(inner, "consts"):
            return self.closed(inner, operands)
        return self.open(inner, (), operands)

    def _branches(self, branches: Any, which: Value, operands: Sequence[Value]) -> list[Value]:
        """Return the values of a branch on data: both sides, chosen between."""
        making = self.making
        index = which.term
        if index.is_number:
            return self.closed(branches[min(max(int(index.value), 0), len(branches) - 1)], operands)
        found = [self.closed(b, operands) for b in branches]
        first = making.no(making.to_truth(index)) if len(branches) == 2 else index
        chosen: list[Value] = []
        for values in zip(*found, strict=True):
            joined = values[-1]
            for i in range(len(values) - 2, -1, -1):
                condition = first if len(branches) == 2 else making.less(index, making.number(i), equal=True)
                joined = _chosen(making, condition, values[i], joined)
            chosen.append(joined)
        return chosen

    def _scan(self, params: Any, operands: list[Value]) -> list[Value]:
        length = params["length"]
        if length > LONGEST_LOOP:
            raise UnhandledError(f"a loop of {length} steps")
        fixed, carried = params["num_consts"], params["num_carry"]
        constants, carry = operands[:fixed], operands[fixed : fixed + carried]
        rows = operands[fixed + carried :]
        stacked: list[list[Value]] = []
        order = range(length - 1, -1, -1) if params["reverse"] else range(length)
        for i in order:
            now = [_row(x, i) for x in rows]
            found = self.closed(params["jaxpr"], [*constants, *carry, *now])
            carry = found[:carried]
            stacked.append(found[carried:])
        if params["reverse"]:
            stacked.reverse()
        return [*carry, *(_stacked(list(column)) for column in zip(*stacked, strict=True))]

    def _while(self, params: Any, operands: list[Value]) -> list[Value]:
        """Return what a loop leaves whose condition is known at each step."""
        of_condition, of_body = params["cond_nconsts"], params["body_nconsts"]
        condition, rest = operands[:of_condition], operands[of_condition:]
        body, carry = rest[:of_body], rest[of_body:]
        for _ in range(LONGEST_LOOP + 1):
            goes_on = self.closed(params["cond_jaxpr"], [*condition, *carry])[0].term
            if not goes_on.is_number:
                raise UnhandledError("a loop that ends when what it computes says so")
            if not goes_on.value:
                return carry
            carry = self.closed(params["body_jaxpr"], [*body, *carry])
        raise UnhandledError(f"a loop of more than {LONGEST_LOOP} steps")


def _chosen(making: Making, condition: Term, x: Value, y: Value) -> Value:
    return elementwise(lambda x, y: making.where(condition, x, y), [x, y], y.shape)


def _iota(params: Any) -> Any:
    shape, along = params["shape"], params["dimension"]
    if np.prod(shape) > LARGEST:
        raise UnhandledError("an array of positions")
    return np.broadcast_to(
        np.arange(shape[along]).reshape([-1 if i == along else 1 for i in range(len(shape))]), shape
    )


def _row(x: Value, index: int) -> Value:
    if x.axes[0] not in (None, ()):
        raise UnhandledError("a loop over an axis of the parameter")
    entries = x.entries[index] if x.axes[0] is None else x.entries[0]
    if not isinstance(entries, np.ndarray):
        boxed = np.empty((), dtype=object)
        boxed[()] = entries
        entries = boxed
    return Value(x.shape[1:], x.axes[1:], entries)


def _stacked(rows: list[Value]) -> Value:
    if any(row.axes != rows[0].axes or row.entries.shape != rows[0].entries.shape for row in rows):
        raise UnhandledError("rows of a loop that differ in kind")
    return Value((len(rows), *rows[0].shape), (None, *rows[0].axes), np.stack([row.entries for row in rows]))


def place_of(equation: Any) -> str:
    """Return file and line of the original that an equation comes from, nothing where JAX does not say it."""
    from jax._src import source_info_util

    for frame in source_info_util.user_frames(equation.source_info.traceback):
        if is_of_original(frame.file_name):
            return f"{short_path(frame.file_name)}, line {frame.start_line}"
    return ""


def short_path(path: str) -> str:
    """Return the path of a file behind the folder of installed packages, or its last part."""
    parts = PurePath(path).parts
    for folder in ("site-packages", "dist-packages"):
        if folder in parts:
            return "/".join(parts[parts.index(folder) + 1 :])
    return parts[-1]
