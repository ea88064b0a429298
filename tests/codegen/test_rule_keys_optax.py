"""States of an optax file are those of its rule: in memory, in compiled steps, and in what is restored."""

from __future__ import annotations

import copy
import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.harness import backends, load

if "optax" not in backends():
    pytest.skip("JAX is not installed", allow_module_level=True)

import jax
import jax.numpy as jnp
import optax

from nos_sym import parse
from nos_sym.codegen.render import render

TANH, EXP = "Mine = none ~ tanh(v_hat)", "Mine = none ~ exp(v_hat)"
SAME = "Mine = none ~ -tanh(-ema_hat(g, 0.8))"
ONE_LINE = (
    r"\AInvalid state: of the rule '2.1:[0-9a-f]{24}-\w{6}', "
    r"not '2.1:\w{24}-\w{6} Mine = none ~ exp\(v_hat\)'; "
    r"take one that init returned($|\n-{9})"
)
"""JAX puts a note of its own under the line."""

PARAMS = {"a": jnp.ones(3), "b": jnp.ones((2, 2))}


def made(text: str, folder: Path) -> ModuleType:
    return load(render(parse(text), "optax"), folder)


def trained(module: Any, state: Any = None) -> Any:
    """Return a state after a compiled step and one that is not."""
    rule = module.Mine(0.1)
    state = rule.init(PARAMS) if state is None else state
    _, state = jax.jit(rule.update)(PARAMS, state, PARAMS)
    return rule.update(PARAMS, state, PARAMS)[1]


def step(module: Any, state: Any) -> Any:
    return module.Mine(0.1).update(PARAMS, state, PARAMS)[1]


def test_the_state_of_another_rule_is_refused(tmp_path: Path) -> None:
    """Also where steps are compiled, for the key is no array; one of the same rule is taken."""
    state, other = trained(made(TANH, tmp_path)), made(EXP, tmp_path).Mine(0.1)
    trained(made(SAME, tmp_path), state)
    steps = (
        lambda: other.update(PARAMS, state, PARAMS),
        lambda: jax.jit(other.update)(PARAMS, state, PARAMS),
        lambda: jax.lax.scan(lambda x, _: (other.update(PARAMS, x, PARAMS)[1], 0), state, None, 2),
        lambda: optax.chain(optax.clip(1.0), other).update(PARAMS, (optax.EmptyState(), state), PARAMS),
    )
    for refused in steps:
        with pytest.raises(ValueError, match=ONE_LINE):
            refused()
    assert len(jax.tree.leaves(state)) == 3
    assert jax.tree.structure(state) != jax.tree.structure(other.init(PARAMS))


def test_keys_of_another_version_and_none(tmp_path: Path) -> None:
    """They say nothing; a state keeps its structure from step to step."""
    first = trained(made(TANH, tmp_path))
    module = made(EXP, tmp_path)
    for given in ({"1:cd7430521fcc852ba78248d7": ()}, {}, {"none": ()}, (), {"": ()}):
        state = first._replace(rule_key=given)
        assert step(module, state).rule_key == given
    assert module.MineState(first.count, first.v).rule_key == module.OWN
    for given in ("2.1:", "2.1:\x1b[31m\n" * 999):
        with pytest.raises(ValueError, match=r"\AInvalid state: of the rule '2") as error:
            step(module, first._replace(rule_key={given: ()}))
        line = str(error.value).splitlines()[0]
        assert line.isprintable() and line.endswith("init returned") and len(line) < 500


def test_pickled_states(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their class is found by name, which may have been written anew for another rule."""
    module = ModuleType("pickled_states")
    monkeypatch.setitem(sys.modules, "pickled_states", module)
    exec(render(parse(TANH), "optax"), module.__dict__)
    saved = pickle.dumps(trained(module))
    trained(module, pickle.loads(saved))
    trained(module, copy.deepcopy(pickle.loads(saved)))
    exec(render(parse(EXP), "optax"), module.__dict__)
    with pytest.raises(ValueError, match=ONE_LINE):
        trained(module, pickle.loads(saved))


def test_flax_restores_states_of_the_rule_alone(tmp_path: Path) -> None:
    serialization = pytest.importorskip("flax.serialization")
    saved = serialization.to_bytes(trained(made(TANH, tmp_path)))
    for text in (TANH, SAME):
        module = made(text, tmp_path)
        trained(module, serialization.from_bytes(module.Mine(0.1).init(PARAMS), saved))
    with pytest.raises(ValueError, match="keys do not match"):
        serialization.from_bytes(made(EXP, tmp_path).Mine(0.1).init(PARAMS), saved)


@pytest.mark.filterwarnings("ignore")
def test_orbax_restores_states_of_the_rule_alone(tmp_path: Path) -> None:
    orbax = pytest.importorskip("orbax.checkpoint")
    with orbax.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "state", trained(made(TANH, tmp_path)))
        checkpointer.wait_until_finished()
        for text in (TANH, SAME):
            module = made(text, tmp_path)
            trained(module, checkpointer.restore(tmp_path / "state", module.Mine(0.1).init(PARAMS)))
        with pytest.raises(ValueError, match="do not match"):
            checkpointer.restore(tmp_path / "state", made(EXP, tmp_path).Mine(0.1).init(PARAMS))


@pytest.mark.heavy
def test_what_wraps_a_file(tmp_path: Path) -> None:
    one, other = made(TANH, tmp_path).Mine, made(EXP, tmp_path).Mine
    for rule in (
        optax.inject_hyperparams(one)(learning_rate=0.1),
        optax.MultiSteps(one(0.1), 2),
        optax.apply_if_finite(one(0.1), 2),
        optax.masked(one(0.1), {"a": True, "b": False}),
        optax.multi_transform({"x": one(0.1), "y": other(0.1)}, {"a": "x", "b": "y"}),
    ):
        state = rule.init(PARAMS)
        for _ in range(3):
            _, state = jax.jit(rule.update)(PARAMS, state, PARAMS)
    doubled = optax.tree_map_params(one(0.1), lambda x: x * 2, one(0.1).init(PARAMS))
    one(0.1).update(PARAMS, doubled, PARAMS)
