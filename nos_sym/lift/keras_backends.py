"""The backend of Keras: which one it is imported under, and computing in float64 on each."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any
from unittest.mock import patch

BACKENDS = ("jax", "torch", "tensorflow")
"""Backends that optimizers of Keras are read off under, the one that is taken first before the others."""

VARIABLE = "KERAS_BACKEND"


@contextmanager
def chosen_backend() -> Iterator[None]:
    """Let Keras be imported under the first backend that is installed, where nobody has chosen one.

    Keras keeps the backend of its import until the process ends. It is left alone where it is imported
    already or ``KERAS_BACKEND`` is set; the variable is as before afterward, so that no other process has it.
    """
    installed = [b for b in BACKENDS if find_spec(b) is not None]
    if os.environ.get(VARIABLE) or "keras" in sys.modules or not installed:
        yield
        return
    with patch.dict(os.environ, {VARIABLE: installed[0]}):
        yield


@contextmanager
def double_precision() -> Iterator[None]:
    """Let Keras and its backend compute in float64 on the CPU, and as before afterward."""
    import keras

    usual = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        with ExitStack() as stack:
            if keras.backend.backend() == "jax":
                import jax

                stack.enter_context(jax.enable_x64(True))
            else:
                stack.enter_context(keras.device("cpu"))
            yield
    finally:
        keras.config.set_floatx(usual)


@contextmanager
def wide_numbers() -> Iterator[None]:
    """Let Keras and its backend compute in float64 what they round to float32 otherwise."""
    import keras

    def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        x = keras.ops.convert_to_tensor(x)
        total = keras.ops.sum(x, axis, keepdims)
        return total / (math.prod(x.shape) / max(math.prod(total.shape), 1))

    with ExitStack() as stack:
        stack.enter_context(patch.object(keras.src.backend.numpy, "mean", mean))
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            usual = tf.cast

            def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
                return usual(tf.constant(x, tf.float64) if isinstance(x, float) else x, dtype, name)

            stack.enter_context(patch.object(tf, "cast", cast))
        if keras.backend.backend() == "torch":
            from nos_sym.lift.torch_run import wide
            from nos_sym.lift.torch_wide import WideCalls

            stack.enter_context(wide())
            stack.enter_context(WideCalls())
        yield
