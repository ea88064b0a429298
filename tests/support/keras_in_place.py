"""A plug-in for pytest: Keras' own tests, as it installs them, with rendered optimizers in their place.

Runs in a process of its own, ``python -m pytest -p support.keras_in_place FILES``, since Keras chooses its
backend at its import and the names of its optimizers are replaced. ``NOS_SYM_RENDERED`` is their folder.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import pytest
from keras.src import api_export, optimizers

TABLE = "table.json"
"""The file of rows ``[class, flags, module]`` beside the rendered files."""

_MESSAGE = "messages are the file's own, in one line"
_MUON = "calls a method of the original that its mathematics is made of"
_DENSE = "sparse gradients become dense in files; the values are those of test_sparse_correctness"
LEFT_OUT = {
    "AdamWTest::test_weight_decay_is_none": _MESSAGE,
    "FtrlTest::test_invalid_": _MESSAGE,
    "LionTest::test_invalid_beta_1": _MESSAGE,
    "SGDTest::test_invalid_momentum": _MESSAGE,
    "MuonTest::test_Newton_Schulz": _MUON,
    "MuonTest::test_lr_adjust_": _MUON,
    "MuonTest::test_should_use_adamw": _MUON,
    "MuonTest::test_adamw_single_step": "update_step of a file has the weight decay of the rule",
    "MuonTest::test_adamw_weight_decay": "update_step of a file has the weight decay of the rule",
    "MuonTest::test_muon_weight_decay": "update_step of a file has the weight decay of the rule",
    "MuonTest::test_model_fit": "exclude_layers is refused by name",
    "NadamTest::test_build_with_empty_var_list": "reads a private attribute of the original",
    **{
        f"OptimizerSparseTest::test_sparse_gradients_{name}": _DENSE
        for name in ("adadelta", "adafactor", "adagrad", "loss_scale_optimizer_sgd")
    },
}
"""What the names of tests begin with that are not run, and why."""
LEFT_OUT_WHOLE = {f"OptimizerSparseTest::test_sparse_gradients_{name}": _DENSE for name in ("rmsprop", "sgd")}
"""Names of tests that others begin with, too."""


class InPlace(type):
    """A class that makes what the file for its flags makes; an instance is one of any of these files."""

    files: list[tuple[dict[str, Any], Any]]

    def file_for(cls, given: dict[str, Any]) -> Any:
        found = [made for flags, made in cls.files if flags and flags.items() <= given.items()]
        return found[-1] if found else cls.files[0][1]

    def __call__(cls, *arguments: Any, **given: Any) -> Any:
        return cls.file_for(given)(*arguments, **given)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, tuple(made for _, made in cls.files))


def _from_config(cls: InPlace, config: dict[str, Any], custom_objects: Any = None) -> Any:
    return cls.file_for(config).from_config(config, custom_objects)


def _replace(name: str, files: list[tuple[dict[str, Any], Any]]) -> None:
    original = getattr(optimizers, name, None)
    home = original.__module__ if original else f"keras.src.optimizers.{name.lower()}"
    names = {
        "files": files,
        "from_config": classmethod(_from_config),
        "__module__": "keras.optimizers",
    }
    made = InPlace(name, (), names)
    for module in (optimizers, importlib.import_module(home), keras.optimizers):
        if hasattr(module, name):
            setattr(module, name, made)
    if name.lower() in optimizers.ALL_OBJECTS_DICT:
        optimizers.ALL_OBJECTS_DICT[name.lower()] = made
    api_export.REGISTERED_NAMES_TO_OBJS[f"keras.optimizers.{name}"] = made
    api_export.REGISTERED_OBJS_TO_NAMES[made] = f"keras.optimizers.{name}"
    keras.saving.get_custom_objects()[f"nos_sym>{name}"] = made


def _keep_originals_of_torch() -> None:
    """Let Keras on PyTorch find its own classes, which it looks up by name whenever one is made."""
    folder = importlib.import_module("keras.src.backend.torch.optimizers")
    for path in Path(folder.__path__[0]).glob("torch_*.py"):
        importlib.import_module(f"{folder.__name__}.{path.stem}")
    chosen = sys.modules[f"{folder.__name__}.torch_optimizer"]
    chosen.optimizers = SimpleNamespace(**vars(optimizers))  # type: ignore[attr-defined]


def pytest_configure() -> None:
    if keras.backend.backend() == "torch":
        _keep_originals_of_torch()
    folder = Path(os.environ["NOS_SYM_RENDERED"])
    sys.path.insert(0, str(folder))
    files: dict[str, list[tuple[dict[str, Any], Any]]] = {}
    for name, flags, module in json.loads((folder / TABLE).read_text(encoding="utf-8")):
        files.setdefault(name, []).append((flags, getattr(importlib.import_module(module), name)))
    for name, made in files.items():
        _replace(name, sorted(made, key=lambda x: len(x[0])))


def _left_out(name: str) -> str:
    """Return the entry of the lists above that a test is left out by, empty where it is run."""
    found = [name] if name in LEFT_OUT_WHOLE else [x for x in LEFT_OUT if name.startswith(x)]
    return found[0] if found else ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reasons, unused = LEFT_OUT | LEFT_OUT_WHOLE, set(LEFT_OUT | LEFT_OUT_WHOLE)
    for item in items:
        if entry := _left_out("::".join(item.nodeid.split("::")[-2:])):
            unused.discard(entry)
            item.add_marker(pytest.mark.skip(reason=f"left out: {reasons[entry]}"))
    print(f"entries for no test: {sorted(unused)}")
