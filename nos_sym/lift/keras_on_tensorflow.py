"""Optimizers of Keras, read off the graph of their step under its TensorFlow backend."""

from __future__ import annotations

from typing import Any

from nos_sym.lift.arguments import Arguments
from nos_sym.lift.front import Front
from nos_sym.lift.jax_front import Followed, front_of
from nos_sym.lift.jax_reading import MARK
from nos_sym.lift.keras_backends import double_precision
from nos_sym.lift.keras_step import step_of
from nos_sym.lift.keras_variables import kept_settings
from nos_sym.lift.lifted import Condition
from nos_sym.lift.originals import Original
from nos_sym.lift.term import Terms


def front(original: Original, arguments: Arguments, draw: int, terms: Terms) -> Front:
    """Read an optimizer of Keras off under its TensorFlow backend.

    Args:
        original: the class.
        arguments: of it; a number is a setting where the constructor keeps it as an attribute of its name.
        draw: which values settings have meanwhile; they are placeholders, so that they have none.
        terms: the maker of terms.

    Raises:
        LiftError: it cannot be said as terms.
    """
    from nos_sym.lift.tensorflow_traces import traced

    with double_precision():
        kept, conditions = kept_settings(original, arguments)
        conditions = (*conditions, Condition("numbers of Python are not rounded to float32", ""))
        return front_of(Followed(step_of(original, kept, _marked), kept, conditions, traced), terms)


def _marked(value: Any, index: int) -> Any:
    import tensorflow as tf

    return tf.identity(value, name=f"{MARK}_{index}")
