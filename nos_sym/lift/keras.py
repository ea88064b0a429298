"""Optimizers of Keras, read off the jaxpr of their step under its JAX backend.

A constructor checks its arguments, so that it gets plain numbers; the attributes that it made of them are
traced in their place before variables are built, which is part of the trace. Variables are states under
their own names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from nos_sym.errors import quoted
from nos_sym.lift.jax_arguments import Arguments, arguments_of
from nos_sym.lift.jax_asking import primitives
from nos_sym.lift.jax_front import Read, read
from nos_sym.lift.jax_naming import Namer
from nos_sym.lift.jax_traces import Place, Step, Stepped
from nos_sym.lift.lifted import Condition, LiftError

RATE = "learning_rate"
_PARAMETER = "nos_sym_parameter_"
_OWNED = re.compile(rf"{_PARAMETER}(\d+)_?")


def paths_of(original: Callable[..., Any], given: Mapping[str, object], ranks: Sequence[int] = (0, 1, 2)) -> Read:
    """Return the paths of an optimizer of Keras.

    Args:
        original: the class.
        given: arguments by name; a number is a setting where the constructor keeps it as an attribute of
            its name, everything else is fixed.
        ranks: numbers of axes of parameters to try.

    Raises:
        LiftError: what stopped it, or a backend that is not JAX.
    """
    import keras

    if keras.backend.backend() != "jax":
        raise LiftError(
            f"Keras runs on {keras.backend.backend()} here; its optimizers are read off under JAX: set KERAS_BACKEND=jax"
        )
    with double_precision():
        arguments = arguments_of(original, given, rate=RATE)
        settings, fixed = _kept(original, arguments)
        found = read(step_of(original, arguments), settings, ranks)
    conditions = [
        Condition(f"{name} == {value!r}", "an argument that the constructor makes something else of")
        for name, value in fixed.items()
    ]
    return Read(
        found.paths, found.settings, {**found.fixed, **fixed}, (*conditions, *found.conditions), found.terms
    )


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


def _kept(original: Callable[..., Any], arguments: Arguments) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings that the original keeps as attributes, and those that it does not."""
    made = original(**arguments.values)
    kept, fixed = {}, {}
    for name, value in arguments.settings.items():
        attribute, part = arguments.places[name]
        own = getattr(made, attribute, None)
        is_number = isinstance(own, float | int) and not isinstance(own, bool)
        (kept if part is None and is_number and own == value else fixed)[name] = value
    return kept, fixed


def step_of(original: Callable[..., Any], arguments: Arguments) -> Step:
    """Return one step of an optimizer, whose states are marked."""

    def step(values: Mapping[str, Any], lr: Any, weights: Sequence[Any], gradients: Sequence[Any]) -> Stepped:
        import jax
        import keras

        optimizer = original(**arguments.values)
        for name, value in values.items():
            setattr(optimizer, arguments.places[name][0], value)
        optimizer.learning_rate.assign(lr)
        variables = [
            keras.Variable(w, dtype="float64", name=f"{_PARAMETER}{i}") for i, w in enumerate(weights)
        ]
        optimizer.build(variables)
        states = [v for v in optimizer.variables if v is not optimizer.learning_rate]
        names = Namer()
        places = [_place(v, names) for v in states]
        mark = primitives()[0]
        for i, v in enumerate(states):
            v.assign(mark.bind(jax.numpy.asarray(v.value), index=i))
        optimizer.apply(list(gradients), variables)
        if len(optimizer.variables) != len(states) + 1:
            raise LiftError(f"{quoted(original.__name__)} makes variables while it steps")
        return Stepped([v.value for v in variables], places, [v.value for v in states])

    return step


def _place(variable: Any, names: Namer) -> Place:
    """Return the place of a variable, whose name says the parameter that it is of."""
    owned = _OWNED.search(variable.name)
    plain = _OWNED.sub("", variable.name).strip("_")
    if owned is None:
        return Place(names.named(plain, ("shared", variable.path)), None)
    return Place(names.named(plain, "owned"), int(owned.group(1)))
