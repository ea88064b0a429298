"""Rendered blocks against the interpreter: random ones in every backend, and what is special about states."""

from __future__ import annotations

import copy
import random
from pathlib import Path

import numpy as np
import pytest
from support.harness import load, problem, run_backend, run_numpy
from support.random_blocks import random_block
from support.shifted_states import SHIFTED

from nos_sym.codegen.render import render
from nos_sym.errors import RenderError
from nos_sym.language.parser import parse

SHAPES = ((3, 2), (4,), (), (2, 3, 2))
FAST = {"torch": 40, "optax": 4, "keras": 4, "tensorflow": 4}
CASES = [(backend, seed) for backend, count in FAST.items() for seed in range(count)]
MANY = [(backend, seed) for backend in FAST for seed in range(100, 400)]


def check(backend: str, seed: int, folder: Path, steps: int) -> None:
    rule = random_block(random.Random(seed))
    given = problem(steps, seed, SHAPES[seed % len(SHAPES)])
    given.gradients[np.random.default_rng(seed).random(given.gradients.shape) < 0.3] = 0
    wanted = run_numpy(rule, given)
    found = run_backend(backend, rule, given, folder, "float64")
    np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-12, err_msg=str(rule))


@pytest.mark.parametrize(("backend", "seed"), CASES)
def test_random_blocks(backend: str, seed: int, tmp_path: Path) -> None:
    check(backend, seed, tmp_path, 6)


@pytest.mark.parametrize("backend", FAST)
def test_divisors_of_every_kind_that_only_underflow_makes_zero(backend: str, tmp_path: Path) -> None:
    """A scalar, a row and a column are tensors of the parameter's type, whose underflow is theirs."""
    rule = parse(
        "Kinds(low=1e-6 in (0, inf)) = { w <- w - lr * g / max(norm2(g), low) "
        "- lr * g / max(row_mean(g), low) - lr * norm1(g) / max(col_max(g), low) / low * 1e-7 }"
    )
    given = problem(5, 3, (3, 2))
    given.gradients[2] = 0
    wanted = run_numpy(rule, given)
    found = run_backend(backend, rule, given, tmp_path, "float64")
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.heavy
@pytest.mark.parametrize(("backend", "seed"), MANY)
def test_many_random_blocks(backend: str, seed: int, tmp_path: Path) -> None:
    check(backend, seed, tmp_path, 20)


def test_minimal_files_are_the_same(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    blocks = [random_block(random.Random(seed)) for seed in range(12)]
    # Where a gradient is kept, the next one stands in the same tensor.
    previous = "{ state before; d = g - before; before <- g; w <- w - lr * d }"
    for block in [*blocks, *map(parse, (previous, *SHIFTED))]:
        rule = block.named("Made")
        weights = []
        for minimal in (False, True):
            made = load(render(rule, "torch", minimal=minimal), tmp_path)
            weight = torch.nn.Parameter(torch.linspace(-1, 1, 6, dtype=torch.float64).view(3, 2))
            optimizer = made.Made([weight], lr=0.01)
            for step in range(4):
                if weight.grad is None:
                    weight.grad = torch.zeros_like(weight)
                weight.grad.copy_(torch.cos(torch.arange(6, dtype=torch.float64) + step).view(3, 2))
                optimizer.step()
            weights.append(weight.detach())
        torch.testing.assert_close(*weights, rtol=1e-12, atol=1e-14, msg=str(rule))


def test_states_keep_their_names_order_and_types(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    rule = parse(
        "Kept(eps=1e-8) = { state mu, exp_avg: row, count: step = 1; mu <- mu + g; count <- 0.5 * count; "
        "exp_avg <- row_mean(g^2); w <- w - lr * count * mu / (sqrt(exp_avg) + eps) }"
    )
    made = load(render(rule, "torch"), tmp_path)
    weight = torch.nn.Parameter(torch.ones(2, 3, dtype=torch.bfloat16))
    optimizer = made.Kept([weight], lr=0.01)
    weight.grad = torch.ones_like(weight)
    optimizer.step()
    state = optimizer.state[weight]
    assert list(state) == ["step", "mu", "exp_avg", "count"]
    assert [tuple(state[key].shape) for key in ("mu", "exp_avg", "count")] == [(2, 3), (2, 1), ()]
    assert [state[key].dtype for key in ("mu", "exp_avg", "count")] == [torch.float32] * 2 + [torch.float64]
    again = made.Kept([weight], lr=0.01)
    again.load_state_dict(optimizer.state_dict())
    for _ in range(2):
        before = weight.detach().clone()
        optimizer.step()
        moved = weight.detach().clone()
        weight.data.copy_(before)
        again.step()
        assert torch.equal(weight, moved)


def test_a_late_parameter_starts_when_it_is_first_seen(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    rule = parse("Late = { state first = g; w <- w - lr * first }")
    made = load(render(rule, "torch"), tmp_path)
    a, b = (torch.nn.Parameter(torch.zeros(2, dtype=torch.float64)) for _ in range(2))
    optimizer = made.Late([a, b], lr=1.0)
    for step in range(3):
        a.grad = torch.full_like(a, step + 1.0)
        b.grad = None if step == 0 else torch.full_like(b, step + 1.0)
        optimizer.step()
    assert a.tolist() == [-3, -3]
    assert b.tolist() == [-4, -4]


def test_numbers_of_the_step_are_computed_once_for_each_count_of_a_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    text = "Counted(beta=0.9) = { state m; m <- beta * m + g; w <- w - lr * m / (1 - beta^(t + 1)) }"
    module = load(render(parse(text), "torch"), tmp_path)
    parts = [torch.ones(3, requires_grad=True) for _ in range(6)]
    optimizer = module.Counted([{"params": parts[:5]}, {"params": parts[5:]}], lr=0.1)
    computed, original = [], module.scalars
    monkeypatch.setattr(module, "scalars", lambda *a: computed.append(a[0]) or original(*a))
    for step, wanted in enumerate(([0, 0], [0, 1, 1], [1, 2, 2])):
        for index, part in enumerate(parts):
            late = step == 0 and index in (1, 2)
            part.grad = None if late else torch.ones(3)
        optimizer.step()
        assert sorted(computed) == wanted
        computed.clear()
    assert all(isinstance(x, float) for x in original(0, optimizer.param_groups[0]))


def test_the_equation_of_a_block_is_its_text() -> None:
    rule = parse("Shown(beta=0.9) = { state m; m <- beta * m + g; w <- w - lr * m }")
    source = render(rule, "optax")
    assert "    m <- beta * m + g\n" in source
    latex = render(rule, "latex")
    assert r"m_{t} &= \beta\,m_{t-1} + g_t" in latex
    assert r"m_{-1} &= 0" in latex


def test_a_number_has_rank_zero_where_steps_are_compiled_too(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    made = load(render(parse("Ranked = { w <- w - lr * (rank + 1) * g }"), "torch"), tmp_path)
    weight = torch.nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
    optimizer = made.Ranked([weight], lr=0.5, compile=True)
    weight.grad = torch.tensor(1.0, dtype=torch.float64)
    optimizer.step()
    assert weight.item() == 0.5
    # Without the rank nothing of it stands in the file.
    assert "ndim for" not in render(parse("Plain = { w <- w - lr * g }"), "torch")


STEPS = "{ state q: step = 1; q <- q * 0.9; w <- w - lr * ema(q * g, 0.9) - (1 - q) * g }"


@pytest.mark.parametrize("shape", [(), (3,)])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
def test_numbers_of_the_step_are_double_beside_weights_of_every_type(
    dtype: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    module = load(render(parse(STEPS), "torch", name="Made"), tmp_path)
    runs = []
    for interrupted in (False, True):
        weight = torch.nn.Parameter(torch.full(shape, 0.7, dtype=getattr(torch, dtype)))
        optimizer = module.Made([weight], lr=0.1)
        for step in range(12):
            weight.grad = torch.full_like(weight, 0.3 * (step % 3 - 1))
            optimizer.step()
            if interrupted and step % 4 == 2:
                saved = copy.deepcopy(optimizer.state_dict())
                optimizer = module.Made([weight], lr=0.1)
                optimizer.load_state_dict(saved)
        runs.append({"weight": weight.detach(), **optimizer.state[weight]})
    assert runs[0]["q"].dtype == torch.float64
    assert runs[0]["v" if "v" in runs[0] else "average"].dtype == torch.promote_types(
        getattr(torch, dtype), torch.float32
    )
    for first, second in zip(*(run.values() for run in runs), strict=True):
        assert torch.equal(first, second)


@pytest.mark.parametrize("backend", FAST)
@pytest.mark.parametrize(
    "text",
    [
        "{ w <- w - lr * t }",
        "{ w <- where(g > 0, T, w) }",
        "{ state s; x = ema(s, 0.5); s <- g; w <- w - x }",
        "{ w <- w - row_sum(mean_rest(g)) }",
        "{ w <- mod(w, 0.1) }",
    ],
)
def test_what_stands_alone(backend: str, text: str, tmp_path: Path) -> None:
    """The step without a factor, an average of an old state, sums of means, a remainder by a number."""
    rule, given = parse(text), problem(4, 1, (3, 2))
    found = run_backend(backend, rule, given, tmp_path, "float64")
    np.testing.assert_allclose(found, run_numpy(rule, given), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("backend", "name"), [("torch", "step"), ("optax", "count")])
def test_a_state_is_not_named_as_the_count_of_a_file(backend: str, name: str) -> None:
    rule = parse(f"{{ state {name}; {name} <- {name} + g; w <- w - lr * {name} }}")
    with pytest.raises(RenderError, match="rename the state of that name"):
        render(rule, backend, name="Made")


@pytest.mark.filterwarnings("ignore:Gradients do not exist:UserWarning")
@pytest.mark.parametrize("target", ["keras", "tensorflow"])
def test_a_late_variable_of_keras_starts_when_it_is_first_seen(target: str, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    rule = parse("Late = { state first = g, k = lr; k <- k + lr; w <- w - lr * first - k }")
    made = load(render(rule, target), tmp_path)
    a, b = (keras.Variable(np.zeros(2), dtype="float64") for _ in range(2))
    optimizer = made.Late(learning_rate=0.5)
    for step in range(3):
        g = keras.ops.convert_to_tensor(np.full(2, step + 1.0))
        optimizer.apply([g, None if step == 0 else g], [a, b])
    assert keras.ops.convert_to_numpy(a.value).tolist() == [-1.5 - 1 - 1.5 - 2] * 2
    assert keras.ops.convert_to_numpy(b.value).tolist() == [-2 - 1 - 1.5] * 2
