"""Optimizers of Keras, read off the jaxpr of their step under JAX and off its graph under TensorFlow.

A constructor checks its arguments, so that it gets plain numbers; the attributes that it made of them are
symbols in their place before variables are built, which is part of the trace. Variables are states under
their own names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nos_sym.errors import quoted
from nos_sym.lift.arguments import Arguments
from nos_sym.lift.front import Front
from nos_sym.lift.jax_asking import primitives
from nos_sym.lift.jax_front import Followed, front_of
from nos_sym.lift.jax_places import Placing
from nos_sym.lift.jax_reading import MARK
from nos_sym.lift.jax_traces import Step, Stepped
from nos_sym.lift.keras_backends import double_precision, wide_numbers
from nos_sym.lift.keras_variables import PARAMETER, attributes_of, kept_settings, states_of
from nos_sym.lift.lifted import Condition, LiftError
from nos_sym.lift.originals import Original
from nos_sym.lift.term import Terms

Marked = Callable[[Any, int], Any]
"""From the value of a state and its number to the value, marked in the trace."""


def front(original: Original, arguments: Arguments, terms: Terms) -> Front:
    """Read an optimizer of Keras off under its backend JAX or TensorFlow.

    Args:
        original: the class.
        arguments: of it; a number is a setting where the constructor keeps it as an attribute of its name.
        terms: the maker of terms.

    Raises:
        LiftError: it cannot be said as terms.
    """
    import keras

    with double_precision():
        kept, conditions = kept_settings(original, arguments)
        if keras.backend.backend() == "tensorflow":
            from nos_sym.lift.tensorflow_traces import traced

            more = Condition("numbers of Python are not rounded to float32", "")
            step = step_of(original, kept, _marked_in_graph)
            with wide_numbers():
                # What 3.1415927 was cannot be read off of it.
                return front_of(Followed(step, kept, (*conditions, more), traced), terms)
        return front_of(Followed(step_of(original, kept, _marked_in_jaxpr), kept, conditions), terms)


def _marked_in_jaxpr(value: Any, index: int) -> Any:
    import jax

    return primitives()[0].bind(jax.numpy.asarray(value), index=index)


def _marked_in_graph(value: Any, index: int) -> Any:
    import tensorflow as tf

    return tf.identity(value, name=f"{MARK}_{index}")


def step_of(original: Original, arguments: Arguments, marked: Marked) -> Step:
    """Return one step of an optimizer, whose states are marked.

    A learning rate that is no variable is a schedule of its own, which is traced as the rest is.
    """

    def step(values: Mapping[str, Any], lr: Any, weights: Sequence[Any], gradients: Sequence[Any]) -> Stepped:
        import keras

        optimizer = original.value(**arguments.values)
        for number in arguments.numbers:
            if number.name in values:
                setattr(optimizer, number.argument, values[number.name])
        if isinstance(optimizer._learning_rate, keras.Variable):
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
        before = len(optimizer.variables)
        optimizer.apply(list(gradients), variables)
        if len(optimizer.variables) != before:
            raise LiftError(f"{quoted(original.name)} makes variables while it steps")
        return Stepped([v.value for v in variables], places, [v.value for v in states])

    return step
