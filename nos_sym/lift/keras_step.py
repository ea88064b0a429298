"""One step of an optimizer of Keras that a framework traces, with symbols in the place of its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nos_sym.errors import quoted
from nos_sym.lift.arguments import Arguments
from nos_sym.lift.jax_places import Placing
from nos_sym.lift.jax_traces import Step, Stepped
from nos_sym.lift.keras_variables import PARAMETER, attributes_of, states_of
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.originals import Original

Marked = Callable[[Any, int], Any]
"""From the variable of a state and its number to its value, marked in the trace."""


def step_of(original: Original, arguments: Arguments, marked: Marked) -> Step:
    """Return one step of an optimizer, whose states are marked."""

    def step(values: Mapping[str, Any], lr: Any, weights: Sequence[Any], gradients: Sequence[Any]) -> Stepped:
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
        for i, v in enumerate(states):
            v.assign(marked(v.value, i))
        optimizer.apply(list(gradients), variables)
        if len(optimizer.variables) != len(states) + 1:
            raise LiftError(f"{quoted(original.name)} makes variables while it steps")
        return Stepped([v.value for v in variables], places, [v.value for v in states])

    return step
