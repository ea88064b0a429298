"""Checks of state dictionaries, copies and hooks, under the names of PyTorch's own optimizer tests."""

from __future__ import annotations

import copy
import io
import pickle

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from nos_sym.conform import checkpoints
from nos_sym.conform.problem import Regression, train
from support.torch_optimizer_infos import (
    OPTIMIZERS,
    common_optimizers,
    common_utils,
    configurations,
    required,
    subject,
)
from support.torch_own_steps import EXACT

optims = common_optimizers.optims
parametrize = common_utils.parametrize


def named(parameters, with_names):
    """Return parameters with or without names."""
    return [(f"name{i}", x) for i, x in enumerate(parameters)] if with_names else parameters


def without_names(state_dict):
    """Return a state dictionary without the names of parameters, which may differ."""
    groups = [{k: v for k, v in g.items() if k != "param_names"} for g in state_dict["param_groups"]]
    return {**state_dict, "param_groups": groups}


class TestRenderedCheckpoints(common_utils.TestCase):  # type: ignore[misc]
    """A checkpoint continues identically, whatever it went through; hooks run when they should."""

    def begin(self, info, device, dtype, kwargs, steps=3, with_names=False):
        problem = Regression(device, dtype)
        optimizer = info.optim_cls(named(problem.parameters, with_names), **copy.deepcopy(kwargs))
        train(problem, optimizer, steps=steps)
        return problem, optimizer

    def assert_continues(self, problem, optimizer, other, restored, steps=4):
        train(problem, optimizer, steps=steps)
        train(other, restored, steps=steps)
        self.assertEqual(problem.parameters, other.parameters, **EXACT)
        ours, theirs = (without_names(x.state_dict()) for x in (optimizer, restored))
        self.assertEqual(ours["state"], theirs["state"], **EXACT)

    @parametrize("is_named_optim0", [True, False])
    @parametrize("is_named_optim1", [True, False])
    @optims(OPTIMIZERS)
    def test_state_dict_deterministic(self, device, dtype, optim_info, is_named_optim0, is_named_optim1):
        for kwargs in configurations(optim_info, device):
            problem, optimizer = self.begin(optim_info, device, dtype, kwargs, 4, is_named_optim0)
            other = copy.deepcopy(problem)
            restored = optim_info.optim_cls(named(other.parameters, is_named_optim1), **kwargs)
            saved = optimizer.state_dict()
            kept = copy.deepcopy(saved)
            restored.load_state_dict(saved)
            self.assertEqual(saved, kept, **EXACT)
            # What is saved shares no memory with what loaded it.
            train(other, restored, steps=1)
            self.assertEqual(saved, kept, **EXACT)
            train(problem, optimizer, steps=1)
            self.assert_continues(problem, optimizer, other, restored, steps=4)
            self.assertEqual(without_names(optimizer.state_dict()), without_names(restored.state_dict()))
            # Groups that occur twice are written twice.
            restored.param_groups.extend(restored.param_groups)
            groups = without_names(restored.state_dict())["param_groups"]
            self.assertEqual(groups, without_names(optimizer.state_dict())["param_groups"] * 2)

    @optims(OPTIMIZERS)
    def test_can_load_older_state_dict(self, device, dtype, optim_info):
        for kwargs in configurations(optim_info, device):
            kwargs.pop("maximize", None)
            problem, optimizer = self.begin(optim_info, device, dtype, kwargs)
            other = copy.deepcopy(problem)
            old = copy.deepcopy(optimizer.state_dict())
            for group in old["param_groups"]:
                for flag in optim_info.not_og_supported_flags:
                    del group[flag]
            restored = optim_info.optim_cls(other.parameters, **kwargs)
            restored.load_state_dict(old)
            self.assert_continues(problem, optimizer, other, restored)

    @parametrize("is_named_optim0", [True, False])
    @parametrize("is_named_optim1", [True, False])
    @optims(OPTIMIZERS)
    def test_can_load_from_to_named_state_dict(
        self, device, dtype, optim_info, is_named_optim0, is_named_optim1
    ):
        for kwargs in configurations(optim_info, device):
            problem, optimizer = self.begin(optim_info, device, dtype, kwargs, with_names=is_named_optim0)
            other = copy.deepcopy(problem)
            restored = optim_info.optim_cls(named(other.parameters, is_named_optim1), **kwargs)
            restored.load_state_dict(copy.deepcopy(optimizer.state_dict()))
            names = restored.state_dict()["param_groups"][0].get("param_names")
            expected = ["name0", "name1"] if is_named_optim0 or is_named_optim1 else None
            self.assertEqual(names, expected)
            self.assert_continues(problem, optimizer, other, restored)

    @parametrize("is_named_optim", [True, False])
    @optims(OPTIMIZERS)
    def test_save_load_equality_with_weights_only(self, device, dtype, optim_info, is_named_optim):
        for kwargs in configurations(optim_info, device):
            _, optimizer = self.begin(optim_info, device, dtype, kwargs, with_names=is_named_optim)
            saved = optimizer.state_dict()
            file = io.BytesIO()
            torch.save(saved, file)
            for weights_only in (True, False):
                file.seek(0)
                self.assertEqual(torch.load(file, weights_only=weights_only), saved, **EXACT)

    @optims(OPTIMIZERS)
    def test_load_nontensor_step(self, device, dtype, optim_info):
        for kwargs in configurations(optim_info, device):
            problem, optimizer = self.begin(optim_info, device, dtype, kwargs)
            other = copy.deepcopy(problem)
            saved = copy.deepcopy(optimizer.state_dict())
            for state in saved["state"].values():
                state["step"] = state["step"].item()
            restored = optim_info.optim_cls(other.parameters, **kwargs)
            restored.load_state_dict(saved)
            train(problem, optimizer, steps=2)
            train(other, restored, steps=2)
            self.assertEqual(problem.parameters, other.parameters, **EXACT)
            self.assertEqual([float(restored.state[p]["step"]) for p in other.parameters], [5.0, 5.0])

    @optims(OPTIMIZERS)
    def test_state_dict_pre_post_hook(self, device, dtype, optim_info):
        _, optimizer = self.begin(optim_info, device, dtype, required(optim_info.optim_cls))
        pre = optimizer.register_state_dict_pre_hook(lambda one: one.state.update(mark=1))
        self.assertEqual(optimizer.state_dict()["state"]["mark"], 1)
        pre.remove()
        optimizer.state.pop("mark")
        seen = []
        post = optimizer.register_state_dict_post_hook(
            lambda _, saved: seen.append(saved["state"].get("mark"))
        )
        optimizer.state_dict()
        optimizer.register_state_dict_pre_hook(lambda one: one.state.update(mark=2))
        optimizer.state_dict()
        self.assertEqual(seen, [None, 2])
        post.remove()
        optimizer.register_state_dict_post_hook(lambda _, saved: {"state": saved["state"]["mark"]})
        self.assertEqual(optimizer.state_dict(), {"state": 2})

    @optims(OPTIMIZERS)
    def test_load_state_dict_pre_hook_and_prepend(self, device, dtype, optim_info):
        def halve(_, saved):
            saved["param_groups"][0]["lr"] = 0.5

        def copied(_, saved):
            changed = copy.deepcopy(saved)
            changed["param_groups"][0]["lr"] = 0.25
            return changed

        for prepend, expected in ((True, 0.5), (False, 0.25)):
            _, optimizer = self.begin(optim_info, device, dtype, required(optim_info.optim_cls))
            saved = copy.deepcopy(optimizer.state_dict())
            optimizer.register_load_state_dict_pre_hook(halve)
            optimizer.load_state_dict(saved)
            self.assertEqual(optimizer.param_groups[0]["lr"], 0.5)
            optimizer.register_load_state_dict_pre_hook(copied, prepend=prepend)
            optimizer.load_state_dict(saved)
            self.assertEqual(optimizer.param_groups[0]["lr"], expected)

    @optims(OPTIMIZERS)
    def test_load_state_dict_pre_hook_adapts_names(self, device, dtype, optim_info):
        """A hook that sorts what was saved by the names of parameters is heeded, for the state too."""

        def by_name(optimizer, saved):
            saved = copy.copy(saved)
            (group,), (mine,) = saved["param_groups"], optimizer.param_groups
            keys = dict(zip(group["param_names"], group["params"], strict=True))
            state = {i: saved["state"][keys[name]] for i, name in enumerate(mine["param_names"])}
            new = {**group, "params": list(range(len(state))), "param_names": mine["param_names"]}
            return {**saved, "state": state, "param_groups": [new]}

        for kwargs in configurations(optim_info, device):
            problem, optimizer = self.begin(optim_info, device, dtype, kwargs, with_names=True)
            other = copy.deepcopy(problem)
            reordered = named(other.parameters, True)[::-1]
            restored = optim_info.optim_cls(reordered, **kwargs)
            restored.register_load_state_dict_pre_hook(by_name)
            restored.load_state_dict(copy.deepcopy(optimizer.state_dict()))
            train(problem, optimizer, steps=3)
            train(other, restored, steps=3)
            # Joined in another order, the arithmetic on each element is the same.
            self.assertEqual(problem.parameters, other.parameters, **EXACT)

    @optims(OPTIMIZERS)
    def test_load_state_dict_pre_post_hook(self, device, dtype, optim_info):
        _, optimizer = self.begin(optim_info, device, dtype, required(optim_info.optim_cls))
        saved = copy.deepcopy(optimizer.state_dict())
        saved["param_groups"][0]["lr"] = 0.125
        seen = []
        optimizer.register_load_state_dict_post_hook(lambda one: seen.append(one.param_groups[0]["lr"]))
        optimizer.load_state_dict(saved)
        optimizer.register_load_state_dict_pre_hook(lambda _, one: one["param_groups"][0].update(lr=0.5))
        optimizer.load_state_dict(saved)
        self.assertEqual(seen, [0.125, 0.5])

    @optims(OPTIMIZERS)
    def test_step_all_hooks(self, device, dtype, optim_info):
        calls = []

        def hook(name):
            return lambda optimizer, args, kwargs: calls.append(name)

        parameters = [torch.ones(2, device=device, dtype=dtype)]
        for kwargs in configurations(optim_info, device, skip=()):
            calls.clear()
            optimizer = optim_info.optim_cls(parameters, **kwargs)
            handles = [
                register_optimizer_step_pre_hook(hook("global pre")),
                register_optimizer_step_post_hook(hook("global post")),
                optimizer.register_step_pre_hook(hook("pre")),
                optimizer.register_step_post_hook(hook("post")),
            ]
            try:
                optimizer.step()
                torch.optim.SGD(parameters).step()
            finally:
                for handle in handles:
                    handle.remove()
            optimizer.step()
            self.assertEqual(calls, ["global pre", "pre", "post", "global post", "global pre", "global post"])

    @optims(OPTIMIZERS)
    def test_deepcopy_copies_all_public_attrs(self, device, dtype, optim_info):
        checkpoints.copied(subject(optim_info, device))

    @optims(OPTIMIZERS)
    def test_pickling(self, device, dtype, optim_info):
        for kwargs in configurations(optim_info, device):
            problem, optimizer = self.begin(optim_info, device, dtype, kwargs)
            other, restored = pickle.loads(pickle.dumps((problem, optimizer)))
            self.assertEqual(restored.defaults, optimizer.defaults)
            self.assert_continues(problem, optimizer, other, restored)


class TestRenderedCheckpointsOnCuda(common_utils.TestCase):  # type: ignore[misc]
    """What needs a GPU beside the processor."""

    @optims(OPTIMIZERS)
    def test_state_dict_with_cuda_params(self, device, dtype, optim_info):
        for kwargs in configurations(optim_info, "cpu"):
            problem = Regression("cpu", dtype)
            optimizer = optim_info.optim_cls(problem.parameters, **copy.deepcopy(kwargs))
            train(problem, optimizer, steps=3)
            other = Regression(device, dtype)
            other.input = problem.input.to(device)
            with torch.no_grad():
                for mine, theirs in zip(other.parameters, problem.parameters, strict=True):
                    mine.copy_(theirs)
            saved = optimizer.state_dict()
            kept = copy.deepcopy(saved)
            restored = optim_info.optim_cls(other.parameters, **kwargs)
            restored.load_state_dict(saved)
            self.assertEqual(saved, kept, **EXACT)
            for parameter in other.parameters:
                for key, value in restored.state[parameter].items():
                    self.assertEqual(value.device.type, "cpu" if key == "step" else "cuda")
            train(problem, optimizer, steps=3)
            train(other, restored, steps=3)
            for mine, theirs in zip(other.parameters, problem.parameters, strict=True):
                self.assertEqual(mine.cpu(), theirs)
