"""Blocks in the interpreter, against the optimizers of PyTorch that they are, and against steps by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.program.interpreter import Interpreter
from nos_sym.program.lower import lower

AVERAGES = "m <- beta1 * m + (1 - beta1) * g; v <- beta2 * v + (1 - beta2) * g^2"
TORCH: dict[str, tuple[str, dict[str, Any]]] = {
    "Adagrad": ("X(eps=1e-10) = { state s; s <- s + g^2; w <- w - lr * g / (sqrt(s) + eps) }", {}),
    "Adadelta": (
        "X(rho=0.9, eps=1e-6) = { state s, a; s <- rho * s + (1 - rho) * g^2; "
        "d = sqrt(a + eps) / sqrt(s + eps) * g; a <- rho * a + (1 - rho) * d^2; w <- w - lr * d }",
        {},
    ),
    "SGD": (
        "X(momentum=0.9, dampening=0.3, weight_decay=0.1) = { state b; d = g + weight_decay * w; "
        "b <- where(t == 0 or momentum == 0, d, momentum * b + (1 - dampening) * d); w <- w - lr * b }",
        {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1},
    ),
    "Adamax": (
        "X(beta1=0.9, beta2=0.999, eps=1e-8) = { state m, u; m <- beta1 * m + (1 - beta1) * g; "
        "u <- max(beta2 * u, abs(g) + eps); w <- w - lr / (1 - beta1^(t + 1)) * m / u }",
        {},
    ),
    "NAdam": (
        "X(beta1=0.9, beta2=0.999, eps=1e-8, decay=4e-3) = { state m, v, product: step = 1; "
        "mu = beta1 * (1 - 0.5 * 0.96^((t + 1) * decay)); next = beta1 * (1 - 0.5 * 0.96^((t + 2) * decay)); "
        f"product <- product * mu; {AVERAGES}; d = sqrt(v / (1 - beta2^(t + 1))) + eps; "
        "w <- w - lr * ((1 - mu) / (1 - product) * g / d + next / (1 - product * next) * m / d) }",
        {},
    ),
    "RAdam": (
        f"X(beta1=0.9, beta2=0.9, eps=1e-8) = {{ state m, v; {AVERAGES}; top = 2 / (1 - beta2) - 1; "
        "rho = top - 2 * (t + 1) * beta2^(t + 1) / (1 - beta2^(t + 1)); "
        "rect = sqrt((rho - 4) * (rho - 2) * top / ((top - 4) * (top - 2) * rho)); "
        "w <- w - lr * m / (1 - beta1^(t + 1)) * "
        "where(rho > 5, rect * sqrt(1 - beta2^(t + 1)) / (sqrt(v) + eps), 1) }",
        {"betas": (0.9, 0.9)},
    ),
    "Rprop": (
        "X(low=0.5, high=1.2) = { state prev, size_ = lr; h = where(g * prev < 0, 0, g); "
        "size_ <- clip(size_ * where(g * prev > 0, high, where(g * prev < 0, low, 1)), 1e-6, 50); prev <- h; "
        "w <- w - sign(h) * size_ }",
        {},
    ),
}


def block(text: str) -> Block:
    found = parse(text)
    assert isinstance(found, Block)
    return found


@pytest.mark.parametrize("shape", [(5, 3), (4,), ()])
@pytest.mark.parametrize("name", TORCH)
def test_a_block_is_the_optimizer_of_torch(name: str, shape: tuple[int, ...]) -> None:
    """Gradients that are always zero, and some that are zero at times, included."""
    torch = pytest.importorskip("torch")
    text, options = TORCH[name]
    rng = np.random.default_rng(3)
    weight = rng.normal(size=shape)
    gradients = 0.1 * rng.normal(size=(40, *shape))
    if shape:
        gradients[:, ..., 0] = 0
        gradients[::3, ..., -1] = 0
    parameter = torch.nn.Parameter(torch.tensor(weight, dtype=torch.float64))
    optimizer = getattr(torch.optim, name)([parameter], lr=1e-2, **options)
    interpreter = Interpreter(block(text), shape)
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        weight = interpreter.apply(weight, gradient, 1e-2)
        # PyTorch keeps the product of NAdam in float32.
        bound = 1e-8 if name == "NAdam" else 1e-12
        np.testing.assert_allclose(weight, parameter.detach().numpy(), rtol=bound, atol=bound / 100)


def test_kinds_of_states_and_their_starts() -> None:
    rule = block(
        "{ state a: row = 1, b: col, c: scalar, d: step = lr, e = w; a <- 0.5 * a + row_mean(g); "
        "b <- b + col_max(g); c <- c + norm1(g); d <- 0.5 * d; w <- w - a - b - c - d - 0.1 * e }"
    )
    rng = np.random.default_rng(0)
    w, first = rng.normal(size=(2, 3, 4)), None
    interpreter = Interpreter(rule, w.shape)
    a, b, c, d = np.ones((2, 3, 1)), np.zeros((2, 1, 4)), 0.0, 0.3
    for lr in (0.3, 0.7, 0.1):
        g = rng.normal(size=w.shape)
        first = w if first is None else first
        moved = interpreter.apply(w, g, lr)
        a, b = 0.5 * a + g.mean(-1, keepdims=True), b + g.max(-2, keepdims=True)
        c, d = c + np.abs(g).sum(), 0.5 * d
        w = w - a - b - c - d - 0.1 * first
        np.testing.assert_allclose(moved, w, rtol=1e-13)


def test_rows_and_columns_of_what_has_fewer_axes() -> None:
    rule = block("{ w <- w - row_sum(g) * rows - 10 * col_sum(g) * cols - 100 * rank - 1000 * size }")
    vector = Interpreter(rule, (2,)).apply(np.zeros(2), np.array([1.0, 2.0]), 1.0)
    np.testing.assert_allclose(vector, [-3 - 20 - 100 - 2000, -3 - 40 - 100 - 2000])
    number = Interpreter(rule, ()).apply(np.zeros(()), np.array(2.0), 1.0)
    np.testing.assert_allclose(number, -2 - 20 - 0 - 1000)


def test_norms_of_large_and_small_numbers() -> None:
    rule = block("{ w <- g / norm2(g) + g / rms(g) }")
    for size in (1e200, 1.0, 1e-200):
        moved = Interpreter(rule, (2,)).apply(np.zeros(2), size * np.array([3.0, 4.0]), 1.0)
        np.testing.assert_allclose(moved, np.array([3.0, 4.0]) * (1 / 5 + 2**0.5 / 5), rtol=1e-14)
    np.testing.assert_array_equal(Interpreter(rule, (2,)).apply(np.ones(2), np.zeros(2), 1.0), [0, 0])


def test_the_side_that_is_not_taken_does_not_count() -> None:
    rule = block("{ w <- where(g > 0, exp(1000 * g), where(t == 0, g, 1 / t)) }")
    interpreter = Interpreter(rule, (2,))
    first = interpreter.apply(np.zeros(2), np.array([-1.0, -2.0]), 1.0)
    np.testing.assert_array_equal(first, [-1, -2])
    np.testing.assert_array_equal(interpreter.apply(np.zeros(2), np.array([-1.0, -2.0]), 1.0), [1, 1])


def test_remainders_and_rounding_are_total() -> None:
    rule = block("{ w <- mod(g, w) + 10 * floor(g) }")
    g, w = np.array([7.5, -7.5, 3.0, 0.0]), np.array([2.0, 2.0, 0.0, 0.0])
    moved = Interpreter(rule, (4,)).apply(w, g, 1.0)
    np.testing.assert_allclose(moved, [1.5 + 70, 0.5 - 80, 3 + 30, 0])


@pytest.mark.parametrize(
    ("text", "guards"),
    [
        # The sum under the root is never negative, and eps keeps the divisor from zero.
        ("X(eps=1e-10 in (0, 1]) = { state s; s <- s + g^2; w <- w - lr * g / (sqrt(s) + eps) }", 0),
        ("X(eps=1e-10) = { state s; s <- s + g^2; w <- w - lr * g / (sqrt(s) + eps) }", 1),  # eps may be 0
        ("{ state s; s <- s + g^2; w <- w - lr * g / sqrt(s) }", 1),
        ("{ state s = 1; s <- s + g^2; w <- w - lr * g / s }", 0),
        ("X(b=0.9 in [0, 1)) = { state m; m <- b * m + (1 - b) * g; w <- w - lr * m / (1 - b^(t + 1)) }", 0),
    ],
)
def test_guards_stand_where_a_recursion_reaches_zero(text: str, guards: int) -> None:
    assert sum(value.guarded for value in lower(block(text)).needed) == guards


def test_settings_of_a_block() -> None:
    rule = block("X(beta=0.5, k=2) = { state m; m <- beta * m + g; w <- w - k * m }")
    moved = Interpreter(rule, (1,), settings={"beta": 0.25, "k": 3}).apply(np.zeros(1), np.ones(1), 1.0)
    np.testing.assert_array_equal(moved, [-3])
    with pytest.raises(ValueError, match="beta = 1 is out of range"):
        Interpreter(rule, (1,), settings={"beta": 1})
    assert rule.at_defaults().settings == ()


@pytest.mark.parametrize("domain", ["[0, 2]", "[-1, 1)", "(0, 1]"])
def test_a_base_that_is_no_beta_is_a_power_as_any(domain: str) -> None:
    """``1 - b^(t + 1)`` is a bias correction where ``b`` is in [0, 1); elsewhere it may be zero."""
    rule = block(f"X(b=0.5 in {domain}) = {{ w <- w - g / (1 - abspow(b, t + 1)) }}")
    interpreter = Interpreter(rule, (1,), settings={"b": 1} if "1]" in domain else {})
    moved = interpreter.apply(np.zeros(1), np.ones(1), 1.0)
    np.testing.assert_array_equal(moved, [0] if "1]" in domain else [-2])


@pytest.mark.parametrize("shape", [(2, 3), (0, 2), (2, 0), (2, 1, 3)])
def test_means_over_the_later_axes_have_the_shape_of_the_tensor(shape: tuple[int, ...]) -> None:
    interpreter = Interpreter(parse("{ w <- mean_rest(w) + mean(g) * 0 + 0 * row_max(g) }"), shape)
    weight = np.arange(np.prod(shape), dtype=float).reshape(shape)
    moved = interpreter.apply(weight, np.ones(shape), 0.1)
    assert moved.shape == shape
    axes = tuple(range(1, len(shape)))
    if weight.size:
        np.testing.assert_allclose(moved, np.broadcast_to(weight.mean(axis=axes, keepdims=True), shape))


@pytest.mark.parametrize(("shape", "wanted"), [((1, 1), 1.75), ((1,), 1.25)])
def test_a_state_that_both_branches_declare_is_that_of_the_branch(
    shape: tuple[int, ...], wanted: float
) -> None:
    rule = block(
        "{ if rank == 2 { state m = 3; m <- 0.5 * m + g } else { state m; m <- m + g^2 }; w <- w + lr }"
    )
    interpreter = Interpreter(rule, shape)
    for gradient in (1.0, 0.5):
        interpreter.apply(np.zeros(shape), np.full(shape, gradient), 1.0)
    (slot,) = interpreter.program.slots
    assert interpreter.states[slot.old].item() == pytest.approx(wanted)
