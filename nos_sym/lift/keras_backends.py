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
    from keras.src.backend.common import dtypes

    def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        x = keras.ops.convert_to_tensor(x)
        total = keras.ops.sum(x, axis, keepdims)
        return total / (math.prod(x.shape) / max(math.prod(total.shape), 1))

    with ExitStack() as stack:
        stack.enter_context(patch.object(keras.src.backend.numpy, "mean", mean))
        # What numbers of two types are computed in: a table has float32 for float64 but under TensorFlow.
        stack.enter_context(patch.dict(dtypes.BIT64_TO_BIT32_DTYPE, {"float64": "float64"}))
        # What an original casts to, and the types of the variables that it adds.
        short = dict.fromkeys(("float32", "float16", "bfloat16"), "float64")
        stack.enter_context(patch.dict(dtypes.PYTHON_DTYPES_MAP, short))
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            cast, convert = tf.cast, tf.convert_to_tensor

            def of_wide(x: Any) -> Any:
                return tf.constant(x, tf.float64) if isinstance(x, float) else x

            def wide_cast(x: Any, *args: Any, **given: Any) -> Any:
                return cast(of_wide(x), *args, **given)

            def wide_convert(x: Any, dtype: Any = None, *args: Any, **given: Any) -> Any:
                return convert(of_wide(x) if dtype is None else x, dtype, *args, **given)

            stack.enter_context(patch.object(tf, "cast", wide_cast))
            stack.enter_context(patch.object(tf, "convert_to_tensor", wide_convert))
        if keras.backend.backend() == "torch":
            from nos_sym.lift.torch_run import wide
            from nos_sym.lift.torch_wide import WideCalls

            stack.enter_context(wide())
            stack.enter_context(WideCalls())
        yield
