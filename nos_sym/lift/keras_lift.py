"""Optimizers of Keras, read off the jaxpr of their step under its JAX backend.

A constructor checks its arguments, so that it gets plain numbers; the attributes that it made of them are
traced in their place before variables are built, which is part of the trace. Variables are states under
their own names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np

from nos_sym.errors import quoted
from nos_sym.lift.arguments import Arguments
from nos_sym.lift.front import Front
from nos_sym.lift.jax_asking import primitives
from nos_sym.lift.jax_front import Followed, front_of
from nos_sym.lift.jax_places import Placing
from nos_sym.lift.jax_traces import Step, Stepped
from nos_sym.lift.lifted import Condition, LiftError
from nos_sym.lift.originals import Original
from nos_sym.lift.term import Terms
from nos_sym.lift.verifying import Array

_PARAMETER = "nos_sym_parameter_"


def front(original: Original, arguments: Arguments, draw: int, terms: Terms) -> Front:
    """Read an optimizer of Keras off.

    Args:
        original: the class.
        arguments: of it; a number is a setting where the constructor keeps it as an attribute of its name.
        draw: which values settings have meanwhile; they are traced, so that they have none.
        terms: the maker of terms.

    Raises:
        LiftError: it cannot be said as terms, or Keras has another backend than JAX.
    """
    _only_on_jax()
    with double_precision():
        kept, fixed = _kept(original, arguments)
        conditions = tuple(
            Condition(f"{n} == {x!r}, of which the constructor makes something else", "")
            for n, x in fixed.items()
        )
        return front_of(Followed(step_of(original, kept), kept, conditions), terms)


def _only_on_jax() -> None:
    import keras

    backend = keras.backend.backend()
    if backend != "jax":
        raise LiftError(f"Keras runs on {backend} here, and is read off under JAX; set KERAS_BACKEND=jax")


@contextmanager
def double_precision() -> Iterator[None]:
    """Let Keras and JAX compute in float64, and as before afterward."""
    import jax
    import keras

    usual = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        with jax.enable_x64(True):
            yield
    finally:
        keras.config.set_floatx(usual)


def _kept(original: Original, arguments: Arguments) -> tuple[Arguments, dict[str, Any]]:
    """Return arguments whose settings the original keeps as attributes, and what it does not keep."""
    made = original.value(**arguments.values)
    fixed = {}
    for n in arguments.numbers:
        own = getattr(made, n.argument, None)
        is_number = isinstance(own, float | int) and not isinstance(own, bool)
        if n.name != "lr" and not (n.index is None and is_number and own == n.default):
            fixed[n.name] = n.default
    return arguments.without(fixed), fixed


def step_of(original: Original, arguments: Arguments) -> Step:
    """Return one step of an optimizer, whose states are marked."""

    def step(values: Mapping[str, Any], lr: Any, weights: Sequence[Any], gradients: Sequence[Any]) -> Stepped:
        import jax
        import keras

        optimizer = original.value(**arguments.values)
        for number in arguments.numbers:
            if number.name in values:
                setattr(optimizer, number.argument, values[number.name])
        optimizer.learning_rate.assign(lr)
        variables = [
            keras.Variable(w, dtype="float64", name=f"{_PARAMETER}{i}") for i, w in enumerate(weights)
        ]
        optimizer.build(variables)
        states = [v for v in optimizer.variables if v is not optimizer.learning_rate]
        attributes = _attributes(optimizer)
        placing = Placing(_PARAMETER)
        places = [placing.of_variable(v.name, attributes.get(id(v), "")) for v in states]
        mark = primitives()[0]
        for i, v in enumerate(states):
            v.assign(mark.bind(jax.numpy.asarray(v.value), index=i))
        optimizer.apply(list(gradients), variables)
        if len(optimizer.variables) != len(states) + 1:
            raise LiftError(f"{quoted(original.name)} makes variables while it steps")
        return Stepped([v.value for v in variables], places, [v.value for v in states])

    return step


def _attributes(optimizer: Any) -> dict[int, str]:
    """Return the attribute of an optimizer that has a variable, alone or in a list."""
    found: dict[int, str] = {}
    for name, value in vars(optimizer).items():
        if name not in ("_variables", "_trainable_variables"):
            for one in value if isinstance(value, list | tuple) else [value]:
                found.setdefault(id(one), name.strip("_"))
    return found


def runner(original: Original, arguments: Arguments) -> Any:
    """Return what runs the original in float64; means, which Keras takes in float32, are taken so too."""

    def run(
        draw: Mapping[str, float], weights: Sequence[Array], gradients: Sequence[Sequence[Array]]
    ) -> list[list[Array]]:
        import keras

        with double_precision(), _wide_means():
            optimizer = original.value(**arguments.given(draw))
            variables = [keras.Variable(w, dtype="float64") for w in weights]
            optimizer.build(variables)
            found = []
            for row in gradients:
                optimizer.apply([keras.ops.convert_to_tensor(g, dtype="float64") for g in row], variables)
                found.append([np.array(keras.ops.convert_to_numpy(v)) for v in variables])
            return found

    return run


def _wide_means() -> Any:
    """Return a context in which Keras takes means in the type of their argument."""
    import jax
    import keras

    def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return jax.numpy.mean(keras.ops.convert_to_tensor(x), axis, keepdims=keepdims)

    return patch.object(keras.src.backend.numpy, "mean", mean)
