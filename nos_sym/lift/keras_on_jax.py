"""Optimizers of Keras, read off the jaxpr of their step under its JAX backend.

A constructor checks its arguments, so that it gets plain numbers; the attributes that it made of them are
traced in their place before variables are built, which is part of the trace. Variables are states under
their own names.
"""

from __future__ import annotations

from typing import Any

from nos_sym.lift.arguments import Arguments
from nos_sym.lift.front import Front
from nos_sym.lift.jax_asking import primitives
from nos_sym.lift.jax_front import Followed, front_of
from nos_sym.lift.keras_backends import double_precision
from nos_sym.lift.keras_step import step_of
from nos_sym.lift.keras_variables import kept_settings
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
        kept, conditions = kept_settings(original, arguments)
        return front_of(Followed(step_of(original, kept, _marked), kept, conditions), terms)


def _marked(value: Any, index: int) -> Any:
    import jax

    return primitives()[0].bind(jax.numpy.asarray(value), index=index)
