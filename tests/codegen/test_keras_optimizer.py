"""A rendered Keras file in use: fit, options, schedules, configuration, saving, XLA, wrong settings.

Runs on the backend that Keras has in this process; :mod:`test_keras_backends` runs it on the others.
"""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import load
from support.keras_backend import CHOSEN, TARGETS, keras
from support.set_rules import adam_w

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.parser import parse

NAMES = ["Opt4", "Opt9", "Opt10", "AdamKeras", "SGDMomentum"]
OWN: dict[str, Callable[..., Any]] = {
    "SGD": keras.optimizers.SGD,
    "SGDMomentum": functools.partial(keras.optimizers.SGD, momentum=0.9),
    "Nesterov": functools.partial(keras.optimizers.SGD, momentum=0.9, nesterov=True),
    "RMSPropKeras": keras.optimizers.RMSprop,
    "AdamKeras": keras.optimizers.Adam,
    "AMSGradKeras": functools.partial(keras.optimizers.Adam, amsgrad=True),
    "AdamWKeras": keras.optimizers.AdamW,
}
OPTIONS: dict[str, dict[str, Any]] = {
    "clipnorm": {"clipnorm": 0.1},
    "clipvalue": {"clipvalue": 0.01},
    "global_clipnorm": {"global_clipnorm": 0.1},
    "weight_decay": {"weight_decay": 0.1},
    "ema": {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3},
    "accumulation": {"gradient_accumulation_steps": 2},
    "loss_scale": {"loss_scale_factor": 64.0},
}
TOTAL = 40
JIT = CHOSEN == "jax"
"""Whether steps are compiled where a test does not say: JAX needs it, XLA takes seconds for each test."""
EVERY = pytest.mark.parametrize("target", TARGETS[:1])  # on TensorFlow the two differ in spellings only


MIRRORED = """
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras
import optimizer

given = {"total_steps": 40} if "RULE".startswith("Opt") else {}
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(optimizer.RULE(0.01, **given), "mse")
x, y = np.ones((8, 3), "float32"), np.ones((8, 2), "float32")
model.fit(x, y, batch_size=4, verbose=0)
model.save("model.keras")
loaded = keras.saving.load_model("model.keras")
assert loaded.optimizer.get_config() == model.optimizer.get_config()
assert np.allclose(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
print("the same")
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Return a maker of rendered optimizers: target, name or rule, options."""
    folder = tmp_path_factory.mktemp("rendered")

    @functools.cache
    def rendered(target: str, rule: Any) -> Any:
        if isinstance(rule, str):
            rule = adam_w() if rule == "AdamW" else catalog.entry(rule)
        return getattr(load(render(rule, target), folder), rule.name)

    def make(target: str, rule: Any, *arguments: Any, **options: Any) -> Any:
        if str(rule).startswith("Opt"):
            options.setdefault("total_steps", TOTAL)
        made = rendered(target, rule)
        # What importing the file does: both targets have the same name.
        keras.saving.get_custom_objects()[f"nos_sym>{made.__name__}"] = made
        return made(*arguments, **options)

    return make


@pytest.fixture(autouse=True)
def defaults() -> Iterator[None]:
    yield
    keras.mixed_precision.set_dtype_policy("float32")
    keras.config.set_floatx("float32")


def network() -> Any:
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)])


def data(count: int = 64) -> tuple[np.ndarray, np.ndarray]:
    inputs = np.random.default_rng(0).normal(size=(count, 4)).astype("float32")
    return inputs, inputs.sum(1, keepdims=True)


def fit(model: Any, epochs: int = 1, **options: Any) -> list[float]:
    """Train in batches of 16, four steps an epoch, and return the loss of each epoch."""
    options = {"batch_size": 16, "epochs": epochs, "shuffle": False, "verbose": 0} | options
    history = model.fit(*data(), **options).history["loss"]
    return [float(loss) for loss in history]


def trained(optimizer: Any, epochs: int = 2, **options: Any) -> np.ndarray:
    """Return the weights after training a fresh network."""
    model = network()
    model.compile(optimizer, "mse", jit_compile=JIT)
    fit(model, epochs, **options)
    return weights(model)


@functools.cache
def trained_by_own(name: str, option: str = "") -> np.ndarray:
    """Return the weights after training with the optimizer of Keras."""
    return trained(OWN[name](learning_rate=0.03, **OPTIONS.get(option, {})))


def weights(model: Any) -> np.ndarray:
    return np.concatenate([w.ravel() for w in model.get_weights()])


def array(variable: Any) -> np.ndarray:
    return np.array(keras.ops.convert_to_numpy(keras.ops.cast(variable.value, "float32")))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_it_trains_with_xla(name: str, target: str, made: Callable[..., Any]) -> None:
    model = network()
    rate = 0.3 if name == "Opt10" else 0.03
    model.compile(made(target, name, learning_rate=rate), "mse", jit_compile=CHOSEN != "torch")
    losses = fit(model, 10)
    assert losses[-1] < 0.7 * losses[0]


@EVERY
def test_it_trains_an_embedding(target: str, made: Callable[..., Any]) -> None:
    """TensorFlow's gradients of an embedding are sparse; the rule sees them dense, as Keras's own do."""
    words = np.random.default_rng(0).integers(0, 10, (64, 3))
    results = []
    for eager in (False, True):
        keras.utils.set_random_seed(0)
        layers = [keras.layers.Embedding(10, 4), keras.layers.Flatten(), keras.layers.Dense(1)]
        model = keras.Sequential([keras.Input((3,)), *layers])
        optimizer = made(target, "AdamKeras", learning_rate=0.03)
        model.compile(optimizer, "mse", run_eagerly=eager, jit_compile=JIT and not eager)
        history = model.fit(words, words.sum(1) / 10.0, batch_size=16, epochs=10, shuffle=False, verbose=0)
        assert history.history["loss"][-1] < 0.7 * history.history["loss"][0]
        results.append(weights(model))
    np.testing.assert_allclose(*results, rtol=1e-4, atol=1e-5)


@EVERY
@pytest.mark.parametrize("name", OWN)
def test_it_equals_keras_own(name: str, target: str, made: Callable[..., Any]) -> None:
    ours = trained(made(target, name, learning_rate=0.03))
    np.testing.assert_allclose(ours, trained_by_own(name), rtol=2e-4, atol=2e-6)


@EVERY
@pytest.mark.parametrize("option", OPTIONS)
def test_options_do_what_they_do_in_keras_own(option: str, target: str, made: Callable[..., Any]) -> None:
    ours = trained(made(target, "SGDMomentum", learning_rate=0.03, **OPTIONS[option]))
    theirs = trained_by_own("SGDMomentum", option)
    np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-6)
    if option != "loss_scale":
        plain = trained_by_own("SGDMomentum")
        assert np.abs(theirs - plain).max() > 1e-3, "the option does something"


@EVERY
def test_mixed_precision_scales_the_loss(target: str, made: Callable[..., Any]) -> None:
    results = []
    for make in (functools.partial(made, target, "AdamKeras"), OWN["AdamKeras"]):
        keras.mixed_precision.set_dtype_policy("mixed_float16")
        model = network()
        model.compile(make(learning_rate=0.03), "mse", jit_compile=JIT)
        assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
        fit(model)
        counted = int(model.optimizer.inner_optimizer.iterations)
        broken = data()[0].copy()
        broken[0] = np.inf  # this step is skipped, and not counted
        model.fit(broken, data()[1], batch_size=64, verbose=0)
        assert int(model.optimizer.inner_optimizer.iterations) == counted
        fit(model)
        results.append(weights(model))
    np.testing.assert_allclose(*results, rtol=5e-3, atol=2e-4)


@EVERY
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_the_state_of_weights_in_half_precision_is_in_float32(
    dtype: str, target: str, made: Callable[..., Any]
) -> None:
    """An average of 0.001 g^2 would stand still in bfloat16, and g^2 would be zero in float16."""
    variable = keras.Variable(np.ones(3), dtype=dtype)
    optimizer = made(target, "AdamKeras", learning_rate=0.5)
    optimizer.build([variable])
    for _ in range(20):
        optimizer.apply([keras.ops.convert_to_tensor(np.array([1e-4, 1e-3, -1e-2]), dtype=dtype)])
    assert {keras.backend.standardize_dtype(x.dtype) for x in optimizer.slots[0]} == {"float32"}
    np.testing.assert_allclose(array(variable), [-9, -9, 11], rtol=0.05)


@EVERY
@pytest.mark.parametrize("name", [*NAMES, "AdamW"])
def test_configuration_round_trips(name: str, target: str, made: Callable[..., Any]) -> None:
    options: dict[str, Any] = {"learning_rate": 0.25, "clipnorm": 1.0}
    if name in ("Opt9", "Opt10", "SGDMomentum"):
        options["momentum"] = 0.7
    if name == "AdamW":
        options |= {"beta1": 0.8, "weight_decay": 0.3}
    optimizer = made(target, name, **options)
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(copy) is type(optimizer)
    config = copy.get_config()
    assert config == optimizer.get_config()
    assert {k: pytest.approx(v) for k, v in options.items()} == {k: config[k] for k in options}


@EVERY
@pytest.mark.parametrize("rule", ["Opt4", "SGDMomentum", "Dropped"])
def test_a_saved_model_continues_identically(
    rule: Any, target: str, made: Callable[..., Any], tmp_path: Path
) -> None:
    if rule == "Dropped":
        rule = parse("Dropped = nesterov ~ drop(g, 0.5) + drop(v_hat, 0.3)")
    # Keras on JAX cannot train twice with an average of the weights, whatever the optimizer.
    options = {"use_ema": CHOSEN != "jax", "gradient_accumulation_steps": 2}
    model = network()
    model.compile(made(target, rule, learning_rate=0.03, **options), "mse", jit_compile=JIT)
    fit(model, 2)
    if rule == "SGDMomentum":
        model.optimizer.momentum = 0.3
    model.save(tmp_path / "model.keras")
    restored = keras.models.load_model(tmp_path / "model.keras")
    fit(model, 2)
    fit(restored, 2)
    assert int(restored.optimizer.iterations) == 8
    np.testing.assert_array_equal(weights(model), weights(restored))


@EVERY
def test_schedules_drive_rate_and_momentum(target: str, made: Callable[..., Any]) -> None:
    piecewise = keras.optimizers.schedules.PiecewiseConstantDecay
    still = piecewise([2], [0.0, 0.1])
    before = weights(network())
    first = trained(made(target, "SGDMomentum", learning_rate=still), 1, steps_per_epoch=3)
    np.testing.assert_array_equal(first, before)
    assert not np.array_equal(trained(made(target, "SGDMomentum", learning_rate=still), 1), before)

    results = [
        trained(made(target, "SGDMomentum", learning_rate=0.05, momentum=momentum), 1)
        for momentum in (0.0, piecewise([100], [0.0, 0.9]), 0.9)
    ]
    np.testing.assert_allclose(results[0], results[1], rtol=1e-6)
    assert np.abs(results[0] - results[2]).max() > 1e-3

    optimizer = made(target, "SGDMomentum", momentum=still)
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert copy.get_config()["momentum"] == optimizer.get_config()["momentum"]
    assert isinstance(copy.get_config()["momentum"], dict)


@EVERY
def test_a_callback_sets_the_momentum(target: str, made: Callable[..., Any]) -> None:
    """The compiled step sees the new coefficient, as it does a new learning rate."""

    class Cycle(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.model.optimizer.momentum = [0.9, 0.0][epoch]

    cycled = trained(made(target, "SGDMomentum", learning_rate=0.05), callbacks=[Cycle()])
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([3], [0.9, 0.0])
    scheduled = trained(made(target, "SGDMomentum", learning_rate=0.05, momentum=schedule))
    np.testing.assert_allclose(cycled, scheduled, rtol=1e-6)
    assert np.abs(cycled - trained(made(target, "SGDMomentum", learning_rate=0.05))).max() > 1e-3


@EVERY
def test_learning_rates_by_a_function(target: str, made: Callable[..., Any]) -> None:
    """That of a function may change between steps where it is a variable; a number would be frozen."""
    rate = keras.Variable(0.0)
    model = network()
    before = weights(model)
    model.compile(
        made(target, "AdamKeras", learning_rate=lambda: rate), "mse", run_eagerly=JIT, jit_compile=False
    )
    fit(model)
    np.testing.assert_array_equal(weights(model), before)
    rate.assign(0.1)
    fit(model)
    assert np.abs(weights(model) - before).max() > 1e-2
    model = network()
    model.compile(made(target, "AdamKeras", learning_rate=lambda: 0.1), "mse", jit_compile=JIT)
    with pytest.raises(TypeError, match="must return a variable"):
        fit(model)


@EVERY
def test_weights_may_be_excluded_from_weight_decay(target: str, made: Callable[..., Any]) -> None:
    variables = [keras.Variable(np.ones(2), name=name) for name in ("kernel", "bias")]
    optimizer = made(target, "AdamW", learning_rate=0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    zero = keras.ops.zeros(2)
    optimizer.apply([zero, zero], variables)
    np.testing.assert_allclose(array(variables[0]), 0.95, rtol=1e-6)
    np.testing.assert_array_equal(array(variables[1]), 1)


@EVERY
def test_dropout_is_drawn_anew_and_reproducibly(target: str, made: Callable[..., Any]) -> None:
    rule = parse("Masked = none ~ drop(1, 0.5)")
    variable = keras.Variable(np.zeros(1000, np.float32))
    optimizer = made(target, rule, learning_rate=1.0, seed=1)
    optimizer.build([variable])
    gradient = keras.ops.zeros(1000)
    moves = []
    for _ in range(3):
        before = array(variable)
        if CHOSEN == "tensorflow":
            optimizer.apply([gradient])
        else:  # the way that compiled steps of JAX take
            values = [v.value for v in optimizer.variables]
            (weight,), values = optimizer.stateless_apply(values, [gradient], [variable.value])
            for own, value in zip([variable, *optimizer.variables], [weight, *values], strict=True):
                own.assign(value)
        moves.append(before - array(variable))
    for move in moves:
        np.testing.assert_allclose(move[move != 0], 2)
        assert 400 < np.count_nonzero(move) < 600
    assert not np.array_equal(moves[0], moves[1]) and not np.array_equal(moves[1], moves[2])

    rule = parse("Thinned = none ~ drop(g, 0.5) + drop(g, 0.5)")
    results = [trained(made(target, rule, learning_rate=0.03, seed=seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(results[0], results[1])
    assert not np.array_equal(results[0], results[2])


@EVERY
@pytest.mark.parametrize("name", NAMES)
def test_a_first_step_of_nothing_changes_nothing(name: str, target: str, made: Callable[..., Any]) -> None:
    variable = keras.Variable(np.array([1.5, -2.5, 0.0]))
    optimizer = made(target, name, learning_rate=0.0)
    optimizer.apply([keras.ops.zeros(3)], [variable])
    np.testing.assert_array_equal(array(variable), [1.5, -2.5, 0.0])


@EVERY
def test_wrong_settings(target: str, made: Callable[..., Any]) -> None:
    for name, options in (
        ("Opt4", {"total_steps": 0}),
        ("SGDMomentum", {"momentum": -1}),
        ("AdamKeras", {"beta2": 1.0}),
        ("AdamW", {"weight_decay": float("nan")}),
        ("AdamW", {"eps": -1.0}),
    ):
        ((key, value),) = options.items()
        with pytest.raises(ValueError, match=f"Invalid {key}: {value}"):
            made(target, name, **options)
    with pytest.raises(TypeError, match="total_steps"):
        type(made(target, "Opt4"))(0.1)


@EVERY
def test_a_gradient_of_another_shape_is_refused(target: str, made: Callable[..., Any]) -> None:
    """Which stays on guard in the backends whose reshaping would take it."""
    optimizer = made(target, "SGDMomentum", 0.1)
    variable = keras.Variable(np.ones((2, 3)), name="kernel")
    for shape in ((3, 2), (6,), (2, 3, 1), (1, 3)):
        with pytest.raises(ValueError, match=r"Invalid gradient: of shape .*, and kernel.* is of \(2, 3\)"):
            optimizer.apply([keras.ops.ones(shape)], [variable])
    optimizer.apply([keras.ops.ones((2, 3))], [variable])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), 0.9, rtol=1e-6)


@EVERY
def test_the_momentum_of_a_schedule_is_not_set(target: str, made: Callable[..., Any]) -> None:
    optimizer = made(target, "SGDMomentum", 0.1, momentum=lambda step: 0.9)
    with pytest.raises(TypeError, match=r"\Amomentum follows a schedule and cannot be set\Z"):
        optimizer.momentum = 0.5


@EVERY
def test_a_model_of_another_rule_is_refused(target: str, tmp_path: Path) -> None:
    """Where a file of the same class name and states was written anew for another rule."""
    mine, other = (
        load(render(parse(f"none ~ {u}").named("Mine"), target), tmp_path).Mine
        for u in ("tanh(v_hat)", "exp(v_hat)")
    )
    config = mine(0.1).get_config()
    assert mine.from_config(config).get_config() == config
    with pytest.raises(
        ValueError, match=r"Invalid config: of the rule .* = none ~ tanh.*, not .* = none ~ exp"
    ):
        other.from_config(config)


@pytest.mark.skipif(CHOSEN != "tensorflow", reason="MirroredStrategy is TensorFlow's")
@pytest.mark.parametrize(
    "rule", ["Opt10", *(pytest.param(name, marks=pytest.mark.heavy) for name in ("SGDMomentum", "AdamKeras"))]
)
def test_configuration_under_mirrored_strategy(rule: str, tmp_path: Path) -> None:
    """Variables that a strategy mirrors over two devices are numbers in a configuration, too."""
    (tmp_path / "optimizer.py").write_text(render(catalog.entry(rule), "keras"))
    (tmp_path / "main.py").write_text(MIRRORED.replace("RULE", rule))
    run = subprocess.run(
        [sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.splitlines()[-1] == "the same"


@EVERY
def test_a_float64_training_has_its_momentum_in_float64(target: str, tmp_path: Path) -> None:
    """An initializer of Keras rounds a constant to float32 on its way."""
    made = load(render(catalog.entry("SGDMomentum"), target), tmp_path).SGDMomentum
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        momentum = made(momentum=0.8).momentum
    finally:
        keras.config.set_floatx(before)
    assert float(momentum.numpy() if hasattr(momentum, "numpy") else momentum) == pytest.approx(
        0.8, rel=1e-15 if CHOSEN != "jax" else 1e-7
    )


@pytest.mark.parametrize("target", TARGETS)
def test_the_norm_of_a_variable_without_dimensions(target: str, tmp_path: Path) -> None:
    made = load(render(parse("Clipped = none ~ clip_norm(g)"), target), tmp_path).Clipped
    variable = keras.Variable(0.5)
    optimizer = made(learning_rate=0.25)
    optimizer.build([variable])
    optimizer.apply([keras.ops.convert_to_tensor(-3.0)], [variable])
    assert float(keras.ops.convert_to_numpy(variable)) == 0.75
