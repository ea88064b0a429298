"""Recursions that were read off the optimizers of libraries, as blocks: the interpreter runs them alike.

An optimizer of one parameter took a few steps with unusual numbers for its settings, then one step in which
every tensor operation was mirrored as an expression. That gives the new weight and the new states as
expressions of the old ones, which were written down as blocks, the values that occur twice with a name. What
the optimizer itself computed from its own start, over 50 steps in float64, is recorded beside them.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nos_sym.language.block import Block
from nos_sym.language.json_form import rule_from_json
from nos_sym.language.parser import parse, parse_file
from nos_sym.program.interpreter import Interpreter

FOLDER = Path(__file__).parents[1] / "data" / "lifted"
PRECISION = 1e-9
"""Of weights relative to themselves: recursions and originals round in different orders, and differences of
averages lose digits in both."""


def _recorded() -> dict[str, Any]:
    with np.load(FOLDER / "recordings.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


RECORDED = _recorded()
NAMES = [str(name) for name in RECORDED["names"]]
ARGUMENTS = {name: json.loads(str(x)) for name, x in zip(NAMES, RECORDED["arguments"], strict=True)}


def blocks() -> dict[str, Block]:
    """Return the blocks by what they were read off."""
    files = sorted(FOLDER.glob("*.nos"))
    found = {rule.source: rule for file in files for rule in parse_file(file.read_text(encoding="utf-8"))}
    assert all(isinstance(rule, Block) for rule in found.values())
    return found  # type: ignore[return-value]


def rows(weights: Any) -> Any:
    """Return the weights after the recorded steps, of those after every step."""
    return np.stack([weights[step - 1] for step in RECORDED["steps"]])


def wanted(name: str) -> Any:
    return RECORDED["found"][NAMES.index(name)]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.heavy)])
def test_recursions_of_four_libraries_run_as_blocks(every: int) -> None:
    apart, read = {}, blocks()
    assert sorted(read) == sorted(NAMES)
    for name in NAMES[::every]:
        block = read[name]
        running = Interpreter(block, RECORDED["weights"].shape, total_steps=len(RECORDED["gradients"]))
        weight, found = RECORDED["weights"], []
        for gradient in RECORDED["gradients"]:
            weight = running.apply(weight, gradient, ARGUMENTS[name]["rate"])
            found.append(weight)
        if not np.allclose(rows(found), wanted(name), rtol=PRECISION, atol=PRECISION / 1000):
            apart[name] = np.abs(rows(found) - wanted(name)).max()
    assert apart == {}
    assert len(NAMES) >= 105


def test_recursions_print_and_read_back() -> None:
    for name, block in blocks().items():
        assert parse(str(block)) == block, name
        assert rule_from_json(json.loads(json.dumps(block.to_json()))) == block, name


@pytest.mark.heavy
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")  # optax's, of what it still has
def test_the_original_still_computes_what_was_recorded(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        pytest.skip(f"{module} is not installed")
    if module.startswith("keras") and os.environ.get("KERAS_BACKEND") != "torch":
        pytest.skip("originals of Keras were recorded on PyTorch: set KERAS_BACKEND=torch")
    make = getattr(importlib.import_module(module), attribute)
    # A pair of betas is a list in JSON, and a tuple where it was given.
    arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in ARGUMENTS[name].items() if k != "rate"}
    library = module.partition(".")[0]
    run = {"optax": _optax, "keras": _keras}.get(library, _torch)
    np.testing.assert_allclose(
        rows(run(make, arguments)), wanted(name), rtol=PRECISION, atol=PRECISION / 1000
    )


def _torch(make: Any, arguments: dict[str, Any]) -> list[Any]:
    import torch

    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        parameter = torch.nn.Parameter(torch.tensor(RECORDED["weights"]))
        optimizer = make([parameter], **arguments)
        found = []
        for gradient in RECORDED["gradients"]:
            parameter.grad = torch.tensor(gradient)
            optimizer.step()
            found.append(parameter.detach().numpy().copy())
        return found
    finally:
        torch.set_default_dtype(usual)


def _optax(make: Any, arguments: dict[str, Any]) -> list[Any]:
    import jax

    with jax.enable_x64(True):
        transformation = make(**arguments)
        weight = jax.numpy.asarray(RECORDED["weights"])
        state = transformation.init(weight)
        found = []
        for gradient in RECORDED["gradients"]:
            change, state = transformation.update(jax.numpy.asarray(gradient), state, weight)
            weight = weight + change
            found.append(np.asarray(weight))
        return found


def _keras(make: Any, arguments: dict[str, Any]) -> list[Any]:
    import keras
    import torch

    usual = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        variable = keras.Variable(RECORDED["weights"])
        optimizer = make(**arguments)
        optimizer.build([variable])
        found = []
        for gradient in RECORDED["gradients"]:
            optimizer.apply([torch.tensor(gradient)], [variable])
            found.append(keras.ops.convert_to_numpy(variable).copy())
        return found
    finally:
        keras.config.set_floatx(usual)
