"""Runs one rule over one recorded gradient sequence: interpreter, rendered torch, Keras and optax files."""

from __future__ import annotations

import importlib.util
import itertools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt
import pytest

from nos_sym.codegen.render import render
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule
from nos_sym.program.interpreter import Guards, Interpreter
from nos_sym.program.lower import lower

Array = npt.NDArray[Any]
_COUNT = itertools.count()
FRAMEWORKS = ("torch", "tensorflow", "optax")
"""The modules that rendered files import, one for each backend."""


@dataclass
class Problem:
    """What every backend is given: the same gradients, masks, learning rates and momenta.

    Attributes:
        weight: initial weights, float64.
        gradients: one array of the shape of the weights for each step.
        learning_rates: one for each step.
        momenta: one for each step.
        total_steps: T of the decay functions, by default the number of steps.
        seed: seed of the dropout masks.
    """

    weight: Array
    gradients: Array
    learning_rates: Array
    momenta: Array
    total_steps: int = 0
    seed: int = 0
    uniforms: dict[tuple[int, int], Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.total_steps = self.total_steps or len(self.gradients)

    def uniform(self, step: int, index: int) -> Array:
        """Return the mask numbers of the index-th draw of a step, the same for every backend.

        They are multiples of 2^-20, so that float32 and float64 hold the same ones.
        """
        rng = np.random.default_rng([self.seed, step, index])
        return rng.integers(0, 2**20, self.weight.shape) / 2.0**20


def problem(steps: int = 50, seed: int = 0, shape: tuple[int, ...] = (4, 3)) -> Problem:
    """Return a problem of ordinary size: normal gradients, a varying learning rate, cycled momentum."""
    rng = np.random.default_rng(seed)
    return Problem(
        rng.normal(size=shape),
        rng.normal(size=(steps, *shape)),
        0.01 * (1 + np.sin(np.arange(steps))),
        np.linspace(0.95, 0.85, steps),
        seed=seed,
    )


def run_numpy(
    rule: Rule | Block, given: Problem, dtype: str = "float64", guards: Guards = Guards.POLICY
) -> Array:
    """Return the weights after every step, shape ``(steps, *shape)``."""
    draws = list(lower(rule).draws)
    interpreter = Interpreter(
        rule, given.weight.shape, dtype=dtype, total_steps=given.total_steps, guards=guards,
        uniform=lambda draw, shape: given.uniform(interpreter.step, draws.index(draw)),
    )  # fmt: skip
    weight = given.weight.astype(dtype)
    history = []
    for gradient, lr, mu in zip(given.gradients, given.learning_rates, given.momenta, strict=True):
        weight = interpreter.apply(weight, gradient.astype(dtype), lr, mu)
        history.append(weight)
    return np.stack(history)


def load(source: str, folder: Path) -> ModuleType:
    """Write a rendered file and import it, as a user would."""
    name = f"rendered_{next(_COUNT)}"
    path = folder / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def settings(rule: Rule | Block, given: Problem) -> dict[str, Any]:
    """Return the keyword arguments that a rendered optimizer needs beside the learning rate."""
    return {"total_steps": given.total_steps} if lower(rule).needs_total_steps else {}


def named(rule: Rule | Block | Schedule) -> Any:
    """Return the rule with a name, which rendering needs."""
    return rule if rule.name else rule.named("Rendered")


def backends() -> list[str]:
    """Return the frameworks that are installed; in CI all must be."""
    found = [b for b in FRAMEWORKS if importlib.util.find_spec(b)]
    if os.environ.get("NOS_SYM_REQUIRE_BACKENDS") == "1" and len(found) < len(FRAMEWORKS):
        raise RuntimeError(f"{', '.join(FRAMEWORKS)} are required here, found {found}")
    return found


def run_backend(backend: str, rule: Rule | Block, given: Problem, folder: Path, dtype: str) -> Array:
    """Return the weights after every step in one backend, or skip where it is not installed."""
    if backend == "numpy":
        return run_numpy(rule, given, dtype)
    if {"keras": "tensorflow"}.get(backend, backend) not in backends():
        pytest.skip(f"{backend} is not installed")
    runs = {"torch": run_torch, "tensorflow": run_tensorflow, "keras": run_keras, "optax": run_optax}
    run = runs[backend]
    return run(rule, given, folder, dtype)


def _queue(given: Problem) -> Callable[[int], Callable[..., Array]]:
    def of_step(step: int) -> Callable[..., Array]:
        count = itertools.count()
        return lambda: given.uniform(step, next(count))

    return of_step


def run_torch(rule: Rule | Block, given: Problem, folder: Path, dtype: str = "float64") -> Array:
    """Return the weights after every step of the rendered torch file."""
    import torch

    rule = named(rule)
    module = load(render(rule, "torch"), folder)
    kind = getattr(torch, dtype)
    parameter = torch.nn.Parameter(torch.tensor(given.weight, dtype=kind))
    optimizer = getattr(module, rule.name)([parameter], lr=0.1, **settings(rule, given))
    group = optimizer.param_groups[0]
    history = []
    rows = zip(given.gradients, given.learning_rates, given.momenta, strict=True)
    for step, (gradient, lr, mu) in enumerate(rows):
        draw = _queue(given)(step)
        parameter.grad = torch.tensor(gradient, dtype=kind)
        group["lr"] = float(lr)
        if "momentum" in group and lower(rule).cycles:
            group["momentum"] = float(mu)

        def uniform(x: Any, d: Any = draw) -> Any:
            return torch.tensor(d(), dtype=x.dtype).view(x.shape)  # blocks are vectors

        with mock.patch.object(torch, "rand_like", uniform):
            optimizer.step()
        history.append(parameter.detach().numpy().copy())
    return np.stack(history)


def run_tensorflow(rule: Rule | Block, given: Problem, folder: Path, dtype: str = "float64") -> Array:
    """Return the weights after every step of the rendered TensorFlow file, run eagerly."""
    return run_keras(rule, given, folder, dtype, "tensorflow")


def run_keras(
    rule: Rule | Block, given: Problem, folder: Path, dtype: str = "float64", target: str = "keras"
) -> Array:
    """Return the weights after every step of a rendered Keras file, run eagerly on Keras' current backend."""
    import keras

    rule = named(rule)
    module = load(render(rule, target), folder)
    variable = keras.Variable(given.weight, dtype=dtype)
    before = keras.config.floatx()
    keras.config.set_floatx(dtype)  # in which Keras keeps the momentum
    try:
        optimizer = getattr(module, rule.name)(learning_rate=0.1, **settings(rule, given))
    finally:
        keras.config.set_floatx(before)
    optimizer.build([variable])
    history = []
    rows = zip(given.gradients, given.learning_rates, given.momenta, strict=True)
    for step, (gradient, lr, mu) in enumerate(rows):
        draw = _queue(given)(step)
        optimizer.momentum = float(mu)

        def uniform(shape: Any, dtype: Any = None, d: Any = draw, **_: Any) -> Any:
            return keras.ops.convert_to_tensor(d(), dtype=dtype)

        with mock.patch.object(keras.random, "uniform", uniform):
            # update_step, not apply: Keras keeps the learning rate in float32.
            tensors = [keras.ops.convert_to_tensor(x, dtype=dtype) for x in (gradient, float(lr))]
            optimizer.update_step(tensors[0], variable, tensors[1])
        optimizer.iterations.assign_add(1)
        history.append(np.array(keras.ops.convert_to_numpy(variable.value)))
    return np.stack(history)


def run_optax(rule: Rule | Block, given: Problem, folder: Path, dtype: str = "float64") -> Array:
    """Return the weights after every step of the rendered optax file, run eagerly."""
    import jax
    import jax.numpy as jnp
    import optax

    rule = named(rule)
    module = load(render(rule, "optax"), folder)
    make = getattr(module, rule.name)
    momentum = lower(rule).cycles
    history = []
    with jax.enable_x64(dtype == "float64"):
        weight = jnp.asarray(given.weight, dtype)
        state = make(0.1, **settings(rule, given)).init(weight)
        rows = zip(given.gradients, given.learning_rates, given.momenta, strict=True)
        for step, (gradient, lr, mu) in enumerate(rows):
            draw = _queue(given)(step)
            cycled = {"momentum": float(mu)} if momentum else {}
            optimizer = make(float(lr), **cycled, **settings(rule, given))

            def uniform(key: Any, shape: Any, dtype: Any, d: Any = draw) -> Any:
                return jnp.asarray(np.stack([d() for _ in range(shape[0])]), dtype)

            with mock.patch.object(jax.random, "uniform", uniform):
                change, state = optimizer.update(jnp.asarray(gradient, dtype), state, weight)
            weight = optax.apply_updates(weight, change)
            history.append(np.asarray(weight))
    return np.stack(history)
