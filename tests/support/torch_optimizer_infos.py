"""PyTorch's own records of optimizers, OptimizerInfo, for rendered Adam, AdamW, SGD and Opt1 to Opt10."""

from __future__ import annotations

import inspect
import tempfile
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch.optim.lr_scheduler import ConstantLR, ExponentialLR, ReduceLROnPlateau, StepLR

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.conform.records import torch_internal
from nos_sym.conform.subject import Subject
from nos_sym.language.rule import Rule
from support.harness import load
from support.set_rules import adam_w

NAMES = ("Adam", "AdamW", "SGD", *(f"Opt{number}" for number in range(1, 11)))
TOTAL_STEPS = 40
FLAGS = ("foreach", "differentiable", "fused", "compile")
"""Settings that choose an implementation; PyTorch calls the first three cliquey: one is set at a time."""
FUSED = ("Adam", "SGD", "Opt1", "Opt4")
"""Those whose compiled steps run in all tests; each compiles for a part of a second."""


common_optimizers = torch_internal("common_optimizers")
common_device_type = torch_internal("common_device_type")
common_utils = torch_internal("common_utils")

SCHEDULERS = (
    (partial(StepLR, gamma=0.9, step_size=10), ReduceLROnPlateau),
    (partial(ConstantLR, factor=0.4, total_iters=4), partial(ExponentialLR, gamma=0.99)),
)


def _render_all() -> dict[str, ModuleType]:
    with tempfile.TemporaryDirectory() as folder:
        return {name: load(render(RULES[name], "torch"), Path(folder)) for name in NAMES}


RULES: dict[str, Rule] = {name: catalog.entry(name) for name in NAMES}  # type: ignore[misc]
RULES["AdamW"] = adam_w()
MODULES = _render_all()
"""The rendered files, imported, by the name of their class."""


def required(cls: type) -> dict[str, Any]:
    """Return the settings that a rendered class has no default for."""
    return {"total_steps": TOTAL_STEPS} if "total_steps" in inspect.signature(cls).parameters else {}


def _settings(cls: type) -> list[tuple[str, dict[str, Any]]]:
    """Return description and arguments of configurations; every setting of the class is in one of them."""
    parameters = inspect.signature(cls).parameters
    found: list[tuple[str, dict[str, Any]]] = [
        ("default", {}),
        ("non-default lr", {"lr": 0.01}),
        ("Tensor lr", {"lr": torch.tensor(0.001)}),
        ("maximize", {"maximize": True}),
    ]
    for key in ("betas", "ema_betas"):
        if key in parameters:
            found.append((f"non-default {key}", {key: tuple(0.9 * x for x in parameters[key].default)}))
    for key in (name for name in parameters if name.startswith("weight_decay")):
        found.append((f"nonzero {key}", {key: 0.1}))
        found.append((f"nonzero {key}, maximize", {key: 0.1, "maximize": True}))
    if "eps" in parameters:
        found.append(("non-default eps", {"eps": 1e-6}))
    if "momentum" in parameters:
        found.append(("non-default momentum", {"momentum": 0.5}))
    if "total_steps" in parameters:
        found.append(("non-default total_steps", {"total_steps": 25}))
    return found


def _inputs(cls: type, device: Any, dtype: Any = None) -> list[Any]:
    return [
        common_optimizers.OptimizerInput(params=None, kwargs=required(cls) | kwargs, desc=desc)
        for desc, kwargs in _settings(cls)
    ]


def _error_inputs(cls: type, device: Any, dtype: Any) -> list[Any]:
    """Return PyTorch's own wrong inputs, and those of the settings that a class has."""
    step = common_optimizers.OptimizerErrorEnum.STEP_ERROR
    found = common_optimizers.get_error_inputs_for_all_optims(device, dtype)
    for error in found:
        error.optimizer_error_input.kwargs = required(cls) | error.optimizer_error_input.kwargs
    parameters = inspect.signature(cls).parameters
    wrong = [("lr", -1.0), ("lr", float("nan")), ("momentum", -0.1), ("total_steps", 0)]
    wrong += [(key, -1.0) for key in parameters if key.startswith("weight_decay")]
    for key in ("betas", "ema_betas"):
        if key in parameters:
            rest = parameters[key].default[1:]
            wrong += [(key, (1.0, *rest)), (key, (-0.1, *rest)), (key, rest)]
    parameter = torch.nn.Parameter(torch.randn(1, device=device, dtype=dtype))
    found += [
        _error(required(cls) | {key: value}, f"Invalid {key}", ValueError, [parameter])
        for key, value in wrong
        if key in parameters
    ]
    sparse = torch.nn.Parameter(torch.ones(3, device=device, dtype=dtype))
    sparse.grad = torch.ones_like(sparse).to_sparse()
    unreal = torch.nn.Parameter(torch.ones(2, 3, device=device, dtype=torch.complex64))
    unreal.grad = torch.rand_like(unreal)
    for tensor, what in ((sparse, "sparse gradients"), (unreal, "complex weights")):
        message = f"{cls.__name__} does not support {what}"
        found.append(_error(required(cls), message, RuntimeError, [tensor], error_on=step))
    return found


def _error(kwargs: dict[str, Any], regex: str, kind: type[Exception], params: Any, **options: Any) -> Any:
    given = common_optimizers.OptimizerInput(params=params, kwargs=kwargs, desc=regex)
    return common_optimizers.ErrorOptimizerInput(given, error_type=kind, error_regex=regex, **options)


def _info(name: str) -> Any:
    cls = getattr(MODULES[name], name)
    return common_optimizers.OptimizerInfo(
        cls,
        optim_inputs_func=partial(_inputs, cls),
        optim_error_inputs_func=partial(_error_inputs, cls),
        scheduler_inputs=SCHEDULERS,
        supported_impls=("foreach", "differentiable", *(("fused",) if name in FUSED else ())),
        not_og_supported_flags=("maximize", *FLAGS),
        supports_sparse=False,
        supports_complex=False,
        has_capturable_arg=False,
        supports_fused_on=("cpu",) if name in FUSED else (),
    )


OPTIMIZERS = [_info(name) for name in NAMES]
"""What the optim_db of PyTorch is to its own optimizers."""


def subject(info: Any, device: Any) -> Subject:
    """Return a rendered class in all configurations, for the checks that ``nos-sym conform`` makes."""
    cases = configurations(info, device)
    return Subject(info.optim_cls, required(info.optim_cls), device=device, cases=cases)


def configurations(
    info: Any, device: Any, skip: tuple[str, ...] = ("differentiable",)
) -> list[dict[str, Any]]:
    """Return the arguments of all configurations in all implementations.

    Those of PyTorch name an implementation always, and foreach only where a device has such kernels; the
    default of rendered files, in blocks, works on all and is added.
    """
    named = common_optimizers._get_optim_inputs_including_global_cliquey_kwargs(
        device, torch.float32, info, skip=skip
    )
    return [given.kwargs for given in [*named, *info.optim_inputs_func(device=device)]]
