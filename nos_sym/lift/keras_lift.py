"""Optimizers of Keras, read off under the backend that Keras has in this process, and run on it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from nos_sym.errors import quoted
from nos_sym.language.block import Block
from nos_sym.lift import traced_beside
from nos_sym.lift.arguments import Arguments, with_rate
from nos_sym.lift.beside import PLAIN
from nos_sym.lift.elsewhere import FEW
from nos_sym.lift.front import Front
from nos_sym.lift.keras_backends import BACKENDS, VARIABLE, double_precision, wide_numbers
from nos_sym.lift.lifted import Condition, LiftError
from nos_sym.lift.originals import Original
from nos_sym.lift.term import Terms
from nos_sym.lift.traced_beside import AS_IS, How
from nos_sym.lift.verifying import Array

_SHORT = 4 * FEW
"""Steps up to which they are not compiled."""


def front(original: Original, arguments: Arguments, draw: int, terms: Terms) -> Front:
    """Read an optimizer of Keras off.

    Args:
        original: the class.
        arguments: of it; a number is a setting where the constructor keeps it as an attribute of its name.
        draw: which values settings have meanwhile.
        terms: the maker of terms.

    Raises:
        LiftError: it cannot be said as terms, or Keras has a backend that is not followed.
    """
    import keras

    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise LiftError(
            f"Keras runs on {backend} here, and is read off under {', '.join(BACKENDS)}; "
            f"set {VARIABLE} to one of them"
        )
    rated, conditions = with_rate(arguments)
    if backend == "torch":
        from nos_sym.lift import keras_on_torch

        found = keras_on_torch.front(original, rated, draw, terms)
    else:
        from nos_sym.lift import keras_traced

        found = keras_traced.front(original, rated, terms)
    return replace(found, conditions=(*found.conditions, *conditions))


def runner(original: Original, arguments: Arguments) -> Any:
    """Return what runs the original in float64, with what Keras or TensorFlow rounds to float32 taken out."""
    rated, _ = with_rate(arguments)

    def run(
        draw: Mapping[str, float],
        weights: Sequence[Array],
        gradients: Sequence[Sequence[Array | None]],
        how: How = AS_IS,
    ) -> list[list[Array]]:
        with ExitStack() as stack:
            if how.dtype == "float64":
                stack.enter_context(double_precision())
                stack.enter_context(wide_numbers())
            # Keras warns of gradients that are missing.
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore", UserWarning)
            return _run(original.value(**rated.given(draw)), weights, gradients, how)

    return run


def _run(
    optimizer: Any, weights: Sequence[Array], gradients: Sequence[Sequence[Array | None]], how: How
) -> list[list[Array]]:
    import keras

    variables = [_variable(w, how, i) for i, w in enumerate(weights)]
    optimizer.build(variables)
    step: Callable[..., object] = lambda *row: optimizer.apply(list(row), variables)  # noqa: E731
    if not how.otherwise and len(gradients) > _SHORT:
        # As Keras does it when it trains, which is faster once it is done.
        step = _compiled(step, optimizer, variables)
    rate = optimizer._learning_rate
    usual: Any = keras.ops.convert_to_numpy(rate) if isinstance(rate, keras.Variable) else None
    found = []
    for number, row in enumerate(gradients):
        if how.factors:
            rate.assign(usual * how.factors[number])
        step(*(None if g is None else keras.ops.convert_to_tensor(g, dtype=how.dtype) for g in row))
        found.append([np.array(keras.ops.convert_to_numpy(v)) for v in variables])
    return found


def _variable(weight: Array, how: How, index: int) -> Any:
    """Return a variable under its name, within the scopes of its layers."""
    import keras

    with ExitStack() as stack:
        *layers, name = how.names[index].split("/") if how.names else [f"x{index}"]
        for layer in layers:
            stack.enter_context(keras.name_scope(layer))
        return keras.Variable(weight, dtype=how.dtype, name=name)


def _compiled(step: Callable[..., object], optimizer: Any, variables: Sequence[Any]) -> Callable[..., object]:
    """Return a step that is compiled where the backend compiles."""
    import keras

    if keras.backend.backend() == "jax":
        return _OrElse(Stateless(optimizer, variables), step)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return _OrElse(tf.function(step, autograph=False), step)
    return step


class _OrElse:
    """A compiled step, or an eager one where it cannot be compiled, as one that asks for a number cannot."""

    def __init__(self, compiled: Callable[..., object], eager: Callable[..., object]) -> None:
        self.compiled, self.eager = compiled, eager
        self.chosen: Callable[..., object] | None = None

    def __call__(self, *row: Any) -> None:
        """Step once."""
        if self.chosen is not None:
            self.chosen(*row)
            return
        try:
            self.compiled(*row)
            self.chosen = self.compiled
        except Exception:
            self.chosen = self.eager
            self.eager(*row)


class Stateless:
    """Steps an optimizer of Keras as its trainer under JAX does, which hands states in and out."""

    def __init__(self, optimizer: Any, variables: Sequence[Any]) -> None:
        import jax

        self.variables = [*variables, *optimizer.variables]
        self.count = len(variables)
        self.pure = lambda states, row, weights: optimizer.stateless_apply(states, row, weights)
        self.compiled = jax.jit(self.pure)

    def given(self, row: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        """Return states, gradients and weights as they are now."""
        values = [v.value for v in self.variables]
        return values[self.count :], list(row), values[: self.count]

    def __call__(self, *row: Any) -> None:
        """Step the variables once."""
        weights, states = self.compiled(*self.given(row))
        for v, value in zip(self.variables, (*weights, *states), strict=True):
            v.assign(value)


def _keeps_count(original: Original, arguments: Arguments, draw: Mapping[str, float]) -> bool:
    """Return whether a step is another one when it is traced again."""
    from nos_sym.lift.jax_wide import is_pure

    with double_precision(), wide_numbers():
        optimizer = original.value(**arguments.given(draw))
        variables = [_variable(np.ones(4), AS_IS, 0)]
        optimizer.build(variables)
        step = Stateless(optimizer, variables)
        try:
            return not is_pure(step.pure, step.given([variables[0].value]), PLAIN)
        except Exception:
            # What cannot be traced is stepped eagerly, which is compared.
            return False


def beyond(
    rule: Block,
    original: Original,
    arguments: Arguments,
    draws: Sequence[Mapping[str, float]],
    shapes: Sequence[tuple[int, ...]],
) -> tuple[tuple[int, float] | None, tuple[Condition, ...], int]:
    """Compare a rule with its original beyond what it was verified for; see :mod:`.traced_beside`."""
    import keras

    run = runner(original, arguments)
    rated, _ = with_rate(arguments)
    if keras.backend.backend() == "jax":
        counted = partial(_keeps_count, original, rated, draws[0])
        parted, found, plain = traced_beside.beyond(rule, run, draws[0], shapes, misses=True, counted=counted)
    else:
        parted, found, plain = traced_beside.beyond(rule, run, draws[0], shapes, misses=True, eager=PLAIN)
    return parted, (*found, *_of_names(original.value(**rated.given(draws[0])))), plain


def _of_names(optimizer: Any) -> Iterator[Condition]:
    """Yield what an optimizer looks for in the names of variables, which have no weight decay then."""
    pattern = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    if pattern is not None:
        text = f"no name of a variable has {quoted(pattern.pattern, 60)}: such ones have no weight decay"
        yield Condition(text, "", special=True)
