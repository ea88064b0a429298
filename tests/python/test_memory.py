"""Optimizers in memory: one class for one rule, in every process."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import nos_sym
from nos_sym.python import memory
from nos_sym.rendered.names import Printed, current_version, module_name

torch = pytest.importorskip("torch")


def _trained(optimizer: type, steps: int = 3, **options: object) -> tuple[object, object]:
    weight = torch.nn.Parameter(torch.tensor([1.0, -2.0, 0.5]))
    made = optimizer([weight], lr=0.1, **options)
    _train(made, weight, steps)
    return made, weight


def _train(made, weight, steps: int) -> None:  # type: ignore[no-untyped-def]
    for step in range(steps):
        weight.grad = torch.tensor([0.3, -0.1, step - 1.0])
        made.step()


def test_it_is_what_render_prints() -> None:
    optimizer = nos_sym.optimizer("Opt4")
    assert inspect.getsource(sys.modules[optimizer.__module__]) == nos_sym.render("Opt4")
    assert "w <- w - lr * U" in str(inspect.getdoc(optimizer))
    assert optimizer.__name__ == "Opt4"


def test_the_same_arguments_give_the_same_class() -> None:
    rule = nos_sym.parse("Mine = none ~ tanh(v_hat)")
    assert nos_sym.optimizer(rule) is nos_sym.optimizer(str(rule)) is nos_sym.optimizer(rule, "torch")
    assert nos_sym.optimizer("none ~ tanh(v_hat)", name="Mine") is nos_sym.optimizer(rule)
    assert nos_sym.optimizer("Opt4") is nos_sym.optimizer(nos_sym.catalog.entry("Opt4"))
    # One name, two rules.
    other = nos_sym.optimizer("Mine = none ~ exp(v_hat)")
    assert other is not nos_sym.optimizer(rule)
    assert other.__name__ == nos_sym.optimizer(rule).__name__
    assert nos_sym.optimizer(rule, fused=False) is not nos_sym.optimizer(rule)
    assert "fused" not in inspect.signature(nos_sym.optimizer(rule, fused=False)).parameters


def test_the_catalog_is_not_asked_for_a_rule_of_its_own_that_has_a_name_of_it() -> None:
    mine = nos_sym.optimizer("Opt4 = none ~ g")
    _, weight = _trained(mine, steps=1)
    assert torch.allclose(weight, torch.tensor([0.97, -1.99, 0.6]))


@pytest.mark.parametrize("given", ["torch.optim.AdamW", "AdamWTorch"])
def test_like_gives_the_arguments_of_a_library(given: str) -> None:
    made = nos_sym.optimizer(given, like="torch.optim.AdamW")
    own = torch.optim.AdamW
    common = {name: p.default for name, p in inspect.signature(own).parameters.items()}
    found = {name: p.default for name, p in inspect.signature(made).parameters.items()}
    assert {name: found.get(name) for name in ("lr", "betas", "eps", "weight_decay", "amsgrad")} == {
        name: common[name] for name in ("lr", "betas", "eps", "weight_decay", "amsgrad")
    }
    assert torch.allclose(_trained(made)[1], _trained(own)[1], rtol=1e-6)


def test_like_alone_is_enough() -> None:
    assert nos_sym.optimizer(like="torch.optim.AdamW") is nos_sym.optimizer("torch.optim.AdamW")


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_it_pickles_into_another_process(tmp_path: Path, protocol: int) -> None:
    optimizer = nos_sym.optimizer("none ~ tanh(v_hat)", name="Mine")
    made, weight = _trained(optimizer)
    file = tmp_path / "saved"
    schedule = nos_sym.schedule("LR1")
    file.write_bytes(pickle.dumps((optimizer, made, weight, schedule, nos_sym.optimizer("Opt4")), protocol))
    code = (
        "import pickle, sys, torch\n"
        f"optimizer, made, weight, schedule, other = pickle.load(open({str(file)!r}, 'rb'))\n"
        "assert isinstance(made, optimizer) and made.param_groups[0]['params'][0] is weight\n"
        "weight.grad = torch.tensor([0.3, -0.1, 2.0])\n"
        "made.step()\n"
        "print(weight.tolist(), schedule.__name__, other.__name__)\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    weight.grad = torch.tensor([0.3, -0.1, 2.0])
    made.step()
    assert shown == f"{weight.tolist()} LR1 Opt4\n"


def test_it_is_copied() -> None:
    made, weight = _trained(nos_sym.optimizer("Adam"))
    twin = copy.deepcopy(made)
    assert type(twin) is type(made)
    other = twin.param_groups[0]["params"][0]
    _train(made, weight, 2)
    _train(twin, other, 2)
    assert torch.equal(weight, other)


def test_another_version_is_refused() -> None:
    name = module_name("opt4_torch", Printed("0.0.1", "Opt4", "torch"))
    with pytest.raises(ImportError, match=rf"nos-sym 0.0.1, and this is {current_version()}"):
        importlib.import_module(name)


def test_latex_is_no_module() -> None:
    name = module_name("opt4_latex", Printed(current_version(), "Opt4", "latex"))
    with pytest.raises(ImportError, match="LaTeX, which is no code"):
        importlib.import_module(name)


@pytest.mark.parametrize("name", ["opt4", "opt4_paaaa", "names.more"])
def test_other_modules_are_not_there(name: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(f"nos_sym.rendered.{name}")


def test_a_library_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(memory, "import_module", missing)
    with pytest.raises(nos_sym.RenderError, match=r"torch, which is not installed; pip install"):
        nos_sym.optimizer("Opt4")


def test_what_cannot_be_is_one_line() -> None:
    for call in (
        lambda: nos_sym.optimizer(),
        lambda: nos_sym.optimizer("Opt4", "latex"),
        lambda: nos_sym.optimizer("Opt4", "jax"),
        lambda: nos_sym.optimizer("Opt4", like="torch.optim.AdamW"),
        lambda: nos_sym.optimizer("Opt4", like="torch.optim.Adan"),
        lambda: nos_sym.optimizer("Opt4", like=3),  # type: ignore[arg-type]
        lambda: nos_sym.optimizer("Opt4", name="class"),
        lambda: nos_sym.schedule("Opt4"),
    ):
        with pytest.raises(nos_sym.NosSymError) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_optax_has_a_function() -> None:
    pytest.importorskip("optax")
    import jax.numpy as jnp

    transformation = nos_sym.optimizer("torch.optim.Adam", "optax")(0.1)
    state = transformation.init({"w": jnp.ones(2)})
    updates, _ = transformation.update({"w": jnp.ones(2)}, state, {"w": jnp.ones(2)})
    assert jnp.allclose(updates["w"], -0.1)
    assert pickle.loads(pickle.dumps(state))._fields == state._fields
