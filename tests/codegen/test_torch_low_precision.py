"""Options for low precision: states in bf16, and weights that are compensated or rounded by chance."""

from __future__ import annotations

import io
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner
from support.harness import backends, load

from nos_sym import catalog
from nos_sym.cli.main import cli
from nos_sym.codegen.render import render
from nos_sym.errors import RenderError
from nos_sym.faces.parsing import parse

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)
import torch
from support.fused import assert_compiled, drawn
from support.low_precision import (
    BF16,
    MODES,
    OPTIONS,
    RATE,
    RULE,
    assert_same,
    everything,
    file_of,
    moved,
    trained,
    weights_of,
)


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return file_of(tmp_path_factory.mktemp("low"))


@pytest.mark.parametrize("dtype", [BF16, torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize("option", OPTIONS)
def test_every_implementation_gives_the_same_bits(option: str, dtype: Any, module: ModuleType) -> None:
    found = {
        mode: everything(moved(module, weights_of(dtype), **OPTIONS[option], **given))
        for mode, given in MODES.items()
    }
    assert_same(found["whole"], found["eager"])
    assert_same(found["compiled"], found["eager"])
    assert_compiled(module)
    plain = load(render(parse(RULE), "torch"), Path(module.__file__ or "").parent)
    if option == "plain":
        assert_same(found["eager"], everything(moved(plain, weights_of(dtype))))


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("option", list(OPTIONS)[1:])
def test_one_graph_gives_the_same_bits(option: str, module: ModuleType) -> None:
    """Inductor leaves out the rounding of floats that it widens again, and cannot leave out that of bits."""
    weights = [weights_of(BF16)[1:] for _ in range(2)]
    graph = moved(module, weights[0], compile=True, **OPTIONS[option])
    assert graph.defaults["compile"]  # it did not give up
    assert_same(everything(graph), everything(moved(module, weights[1], **OPTIONS[option])))


@pytest.mark.parametrize("mode", ["eager", "compiled"])
@pytest.mark.parametrize("option", list(OPTIONS)[1:])
def test_a_run_resumes_with_the_same_bits(option: str, mode: str, module: ModuleType) -> None:
    options = {**OPTIONS[option], **MODES[mode]}
    whole = moved(module, weights_of(BF16), 6, **options)
    weights = weights_of(BF16)
    first = moved(module, weights, 3, **options)
    file = io.BytesIO()
    torch.save([first.state_dict(), [x.detach() for x in weights]], file)
    file.seek(0)
    state, values = torch.load(file, weights_only=True)
    second = module.Low([torch.nn.Parameter(x) for x in values], lr=0.5, **MODES[mode])
    second.load_state_dict(state)
    assert_same(everything(second), everything(first))
    trained(second, range(13, 16))
    assert_same(everything(second), everything(whole))


def test_states_of_runs_without_the_options_and_with_others(module: ModuleType, tmp_path: Path) -> None:
    plain = load(render(parse(RULE), "torch"), tmp_path)
    before = moved(plain, weights_of(BF16), 2)
    for option in OPTIONS.values():
        after = module.Low(weights_of(BF16), lr=RATE, **option)
        after.load_state_dict(before.state_dict())
        kinds = {state["v"].dtype for state in after.state.values()}
        assert kinds == {option.get("state_dtype") or torch.float32}
        trained(after, range(12, 13))
    back = plain.Low(weights_of(BF16), lr=RATE)
    back.load_state_dict(after.state_dict())
    assert {state["v"].dtype for state in back.state.values()} == {torch.float32}


def test_groups_have_options_of_their_own(module: ModuleType) -> None:
    found = []
    for given in MODES.values():
        one, two, three, four = (torch.nn.Parameter(drawn(i, 50).to(BF16)) for i in range(4))
        groups = [
            {"params": [one], "kahan_sum": True},
            {"params": [two], "stochastic_rounding": True, "state_dtype": BF16},
            {"params": [three]},
        ]
        optimizer = module.Low(groups, lr=RATE, **given)
        trained(optimizer, range(1))
        optimizer.add_param_group({"params": [four], "stochastic_rounding": True})
        trained(optimizer, range(1, 4))
        assert ["kahan_comp" in optimizer.state[x] for x in (one, two, three, four)] == [
            True,
            False,
            False,
            False,
        ]
        assert ["rounding_key" in optimizer.state[x] for x in (one, two, three, four)] == [
            False,
            True,
            False,
            True,
        ]
        found.append(everything(optimizer))
    assert_same(found[0], found[1])
    assert_same(found[0], found[2])


def test_no_bit_depends_on_threads_blocks_or_the_state_of_generators(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = OPTIONS["chance-states"]
    wanted = everything(moved(module, weights_of(BF16), **options))
    threads = torch.get_num_threads()
    try:
        for seed, (count, block) in enumerate([(1, 2**10), (2, 2**14), (3, 777)]):
            torch.set_num_threads(count)
            torch.manual_seed(seed)
            monkeypatch.setitem(module.BLOCK, "cpu", block)
            for mode in ({}, {"fused": True}):
                assert_same(everything(moved(module, weights_of(BF16), **options, **mode)), wanted)
    finally:
        torch.set_num_threads(threads)
    other = moved(module, weights_of(BF16), **options, rounding_seed=1)
    assert not torch.equal(everything(other)[0], wanted[0])


@pytest.mark.parametrize("option", ["kahan", "chance-states"])
def test_weights_that_are_parts_of_memory(
    option: str, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one flat tensor, as some wrappers keep them; transposed; and with gaps, which are moved eagerly."""
    monkeypatch.setitem(module.BLOCK, "cpu", 500)
    found = []
    for given in MODES.values():
        flat, wide = drawn(1, 4000).to(BF16), drawn(2, 60, 70).to(BF16)
        parts = [flat[100:2100].view(40, 50), flat[2100:], wide.t(), drawn(3, 60, 70).to(BF16)[:, 3:40]]
        optimizer = moved(module, [x.requires_grad_() for x in parts], **OPTIONS[option], **given)
        found.append(everything(optimizer))
    assert_same(found[0], found[1])
    assert_same(found[0], found[2])


@pytest.mark.parametrize("mode", ["eager", "compiled"])
@pytest.mark.parametrize("option", ["kahan", "chance-states"])
def test_a_scaler_that_finds_infinity_leaves_all_as_it_was(
    option: str, mode: str, module: ModuleType
) -> None:
    runs = []
    for lost in (False, True):
        optimizer = moved(module, weights_of(BF16), 2, **OPTIONS[option], **MODES[mode])
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
        if lost:
            for group in optimizer.param_groups:
                for weight in group["params"]:
                    weight.grad = torch.full_like(weight, float("inf"))
            scaler.scale(torch.ones(()))
            before = everything(optimizer)
            scaler.step(optimizer)
            scaler.update()
            assert_same(everything(optimizer), before)
        trained(optimizer, range(30, 32))
        runs.append(everything(optimizer))
    assert_same(*runs)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("option", list(OPTIONS)[1:])
def test_special_values(option: str, mode: str, module: ModuleType) -> None:
    """What is no number stays none, and what is finite stays finite, the largest numbers too."""
    largest = torch.finfo(BF16).max
    start = torch.tensor([1.0, 1.0, largest / 4, -largest / 4, float("nan"), 0.0, 1e-40] * 9, dtype=BF16)
    weight = torch.nn.Parameter(start.clone())
    optimizer = module.Low([weight], lr=1.0, **OPTIONS[option], **MODES[mode])
    for _ in range(3):
        gradient = torch.tensor([float("nan"), 0.0, -largest, largest, 1.0, 0.0, 0.0] * 9, dtype=BF16)
        weight.grad = gradient
        optimizer.step()
    got = weight.detach().view(9, 7)
    assert got[:, [0, 4]].isnan().all()
    assert got[:, [1, 2, 3, 5, 6]].isfinite().all()
    assert (got[:, 1] == 1).all()
    assert (got[:, 5] == 0).all()
    assert (got[:, 6] == start[6]).all()


def test_what_is_refused_is_one_line(module: ModuleType) -> None:
    weight = torch.nn.Parameter(torch.zeros(3, dtype=BF16))
    with pytest.raises(ValueError, match=r"^kahan_sum and stochastic_rounding exclude each other$"):
        module.Low([weight], kahan_sum=True, stochastic_rounding=True)
    with pytest.raises(
        ValueError, match=r"^Invalid state_dtype: torch.float16, expected None or torch.bfloat16$"
    ):
        module.Low([weight], state_dtype=torch.float16)
    for option in list(OPTIONS.values())[1:4]:
        with pytest.raises(RuntimeError, match=r"^differentiable excludes state_dtype, kahan_sum and"):
            module.Low([weight], differentiable=True, **option)
    for rule, given in ((parse(RULE), {"backend": "optax"}), (parse(RULE), {"minimal": True})):
        with pytest.raises(RenderError, match="only whole optimizers for torch"):
            render(rule, low_precision=True, **given)


@pytest.mark.parametrize(
    "name", ["Adam", "Lamb = none ~ g / (1 + norm2(w))", "Sums = { w <- w - lr * g / (1 + total(norm1(w))) }"]
)
def test_rules_of_other_kinds_have_the_options(name: str, tmp_path: Path) -> None:
    """With states of two kinds, sums that read the weight, and without states."""
    rule = catalog.entry(name) if name == "Adam" else parse(name)
    made = load(render(rule, "torch", low_precision=True), tmp_path)
    for option in OPTIONS.values():
        ends = []
        for given in ({}, {"fused": True}):
            weights = [torch.nn.Parameter(drawn(i, 30, 20).to(BF16)) for i in range(2)]
            optimizer = getattr(made, rule.name)(weights, lr=0.01, **option, **given)
            trained(optimizer, range(4))
            ends.append([x.detach().float() for x in weights])
        assert_compiled(made)
        for one, other in zip(*ends, strict=True):
            # A float32 number may lie on another side of a middle, or of what chance asks for.
            assert (one != other).sum() <= 5
            torch.testing.assert_close(one, other, rtol=2**-6, atol=1e-4)


def test_a_file_without_the_options_has_nothing_of_them() -> None:
    text = render(parse(RULE), "torch")
    for word in ("kahan", "rounding", "state_dtype", "ROUNDING", "WEIGHT_AT", "nos_noise"):
        assert word not in text


def test_the_command_has_the_option() -> None:
    made = CliRunner().invoke(cli, ["render", "Adam", "--low-precision"])
    assert made.exit_code == 0
    assert made.output == render(catalog.entry("Adam"), low_precision=True)
    refused = CliRunner().invoke(cli, ["render", "Adam", "--low-precision", "--minimal"])
    assert refused.exit_code == 2
    assert "only whole optimizers for torch have options for low precision" in refused.output
