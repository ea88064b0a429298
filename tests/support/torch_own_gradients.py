"""Checks of autograd through steps and of scaled gradients, under the names of PyTorch's own tests."""

from __future__ import annotations

import copy
import inspect

import torch

from nos_sym.backends.functions import FUNCTIONS
from nos_sym.conform.problem import Regression, train
from support.torch_optimizer_infos import (
    MODULES,
    OPTIMIZERS,
    common_optimizers,
    common_utils,
    configurations,
    required,
)
from support.torch_own_steps import EXACT

optims = common_optimizers.optims


def settings_with_gradient(cls, keys, dtype, device):
    """Return the settings that start with the keys, each as a list of tensors that record gradients."""
    values = {}
    for name, parameter in inspect.signature(cls).parameters.items():
        if name.startswith(keys):
            default = 0.1 if name.startswith("weight_decay") else parameter.default
            flat = default if isinstance(default, tuple) else (default,)
            values[name] = [torch.tensor(x, dtype=dtype, device=device, requires_grad=True) for x in flat]
    return values


class TestRenderedGradients(common_utils.TestCase):  # type: ignore[misc]
    """``differentiable=True`` in all configurations, and the scaling of gradients."""

    @optims(OPTIMIZERS, dtypes=[torch.float64])
    def test_optimizers_differentiable_wrt_params(self, device, dtype, optim_info):
        """Weights and state after two steps are differentiable in weights, gradients and the state before."""
        for given in optim_info.optim_inputs_func(device=device):
            first = torch.rand(10, device=device, dtype=dtype)
            first.grad = torch.rand_like(first)
            begun = optim_info.optim_cls([first], **copy.deepcopy(given.kwargs))
            begun.step()
            state = begun.state_dict()["state"][0]
            names = [key for key in state if key != "step"]

            def step(weight, gradient, *slots, kwargs=given.kwargs, names=names, begun=state["step"]):
                weight = weight.clone()
                optimizer = optim_info.optim_cls([weight], **copy.deepcopy(kwargs), differentiable=True)
                slots = dict(zip(names, (x.clone() for x in slots), strict=True))
                optimizer.state[weight].update(slots, step=begun.clone())
                for factor in (1.0, 0.5):
                    weight.grad = gradient * factor
                    optimizer.step()
                return weight, *(optimizer.state[weight][name] for name in names)

            inputs = [torch.rand(10, device=device, dtype=dtype) for _ in range(2)]
            inputs += [state[name] + torch.rand(10, device=device, dtype=dtype) for name in names]
            for tensor in inputs:
                tensor.requires_grad_()
            self.assertTrue(torch.autograd.gradcheck(step, inputs, fast_mode=True))

    def _differentiable_settings(self, device, dtype, info, *keys):
        values = settings_with_gradient(info.optim_cls, keys, dtype, device)
        start = torch.rand(10, device=device, dtype=dtype)

        def loss(*flat):
            rest = iter(flat)
            settings = {key: tuple(next(rest) for _ in value) for key, value in values.items()}
            kwargs = {k: v if k.endswith("betas") else v[0] for k, v in settings.items()}
            weight = start.clone()
            optimizer = info.optim_cls([weight], **required(info.optim_cls), **kwargs, differentiable=True)
            for factor in (1.0, 0.5):
                weight.grad = torch.sin(weight.clone()) * factor
                optimizer.step()
            return weight.pow(2).sum()

        inputs = [x for value in values.values() for x in value]
        self.assertTrue(torch.autograd.gradcheck(loss, inputs))

    @optims(OPTIMIZERS, dtypes=[torch.float64])
    def test_differentiable_lr(self, device, dtype, optim_info):
        self._differentiable_settings(device, dtype, optim_info, "lr")

    @optims(OPTIMIZERS, dtypes=[torch.float64])
    def test_differentiable_weight_decay_and_lr(self, device, dtype, optim_info):
        self._differentiable_settings(device, dtype, optim_info, "weight_decay", "lr", "momentum")

    @optims(OPTIMIZERS, dtypes=[torch.float64])
    def test_differentiable_all_hyperparams(self, device, dtype, optim_info):
        self._differentiable_settings(
            device, dtype, optim_info, "lr", "weight_decay", "momentum", "betas", "ema_betas"
        )

    def test_functions_are_differentiable_at_zero(self, device):
        """Where PyTorch's own functions are, those that a file defines in place of them are too."""
        points = torch.tensor([-2.0, -1e-3, 0.0, 0.5, 12.0], device=device, dtype=torch.float64)
        files = [vars(module) for module in MODULES.values()]
        # What saturates has no gradient at its limit, as torch.clamp has none; what writes into its
        # operand (a trailing underscore) is for steps that autograd does not record.
        saturating = ("limited", "saturate", "positive")
        smooth = [name for name in FUNCTIONS if name not in saturating and not name.endswith("_")]
        found = {name: file[name] for file in files for name in smooth if name in file}
        self.assertIn("asinh", found)
        for function in found.values():
            x = points.clone().requires_grad_()
            self.assertTrue(torch.autograd.gradcheck(function, (x,)))

    @optims(OPTIMIZERS)
    def test_grad_scaling_autocast(self, device, dtype, optim_info):
        """Scaled by a power of two, training is the same; a step with infinite gradients does not happen."""
        for kwargs in configurations(optim_info, device):
            plain = Regression(device, dtype)
            scaled = copy.deepcopy(plain)
            train(plain, optim_info.optim_cls(plain.parameters, **copy.deepcopy(kwargs)), steps=3)
            optimizer = optim_info.optim_cls(scaled.parameters, **kwargs)
            scaler = torch.amp.GradScaler(torch.device(device).type, init_scale=256.0)
            for broken in (False, True, False, False):
                scaled.loss()
                factor = scaler.scale(torch.ones((), device=device)) * (torch.inf if broken else 1.0)
                for parameter in scaled.parameters:
                    parameter.grad = parameter.grad * factor
                scaler.step(optimizer)
                scaler.update()
            self.assertEqual(scaled.parameters, plain.parameters, **EXACT)
            self.assertEqual(optimizer.state[scaled.weight]["step"].item(), 3)
