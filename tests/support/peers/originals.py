"""Running the originals in float64."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import FunctionType
from typing import Any
from unittest.mock import patch

import numpy as np

from nos_sym.faces import Face
from support.peers.draws import Draw
from support.peers.problem import CHECKED, Array, deep_problem, flattened, problem


class OtherBackendError(Exception):
    """Keras has another backend in this process than that on which its optimizers are compared."""


def original_of(face: Face) -> Any:
    """Return the library's class or function.

    Raises:
        ImportError: the library is not installed.
    """
    module, _, name = face.name.rpartition(".")
    return getattr(importlib.import_module(module), name)


def run_original(face: Face, draw: Draw) -> Array:
    """Return the weights of all parameters after the steps of ``CHECKED``, one row a step.

    Keras runs on JAX: on TensorFlow and PyTorch its ``ScheduleFreeAdamW`` reads a state that it has moved
    already, where it means the old value.

    Raises:
        ImportError: the library is not installed.
        OtherBackendError: ``KERAS_BACKEND`` is another one than ``jax``.
    """
    rows = _steps(face, draw, *problem(face))
    return np.stack([flattened(rows[step]) for step in CHECKED])


def run_original_deep(face: Face, draw: Draw, shapes: Sequence[tuple[int, ...]]) -> Array:
    """Return the weights of parameters of three and more axes after the first and the last step.

    Raises:
        ImportError, OtherBackendError: as :func:`run_original` raises them.
    """
    rows = _steps(face, draw, *deep_problem(shapes))
    return np.stack([flattened(rows[0]), flattened(rows[-1])])


def _steps(face: Face, draw: Draw, weights: list[Array], gradients: list[list[Array]]) -> list[list[Array]]:
    """Return the weights of all parameters after each step."""
    if face.backend == "keras" and os.environ.get("KERAS_BACKEND") != "jax":
        raise OtherBackendError("originals of Keras are compared on JAX: set KERAS_BACKEND=jax")
    return _RUN[face.backend](original_of(face), face, draw, weights, gradients)


def _torch(make: Any, face: Face, draw: Draw, weights: list[Array], gradients: Any) -> list[list[Array]]:
    import torch

    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with casts_taken_out(make) as types:
            parameters = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
            optimizer = make(groups_of(face, parameters), **draw, **types)
            found = []
            for row in gradients:
                for parameter, gradient in zip(parameters, row, strict=True):
                    parameter.grad = torch.tensor(gradient)
                optimizer.step()
                found.append([p.detach().numpy().copy() for p in parameters])
            return found
    finally:
        torch.set_default_dtype(usual)


def groups_of(face: Face, parameters: list[Any]) -> list[Any]:
    """Return the parameter groups of an original: one, with the keys that no argument gives."""
    names = {argument.name for argument in face.arguments}
    keys = {key: off[0] for key, off in face.keys.items() if key not in names}
    return [{"params": parameters, **keys}] if keys else parameters


@contextmanager
def casts_taken_out(make: Any) -> Iterator[dict[str, Any]]:
    """Let a library's class cast to float64 instead of other types; yield the arguments for that.

    Any other class is left as it is. A cast to float64 copies, and one from float64 does too:
    what follows may work in place.
    """
    import torch

    if make.__module__.partition(".")[0] not in ("torch", "pytorch_optimizer"):
        yield {}
        return
    with ExitStack() as stack:
        stack.enter_context(patch.object(torch.Tensor, "bfloat16", torch.Tensor.clone))
        for function in _functions(make):
            defaults = function.__defaults__ or ()
            wide = tuple(torch.float64 if isinstance(x, torch.dtype) else x for x in defaults)
            stack.enter_context(patch.object(function, "__defaults__", wide))
        yield stack.enter_context(_casts_of_pytorch_optimizer(make))


def _functions(make: Any) -> list[FunctionType]:
    """Return the functions of its package that the modules of a class and of its bases have by name."""
    package = make.__module__.partition(".")[0]
    modules = [
        sys.modules[x.__module__] for x in make.__mro__ if x.__module__.startswith("pytorch_optimizer.")
    ]
    found = {x for module in modules for x in vars(module).values() if isinstance(x, FunctionType)}
    return [x for x in found if x.__module__.partition(".")[0] == package]


@contextmanager
def _casts_of_pytorch_optimizer(make: Any) -> Iterator[dict[str, Any]]:
    import torch

    class Float64:
        float32 = torch.float64

        def __getattr__(self, name: str) -> Any:
            return getattr(torch, name)

    if not make.__module__.startswith("pytorch_optimizer."):
        yield {}
        return
    types = {name: torch.float64 for name in inspect.signature(make).parameters if name.endswith("_dtype")}
    with (
        patch.object(sys.modules[make.__module__], "torch", Float64()),
        patch.object(torch.Tensor, "float", torch.Tensor.double),
    ):
        yield types


def _optax(make: Any, face: Face, draw: Draw, weights: list[Array], gradients: Any) -> list[list[Array]]:
    import jax

    with jax.enable_x64(True):
        transform = make(**draw)
        now = [jax.numpy.asarray(w) for w in weights]
        state = transform.init(now)

        @jax.jit
        def step(now: Any, state: Any, row: Any) -> Any:
            change, state = transform.update(row, state, now)
            return [w + c for w, c in zip(now, change, strict=True)], state

        found = []
        for row in gradients:
            now, state = step(now, state, [jax.numpy.asarray(g) for g in row])
            found.append([np.asarray(w) for w in now])
        return found


def _keras(make: Any, face: Face, draw: Draw, weights: list[Array], gradients: Any) -> list[list[Array]]:
    import jax
    import keras

    def mean(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
        """Return means in the type of their argument; Keras takes them in float32."""
        return jax.numpy.mean(keras.ops.convert_to_tensor(x), axis, keepdims=keepdims)

    usual = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        with jax.enable_x64(True), patch.object(keras.src.backend.numpy, "mean", mean):
            optimizer = make(**draw)
            variables = [keras.Variable(w, dtype="float64") for w in weights]
            optimizer.build(variables)
            found = []
            for row in gradients:
                optimizer.apply([keras.ops.convert_to_tensor(g, dtype="float64") for g in row], variables)
                found.append([np.array(keras.ops.convert_to_numpy(v)) for v in variables])
            return found
    finally:
        keras.config.set_floatx(usual)


_RUN: dict[str, Callable[..., list[list[Array]]]] = {"torch": _torch, "optax": _optax, "keras": _keras}
"""How the originals of a backend are run."""
