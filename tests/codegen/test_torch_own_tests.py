"""PyTorch's own optimizer tests, by name: which ones rendered files take, and which do not apply and why.

The checks are written here, shorter, over the machinery that PyTorch installs: OptimizerInfo, ``optims`` and
tests instantiated for each type of device. PyTorch's names are kept where the check is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.harness import backends

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)
pytest.importorskip("expecttest", reason="PyTorch's test machinery needs expecttest")

import hypothesis
import torch
from support import torch_own_steps
from support.torch_optimizer_infos import (
    FUSED,
    MODULES,
    NAMES,
    OPTIMIZERS,
    common_device_type,
    common_optimizers,
)
from support.torch_own_checkpoints import TestRenderedCheckpoints, TestRenderedCheckpointsOnCuda
from support.torch_own_gradients import TestRenderedGradients
from support.torch_own_steps import TestRenderedSteps, TestRenderedStepsOnSeveralDevices


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
        yield


TORCH_TESTS = {
    # test/test_optim.py
    "TestOptimRenewed": """
        test_can_load_from_to_named_state_dict test_can_load_older_state_dict test_complex test_complex_2d
        test_cpu_load_state_dict test_deepcopy_copies_all_public_attrs test_defaults_changed_to_foreach
        test_errors test_foreach_large_tensor test_foreach_matches_forloop test_forloop_goes_right_direction
        test_forloop_goes_right_direction_multigpu test_fused_cpu_matches_cuda
        test_fused_does_not_step_if_foundinf test_fused_error_on_params_on_meta test_fused_large_tensor
        test_fused_matches_forloop test_load_nontensor_step test_load_state_dict_post_hook
        test_load_state_dict_pre_hook_and_prepend test_load_state_dict_pre_post_hook test_mixed_device_dtype
        test_non_empty_state test_optim_infos_do_not_specify_global_cliquey_kwargs
        test_optimizer_can_be_printed test_param_group_with_lrscheduler_goes_right_direction
        test_param_groups_lr test_param_groups_weight_decay test_peak_memory_foreach test_rosenbrock_sparse
        test_save_load_equality_with_weights_only test_second_order_optims_return_consistent_types
        test_set_default_dtype_works_with_foreach test_state_dict_deterministic test_state_dict_post_hook
        test_state_dict_pre_hook test_state_dict_pre_post_hook test_state_dict_with_cuda_params
        test_step_all_hooks test_step_is_noop_for_zero_grads test_step_is_noop_when_params_have_no_grad
        test_step_post_hook test_step_pre_hook test_tensor_lr
    """,
    # test/optim/test_optim.py
    "TestDifferentiableOptimizer": """
        test_adadelta test_adagrad test_adam test_adam_differentiable_all_hyperparams
        test_adam_differentiable_betas test_adam_differentiable_lr test_adam_differentiable_weight_decay
        test_adamax test_adamw test_adamw_differentiable_all_hyperparams test_adamw_differentiable_betas
        test_adamw_differentiable_lr test_adamw_differentiable_weight_decay test_asgd test_differentiable_lr
        test_differentiable_weight_decay test_differentiable_weight_decay_and_lr test_nadam test_radam
        test_rmsprop test_rprop test_sgd
    """,
    "TestSGDComplexForeach": "test_complex_foreach_matches_single_and_compiles",
    # test/test_cuda.py
    "TestCudaOptims": """
        test_grad_scaling_autocast_fused_optimizers test_graph_optims test_graph_scaling_fused_optimizers
    """,
    # test/inductor/test_compiled_optimizers.py
    "CompiledOptimizerParityTests": "test_correctness",
}
"""Names of the tests of PyTorch 2.13 that its OptimizerInfo records are for, by class."""

DIFFERENTIABLE = "test_optimizers_differentiable_wrt_params"
UNDER_ANOTHER_NAME = {
    **dict.fromkeys(["test_adam", "test_sgd"], DIFFERENTIABLE),
    **dict.fromkeys(
        ["test_state_dict_pre_hook", "test_state_dict_post_hook"], "test_state_dict_pre_post_hook"
    ),
    **dict.fromkeys(["test_step_pre_hook", "test_step_post_hook"], "test_step_all_hooks"),
    "test_load_state_dict_post_hook": "test_load_state_dict_pre_post_hook",
    "test_adam_differentiable_lr": "test_differentiable_lr",
    "test_adam_differentiable_all_hyperparams": "test_differentiable_all_hyperparams",
    "test_adam_differentiable_betas": "test_differentiable_all_hyperparams",
    "test_differentiable_weight_decay": "test_differentiable_weight_decay_and_lr",
    "test_grad_scaling_autocast_fused_optimizers": "test_grad_scaling_autocast",
    "test_correctness": "test_every_rule_is_one_graph",
    "test_peak_memory_foreach": "test_no_temporary_is_as_large_as_the_model",
}
"""Tests of PyTorch that are a part of one with another name, here or in test_torch_modes.py."""

ELSEWHERE = "fused steps are compiled C on the CPU alone; on other devices they are the compiled graph"
CAPTURABLE = "no capturable: a captured graph would hold the decays of one step, which the host computes"
COMPLEX = "complex weights are refused, which test_errors checks: the equations have comparisons and clip"
OTHER_CLASS = "of an optimizer of PyTorch that is none of the twelve"
NOT_APPLICABLE = {
    "test_complex": COMPLEX,
    "test_complex_2d": COMPLEX,
    "test_complex_foreach_matches_single_and_compiles": COMPLEX,
    "test_rosenbrock_sparse": "sparse gradients are refused, which test_errors checks",
    "test_second_order_optims_return_consistent_types": "of LBFGS alone: no step needs a closure",
    "test_foreach_large_tensor": "no kernel sees a large tensor: blocks have at most 2^24 elements",
    "test_cpu_load_state_dict": f"{ELSEWHERE}; {CAPTURABLE}",
    "test_fused_cpu_matches_cuda": ELSEWHERE,
    "test_fused_error_on_params_on_meta": ELSEWHERE,
    "test_fused_large_tensor": "the tensors take 64 GB; what counts entries in C has 64 bits",
    "test_graph_scaling_fused_optimizers": f"{ELSEWHERE}; {CAPTURABLE}",
    "test_graph_optims": CAPTURABLE,
    "test_adam_differentiable_weight_decay": "Adam has no weight decay; AdamW has it",
    **dict.fromkeys(
        [
            "test_adadelta", "test_adagrad", "test_adamax", "test_adamw",
            "test_adamw_differentiable_all_hyperparams", "test_adamw_differentiable_betas",
            "test_adamw_differentiable_lr", "test_adamw_differentiable_weight_decay", "test_asgd",
            "test_nadam", "test_radam", "test_rmsprop", "test_rprop",
        ],
        OTHER_CLASS,
    ),
}  # fmt: skip
"""Why the other tests of PyTorch do not apply to rendered files."""

GENERIC = [TestRenderedSteps, TestRenderedGradients, TestRenderedCheckpoints]
ON_CUDA = [TestRenderedStepsOnSeveralDevices, TestRenderedCheckpointsOnCuda]
CHECKS = {name for cls in [*GENERIC, *ON_CUDA] for name in vars(cls) if name.startswith("test")}

for _cls in GENERIC:
    common_device_type.instantiate_device_type_tests(_cls, globals())
for _cls in ON_CUDA:
    common_device_type.instantiate_device_type_tests(_cls, globals(), only_for="cuda")
del GENERIC, ON_CUDA, _cls


def test_every_test_of_torch_is_taken_or_does_not_apply() -> None:
    listed = {name for names in TORCH_TESTS.values() for name in names.split()}
    modes = (Path(__file__).parent / "test_torch_modes.py").read_text(encoding="utf-8")
    for name, ours in UNDER_ANOTHER_NAME.items():
        assert ours in CHECKS or f"def {ours}(" in modes, f"{name} is said to be in {ours}"
    taken, told = (CHECKS & listed) | UNDER_ANOTHER_NAME.keys(), NOT_APPLICABLE.keys()
    assert not taken & told, "a test that applies and does not"
    assert taken | told == listed
    assert all(NOT_APPLICABLE.values())


def test_the_list_has_every_test_that_the_installed_torch_names() -> None:
    """The records that PyTorch installs name the tests that they adapt; a new one must be on the list."""
    listed = {name for names in TORCH_TESTS.values() for name in names.split()}
    decorators = [d for info in common_optimizers.optim_db for d in info.decorators]
    named = {d.test_name for d in decorators if getattr(d, "test_name", None)}
    assert len(named) > 10
    assert named <= listed


def test_importing_the_machinery_changes_no_setting_of_other_tests() -> None:
    assert not torch.backends.flags_frozen()
    profiles = [hypothesis.settings.get_profile(name) for name in ("dev", "pytorch_ci")]
    assert hypothesis.settings.default.max_examples not in {profile.max_examples for profile in profiles}


def test_there_is_a_record_of_each_optimizer() -> None:
    assert [info.name for info in OPTIMIZERS] == list(NAMES)
    flags = {(i.supports_sparse, i.supports_complex, i.has_capturable_arg) for i in OPTIMIZERS}
    assert flags == {(False, False, False)}
    assert [i.name for i in OPTIMIZERS if i.supports_fused_on] == list(FUSED)


@pytest.mark.heavy
@pytest.mark.parametrize("info", [i for i in OPTIMIZERS if i.name not in FUSED], ids=lambda i: i.name)
def test_the_other_compiled_steps_match_the_loop(info: Any) -> None:
    # From its module: here the class makes way for those that PyTorch makes of it, one a device.
    case = torch_own_steps.TestRenderedSteps()
    case._compare_implementations("cpu", torch.float64, info, info.optim_inputs_func(device="cpu"), "fused")
    assert all(MODULES[info.name].KERNEL.compiled.values())
