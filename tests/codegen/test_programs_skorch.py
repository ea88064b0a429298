"""skorch: arguments by name, groups, saved parameters, pickles of the whole net, clones and grids."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
from support.presence import missing

if reason := missing("torch", "skorch", "sklearn", "pytorch_optimizer"):
    pytest.skip(reason, allow_module_level=True)

import sklearn
import skorch
import torch
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import GradientNormClipping, LRScheduler
from support.programs import (
    EACH,
    LABELS,
    RATE,
    Files,
    arguments,
    assert_compiled_if,
    close,
    files,
    flat,
    original,
)  # fmt: skip

__all__ = ["files"]
EPOCHS = 4


class Network(torch.nn.Module):
    """Two layers in float64, the same each time."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.hidden, self.out = torch.nn.Linear(3, 4).double(), torch.nn.Linear(4, 1).double()

    def forward(self, x: Any) -> Any:
        return self.out(torch.tanh(self.hidden(x)))


def data() -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(12, 3, generator=generator, dtype=torch.float64)
    return x.numpy(), x.sum(1, keepdim=True).numpy()


def net(kind: Any, given: dict[str, Any], **more: Any) -> Any:
    options = {f"optimizer__{name}": value for name, value in given.items() if name != "lr"}
    known = dict(
        optimizer=kind, lr=given["lr"], batch_size=4, train_split=None, verbose=0, max_epochs=EPOCHS,
        iterator_train__shuffle=False, **options,
    )  # fmt: skip
    return skorch.NeuralNetRegressor(Network, **known | more)


def go_on(made: Any, epochs: int = EPOCHS // 2) -> torch.Tensor:
    made.partial_fit(*data(), epochs=epochs)
    return flat(made.module_)


@pytest.mark.parametrize(("label", "mode"), EACH)
def test_saved_parameters_and_pickles(label: str, mode: str, files: Files, tmp_path: Path) -> None:
    kind, given = files(label), arguments(label, mode)
    whole = flat(net(kind, given).fit(*data()).module_)
    assert_compiled_if(mode, kind)
    half = net(kind, given)
    go_on(half)
    paths = {f"f_{part}": tmp_path / f"{part}.pt" for part in ("params", "optimizer", "history")}
    half.save_params(**paths)
    pickled, copied = pickle.dumps(half), copy.deepcopy(half)
    loaded = net(kind, given).initialize()
    loaded.load_params(**paths)
    for one in (half, loaded, pickle.loads(pickled), copied):
        assert torch.equal(go_on(one), whole)
    if found := original(label):
        close(whole, flat(net(*found).fit(*data()).module_))
        theirs = net(*found)
        go_on(theirs)
        theirs.save_params(**paths)
        loaded = net(kind, given).initialize()
        loaded.load_params(**paths)
        close(go_on(loaded), whole)


@pytest.mark.parametrize("mode", ["default", "fused"])
@pytest.mark.parametrize("label", LABELS)
def test_groups_by_the_names_of_parameters(label: str, mode: str, files: Files) -> None:
    found = [(files(label), arguments(label, mode)), *([original(label)] if original(label) else [])]
    results = []
    for kind, given in found:
        decay = {"weight_decay": 0.5} if "weight_decay" in given else {}
        groups = [("*.bias", {"lr": 3 * RATE, **decay}), ("hidden.*", {"lr": 2 * RATE})]
        made = net(kind, given, optimizer__param_groups=groups).fit(*data())
        rates = [group["lr"] for group in made.optimizer_.param_groups]
        assert rates == [3 * RATE, 2 * RATE, RATE]
        results.append(flat(made.module_))
    if len(results) > 1:
        close(*results)


@pytest.mark.parametrize("label", LABELS)
def test_clones_and_a_grid(label: str, files: Files) -> None:
    """A grid over rates, and over the decay where there is one; the best net is one that is fitted anew."""
    kind, given = files(label), arguments(label, "fused")
    grid: dict[str, list[Any]] = {"lr": [1e-4, 1e-2], "optimizer__foreach": [None]}
    if "weight_decay" in given:
        grid["optimizer__weight_decay"] = [0.0, 0.1]
    made = net(kind, given)
    assert sklearn.base.clone(made).get_params()["optimizer"] is kind
    search = GridSearchCV(made, grid, cv=2, scoring="neg_mean_squared_error", error_score="raise").fit(
        *data()
    )
    again = net(kind, given).set_params(**search.best_params_).fit(*data())
    assert torch.equal(flat(search.best_estimator_.module_), flat(again.module_))


def test_changed_settings_take_effect(files: Files) -> None:
    """``set_params`` on a net that is initialized makes the optimizer anew, as with PyTorch's own."""
    results = []
    for kind in (files("torch.optim.AdamW"), torch.optim.AdamW):
        made = net(kind, arguments("torch.optim.AdamW"))
        go_on(made)
        made.set_params(optimizer__weight_decay=0.7, optimizer__betas=(0.8, 0.9), lr=2 * RATE)
        results.append(go_on(made))
    close(*results)


@pytest.mark.parametrize("policy", ["StepLR", "CyclicLR", "ReduceLROnPlateau"])
def test_callbacks(policy: str, files: Files) -> None:
    given = {
        "StepLR": {"step_size": 2, "gamma": 0.5},
        "CyclicLR": {
            "base_lr": 0.001,
            "max_lr": 0.01,
            "step_size_up": 2,
            "cycle_momentum": True,
            "step_every": "batch",
        },
        "ReduceLROnPlateau": {"patience": 0, "threshold": 0.5, "monitor": "train_loss"},
    }[policy]
    results = []
    for kind in (files("torch.optim.AdamW"), torch.optim.AdamW):
        callbacks = [LRScheduler(policy, **given), GradientNormClipping(0.05)]
        made = net(kind, arguments("torch.optim.AdamW"), callbacks=callbacks).fit(*data())
        results.append(flat(made.module_))
    close(*results)


def test_a_setting_that_the_rule_lacks_is_refused_when_the_net_is_made(files: Files) -> None:
    made = net(files("A5"), arguments("A5"), optimizer__weight_decay=0.1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'weight_decay'"):
        made.initialize()
    grouped = net(files("A5"), arguments("A5"), optimizer__param_groups=[("*.bias", {"weight_decay": 0.1})])
    with pytest.raises(
        ValueError, match=r"^Invalid weight_decay: 0\.1; this rule has no weight_decay: leave it out$"
    ):
        grouped.initialize()
