"""Each kind of operation of JAX, read off a step that has it."""

from __future__ import annotations

from typing import Any

import pytest
from support.jax_steps import Transform, body_of, stateless

from nos_sym.lift import LiftError

jax = pytest.importorskip("jax")
jnp = jax.numpy


def _moves(change: Any) -> list[str]:
    """Return the statements of the step that adds a function of gradient and weight."""

    def factory() -> Transform:
        return stateless(change)

    return body_of(factory)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda g, w: -g * jax.lax.rsqrt(w**2 + 1), "w <- w - g / sqrt(w^2 + 1)"),
        (lambda g, w: -jax.nn.sigmoid(g) - jax.lax.erf(w), "w <- w - (sigmoid(g) + erf(w))"),
        (lambda g, w: -jnp.clip(g, -1.0, 2.0), "w <- w - min(2, max(-1, g))"),
        (lambda g, w: -jnp.where(g > w, g, w), "w <- w - max(g, w)"),
        (lambda g, w: -jnp.where(g > 0, g, w * 2), "w <- w - where(g > 0, g, 2 * w)"),
        (
            lambda g, w: -(((g > 0) & ~(w < 1)) * g),
            "w <- w - where(g > 0 and w >= 1, 1, 0) * g",
        ),
        (lambda g, w: -jnp.cbrt(g), "w <- w - sign(g) * abspow(g, 1 / 3)"),
        (lambda g, w: -(g**3) / 4, "w <- w - g^3 / 4"),
        (lambda g, w: -g / jnp.linalg.norm(w), "w <- w - g / norm2(w)"),
        (lambda g, w: -g * jnp.mean(jnp.abs(w)), "w <- w - g * mean(abs(w))"),
        (lambda g, w: -g * jnp.sqrt(jnp.mean(jnp.square(g))), "w <- w - g * rms(g)"),
        (lambda g, w: -g * jnp.vdot(g, w), "w <- w - g * sum(g * w)"),
        (lambda g, w: -g * jnp.max(jnp.abs(w)), "w <- w - g * norm_inf(w)"),
        (lambda g, w: -g / jnp.sqrt(1.0 * w.size), "w <- w - g / sqrt(size)"),
        (lambda g, w: -jnp.minimum(g, jnp.inf), "w <- w - g"),
        (lambda g, w: -g + jnp.nan_to_num(w) * 0, "w <- w - g"),
    ],
)
def test_operations_on_entries_and_whole_tensors(change: Any, text: str) -> None:
    assert _moves(change) == [text]


def _of_matrices(change: Any) -> Transform:
    return stateless(lambda g, w: change(g, w) if g.ndim == 2 else -g)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda g, w: -g / jnp.sum(w**2, axis=1, keepdims=True), "w <- w - g / row_sum(w^2)"),
        (lambda g, w: -g / jnp.mean(w, axis=0), "w <- w - g / col_mean(w)"),
        (lambda g, w: -(g.T * jnp.max(w.T, axis=1, keepdims=True)).T, "w <- w - g * col_max(w)"),
        (lambda g, w: -g * jnp.sum(w.reshape(-1)), "w <- w - g * sum(w)"),
        (lambda g, w: -g * jnp.mean(jnp.mean(w, axis=1)), "w <- w - g * mean(row_mean(w))"),
        (lambda g, w: -g * max(1, g.shape[0] / g.shape[1]) ** 0.5, "w <- w - sqrt(max(1, rows / cols)) * g"),
        (lambda g, w: -g * max(g.shape), "w <- w - max(rows, cols) * g"),
    ],
)
def test_axes_are_followed_through_transposes_and_reshapes(change: Any, text: str) -> None:
    def factory() -> Transform:
        return _of_matrices(change)

    assert f"{{ {text} }} else" in "; ".join(body_of(factory))


def _quintic(x: Any, steps: int) -> Any:
    def one(_: Any, x: Any) -> Any:
        a = x @ x.T
        return 3.0 * x + (-2.0 * a + 0.5 * a @ a) @ x

    return jax.lax.fori_loop(0, steps, one, x)


def test_newton_schulz_loops_are_orthogonalizations() -> None:
    def factory() -> Transform:
        return _of_matrices(lambda g, w: -_quintic(g / (jnp.linalg.norm(g) + 1e-7), 3))

    text = "; ".join(body_of(factory))
    assert "orth(g, steps=3, eps=0, plus=1e-7, a=3, b=-2, c=0.5)" in text


def test_sums_over_all_parameters_are_told_from_those_of_one() -> None:
    def factory() -> Transform:
        def update(g: Any, s: Any, w: Any) -> Any:
            norm = jnp.sqrt(sum(jnp.sum(x**2) for x in jax.tree.leaves(g)))
            return jax.tree.map(lambda x: -x / (1 + norm) - x * jnp.sum(x), g), s

        return Transform(lambda _: (), update)

    assert body_of(factory) == ["w <- w - (g / (sqrt(total(g^2)) + 1) + g * sum(g))"]


def test_a_loop_whose_length_the_data_decide_is_named_with_its_line() -> None:
    with pytest.raises(LiftError, match=r"while: .*test_jax_primitives.py, line \d+"):
        _moves(lambda g, w: -jax.lax.while_loop(lambda x: jnp.sum(x) < 3, lambda x: x * 2, g))


@pytest.mark.parametrize(
    "change",
    [lambda g, w: -jnp.sort(g, axis=None).reshape(g.shape), lambda g, w: -jnp.cumsum(g).reshape(g.shape)],
)
def test_what_has_no_handler_is_named_with_its_line(change: Any) -> None:
    with pytest.raises(LiftError, match=r"(sort|cumsum).*test_jax_primitives.py, line \d+"):
        _moves(change)


def test_random_numbers_are_refused() -> None:
    with pytest.raises(LiftError, match="random"):
        _moves(lambda g, w: -g * jax.random.normal(jax.random.key(0), g.shape))


def test_what_no_function_of_the_shape_gives_is_refused() -> None:
    with pytest.raises(LiftError, match="no function of the shape"):
        _moves(lambda g, w: -g * (g.size % 4 + 1))


def test_another_parameter_is_refused() -> None:
    def factory() -> Transform:
        def update(g: Any, s: Any, w: Any) -> Any:
            largest = max_of = jax.tree.leaves(g)[0]
            return jax.tree.map(lambda x: -x * jnp.max(max_of) + 0 * jnp.sum(largest), g), s

        return Transform(lambda _: (), update)

    with pytest.raises(LiftError, match="another parameter"):
        body_of(factory)
