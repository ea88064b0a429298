"""What Keras and TensorFlow save of a rendered optimizer says of which rule it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load
from support.keras_backend import CHOSEN, keras

from nos_sym import parse
from nos_sym.codegen.render import render
from nos_sym.faces import face_named, rule_of_face
from nos_sym.language.parser import parse_file

TARGETS = ["keras", *(["tensorflow"] if CHOSEN == "tensorflow" else [])]
TANH, EXP = "Mine = none ~ tanh(v_hat)", "Mine = none ~ exp(v_hat)"
SAME = "Mine = none ~ -tanh(-ema_hat(g, 0.8))"
NAMED = (
    r"of the rule '2.1:[0-9a-f]{24}-\w{6} Mine = none ~ tanh\(v_hat\)', "
    r"not '2.1:\w{24}-\w{6} Mine = none ~ exp\(v_hat\)'"
)

EVERY = pytest.mark.parametrize("target", TARGETS)


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Any]:
    return lambda text, target: load(render(*parse_file(text), target), tmp_path).Mine


def model_of(kind: Any) -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(kind(0.1), "mse")
    model.fit(np.ones((4, 3)), np.zeros((4, 2)), verbose=0)
    return model


@EVERY
def test_saved_models(target: str, made: Any, tmp_path: Path) -> None:
    """A `.keras` file trained with one rule does not go on with another one of its class name."""
    model = model_of(made(TANH, target))
    path = tmp_path / "model.keras"
    model.save(path)
    same = made(SAME, target)
    again = keras.models.load_model(path)
    assert type(again.optimizer) is same and int(again.optimizer.iterations) == 1
    assert again.optimizer.get_config()["beta"] == 0.9
    again.fit(np.ones((4, 3)), np.zeros((4, 2)), verbose=0)
    other = made(EXP, target)
    for given in ({}, {"custom_objects": {"Mine": other}}):
        with pytest.raises(ValueError, match=rf"\AInvalid config: {NAMED}; take a class of that rule\Z"):
            keras.models.load_model(path, **given)
    assert keras.models.load_model(path, compile=False).count_params() == 8


@EVERY
def test_configurations(target: str, made: Any) -> None:
    mine, other = made(TANH, target), made(EXP, target)
    config = mine(0.1).get_config()
    with pytest.raises(ValueError, match=NAMED):
        keras.optimizers.deserialize(keras.optimizers.serialize(mine(0.1)))
    for given in (None, "1:0", "", 3, "none"):
        changed = config | {"rule_key": given}
        if given is None:
            del changed["rule_key"]
        assert other.from_config(changed).get_config()["rule_key"] == other.rule_key
    # Earlier files had the text of the rule.
    older = {key: x for key, x in config.items() if key != "rule_key"} | {"rule": "none ~ tanh(v_hat)"}
    assert mine.from_config(older).get_config() == config
    with pytest.raises(ValueError, match=r"\AInvalid config: of the rule '2[^\n]*\Z") as error:
        mine.from_config(config | {"rule_key": "2.1:\x1b[31m\n" * 999})
    assert str(error.value).isprintable() and len(str(error.value)) < 500


def test_saved_variables(made: Any, tmp_path: Path) -> None:
    """In a file of weights, which holds no configuration."""
    target = TARGETS[-1]
    path = tmp_path / "model.weights.h5"
    model_of(made(TANH, target)).save_weights(path)
    again = model_of(made(SAME, target))
    again.load_weights(path)
    with pytest.raises(ValueError, match=f"Invalid variables: {NAMED}"):
        model_of(made(EXP, target)).load_weights(path)
    store: dict[str, Any] = {}
    again.optimizer.save_own_variables(store)
    del store["rule_key"]
    model_of(made(EXP, target)).optimizer.load_own_variables(store)


@EVERY
def test_schedules(target: str, tmp_path: Path) -> None:
    first, second, third = (
        load(render(*parse_file(f"Rate(k=0.5) = schedule ~ {x}"), target), tmp_path).Rate
        for x in ("a1 * k", "a2 * k", "k * a1")
    )
    config = first(0.1, 9).get_config()
    assert third.from_config(config).get_config()["rule_key"] == third.rule_key
    with pytest.raises(ValueError, match=r"\AInvalid config: of the rule '2.1:\w{24} Rate[^\n]*, not '2.1:"):
        second.from_config(config)
    for given in ("1:0", "", 3):
        second.from_config(config | {"rule_key": given})
    del config["rule_key"]
    second.from_config(config)


@EVERY
def test_files_in_place_of_keras_own(target: str, tmp_path: Path) -> None:
    """Their configuration and variables are the original's, which have no key; they take none of another."""
    if target != "keras":
        pytest.skip("a file in place of Keras' own is for all backends")
    face = face_named("keras.optimizers.Adam")
    kind = load(render(rule_of_face(face), "keras", face=face), tmp_path).Adam
    assert "rule_key" not in kind(0.1).get_config()
    kind.from_config(kind(0.1).get_config() | {"rule_key": kind.rule_key})
    other = load(render(parse(EXP).named("Adam"), "keras"), tmp_path).Adam
    with pytest.raises(ValueError, match="Invalid config: of the rule"):
        kind.from_config(other(0.1).get_config())


@pytest.mark.skipif(CHOSEN != "tensorflow", reason="checkpoints are TensorFlow's")
def test_checkpoints_of_tensorflow(made: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    def checkpoint(text: str) -> Any:
        optimizer = made(text, "tensorflow")(0.1)
        variables = [tf.Variable(tf.ones((2, 3)))]
        optimizer.build(variables)
        optimizer.apply([tf.ones((2, 3))], variables)
        return tf.train.Checkpoint(optimizer=optimizer)

    path = checkpoint(TANH).save(tmp_path / "saved")
    for text in (TANH, SAME):
        checkpoint(text).restore(path).assert_consumed()
    with pytest.raises(ValueError, match=re.compile(rf"Invalid checkpoint: {NAMED}")):
        checkpoint(EXP).restore(path)
