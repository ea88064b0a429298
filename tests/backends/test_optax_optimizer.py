"""Rendered optax files in use: optax's own optimizers equalled, its wrappers, transformations of JAX."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import backends, load, problem
from support.set_rules import adam_w

from nos_sym import catalog, onecycle
from nos_sym.codegen.factored import render_factored
from nos_sym.codegen.render import render
from nos_sym.language.parser import parse

if "optax" not in backends():
    pytest.skip("optax is not installed", allow_module_level=True)

import jax
import jax.numpy as jnp
import optax

TOTAL = 40
NAMES = ["Opt4", "Opt9", "Opt10", "Adam", "AdamW", "SGD", "SGDMomentum", "AMSGrad"]
RATES = {"Opt10": 0.3}
STEPS = 200

OPTAX: dict[str, Callable[[Any], optax.GradientTransformation]] = {
    "SGD": optax.sgd,
    "SGDMomentum": lambda lr: optax.sgd(lr, momentum=0.9),
    "Nesterov": lambda lr: optax.sgd(lr, momentum=0.9, nesterov=True),
    "Adam": optax.adam,
    "AdamW": lambda lr: optax.adamw(lr, weight_decay=0.01),
    "Lion": lambda lr: optax.lion(lr, weight_decay=0.0),
    "RMSProp": lambda lr: optax.rmsprop(lr, decay=0.99, eps_in_sqrt=False),
    "AdaBelief": lambda lr: optax.adabelief(lr, eps=1e-16, eps_root=1e-16),
}


def entry(name: str) -> Any:
    return adam_w() if name == "AdamW" else catalog.entry(name)


@pytest.fixture(scope="module")
def makers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("rendered")
    return {
        name: getattr(load(render(entry(name), "optax"), folder), name)
        for name in sorted({*NAMES, *OPTAX, "LR6"})
    }


def options(name: str) -> dict[str, Any]:
    return {"total_steps": TOTAL} if name.startswith("Opt") else {}


def parameters() -> Any:
    rng = np.random.default_rng(0)
    return {
        "layer": {"kernel": jnp.asarray(rng.normal(size=(4, 3)), "float32"), "bias": jnp.zeros(3)},
        "scale": [jnp.ones(())],
    }


def loss(params: Any) -> jax.Array:
    inputs = jnp.asarray(np.random.default_rng(1).normal(size=(16, 4)), "float32")
    hidden = jnp.tanh(inputs @ params["layer"]["kernel"] + params["layer"]["bias"])
    return jnp.mean((params["scale"][0] * hidden.sum(1) - inputs.sum(1)) ** 2)


def train(optimizer: Any, steps: int = TOTAL, params: Any = None) -> tuple[Any, Any]:
    """Return parameters and state after steps in one compiled loop."""
    params = parameters() if params is None else params

    def step(carry: Any, _: Any) -> Any:
        params, state = carry
        changes, state = optimizer.update(jax.grad(loss)(params), state, params)
        return (optax.apply_updates(params, changes), state), None

    run = jax.jit(lambda carry: jax.lax.scan(step, carry, None, steps)[0])
    return run((params, optimizer.init(params)))


def same(ours: Any, theirs: Any, rtol: float = 1e-6) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol), ours, theirs)


@pytest.mark.parametrize("name", NAMES)
def test_it_trains(name: str, makers: dict[str, Any]) -> None:
    params, state = train(makers[name](RATES.get(name, 0.03), **options(name)))
    assert loss(params) < 0.7 * loss(parameters())
    assert int(state.count) == TOTAL


def equal_over_200_steps(*makers: Any) -> None:
    given = problem(STEPS, seed=3)
    with jax.enable_x64(True):
        weights = []
        for make in makers:
            optimizer = make(0.03)
            weight = jnp.asarray(given.weight)
            state, history = optimizer.init(weight), []
            update = jax.jit(optimizer.update)
            for gradient in given.gradients:
                changes, state = update(jnp.asarray(gradient), state, weight)
                weight = optax.apply_updates(weight, changes)
                history.append(np.asarray(weight))
            weights.append(history)
    np.testing.assert_allclose(*weights, rtol=1e-10)


@pytest.mark.parametrize("name", OPTAX)
def test_those_of_optax(name: str, makers: dict[str, Any]) -> None:
    equal_over_200_steps(makers[name], OPTAX[name])


def test_amsgrad_of_optax(tmp_path: Path) -> None:
    """Optax takes the maximum of the corrected average, PyTorch and the catalog that of the plain one."""
    rule = parse("Max = none ~ v_hat / (sqrt(running_max(ema_hat(g^2, 0.999))) + 1e-8)")
    equal_over_200_steps(load(render(rule, "optax"), tmp_path).Max, optax.amsgrad)


def test_the_rate_of_every_step_is_that_of_the_schedule(makers: dict[str, Any]) -> None:
    schedule = optax.cosine_decay_schedule(0.1, TOTAL)
    same(train(makers["Adam"](schedule))[0], train(optax.adam(schedule))[0], 1e-5)
    warm = optax.warmup_cosine_decay_schedule(0.0, 0.1, 8, TOTAL)
    first = makers["Adam"](warm)
    changes, _ = first.update(parameters(), first.init(parameters()))
    same(changes, jax.tree.map(jnp.zeros_like, parameters()), 0.0)


@pytest.mark.parametrize("name", ["Opt4", "Opt9", "AdamW"])
def test_hyperparameters_are_injected(name: str, makers: dict[str, Any]) -> None:
    """Also those that the rule alone has, and T, which decays read; a schedule may stand for any."""
    plain = makers[name](0.03, **options(name))
    injected = optax.inject_hyperparams(makers[name])(0.03, **options(name))
    # The coefficients are rounded to float32 there.
    same(train(injected)[0], train(plain)[0], 1e-4)
    state = injected.init(parameters())
    expected = {
        "Opt4": {"learning_rate", "total_steps", "beta"},
        "Opt9": {"learning_rate", "momentum", "total_steps", "beta"},
        "AdamW": {"learning_rate", "beta1", "beta2", "eps", "weight_decay"},
    }
    assert set(state.hyperparams) == expected[name]
    state.hyperparams["learning_rate"] = jnp.asarray(0.0)
    changes, _ = injected.update(parameters(), state, parameters())
    assert all(not np.any(c) for c in jax.tree.leaves(changes))


def test_a_beta_may_follow_a_schedule(makers: dict[str, Any]) -> None:
    cycled = optax.linear_schedule(0.95, 0.85, TOTAL)
    ours = optax.inject_hyperparams(makers["SGDMomentum"])(0.01, momentum=cycled)
    same(train(ours)[0], train(makers["SGDMomentum"](0.01, cycled))[0])
    adam = optax.inject_hyperparams(makers["Adam"])(0.01, beta1=cycled)
    theirs = optax.inject_hyperparams(optax.adam)(0.01, b1=cycled)
    same(train(adam)[0], train(theirs)[0], 1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_in_a_chain(name: str, makers: dict[str, Any]) -> None:
    """After clipping of the gradients and before another factor of the changes."""
    inner = makers[name](0.06, **options(name))
    chained = optax.chain(optax.clip(0.05), inner, optax.scale(0.5))
    gradients = jax.grad(loss)(parameters())
    clipped = jax.tree.map(lambda g: jnp.clip(g, -0.05, 0.05), gradients)
    changes, _ = chained.update(gradients, chained.init(parameters()), parameters())
    wanted, _ = inner.update(clipped, inner.init(parameters()), parameters())
    same(changes, jax.tree.map(lambda c: 0.5 * c, wanted))


@pytest.mark.parametrize("name", NAMES)
def test_masked(name: str, makers: dict[str, Any]) -> None:
    """What the mask leaves out has no state and passes through; the rest moves as it does alone."""
    inner = makers[name](0.03, **options(name))
    mask = {"layer": {"kernel": True, "bias": False}, "scale": [True]}
    masked = optax.masked(inner, mask)
    gradients = jax.grad(loss)(parameters())
    state = masked.init(parameters())
    bias = [x for x in jax.tree.leaves(state) if jnp.shape(x) == (3,)]
    assert bias == []
    changes, _ = jax.jit(masked.update)(gradients, state, parameters())
    wanted, _ = inner.update(gradients, inner.init(parameters()), parameters())
    same(changes["layer"]["bias"], gradients["layer"]["bias"])
    same(changes["layer"]["kernel"], wanted["layer"]["kernel"])
    same(changes["scale"], wanted["scale"])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_to_move(name: str, makers: dict[str, Any]) -> None:
    """No parameters, none that the mask lets through, and tuples as containers."""
    optimizer = makers[name](0.03, **options(name))
    assert optimizer.update({}, optimizer.init({}), {})[0] == {}
    masked = optax.masked(optimizer, jax.tree.map(lambda _: False, parameters()))
    changes, _ = masked.update(parameters(), masked.init(parameters()), parameters())
    same(changes, parameters(), 0.0)
    pair = (jnp.ones(2), (jnp.ones(3), jnp.ones(())))
    changes, _ = optimizer.update(pair, optimizer.init(pair), pair)
    assert jax.tree.map(jnp.shape, changes) == jax.tree.map(jnp.shape, pair)


def test_dropout_without_parameters(tmp_path: Path) -> None:
    made = load(render(parse("Dropped = none ~ drop(g, 0.5)"), "optax"), tmp_path).Dropped(0.1)
    assert made.update((), made.init(()))[0] == ()


def test_two_groups(makers: dict[str, Any]) -> None:
    """Different settings for different parameters, by `optax.partition`."""
    labels = {"layer": {"kernel": "fast", "bias": "still"}, "scale": ["fast"]}
    both = optax.partition(
        {"fast": makers["Adam"](0.03), "still": makers["Opt4"](0.0, total_steps=5)}, labels
    )
    params, _ = train(both)
    same(params["layer"]["bias"], parameters()["layer"]["bias"], 0.0)
    assert np.abs(params["layer"]["kernel"] - parameters()["layer"]["kernel"]).min() > 1e-4


@pytest.mark.parametrize("name", ["Opt4", "Opt10", "AdamW"])
def test_vmap_over_models_and_rates(name: str, makers: dict[str, Any]) -> None:
    """Four learning rates and four models at once, each as it is alone."""
    make, rates = makers[name], jnp.asarray([0.1, 0.03, 0.01, 0.0])
    models = jax.vmap(lambda i: jax.tree.map(lambda p: p + 0.1 * i, parameters()))(jnp.arange(4.0))

    def run(rate: Any, params: Any) -> Any:
        return train(make(rate, **options(name)), 8, params)[0]

    together, one = jax.vmap(run)(rates, models), jax.jit(run)
    for i in range(4):
        alone = one(rates[i], jax.tree.map(lambda p, i=i: p[i], models))
        same(jax.tree.map(lambda p, i=i: p[i], together), alone, 2e-5)


@pytest.mark.parametrize("name", ["Opt4", "Opt9", "Adam"])
def test_no_setting_compiles_again(name: str, makers: dict[str, Any]) -> None:
    make, compiled = makers[name], []

    @jax.jit
    def step(rate: Any, state: Any, params: Any) -> Any:
        compiled.append(1)
        return make(rate, **options(name)).update(params, state, params)

    params = parameters()
    state = make(0.1, **options(name)).init(params)
    for rate in (0.1, 0.2, 0.3):
        _, state = step(rate, state, params)
    assert len(compiled) == 1


@pytest.mark.parametrize("name", NAMES)
def test_half_precision(name: str, makers: dict[str, Any]) -> None:
    """Weights of 16 bits: changes of their dtype, state in float32 that does not stand still."""
    optimizer = makers[name](1e-3, **options(name))
    params = jax.tree.map(lambda p: p.astype(jnp.bfloat16), parameters())
    state = optimizer.init(params)
    assert all(x.dtype in (jnp.float32, jnp.int32) for x in jax.tree.leaves(state))
    changes, after = optimizer.update(params, state, params)
    assert all(x.dtype == jnp.bfloat16 for x in jax.tree.leaves(changes))
    assert jax.tree.map(lambda x: x.dtype, after) == jax.tree.map(lambda x: x.dtype, state)
    wide = jax.tree.map(lambda p: p.astype(jnp.float32), params)
    wanted, _ = optimizer.update(wide, state, wide)
    same(changes, jax.tree.map(lambda c: c.astype(jnp.bfloat16), wanted))


@pytest.mark.parametrize("name", NAMES)
def test_a_first_step_of_nothing(name: str, makers: dict[str, Any]) -> None:
    """Zero gradients and learning rate 0 leave weights as they were."""
    optimizer = makers[name](0.0, **options(name))
    zeros = jax.tree.map(jnp.zeros_like, parameters())
    changes, _ = optimizer.update(zeros, optimizer.init(parameters()), parameters())
    same(changes, zeros, 0.0)


@pytest.mark.parametrize("wrap", [optax.apply_if_finite, optax.MultiSteps], ids=lambda w: w.__name__)
@pytest.mark.parametrize("name", ["Opt4", "Opt9", "Dropped"])
def test_other_wrappers(name: str, wrap: Any, makers: dict[str, Any], tmp_path: Path) -> None:
    """Two that choose between two states by `jax.lax.cond`."""
    if name == "Dropped":
        inner = load(render(parse("Dropped = none ~ drop(v_hat, 0.5)"), "optax"), tmp_path).Dropped(0.03)
    else:
        inner = makers[name](0.03, **options(name))
    wrapped = wrap(inner, 2)
    params = parameters()
    state = wrapped.init(params)
    update = jax.jit(wrapped.update)
    for _ in range(4):
        changes, state = update(jax.grad(loss)(params), state, params)
        params = optax.apply_updates(params, changes)
    assert loss(params) < loss(parameters())


def test_state_may_be_donated(makers: dict[str, Any]) -> None:
    """No two trees of the state share a buffer, which XLA refuses to give away twice."""
    optimizer = makers["Adam"](0.03)
    state = optimizer.init(parameters())
    step = jax.jit(optimizer.update, donate_argnums=1)
    for _ in range(2):
        _, state = step(parameters(), state)
    assert int(state.count) == 2


def test_past_the_end_decays_hold_their_last_value(makers: dict[str, Any]) -> None:
    optimizer = makers["Opt10"](0.1, total_steps=5)
    params = parameters()
    state = optimizer.init(params)
    last, later = (
        optimizer.update(params, state._replace(count=jnp.asarray(n)), params)[0] for n in (4, 4000)
    )
    same(last, later, 0.0)
    before = optimizer.update(params, state._replace(count=jnp.asarray(3)), params)[0]
    assert np.any(before["layer"]["kernel"] != last["layer"]["kernel"])


def test_dropout_is_drawn_anew_and_reproducibly(tmp_path: Path) -> None:
    rule = parse("Dropped = none ~ drop(g, 0.5) + drop(g, 0.5)")
    make = load(render(rule, "optax"), tmp_path).Dropped
    ones = {"a": jnp.ones((40, 50)), "b": jnp.ones((40, 50))}
    results = []
    for seed in (1, 1, 2):
        optimizer = make(1.0, seed=seed)
        first, state = jax.jit(optimizer.update)(ones, optimizer.init(ones))
        second, _ = jax.jit(optimizer.update)(ones, state)
        results.append(np.stack([first["a"], first["b"], second["a"]]))
    np.testing.assert_array_equal(results[0], results[1])
    assert np.any(results[0] != results[2])
    # Two masks of rate 0.5 for each of two tensors and two steps, each its own.
    for values in results[0]:
        np.testing.assert_allclose([np.mean(values == -x) for x in (0, 2, 4)], [0.25, 0.5, 0.25], atol=0.05)
    first, other, second = results[0]
    for a, b in ((first, other), (first, second)):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.1


def test_a_schedule_times_a_base_schedule(makers: dict[str, Any]) -> None:
    base = optax.warmup_cosine_decay_schedule(0.0, 0.1, 8, TOTAL)
    product = makers["LR6"](base, TOTAL)
    factor = makers["LR6"](1.0, TOTAL)
    for count in (0, 3, 20, TOTAL + 5):
        assert product(count) == pytest.approx(float(base(count) * factor(count)), rel=1e-6)
    joined = optax.join_schedules([lambda count: 0.0, product], [2])
    assert joined(5) == pytest.approx(float(product(3)))
    params, _ = train(makers["Adam"](product))
    assert loss(params) < 0.7 * loss(parameters())


@pytest.mark.parametrize("lengths", [(100, 6, 0), (100, 6, 20), (35, 6, 0), (3, 1, 1), (2, 0, 0), (1, 0, 0)])
def test_one_cycle(lengths: tuple[int, int, int], makers: dict[str, Any], tmp_path: Path) -> None:
    template = files("nos_sym.backends").joinpath("optax", "templates", "one_cycle.py.jinja")
    module = load(template.read_text(encoding="utf-8"), tmp_path)
    total, warmup, hold = lengths
    steps = np.minimum(np.arange(total + 3), total - 1)
    rates = onecycle.learning_rates(total, 0.1, warmup, hold)[steps]
    momenta = onecycle.momenta(total, warmup, hold)[steps]
    cycle, mu = module.OneCycle(0.1, *lengths), module.OneCycleMomentum(*lengths)
    np.testing.assert_allclose(jax.vmap(cycle)(np.arange(total + 3)), rates, rtol=2e-7)
    np.testing.assert_allclose(jax.vmap(mu)(np.arange(total + 3)), momenta, rtol=2e-7)
    with jax.enable_x64(True):
        np.testing.assert_allclose([cycle(t) for t in range(total)], rates[:total], rtol=1e-12, atol=1e-16)
        np.testing.assert_allclose([mu(t) for t in range(total)], momenta[:total], rtol=1e-12)
    optimizer = makers["SGDMomentum"](cycle, mu)
    state, moved = optimizer.init(1.0), 0.0
    for rate, momentum in zip(rates, momenta, strict=True):
        change, state = optimizer.update(1.0, state)
        moved = momentum * moved - rate
        assert float(change) == pytest.approx(moved, rel=1e-5)
    with pytest.raises(ValueError, match="Invalid lengths"):
        module.OneCycle(0.1, 5, 3, 2)


def test_core_and_schedule_equal_the_whole(tmp_path: Path) -> None:
    whole = load(render(catalog.entry("Opt6"), "optax"), tmp_path).Opt6
    parts = load(render_factored(catalog.entry("Opt6"), "optax"), tmp_path)
    cosine = optax.cosine_decay_schedule(0.03, TOTAL)

    def both(rate: Any) -> Any:
        return parts.Opt6Core(parts.Opt6Schedule(rate, STEPS))

    equal_over_200_steps(lambda _: whole(cosine, total_steps=STEPS), lambda _: both(cosine))


def test_wrong_settings(makers: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Invalid total_steps: 0"):
        makers["Opt4"](0.1, total_steps=0)
    with pytest.raises(ValueError, match="Invalid total_steps: 0"):
        makers["LR6"](0.1, 0)
    with pytest.raises(TypeError, match="total_steps"):
        makers["Opt4"](0.1)
    ones = jnp.ones(3)
    optimizer = makers["AdamW"](0.1)
    with pytest.raises(ValueError, match="params are needed"):
        optimizer.update(ones, optimizer.init(ones))
    with pytest.raises(TypeError, match="complex gradients are not supported"):
        makers["Adam"](0.1).update(ones * 1j, makers["Adam"](0.1).init(ones))
