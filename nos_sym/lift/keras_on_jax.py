"""Optimizers of Keras, read off the jaxpr of their step under its JAX backend.

A constructor checks its arguments, so that it gets plain numbers; the attributes that it made of them are
traced in their place before variables are built, which is part of the trace. Variables are states under
their own names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nos_sym.errors import quoted
from nos_sym.lift.arguments import Arguments
from nos_sym.lift.front import Front
from nos_sym.lift.jax_asking import primitives
from nos_sym.lift.jax_front import Followed, front_of
from nos_sym.lift.jax_places import Placing
from nos_sym.lift.jax_traces import Step, Stepped
from nos_sym.lift.keras_backends import double_precision
from nos_sym.lift.keras_variables import PARAMETER, attributes_of, states_of
from nos_sym.lift.lifted import Condition, LiftError
from nos_sym.lift.originals import Original
from nos_sym.lift.term import Terms


def front(original: Original, arguments: Arguments, draw: int, terms: Terms) -> Front:
    """Read an optimizer of Keras off under its JAX backend.

    Args:
        original: the class.
        arguments: of it; a number is a setting where the constructor keeps it as an attribute of its name.
        draw: which values settings have meanwhile; they are traced, so that they have none.
        terms: the maker of terms.

    Raises:
        LiftError: it cannot be said as terms.
    """
    with double_precision():
        kept, fixed = _kept(original, arguments)
        conditions = tuple(
            Condition(f"{n} == {x!r}, of which the constructor makes something else", "")
            for n, x in fixed.items()
        )
        return front_of(Followed(step_of(original, kept), kept, conditions), terms)


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
            keras.Variable(w, dtype="float64", name=f"{PARAMETER}{i}") for i, w in enumerate(weights)
        ]
        optimizer.build(variables)
        states = states_of(optimizer)
        attributes = attributes_of(optimizer)
        placing = Placing(PARAMETER)
        places = [placing.of_variable(v.name, attributes.get(id(v), "")) for v in states]
        mark = primitives()[0]
        for i, v in enumerate(states):
            v.assign(mark.bind(jax.numpy.asarray(v.value), index=i))
        optimizer.apply(list(gradients), variables)
        if len(optimizer.variables) != len(states) + 1:
            raise LiftError(f"{quoted(original.name)} makes variables while it steps")
        return Stepped([v.value for v in variables], places, [v.value for v in states])

    return step
