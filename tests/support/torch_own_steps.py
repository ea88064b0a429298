"""Checks of steps under the names of PyTorch's own optimizer tests; each runs for every record of a class."""

from __future__ import annotations

import copy
import inspect
from typing import Any
from unittest import mock

import numpy as np
import torch

from nos_sym.conform.problem import Regression, train
from support.harness import Problem, run_numpy
from support.torch_optimizer_infos import (
    FLAGS,
    MODULES,
    OPTIMIZERS,
    RULES,
    TOTAL_STEPS,
    common_device_type,
    common_optimizers,
    common_utils,
    configurations,
    required,
)

optims = common_optimizers.optims
parametrize = common_utils.parametrize
EXACT = {"rtol": 0, "atol": 0}


def assert_right_direction(case: Any, loss: float, initial: float, kwargs: dict[str, Any]) -> None:
    better, worse = (initial, loss) if kwargs.get("maximize") else (loss, initial)
    case.assertLess(better, worse)


def assert_right_directions(case: Any, info: Any, with_schedulers: bool, *place: Any) -> None:
    """Train in every configuration with every list of schedulers tensor by tensor."""
    for makers in info.scheduler_inputs if with_schedulers else [()]:
        # New inputs each time: a scheduler changes a tensor learning rate in place.
        for given in info.optim_inputs_func(device=place[0]):
            problem = Regression(*place)
            optimizer = info.optim_cls(problem.parameters, **given.kwargs, foreach=False)
            initial = problem.loss().item()
            loss = train(problem, optimizer, [maker(optimizer) for maker in makers])
            assert_right_direction(case, loss, initial, given.kwargs)


class TestRenderedSteps(common_utils.TestCase):  # type: ignore[misc]
    """What a step does: its direction, its implementations, groups of parameters, missing gradients."""

    @common_device_type.onlyCPU
    @optims(OPTIMIZERS)
    def test_optim_infos_do_not_specify_global_cliquey_kwargs(self, device, dtype, optim_info):
        inputs = optim_info.optim_inputs_func(device=device)
        given = {key for one in inputs for key in one.kwargs}
        self.assertEqual(given & {*FLAGS, "fused"}, set())
        # And every other setting of the class is in one of them.
        arguments = set(inspect.signature(optim_info.optim_cls).parameters)
        self.assertEqual(given, arguments - {"params", "fused", *FLAGS})

    @optims(OPTIMIZERS)
    def test_errors(self, device, dtype, optim_info):
        step = common_optimizers.OptimizerErrorEnum.STEP_ERROR
        for error in optim_info.optim_error_inputs_func(device=device, dtype=dtype):
            given = error.optimizer_error_input
            warning = issubclass(error.error_type, Warning)
            expected = self.assertWarnsRegex if warning else self.assertRaisesRegex
            if error.error_on == step:
                optimizer = optim_info.optim_cls(given.params, **given.kwargs)
                with expected(error.error_type, error.error_regex):
                    optimizer.step()
            else:
                with expected(error.error_type, error.error_regex):
                    optim_info.optim_cls(given.params, **given.kwargs)

    @parametrize("contiguous", [True, False])
    @parametrize("with_lrsched", [True, False])
    @optims(OPTIMIZERS)
    def test_forloop_goes_right_direction(self, device, dtype, optim_info, contiguous, with_lrsched):
        assert_right_directions(self, optim_info, with_lrsched, device, dtype, contiguous)

    @optims(OPTIMIZERS)
    def test_param_group_with_lrscheduler_goes_right_direction(self, device, dtype, optim_info):
        for makers in optim_info.scheduler_inputs:
            problem = Regression(device, dtype)
            groups = [{"params": [problem.weight]}, {"params": [problem.bias], "lr": 0.01}]
            optimizer = optim_info.optim_cls(groups, **required(optim_info.optim_cls))
            initial = problem.loss().item()
            self.assertLess(train(problem, optimizer, [maker(optimizer) for maker in makers]), initial)

    @parametrize("num_dim", [0, 1, 2])
    @optims(OPTIMIZERS)
    def test_tensor_lr(self, device, dtype, optim_info, num_dim):
        for kwargs in configurations(optim_info, device):
            problem = Regression(device, dtype)
            other = copy.deepcopy(problem)
            kwargs["lr"] = 2.0**-10
            train(problem, optim_info.optim_cls(problem.parameters, **kwargs), steps=5)
            for place in {"cpu", torch.device(device).type}:
                again = copy.deepcopy(other)
                kwargs["lr"] = torch.full((1,) * num_dim, 2.0**-10, device=place)
                train(again, optim_info.optim_cls(again.parameters, **kwargs), steps=5)
                self.assertEqual(problem.parameters, again.parameters, **EXACT)

    def _compare_implementations(self, device, dtype, info, inputs, other="foreach"):
        """Step tensor by tensor and otherwise, with parameters that freeze, are empty or lack gradients."""
        for given in inputs:
            rows = []
            for modes in ({"foreach": False}, {other: True}):
                torch.manual_seed(1)
                layers = [
                    torch.nn.Linear(2, 3),
                    torch.nn.Sigmoid(),
                    torch.nn.Linear(3, 1),
                    torch.nn.Sigmoid(),
                ]
                model = torch.nn.Sequential(*layers).to(device=device, dtype=dtype)
                extra = [torch.nn.Parameter(torch.rand(s, device=device, dtype=dtype)) for s in ((), (0,))]
                parameters = [*model.parameters(), *extra]
                kwargs = copy.deepcopy(given.kwargs)
                optimizer = info.optim_cls(parameters, **kwargs, **modes)
                rows.append((model, parameters, extra, optimizer))
            tracker = common_optimizers.TensorTracker({"rtol": 1e-12, "atol": 1e-14})
            batch = torch.linspace(0.1, 0.6, 6, device=device, dtype=dtype).reshape(3, 2)
            for step in range(7):
                for index, (model, parameters, extra, optimizer) in enumerate(rows):
                    optimizer.zero_grad()
                    if step in (3, 5):
                        model[2].requires_grad_(step == 5)
                    if step != 2:
                        (model(batch).sum() + sum(x.sum() for x in extra)).backward()
                    optimizer.step()
                    states = [x for p in parameters for x in optimizer.state[p].values()]
                    for tensor in [*parameters, *states]:
                        if index == 0:
                            tracker.add(tensor)
                        else:
                            tracker.pop_check_set(tensor, self)
                self.assertTrue(tracker.all_popped())

    @optims(OPTIMIZERS, dtypes=[torch.float64])
    def test_foreach_matches_forloop(self, device, dtype, optim_info):
        self._compare_implementations(device, dtype, optim_info, optim_info.optim_inputs_func(device=device))

    @common_device_type.onlyCPU
    @optims([info for info in OPTIMIZERS if info.supports_fused_on], dtypes=[torch.float64])
    def test_fused_matches_forloop(self, device, dtype, optim_info):
        inputs = optim_info.optim_inputs_func(device=device)
        self._compare_implementations(device, dtype, optim_info, inputs, "fused")
        self.assertTrue(all(MODULES[optim_info.name].KERNEL.compiled.values()))

    @common_device_type.onlyCPU
    @optims([info for info in OPTIMIZERS if info.supports_fused_on])
    def test_fused_does_not_step_if_foundinf(self, device, dtype, optim_info):
        for given in optim_info.optim_inputs_func(device=device):
            problem = Regression(device, dtype)
            optimizer = optim_info.optim_cls(problem.parameters, **given.kwargs, fused=True)
            train(problem, optimizer, steps=2)
            before = copy.deepcopy((problem.parameters, list(optimizer.state.values())))
            optimizer.found_inf = torch.tensor(1.0)
            optimizer.step()
            self.assertEqual((problem.parameters, list(optimizer.state.values())), before, **EXACT)
            optimizer.found_inf = torch.tensor(0.0)
            optimizer.step()
            self.assertEqual([int(x["step"]) for x in optimizer.state.values()], [3, 3])

    @optims(OPTIMIZERS, dtypes=[torch.float64])
    def test_set_default_dtype_works_with_foreach(self, device, dtype, optim_info):
        before = torch.get_default_dtype()
        for default in (torch.float64, torch.float16):
            torch.set_default_dtype(default)
            try:
                self._compare_implementations(
                    device, dtype, optim_info, optim_info.optim_inputs_func(device=device)[:1]
                )
                parameter = torch.ones(3, device=device, dtype=dtype)
                optimizer = optim_info.optim_cls([parameter], **required(optim_info.optim_cls))
                parameter.grad = torch.ones_like(parameter)
                optimizer.step()
                # PyTorch has float64 where that is the default; 2^24 steps are exact in float32.
                self.assertEqual(optimizer.state[parameter]["step"].dtype, torch.float32)
            finally:
                torch.set_default_dtype(before)

    @optims(OPTIMIZERS)
    def test_mixed_device_dtype(self, device, dtype, optim_info):
        kinds = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
        devices = [device, *(f"cuda:{i}" for i in range(1, torch.cuda.device_count()) if device != "cpu")]
        start = [torch.rand(2, 3, dtype=kind, device=place) for kind in kinds for place in devices]
        gradients = [torch.rand_like(x) for x in start]
        for given in optim_info.optim_inputs_func(device=device):
            results = []
            for foreach in (False, True):
                parameters = [x.clone().requires_grad_() for x in start]
                optimizer = optim_info.optim_cls(parameters, **copy.deepcopy(given.kwargs), foreach=foreach)
                for parameter, gradient in zip(parameters, gradients, strict=True):
                    parameter.grad = gradient.clone()
                for _ in range(7):
                    optimizer.step()
                results.append([*parameters, *(x for p in parameters for x in optimizer.state[p].values())])
            self.assertEqual(*results)

    @optims([info for info in OPTIMIZERS if "weight_decay" in inspect.signature(info.optim_cls).parameters])
    def test_param_groups_weight_decay(self, device, dtype, optim_info):
        for kwargs in configurations(optim_info, device):
            problem = Regression(device, dtype)
            without = copy.deepcopy(kwargs) | {"weight_decay": 0.0}
            groups = [{"params": [problem.weight], **kwargs}, {"params": [problem.bias], **without}]
            optimizer = optim_info.optim_cls(groups, **required(optim_info.optim_cls))
            initial = problem.loss().item()
            assert_right_direction(self, train(problem, optimizer), initial, kwargs)

    @optims(OPTIMIZERS)
    def test_param_groups_lr(self, device, dtype, optim_info):
        for kwargs in configurations(optim_info, device):
            problem = Regression(device, dtype)
            still = torch.nn.Parameter(torch.randn(2, device=device, dtype=dtype))
            before = still.detach().clone()
            # An implementation holds for all groups, and is refused in one that differs.
            modes = {x: kwargs[x] for x in ("foreach", "fused", "differentiable") if x in kwargs}
            groups = [{"params": problem.parameters, "lr": 1e-3, **kwargs}, {"params": [still]}]
            optimizer = optim_info.optim_cls(groups, lr=1e-28, **modes, **required(optim_info.optim_cls))
            initial = problem.loss().item()
            still.grad = torch.rand_like(still)
            assert_right_direction(self, train(problem, optimizer), initial, kwargs)
            self.assertEqual(still, before, **EXACT)

    @optims(OPTIMIZERS)
    def test_step_is_noop_when_params_have_no_grad(self, device, dtype, optim_info):
        for kwargs in configurations(optim_info, device, skip=()):
            parameters = [torch.randn(2, 3, device=device, dtype=dtype) for _ in range(2)]
            before = [x.clone() for x in parameters]
            optimizer = optim_info.optim_cls(parameters, **kwargs)
            self.assertEqual(optimizer.step(lambda: torch.ones(1)), torch.ones(1))
            self.assertEqual(parameters, before, **EXACT)
            self.assertEqual(len(optimizer.state), 0)

    @optims(OPTIMIZERS)
    def test_step_is_noop_for_zero_grads(self, device, dtype, optim_info):
        start = np.random.default_rng(0).normal(size=(5, 1))
        nothing = Problem(start, np.zeros((1, 5, 1)), np.array([1e-3]), np.array([0.9]), TOTAL_STEPS)
        still = np.array_equal(run_numpy(RULES[optim_info.name], nothing)[0], start)
        for kwargs in configurations(optim_info, device, skip=()):
            # Equations with terms without the gradient, weight decay for one, move weights all the same.
            if not still:
                kwargs["lr"] = 0.0
            parameter = torch.tensor(start, device=device, dtype=dtype)
            before = parameter.clone()
            parameter.grad = torch.zeros_like(parameter)
            loss = optim_info.optim_cls([parameter], **kwargs).step(lambda: torch.ones(1))
            self.assertEqual(parameter, before, **EXACT)
            self.assertEqual(loss, torch.ones(1))

    @optims(OPTIMIZERS)
    def test_empty_grad(self, device, dtype, optim_info):
        for kwargs in configurations(optim_info, device, skip=()):
            parameters = [torch.zeros(s, device=device, dtype=dtype) for s in ((0,), (2, 0, 3))]
            for parameter in parameters:
                parameter.grad = torch.zeros_like(parameter)
            optimizer = optim_info.optim_cls(parameters, **kwargs)
            optimizer.step()
            self.assertEqual([optimizer.state[p]["step"].item() for p in parameters], [1, 1])

    @optims(OPTIMIZERS)
    def test_optimizer_can_be_printed(self, device, dtype, optim_info):
        for kwargs in configurations(optim_info, device, skip=()):
            optimizer = optim_info.optim_cls(Regression(device, dtype).parameters, **kwargs)
            text = repr(optimizer)
            for key, value in optimizer.defaults.items():
                self.assertIn(f"    {key}: {value}\n", text)

    @optims(OPTIMIZERS)
    def test_non_empty_state(self, device, dtype, optim_info):
        for kwargs in configurations(optim_info, device):
            problem = Regression(device, dtype)
            optimizer = optim_info.optim_cls(problem.parameters, **kwargs)
            train(problem, optimizer, steps=2)
            for parameter in problem.parameters:
                state = dict(optimizer.state[parameter])
                self.assertEqual(state.pop("step"), torch.tensor(2.0))
                self.assertEqual(set(state), set(getattr(MODULES[optim_info.name], "STATE", ())))
                self.assertTrue(all(x.shape == parameter.shape for x in state.values()))

    @optims(OPTIMIZERS)
    def test_defaults_changed_to_foreach(self, device, dtype, optim_info):
        """Blocks are the default; ``foreach=False`` leaves it."""
        module = MODULES[optim_info.name]
        for given in optim_info.optim_inputs_func(device=device):
            for flags, calls in (({}, 1), ({"foreach": True}, 1), ({"foreach": False}, 0)):
                problem = Regression(device, dtype)
                optimizer = optim_info.optim_cls(problem.parameters, **given.kwargs, **flags)
                with mock.patch.object(module, "blocks", wraps=module.blocks) as blocks:
                    optimizer.step(problem.loss)
                self.assertEqual(blocks.call_count, calls)

    @optims(OPTIMIZERS)
    def test_models_side_by_side(self, device, dtype, optim_info):
        """Optimizers of two models that take turns do what each does alone."""
        for kwargs in configurations(optim_info, device):
            problems, alone = [], []
            for made in (problems, alone):  # a deep copy would be contiguous
                torch.manual_seed(0)
                made += [Regression(device, dtype), Regression(device, dtype, contiguous=False)]
            for problem in alone:
                train(problem, optim_info.optim_cls(problem.parameters, **copy.deepcopy(kwargs)), steps=4)
            optimizers = [optim_info.optim_cls(p.parameters, **copy.deepcopy(kwargs)) for p in problems]
            for _ in range(4):
                for problem, optimizer in zip(problems, optimizers, strict=True):
                    train(problem, optimizer, steps=1)
            for one, other in zip(problems, alone, strict=True):
                self.assertEqual(one.parameters, other.parameters, **EXACT)


class TestRenderedStepsOnSeveralDevices(common_utils.TestCase):  # type: ignore[misc]
    """What needs two GPUs."""

    @parametrize("with_lrsched", [True, False])
    @optims(OPTIMIZERS)
    def test_forloop_goes_right_direction_multigpu(self, device, dtype, optim_info, with_lrsched):
        if torch.cuda.device_count() < 2:
            self.skipTest("only one GPU detected")
        assert_right_directions(self, optim_info, with_lrsched, "cuda:0", dtype, True, "cuda:1")
