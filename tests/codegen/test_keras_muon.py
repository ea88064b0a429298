"""The rendered Muon of Keras beside the original: what depends on the names of weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load
from support.keras_backend import CHOSEN, keras

from nos_sym.codegen.render import render
from nos_sym.faces import face_named, rule_of_face

SHAPES = {"dense/kernel": (4, 3), "dense/bias": (3,), "scale": (), "convolution": (2, 3, 2)}


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    if CHOSEN == "jax":
        import jax

        with jax.enable_x64(True):
            yield
    else:
        yield
    keras.config.set_floatx(before)


def rendered(call: str, folder: Path) -> Any:
    face = face_named(call)
    return load(render(rule_of_face(face), "keras", face=face), folder).Muon


def steps(make: Any, **given: Any) -> list[Any]:
    """Return the weights after some steps, in which weights with some names do not decay."""
    rng = np.random.default_rng(4)
    variables = [
        keras.Variable(rng.normal(size=shape), dtype="float64", name=name.replace("/", "_"))
        for name, shape in SHAPES.items()
    ]
    optimizer = make(**given)
    optimizer.exclude_from_weight_decay(var_names=["bias", "kernel"])
    optimizer.build(variables)
    for _ in range(5):
        gradients = [keras.ops.convert_to_tensor(rng.normal(size=x)) for x in SHAPES.values()]
        optimizer.apply(gradients, variables)
    return [keras.ops.convert_to_numpy(x.value) for x in variables]


def test_weights_that_do_not_decay_are_those_of_the_original(tmp_path: Path) -> None:
    given = {"weight_decay": 0.3, "adam_weight_decay": 0.2, "learning_rate": 1 / 64}
    found = steps(rendered("keras.optimizers.Muon", tmp_path), **given)
    bound = 1e-6  # the original rounds to float32 on the way, and a decay moves a weight by a hundredth
    for x, y in zip(found, steps(keras.optimizers.Muon, **given), strict=True):
        np.testing.assert_allclose(x, y, rtol=bound, atol=bound)


def test_an_embedding_is_refused_where_the_original_leaves_it_to_adamw(tmp_path: Path) -> None:
    table = keras.Variable(np.ones((5, 2)), name="my_Embeddings")
    vector = keras.Variable(np.ones(5), name="embedding_bias")
    make = rendered("keras.optimizers.Muon", tmp_path)
    make().build([vector])
    with pytest.raises(ValueError, match=r"The matrix .*my_Embeddings' has 'embedding' in its name"):
        make().build([vector, table])
    with pytest.raises(ValueError, match="writes another file for that"):
        make(exclude_embeddings=False)
    other = rendered("keras.optimizers.Muon(exclude_embeddings=False)", tmp_path)(exclude_embeddings=False)
    other.build([vector, table])
    with pytest.raises(ValueError, match=r"Invalid exclude_layers: \['dense'\]"):
        make(exclude_layers=["dense"])
