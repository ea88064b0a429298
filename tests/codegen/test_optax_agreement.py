"""The rendered optax files compute what the interpreter computes, eagerly and as one compiled loop.

The bounds are those of :mod:`test_agreement`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.harness import backends, load, problem, run_numpy, settings
from test_agreement import CATALOG, CHUNK, CHUNKS, check, compare, random_rules

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.rule import Momentum, Rule

if "optax" not in backends():
    pytest.skip("optax is not installed", allow_module_level=True)

import jax
import jax.numpy as jnp
import optax
from support.rounding import Bounds


@pytest.mark.parametrize("rule", CATALOG, ids=lambda r: r.name)
def test_catalog(rule: Rule, tmp_path: Path) -> None:
    needed = check(rule, problem(seed=7), tmp_path, ("optax",))
    assert needed == 0, "a catalog rule agrees to 1e-10 without any allowance"


@pytest.mark.parametrize(
    ("chunk", "count"), [(0, 6), *(pytest.param(c, CHUNK, marks=pytest.mark.heavy) for c in range(CHUNKS))]
)
def test_random_rules(chunk: int, count: int, tmp_path: Path) -> None:
    rules = random_rules(chunk)[:count]
    given = [problem(seed=100 * chunk + i) for i in range(len(rules))]
    needed = sum(check(rule, g, tmp_path, ("optax",)) for rule, g in zip(rules, given, strict=True))
    # The allowance is for the few ill-conditioned rules.
    assert needed <= 2


@pytest.mark.parametrize("name", ["Adam", "Opt4", "Opt6", "Opt9", "Opt10", "A5"])
def test_one_compiled_loop(name: str, tmp_path: Path) -> None:
    """All steps in one `jax.lax.scan`: the scalars are traced functions of the count, exact in float32."""
    rule = catalog.entry(name)
    assert isinstance(rule, Rule)
    given = problem(seed=7)
    make = getattr(load(render(rule, "optax"), tmp_path), name)
    momentum = {} if rule.momentum is Momentum.NONE else {"momentum": lambda count: momenta[count]}
    rates, momenta = jnp.asarray(given.learning_rates), jnp.asarray(given.momenta)
    optimizer = make(lambda count: rates[count], **momentum, **settings(rule, given))

    @jax.jit
    def run(weight: jax.Array, gradients: jax.Array) -> jax.Array:
        def step(carry: tuple, gradient: jax.Array) -> tuple:
            weight, state = carry
            change, state = optimizer.update(gradient, state, weight)
            weight = optax.apply_updates(weight, change)
            return (weight, state), weight

        return jax.lax.scan(step, (weight, optimizer.init(weight)), gradients)[1]

    ours = np.asarray(run(jnp.asarray(given.weight, "float32"), jnp.asarray(given.gradients, "float32")))
    value, bound = Bounds(rule, given, 2.0**-24).run()
    compare(ours.astype(np.float64), value, bound, 0.0, f"scan float32: {rule}")
    np.testing.assert_allclose(ours, run_numpy(rule, given), rtol=1e-4, atol=1e-5)
