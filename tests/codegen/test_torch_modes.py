"""The implementations of a rendered torch file: in blocks, tensor by tensor, and compiled."""

from __future__ import annotations

import copy
import inspect
import io
import sys
import warnings
from typing import Any

import pytest
from support.harness import backends, load
from support.set_rules import adam_w, clipped

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

TOTAL = 12
RULES = {e.name: e for e in catalog.entries() if isinstance(e, Rule)}
RULES |= {"AdamW": adam_w(), "Clipped": clipped()}
RULES["Peak"] = parse("Peak = nesterov ~ running_max(g) + delta(w * g) + i1e(w) + erf(g) + arcsinh(v_hat)")
RULES["Filled"] = parse("Filled = none ~ [a1] 1 + [a3] 2 / [a13] 1")
SHAPES = [(5, 3), (4,), (), (40, 7), (1, 60), (3, 2, 2)]


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("modes")
    made: dict[str, Any] = {}

    def of(name: str) -> Any:
        if name not in made:
            made[name] = load(render(RULES[name], "torch"), folder)
        return made[name]

    return of


def optimizer(module: Any, name: str, params: Any, **options: Any) -> Any:
    cls = getattr(module, name)
    known = inspect.signature(cls).parameters
    if "total_steps" in known:
        options.setdefault("total_steps", TOTAL)
    return cls(params, **{k: v for k, v in options.items() if k in known})


def parameters(shapes: list[tuple[int, ...]] = SHAPES, dtype: torch.dtype = torch.float32) -> list[Any]:
    generator = torch.Generator().manual_seed(0)
    return [torch.nn.Parameter(torch.randn(s, generator=generator).to(dtype)) for s in shapes]


def set_gradients(params: list[Any], step: int) -> None:
    generator = torch.Generator().manual_seed(100 + step)
    for p in params:
        p.grad = torch.randn(p.shape, generator=generator).to(p.dtype)


def run(made: Any, params: list[Any], steps: range = range(4)) -> list[Any]:
    for step in steps:
        set_gradients(params, step)
        made.step()
    return [p.detach().clone() for p in params]


@pytest.mark.parametrize("name", sorted(RULES))
def test_blocks_equal_the_plain_way(name: str, modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = modules(name)
    if hasattr(module, "BLOCK"):
        monkeypatch.setitem(module.BLOCK, "cpu", 24)  # blocks, joined tensors and more than one shelf
    results = []
    for foreach in (False, None):
        params = parameters()
        results.append(run(optimizer(module, name, params, lr=0.01, foreach=foreach), params))
    for plain, blocks in zip(*results, strict=True):
        torch.testing.assert_close(plain, blocks, rtol=1e-6, atol=1e-7)


def test_no_temporary_is_as_large_as_the_model(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = modules("Adam")
    monkeypatch.setitem(module.BLOCK, "cpu", 64)
    params = parameters([(5000,), (30, 100), (7,), (9,), (50,), (60,)])
    seen = []
    advance = module.advance

    def watched(gradient: Any, *rest: Any) -> Any:
        seen.append(gradient.numel())
        return advance(gradient, *rest)

    monkeypatch.setattr(module, "advance", watched)
    run(optimizer(module, "Adam", params), params, range(1))
    assert sum(seen) == sum(p.numel() for p in params)
    assert max(seen) <= 2 * 64


class Wrapped(torch.Tensor):
    """A subclass, as libraries have for weights that are spread over devices; it need not have ``out``."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if "out" in (kwargs or {}):
            raise NotImplementedError("no out")
        return super().__torch_function__(func, types, args, kwargs or {})


@pytest.mark.parametrize("mode", [{}, {"foreach": False}, {"fused": True}], ids=str)
def test_weights_of_a_subclass_take_the_pure_update(modules: Any, mode: dict[str, bool]) -> None:
    module = modules("Adam")
    found = []
    for kind in (torch.Tensor, Wrapped):
        weight = torch.ones(3, 2).as_subclass(kind).requires_grad_()
        weight.grad = torch.full((3, 2), 0.5).as_subclass(kind)
        optimizer(module, "Adam", [weight], **mode).step()
        found.append(weight.detach().as_subclass(torch.Tensor))
    torch.testing.assert_close(*found)


def test_each_state_stays_in_a_storage_of_its_own(modules: Any) -> None:
    """So that what shares the memory of a state, another process or a view, sees what a step makes of it."""
    module = modules("Adam")
    params = parameters()
    made = optimizer(module, "Adam", params)
    run(made, params, range(1))
    states = [made.state[p][name] for p in params for name in ("v", "s")]
    places = [x.untyped_storage().data_ptr() for x in states]
    assert len(set(places)) == len(places)
    run(made, params, range(1, 3))
    now = [made.state[p][name] for p in params for name in ("v", "s")]
    assert all(x is y for x, y in zip(states, now, strict=True))
    assert [x.untyped_storage().data_ptr() for x in states] == places
    for x, p in zip(states, [p for p in params for _ in range(2)], strict=True):
        assert x.shape == p.shape
        assert x.untyped_storage().nbytes() == x.numel() * x.element_size()


def test_memory_format_of_large_tensors_is_kept(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = modules("Adam")
    weight = torch.nn.Parameter(torch.randn(8, 6, 5, 5).to(memory_format=torch.channels_last))
    weight.grad = torch.randn(8, 6, 5, 5).to(memory_format=torch.channels_last)
    reference = torch.nn.Parameter(weight.detach().clone().contiguous())
    reference.grad = weight.grad.clone().contiguous()
    made = optimizer(module, "Adam", [weight])
    made.step()
    optimizer(module, "Adam", [reference], foreach=False).step()
    assert made.state[weight]["v"].stride() == weight.stride()
    torch.testing.assert_close(weight, reference)


@pytest.mark.parametrize("name", ["Adam", "Opt4", "Opt9", "SGDMomentum"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_has_float32_state(name: str, dtype: torch.dtype, modules: Any) -> None:
    module = modules(name)
    params = parameters(dtype=dtype)
    made = optimizer(module, name, params, lr=0.01)
    run(made, params)
    wide = parameters(dtype=dtype)
    wide = [torch.nn.Parameter(p.detach().float()) for p in wide]
    run(optimizer(module, name, wide, lr=0.01), wide)
    for p, q in zip(params, wide, strict=True):
        assert p.dtype == dtype
        torch.testing.assert_close(p.float(), q, rtol=0.05, atol=0.05)
    for state in made.state.values():
        assert {v.dtype for v in state.values()} == {torch.float32}
    # ... and keeps it, bit for bit, over a checkpoint on disk.
    buffer = io.BytesIO()
    torch.save(made.state_dict(), buffer)
    buffer.seek(0)
    others = [torch.nn.Parameter(p.detach().clone()) for p in params]
    restored = optimizer(module, name, others, lr=0.5)
    restored.load_state_dict(torch.load(buffer))
    for p, q in zip(params, others, strict=True):
        for key, value in made.state[p].items():
            assert restored.state[q][key].dtype == torch.float32
            assert torch.equal(restored.state[q][key], value)
    for a, b in zip(run(made, params, range(4, 6)), run(restored, others, range(4, 6)), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("name", ["Adam", "Opt9"])
def test_copies_and_pickles_are_independent(name: str, modules: Any) -> None:
    module = modules(name)
    params = parameters()
    made = optimizer(module, name, params, lr=0.01)
    run(made, params, range(2))
    buffer = io.BytesIO()
    torch.save((params, made), buffer)
    buffer.seek(0)
    for others, other in (copy.deepcopy((params, made)), torch.load(buffer, weights_only=False)):
        copied = [p.detach().clone() for p in params]
        run(other, others, range(2, 4))
        for p, q in zip(params, copied, strict=True):
            assert torch.equal(p, q)
        assert other.defaults == made.defaults
    expected = run(made, params, range(2, 4))
    for p, q in zip(expected, others, strict=True):
        assert torch.equal(p, q)


def test_older_pickles_get_new_options(modules: Any) -> None:
    params = parameters()
    made = optimizer(modules("Adam"), "Adam", params)
    run(made, params, range(1))
    state = made.__getstate__()
    fresh = made.__class__.__new__(made.__class__)
    fresh.__setstate__(copy.deepcopy(state))
    assert fresh.param_groups[0]["betas"] == (0.9, 0.999)


@pytest.mark.parametrize("name", ["Adam", "Opt6", "SGDMomentum", "Opt10"])
def test_maximize(name: str, modules: Any) -> None:
    down, up = parameters(), parameters()
    run(optimizer(modules(name), name, down, lr=0.01), down)
    made = optimizer(modules(name), name, up, lr=0.01, maximize=True)
    for step in range(4):
        set_gradients(up, step)
        for p in up:
            p.grad = -p.grad
        gradients = [p.grad.clone() for p in up]
        made.step()
        assert all(torch.equal(p.grad, g) for p, g in zip(up, gradients, strict=True))
    for p, q in zip(down, up, strict=True):
        assert torch.equal(p, q)


@pytest.mark.parametrize("name", ["Adam", "Peak", "Opt6", "Opt9"])
def test_differentiable_steps(name: str, modules: Any) -> None:
    """The gradient of two steps with respect to the first gradient is that of finite differences."""
    module = modules(name)
    start = torch.randn(6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def trained(gradient: Any) -> Any:
        weight = start.clone()
        made = optimizer(module, name, [weight], lr=0.1, differentiable=True)
        for factor in (1.0, 0.5):
            weight.grad = gradient * factor
            made.step()
        return weight

    point = torch.randn(
        6, dtype=torch.float64, generator=torch.Generator().manual_seed(2), requires_grad=True
    )
    assert torch.autograd.gradcheck(trained, (point,), fast_mode=True)


@pytest.mark.parametrize("compiled", [False, True])
def test_the_learning_rate_has_a_gradient(compiled: bool, modules: Any) -> None:
    """Also where a compiled step, which takes numbers, was asked for."""
    rate = torch.tensor(0.1, requires_grad=True)
    weight = torch.ones(3)
    weight.grad = torch.tensor([1.0, -2.0, 3.0])
    optimizer(modules("SGD"), "SGD", [weight], lr=rate, differentiable=True, compile=compiled).step()
    (slope,) = torch.autograd.grad(weight.sum(), rate)
    assert slope == -2.0


def test_settings_of_groups(modules: Any) -> None:
    module = modules("AdamW")
    one, two = torch.nn.Parameter(torch.ones(3)), torch.nn.Parameter(torch.ones(3))
    own = {"lr": 0.5, "betas": (0.5, 0.6), "weight_decay": 0.0}
    made = optimizer(module, "AdamW", [{"params": [one]}, {"params": [two], **own}], lr=0.1)
    for p in (one, two):
        p.grad = torch.tensor([1.0, -2.0, 3.0])
    made.step()
    for p, options in ((one, {"lr": 0.1}), (two, own)):
        alone = torch.nn.Parameter(torch.ones(3))
        alone.grad = p.grad
        optimizer(module, "AdamW", [alone], **options).step()
        assert torch.equal(alone, p)


def test_betas_and_weight_decay_are_those_of_the_rule(modules: Any) -> None:
    made = optimizer(modules("AdamW"), "AdamW", parameters())
    assert (made.defaults["betas"], made.defaults["weight_decay"]) == ((0.9, 0.999), 0.01)
    reference = parameters()
    mine = parameters()
    ours = optimizer(modules("AdamW"), "AdamW", mine, lr=0.01, betas=(0.8, 0.95), weight_decay=0.1)
    run(ours, mine)
    run(torch.optim.AdamW(reference, lr=0.01, betas=(0.8, 0.95), weight_decay=0.1), reference)
    for p, q in zip(mine, reference, strict=True):
        torch.testing.assert_close(p, q)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Adam", {"betas": (0.9,)}),
        ("Adam", {"betas": (0.9, 1.0)}),
        ("Adam", {"betas": (float("nan"), 0.9)}),
        ("AdamW", {"weight_decay": -0.1}),
        ("AdamW", {"eps": float("nan")}),
        ("Clipped", {"bound": 0.0}),
        ("Clipped", {"power": 2.5}),
        ("Opt9", {"ema_betas": (1.5,)}),
        ("Opt9", {"momentum": float("nan")}),
        ("Adam", {"lr": torch.tensor([0.1, 0.2])}),
    ],
)
def test_settings_out_of_range(name: str, options: dict[str, Any], modules: Any) -> None:
    with pytest.raises(ValueError, match=r"Invalid|1-element"):
        optimizer(modules(name), name, parameters(), **options)


def test_past_the_total_steps(modules: Any) -> None:
    """The decays hold their last value, and one warning says so."""
    params = parameters([(3,)])
    made = optimizer(modules("Opt6"), "Opt6", params, lr=0.01, total_steps=3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run(made, params, range(6))
    assert [str(w.message) for w in caught] == ["past total_steps the decays hold their value"]
    module = modules("Opt6")
    group = made.param_groups[0]
    last, later = (module.scalars(step, step, group) for step in (2, 5))
    assert [a == b for a, b in zip(last, later, strict=True)].count(False) == 1  # the bias correction goes on


@pytest.mark.parametrize("name", sorted(RULES))
def test_zero_gradient_and_zero_rate_move_nothing(name: str, modules: Any) -> None:
    params = parameters()
    made = optimizer(modules(name), name, params, lr=0.0)
    before = [p.detach().clone() for p in params]
    for p in params:
        p.grad = torch.zeros_like(p)
    made.step()
    for p, q in zip(params, before, strict=True):
        assert torch.equal(p, q)


def test_complex_weights_are_refused(modules: Any) -> None:
    weight = torch.nn.Parameter(torch.ones(2, dtype=torch.complex64))
    weight.grad = torch.ones_like(weight)
    with pytest.raises(RuntimeError, match="Adam does not support complex weights"):
        optimizer(modules("Adam"), "Adam", [weight]).step()


@pytest.mark.parametrize("name", ["Adam", "Opt9"])
def test_a_step_that_the_gradient_scaler_skips_is_not_counted(name: str, modules: Any) -> None:
    params = parameters([(3,)])
    made = optimizer(modules(name), name, params, lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    before = params[0].detach().clone()
    for factor in (float("inf"), 1.0):
        made.zero_grad()
        scaler.scale((params[0] * factor).sum()).backward()
        scaler.step(made)
        scaler.update()
        if factor == 1.0:
            assert made.state[params[0]]["step"] == 1
            assert not torch.equal(params[0], before)
        else:
            assert torch.equal(params[0], before)
            assert not made.state


def test_one_cycle_of_torch_cycles_the_momentum(modules: Any) -> None:
    made = optimizer(modules("Opt9"), "Opt9", parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(made, max_lr=0.1, total_steps=TOTAL)
    assert made.param_groups[0]["momentum"] == 0.95
    assert made.param_groups[0]["ema_betas"] == (0.99,)
    assert scheduler.get_last_lr()[0] < 0.1


def test_vmap_runs_over_the_update(modules: Any) -> None:
    module = modules("Opt6")
    values = (0.1, *module.scalars(2, 2, {"betas": (0.9,), "total_steps": TOTAL}))
    gradient, weight, v = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(3))
    batched = torch.vmap(lambda g, w, v: module.update(g, w, v, *values))(gradient, weight, v)
    for i in range(5):
        one = module.update(gradient[i], weight[i], v[i], *values)
        for ours, theirs in zip(batched, one, strict=True):
            torch.testing.assert_close(ours[i], theirs)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a C++ compiler")
@pytest.mark.filterwarnings("ignore:.torch.jit.:DeprecationWarning")  # of torch's own modules
@pytest.mark.parametrize("name", ["Opt9"])
def test_compiled_once(name: str, modules: Any) -> None:
    """No change of step, learning rate, momentum or group setting compiles again."""
    import torch._dynamo
    from torch._dynamo.utils import counters

    module = modules(name)
    # Compiled code for the CPU takes a float64 tensor without dimensions as a number.
    plain, compiled = (parameters([(5, 3), (4,), (40, 7), ()], torch.float64) for _ in range(2))
    torch._dynamo.reset()
    counters.clear()
    made = []
    for params, options in ((plain, {"foreach": False}), (compiled, {"compile": True})):
        groups = [{"params": params[:2]}, {"params": params[2:], "lr": 0.3}]
        made.append(optimizer(module, name, groups, lr=0.01, **options))
    for step in range(6):
        for params, one in zip((plain, compiled), made, strict=True):
            for group in one.param_groups:
                group["lr"] = 0.01 * (step + 1)
                group["momentum"] = 0.9 - 0.01 * step
            if step == 3:
                one.param_groups[0]["ema_betas"] = (0.5,)
            set_gradients(params, step)
            one.step()
    assert counters["stats"]["unique_graphs"] == 1
    assert not counters["graph_break"]
    for p, q in zip(plain, compiled, strict=True):
        torch.testing.assert_close(p, q)


def test_the_compiled_step_is_as_exact(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its scalars are float32, in which 1 - beta of a beta near 1 would lose three digits."""
    import torch._dynamo

    torch._dynamo.reset()
    module = modules("Adam")
    monkeypatch.setattr(module, "COMPILED", lambda f: torch.compile(f, backend="eager"))
    results = []
    for dtype, compiled in ((torch.float64, False), (torch.float32, True)):
        params = [torch.nn.Parameter(torch.zeros(1000, dtype=dtype))]
        made = optimizer(module, "Adam", params, lr=1.0, betas=(0.9, 0.9999), compile=compiled)
        results.append(run(made, params, range(1))[0].double())
    torch.testing.assert_close(*results, rtol=1e-6, atol=0)


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_is_one_graph(name: str, modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Traced whole, without a break and once for all steps; the traced graph computes the same."""
    import torch._dynamo
    from torch._dynamo.utils import counters

    torch._dynamo.reset()
    counters.clear()
    module = modules(name)
    monkeypatch.setattr(module, "COMPILED", lambda f: torch.compile(f, backend="eager", fullgraph=True))
    results = []
    for compiled in (False, True):
        params = parameters([(5, 3), (4,)])
        made = optimizer(module, name, params, foreach=False, compile=compiled)
        for step in range(3):
            made.param_groups[0]["lr"] = 0.01 / (step + 1)
            run(made, params, range(step, step + 1))
        results.append(params)
    assert counters["stats"]["unique_graphs"] == 1
    for p, q in zip(*results, strict=True):
        torch.testing.assert_close(p, q, rtol=1e-5, atol=1e-6)


def test_without_a_compiler_it_goes_on(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = modules("Adam")

    import torch._dynamo

    def missing(*_: Any, **__: Any) -> Any:
        raise torch._dynamo.exc.TorchDynamoException("no C++ compiler")

    monkeypatch.setattr(module, "COMPILED", lambda function: missing)
    params, others = parameters(), parameters()
    made = optimizer(module, "Adam", params, compile=True)
    with pytest.warns(UserWarning, match="no compiler, so the steps are eager: no C"):
        run(made, params, range(1))
    run(made, params, range(1, 4))  # warnings are errors: it was said once
    run(optimizer(module, "Adam", others), others)
    for p, q in zip(params, others, strict=True):
        assert torch.equal(p, q)


def test_what_a_compiled_step_raises_is_not_taken_for_a_missing_compiler(
    modules: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a step that fails halfway would be done again."""
    module = modules("Adam")

    def failing(*_: Any, **__: Any) -> Any:
        raise RuntimeError("not enough memory")

    monkeypatch.setattr(module, "COMPILED", lambda function: failing)
    params = parameters()
    with pytest.raises(RuntimeError, match="not enough memory"):
        run(optimizer(module, "Adam", params, compile=True), params, range(1))
