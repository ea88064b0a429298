"""Branches, states and shapes of optimizers that JAX traces: nothing is specialized without a word."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from support.jax_steps import Transform, body_of, front_of_factory, stateless

from nos_sym.language.kind import Kind
from nos_sym.lift import LiftError

jax = pytest.importorskip("jax")
jnp = jax.numpy


class Kept(NamedTuple):
    """States of the optimizers here."""

    count: Any
    mu: Any


def _averaging(new: Any, start: float = 0.0) -> Transform:
    """Return a transformation with an average ``mu`` and a count of steps."""

    def init(w: Any) -> Kept:
        return Kept(jnp.zeros([], jnp.int32), jax.tree.map(lambda x: jnp.full_like(x, start), w))

    def update(g: Any, s: Kept, w: Any) -> Any:
        mu = jax.tree.map(lambda g, m: new(g, m, s.count), g, s.mu)
        return jax.tree.map(lambda m: -m, mu), Kept(s.count + 1, mu)

    return Transform(init, update)


def test_a_setting_that_decides_is_driven_both_ways() -> None:
    def factory(gain: float = 0.0, bound: float = 1.0) -> Transform:
        if gain > 0.5:
            return stateless(lambda g, w: -gain * g)
        return stateless(lambda g, w: -bound * jnp.sign(g))

    text = "; ".join(body_of(factory))
    assert "where(gain > 0.5, gain * g, bound * sign(g))" in text


def test_two_questions_on_one_line_are_two() -> None:
    def factory(low: float = 0.1, high: float = 0.2) -> Transform:
        if low > 0 and high > 0:
            return stateless(lambda g, w: -low * high * g)
        return stateless(lambda g, w: -g)

    front = front_of_factory(factory)
    assert len({d.condition for p in front.paths for d in p.decisions}) == 2


def test_what_the_original_refuses_is_a_domain() -> None:
    def factory(gain: float = 0.5) -> Transform:
        if gain < 0 or gain >= 2:
            raise ValueError("gain")
        return stateless(lambda g, w: -gain * g)

    front = front_of_factory(factory)
    domain = front.domains["gain"]
    assert (domain.low, domain.high, domain.high_open) == (0, 2, True)
    assert all(not p.decisions for p in front.paths)


def test_settings_of_one_value_stay_apart() -> None:
    def factory(learning_rate: float = 0.1, eps: float = 0.1, gain: float = 0.1) -> Transform:
        return stateless(lambda g, w: -learning_rate * gain * g / (jnp.abs(g) + eps + 0.1))

    assert body_of(factory) == ["w <- w - lr * gain * g / (abs(g) + eps + 0.1)"]


def test_a_whole_number_that_a_loop_needs_is_fixed_and_named() -> None:
    def factory(times: int = 3, gain: float = 0.5) -> Transform:
        def change(g: Any, w: Any) -> Any:
            for _ in range(times):
                g = gain * g
            return -g

        return stateless(change)

    front = front_of_factory(factory)
    assert "gain" in front.values and "times" not in front.values
    told = [c.text for c in front.conditions]
    assert any("times == 3" in text for text in told)


def test_counts_are_the_step_and_choices_on_it_are_kept() -> None:
    def factory(beta: float = 0.9) -> Transform:
        return _averaging(lambda g, m, t: jnp.where(t == 0, g, beta * m + (1 - beta) * g))

    assert body_of(factory) == [
        "state mu",
        "mu <- where(t == 0, g, beta * mu + (1 - beta) * g)",
        "w <- w - mu",
    ]


def test_a_branch_on_data_is_a_choice() -> None:
    def factory(beta: float = 0.9) -> Transform:
        def new(g: Any, m: Any, t: Any) -> Any:
            return jax.lax.cond(jnp.sum(g) > 0, lambda: beta * m, lambda: g)

        return _averaging(new)

    assert "mu <- where(sum(g) > 0, beta * mu, g)" in "; ".join(body_of(factory))


def test_a_branch_on_the_rank_is_one_of_the_rule() -> None:
    def factory() -> Transform:
        return stateless(lambda g, w: -g if g.ndim < 2 else -2 * g)

    assert "; ".join(body_of(factory)) == "if rank >= 2 { w <- w - 2 * g } else { w <- w - g }"


def test_tall_and_wide_matrices_are_told_apart() -> None:
    def factory() -> Transform:
        def change(g: Any, w: Any) -> Any:
            tall = g.ndim == 2 and g.shape[0] > g.shape[1]
            return -jnp.tanh(g) if tall else -g

        return stateless(change)

    assert "where(cols < rows, tanh(g), g)" in "; ".join(body_of(factory))


def test_a_state_with_a_start_and_a_row_have_their_kinds() -> None:
    def factory(beta: float = 0.9, start: float = 0.25) -> Transform:
        def init(w: Any) -> Kept:
            rows = jax.tree.map(lambda x: jnp.full(x.shape[:1], start), w)
            return Kept(jnp.zeros([], jnp.int32), rows)

        def update(g: Any, s: Kept, w: Any) -> Any:
            mu = jax.tree.map(lambda g, m: beta * m + jnp.mean(g**2, axis=1), g, s.mu)
            return jax.tree.map(lambda g, m: -g / m[:, None], g, mu), Kept(s.count + 1, mu)

        return Transform(init, update)

    (path,) = front_of_factory(factory).paths
    (state,) = path.states
    assert (path.rank, state.name, state.kind, state.start.name) == (2, "mu", Kind.ROW, "start")


def test_the_loss_is_named() -> None:
    def factory() -> Transform:
        def update(g: Any, s: Any, w: Any, *, value: Any) -> Any:
            return jax.tree.map(lambda x: -x * value, g), s

        return Transform(lambda _: (), update)

    with pytest.raises(LiftError, match="value"):
        front_of_factory(factory)


def test_an_original_that_raises_says_what() -> None:
    def factory() -> Transform:
        raise RuntimeError("no\nluck")

    with pytest.raises(LiftError, match="RuntimeError: 'no'"):
        front_of_factory(factory)


def test_what_is_no_transformation_is_refused() -> None:
    def factory() -> int:
        return 3

    with pytest.raises(LiftError, match="no GradientTransformation"):
        front_of_factory(factory)


def test_the_process_is_left_as_it_was() -> None:
    def factory(gain: float = 0.5) -> Transform:
        return stateless(lambda g, w: -g if gain > 1 else -gain * g)

    before = jax.core.Tracer.__bool__, jax.config.jax_enable_x64
    front_of_factory(factory)
    assert (jax.core.Tracer.__bool__, jax.config.jax_enable_x64) == before
