"""Short files with a runtime train, save and refuse as the single files do."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.harness import backends

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
from support.runtime_files import (
    assert_same,
    imported,
    made,
    on_the_path,
    pair,
    target,
    train,
    weights,
    weights_of,
    written,
)

from nos_sym.codegen.with_runtime import RUNTIME, render_with_runtime

LABELS = (
    # decays; its own function; no update in place; two averages; no state; momentum; sums; common states,
    # and state dicts that have numbers of a group, of all groups or none, dictionaries, other axes
    "Opt4", "Opt10", "A5", "Adam", "SGD", "A1", "AdanPO", "ProdigyPO", "AdaFactorPO", "RMSProp", "MuonPO",
    "torch.optim.SGD(nesterov=True)", "torch.optim.AdamW", "torch.optim.Adafactor", "torch.optim.Rprop",
    "pytorch_optimizer.Lion", "pytorch_optimizer.Adan", "pytorch_optimizer.Prodigy",
    "pytorch_optimizer.AdaFactor", "pytorch_optimizer.AdaBound", "pytorch_optimizer.AggMo",
    "pytorch_optimizer.MADGRAD", "pytorch_optimizer.ScheduleFreeAdamW", "pytorch_optimizer.SM3",
)  # fmt: skip
MODES = ({}, {"foreach": False}, {"maximize": True}, {"fused": True}, {"differentiable": True})

Pairs = Callable[[str], tuple[Any, Any]]


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pairs]:
    """Return what gives the classes of both files; all short ones share a folder and its runtime."""
    folder = tmp_path_factory.mktemp("short")
    known: dict[str, tuple[Any, Any]] = {}

    def find(label: str) -> tuple[Any, Any]:
        if label not in known:
            known[label] = pair(folder, label)
        return known[label]

    with on_the_path(folder):
        yield find


def lacking(kind: Any, modes: dict[str, Any]) -> bool:
    return any(name not in inspect.signature(kind).parameters for name in modes)


@pytest.mark.parametrize("modes", MODES, ids=str)
@pytest.mark.parametrize("label", LABELS)
@pytest.mark.timeout(240)
def test_both_files_train_to_the_same_bits(label: str, modes: dict[str, Any], pairs: Pairs) -> None:
    kinds = pairs(label)
    if lacking(kinds[0], modes):
        pytest.skip("the rule has no such mode")
    recorded = "differentiable" in modes
    # What all tensors have in common is computed in C where they are of one type.
    count = 2 if "fused" in modes and kinds[1].rule.share else None
    optimizers = [made(kind, weights(leaves=not recorded)[:count], **modes) for kind in kinds]
    for optimizer in optimizers:
        train(optimizer, 4)
    assert_same(*map(weights_of, optimizers))
    assert_same(*(optimizer.state_dict() for optimizer in optimizers))
    if "fused" in modes:
        assert all(kinds[1].rule.parts.kernel.compiled.values()), "no compiler"
        assert kinds[1].rule.parts.kernel.compiled


@pytest.mark.parametrize("label", LABELS)
def test_state_dicts_go_both_ways(label: str, pairs: Pairs) -> None:
    kinds = pairs(label)
    first = [made(kind, weights()) for kind in kinds]
    for optimizer in first:
        train(optimizer)
    for optimizer, kind in zip(first, reversed(kinds), strict=True):
        other = made(kind, [torch.nn.Parameter(x.clone()) for x in weights_of(optimizer)])
        other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        train(optimizer, seed=1)
        train(other, seed=1)
        assert_same(weights_of(optimizer), weights_of(other))
        assert_same(optimizer.state_dict(), other.state_dict())


def test_a_learning_rate_of_two_elements_is_refused_in_groups_of_both(pairs: Pairs) -> None:
    for kind in pairs("Adam"):
        optimizer = kind(weights())
        with pytest.raises(ValueError, match=r"\ATensor lr must be 1-element\Z"):
            optimizer.add_param_group({"params": weights(), "lr": torch.ones(2)})
        saved = optimizer.state_dict()
        saved["param_groups"][0]["lr"] = torch.ones(2)
        with pytest.raises(ValueError, match=r"\ATensor lr must be 1-element\Z"):
            optimizer.load_state_dict(saved)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("label", ["Opt4", "ProdigyPO", "torch.optim.AdamW"])
def test_copies_go_on(label: str, copied: Callable[[Any], Any], pairs: Pairs) -> None:
    optimizer = made(pairs(label)[1], weights(), **({} if label == "ProdigyPO" else {"fused": True}))
    train(optimizer)
    twin = copied(optimizer)
    assert type(twin) is type(optimizer)
    for one in (optimizer, twin):
        train(one, seed=1)
    assert_same(weights_of(optimizer), weights_of(twin))


@pytest.mark.parametrize("label", LABELS)
def test_both_classes_take_the_same_arguments(label: str, pairs: Pairs) -> None:
    one, other = (inspect.signature(kind).parameters.values() for kind in pairs(label))
    by_position = [[p for p in given if p.kind is not p.KEYWORD_ONLY] for given in (one, other)]
    assert by_position[0] == by_position[1]
    assert set(one) == set(other)


@pytest.mark.parametrize(
    "given",
    [
        {"lr": -1.0}, {"betas": (0.9,)}, {"eps": -1.0}, {"lr": torch.ones(2)}, {"amsgrad": True},
        {"capturable": True}, {"fused": True, "differentiable": True}, {"fused": True, "foreach": True},
        {"speed": 9}, {"weight_decay": float("nan")},
    ],
    ids=str,
)  # fmt: skip
def test_both_classes_refuse_alike(given: dict[str, Any], pairs: Pairs) -> None:
    said = []
    for kind in pairs("torch.optim.AdamW"):
        with pytest.raises((TypeError, ValueError, RuntimeError)) as caught:
            kind(weights(), **given)
        said.append((caught.type, str(caught.value)))
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("label", "change"),
    [
        ("torch.optim.AdamW", lambda saved: saved["state"][0].pop("exp_avg")),
        ("torch.optim.AdamW", lambda saved: saved["state"][0].update(exp_avg=torch.zeros(2))),
        ("torch.optim.AdamW", lambda saved: saved["param_groups"][0].update(amsgrad=True)),
        ("pytorch_optimizer.Prodigy", lambda saved: saved["param_groups"][0].pop("d")),
        ("pytorch_optimizer.AdaFactor", lambda saved: saved["state"][0].pop("exp_avg_sq_row")),
    ],
)
def test_both_classes_refuse_the_same_state_dicts(
    label: str, change: Callable[[Any], Any], pairs: Pairs
) -> None:
    said = []
    for kind in pairs(label):
        optimizer = made(kind, weights())
        train(optimizer)
        saved = copy.deepcopy(optimizer.state_dict())
        change(saved)
        with pytest.raises(ValueError) as caught:
            optimizer.load_state_dict(saved)
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert "\n" not in said[0]


def test_weights_move_to_their_averages_and_back_in_both(pairs: Pairs) -> None:
    found = []
    for kind in pairs("pytorch_optimizer.ScheduleFreeAdamW"):
        optimizer = made(kind, weights())
        train(optimizer)
        trained = copy.deepcopy(weights_of(optimizer))
        optimizer.eval()
        averages = copy.deepcopy(weights_of(optimizer))
        assert not torch.equal(averages[0], trained[0])
        optimizer.train()
        train(optimizer, seed=1)
        found.append([averages, weights_of(optimizer)])
    assert_same(*found)
    assert not hasattr(pairs("Adam")[1], "eval")


def test_a_step_is_captured_in_neither(pairs: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for kind in pairs("Adam"):
        optimizer = kind(weights()[:2], fused=True)
        train(optimizer)  # the next one would repeat it
        before = copy.deepcopy(weights_of(optimizer))
        with monkeypatch.context() as capture:
            capture.setattr(torch.cuda, "is_initialized", lambda: True)
            capture.setattr(torch.cuda, "is_current_stream_capturing", lambda: True)
            with pytest.raises(RuntimeError, match=r"\AAdam cannot be captured: [^\n]*\Z"):
                optimizer.step()
        assert_same(before, weights_of(optimizer))
        train(optimizer, seed=1)
        found.append(weights_of(optimizer))
    assert_same(*found)


def test_an_original_of_torch_goes_on_in_both(pairs: Pairs) -> None:
    original = torch.optim.AdamW(weights()[:2])
    train(original)
    states = []
    for kind in pairs("torch.optim.AdamW"):
        optimizer = kind([torch.nn.Parameter(x.clone()) for x in weights_of(original)])
        optimizer.load_state_dict(copy.deepcopy(original.state_dict()))
        train(optimizer, seed=1)
        states.append(optimizer.state_dict() | {"weights": weights_of(optimizer)})
    assert_same(*states)


def test_scaled_and_infinite_gradients_are_left_to_a_compiled_step(pairs: Pairs) -> None:
    found = []
    for kind in pairs("Adam"):
        optimizer = kind(weights()[:2], fused=True)
        assert optimizer._step_supports_amp_scaling
        assert not kind(weights())._step_supports_amp_scaling
        optimizer.grad_scale, optimizer.found_inf = torch.tensor(4.0), torch.tensor(0.0)
        train(optimizer, 1)
        optimizer.found_inf = torch.tensor(1.0)
        train(optimizer, 1, seed=1)
        found.append(optimizer.state_dict() | {"weights": weights_of(optimizer)})
    assert_same(*found)


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore:.torch.jit.:DeprecationWarning")  # of torch's own modules
@pytest.mark.parametrize("label", ["Opt4", "Adam", "ProdigyPO", "torch.optim.AdamW"])
def test_compiled_graphs_are_the_same(label: str, pairs: Pairs) -> None:
    optimizers = [made(kind, weights()[:2], compile=True) for kind in pairs(label)]
    for optimizer in optimizers:
        train(optimizer, 4)
        assert optimizer.defaults["compile"], "no compiler"
    assert_same(*map(weights_of, optimizers))


def test_optimizers_of_one_runtime_are_compiled_apart(pairs: Pairs) -> None:
    kinds = [pairs(label)[1] for label in ("Opt4", "Adam", "SGD")]
    assert len({id(kind.rule.apply.__code__) for kind in kinds}) == len(kinds)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a folder of Python's path with a runtime of its own."""
    with on_the_path(tmp_path):
        yield tmp_path


def test_another_runtime_is_said_in_one_line(folder: Path) -> None:
    files = render_with_runtime(target("Opt4")[0], module="short_old")
    lines = files[f"{RUNTIME}.py"].replace("def saturate(x)", "def of_another_name(x)").split("\n")
    files[f"{RUNTIME}.py"] = "\n".join('VERSION = "0"' if x.startswith("VERSION") else x for x in lines)
    with pytest.raises(ImportError) as caught:
        imported(folder, files, "short_old")
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith(f"_short_old was rendered for {RUNTIME} ")
    assert f"{folder / RUNTIME}.py is 0: render both again" in said


def test_files_that_were_not_rendered_together_are_refused(folder: Path) -> None:
    files, others = (render_with_runtime(target(x)[0], module="short_mixed") for x in ("Opt4", "Opt5"))
    with pytest.raises(ImportError, match=r"^short_mixed and _short_mixed were not rendered together"):
        imported(folder, files | {"_short_mixed.py": others["_short_mixed.py"]}, "short_mixed")


def test_modules_of_a_package_import_each_other(folder: Path) -> None:
    package = folder / "short_package"
    package.mkdir()
    (package / "__init__.py").touch()
    files = render_with_runtime(target("Adam")[0], package=True)
    module = imported(
        folder, {f"short_package/{name}": text for name, text in files.items()}, "short_package.adam"
    )
    train(module.Adam(weights()))


def test_optimizers_without_a_kernel_have_no_mode_for_it(folder: Path) -> None:
    kind = written(folder, target("Adam")[0], fused=False)
    assert "fused" not in inspect.signature(kind).parameters
    with pytest.raises(TypeError, match="unexpected keyword argument 'fused'"):
        kind(weights(), fused=True)
    train(kind(weights()))
