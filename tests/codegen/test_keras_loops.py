"""How Keras files move tensors fast: one loop of XLA in TensorFlow's graphs, joined tensors on PyTorch."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.parser import parse

HEAD = """
import importlib
import sys

import keras
import numpy as np
import torch

sys.path.insert(0, {folder!r})
shapes = [(3, 5), (7,), (), (0, 2), (300, 300), (2, 2, 2), (4, 1)]
types = ["float32"] * 5 + ["float64", "float16"]


def train(made, settings, excluded, joined):
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal(shape) for shape in shapes]
    variables = [keras.Variable(w, dtype=t) for w, t in zip(weights, types)]
    optimizer = made(0.01, **settings)
    if excluded:
        optimizer.exclude_from_weight_decay([variables[0]])
    optimizer.build(variables)
    optimizer.stateless = not joined
    own, left = optimizer.update_step, set()
    optimizer.update_step = lambda g, v, lr: (left.add(tuple(v.shape)), own(g, v, lr))
    for step in range(3):
        values = [torch.from_numpy(rng.standard_normal(s)) for s in shapes]
        values = [x.to(v.value.dtype) for x, v in zip(values, variables)]
        values[0] = values[0].T.contiguous().T  # not contiguous
        pairs = list(zip(values, variables))
        optimizer.apply_gradients(pairs if step != 1 else pairs[1:])
    return [x.numpy() for x in (*variables, *optimizer.variables)], left


def compare(rule, settings, excluded):
    made = [getattr(importlib.import_module(f"{{x}}_{{rule}}"), rule) for x in ("apart", "joined")]
    apart, left = train(made[0], settings, excluded, False)
    assert left == set(shapes), left
    joined, left = train(made[1], settings, excluded, True)
    assert left == {{(3, 5), (4, 1)}}, left  # what is not contiguous or is of low precision
    assert len(apart) == len(joined)
    for x, y in zip(apart, joined):
        np.testing.assert_array_equal(x, y)
    for names in ("xy", "xx"):
        one, other = (shared(made[1], settings, joined, names) for joined in (False, True))
        np.testing.assert_array_equal(one, other)
    print("same")


def shared(make, settings, joined, names):
    # A tensor that two variables have, or a variable that is given twice.
    x, y = (keras.Variable([1.0, 2.0, 3.0]) for _ in "xy")
    y._value = x._value
    optimizer = make(0.1, **settings)
    optimizer.build([x, y])
    optimizer.stateless = not joined
    given = [dict(x=x, y=y)[name] for name in names]
    for _ in range(2):
        optimizer.apply([torch.tensor([1.0, -1.0, 2.0]), torch.ones(3)], given)
    return x.numpy().copy()


"""


@pytest.mark.timeout(240)
def test_joined_tensors_move_as_apart(tmp_path: Path) -> None:
    """Bit for bit: of all shapes, a large one cut, one without a gradient, one without weight decay."""
    pytest.importorskip("torch")
    script = HEAD.format(folder=str(tmp_path))
    for rule in ("Opt1", "AdamW", "Opt4"):
        text = render(catalog.entry(rule), "keras")
        assert "most=2**16" in text
        (tmp_path / f"apart_{rule}.py").write_text(text)
        # So small that there are parts of all kinds.
        (tmp_path / f"joined_{rule}.py").write_text(text.replace("most=2**16", "most=20000"))
        settings = {"total_steps": 9} if rule == "Opt4" else {}
        script += f"compare({rule!r}, {settings!r}, {rule == 'AdamW'})\n"
    run = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"KERAS_BACKEND": "torch"}, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stdout.split() == ["same"] * 3


def made(target: str, folder: Path) -> tuple[Any, Any, Any]:
    """Return a module, an optimizer of it and its variable."""
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("graphs are TensorFlow's")
    module = load(render(catalog.entry("Opt7"), target), folder)
    variable = keras.Variable(np.linspace(-1, 1, 12, dtype="float32").reshape(3, 2, 2))
    optimizer = module.Opt7(0.1, total_steps=9)
    optimizer.build([variable])
    return module, optimizer, variable


@pytest.mark.parametrize("target", ["keras", "tensorflow"])
def test_a_graph_has_the_update_as_one_loop(target: str, tmp_path: Path) -> None:
    """It is compiled by XLA, and gives what the update gives as it is, also where there is no XLA."""
    tf = pytest.importorskip("tensorflow")
    gradient = tf.constant(np.linspace(-2, 1, 12, dtype="float32").reshape(3, 2, 2))
    results = []
    for way in ("eager", "graph", "none"):
        module, optimizer, variable = made(target, tmp_path)
        step = functools.partial(optimizer.apply, [gradient], [variable])
        if way == "none":
            module.LOOPS[variable.value.device] = False
        if way != "eager":
            step = tf.function(step)
            graph = step.get_concrete_function().graph
            compiled = [x for x in graph.get_operations() if x.type == "PartitionedCall"]
            compiled = [x for x in compiled if x.get_attr("_XlaMustCompile")]
            assert len(compiled) == (1 if way == "graph" else 0)
        for _ in range(3):
            step()
        results.append(variable.numpy())
    np.testing.assert_allclose(results[1], results[0], rtol=1e-6)
    np.testing.assert_allclose(results[2], results[0], rtol=1e-6)


def test_rules_that_read_a_shape_are_left(tmp_path: Path) -> None:
    for target in ("keras", "tensorflow"):
        text = render(parse("F = none ~ g / norm2(g)"), target)
        assert "one_loop" not in text and "def joined" not in text
