"""Hugging Face's Trainer with a tiny GPT-2 made from a configuration, and the schedules of transformers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.presence import missing

if reason := missing("torch", "transformers", "accelerate", "pytorch_optimizer"):
    pytest.skip(reason, allow_module_level=True)

import torch
import transformers
from support.programs import (
    DECAY,
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
from transformers import GPT2Config, GPT2LMHeadModel, SchedulerType, Trainer, TrainingArguments, get_scheduler
from transformers.trainer_pt_utils import get_parameter_names

__all__ = ["files"]
STEPS, SAVED = 6, 3
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


class Tokens(torch.utils.data.Dataset):
    """Rows of random tokens, the same each time."""

    def __len__(self) -> int:
        return 24

    def __getitem__(self, index: int) -> dict[str, Any]:
        tokens = torch.randint(0, 17, (8,), generator=torch.Generator().manual_seed(index))
        return {"input_ids": tokens, "labels": tokens}


def gpt2() -> Any:
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=17, n_positions=8, n_embd=8, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    model = GPT2LMHeadModel(config).double()
    # The true gradient of the bias of keys is zero, so that a sign, or a quotient, of it is that of noise.
    model.transformer.h[0].attn.c_attn.bias.requires_grad_(False)
    return model


def train(folder: Path, model: Any = None, resumed: bool = False, settings: Any = None, **given: Any) -> Any:
    """Train, or go on from the checkpoint in the middle; return the Trainer."""
    model = model or gpt2()
    known: dict[str, Any] = dict(  # noqa: C408
        output_dir=str(folder), max_steps=STEPS, per_device_train_batch_size=4, save_steps=SAVED,
        report_to="none", use_cpu=True, disable_tqdm=True, seed=1, logging_strategy="no", warmup_steps=2,
        weight_decay=0.0,
    )  # fmt: skip
    trainer = Trainer(
        model=model, args=TrainingArguments(**known | (settings or {})), train_dataset=Tokens(), **given
    )
    trainer.train(resume_from_checkpoint=str(folder / f"checkpoint-{SAVED}") if resumed else None)
    return trainer


@pytest.fixture(autouse=True)
def quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """Let the Trainer print what it does."""


@pytest.mark.parametrize(("label", "mode"), EACH)
def test_resumed_in_the_middle(label: str, mode: str, files: Files, tmp_path: Path) -> None:
    """With dropout, a schedule with warm-up, clipping, and groups with and without weight decay."""
    decay = DECAY.get(label, 0.0)
    given = {
        "optimizer_cls_and_kwargs": (files(label), arguments(label, mode)),
        "settings": {"weight_decay": decay},
    }  # fmt: skip
    trainer = train(tmp_path, **given)
    whole = flat(trainer.model)
    assert not torch.equal(whole, flat(gpt2()))
    assert torch.equal(whole, flat(train(tmp_path, resumed=True, **given).model))
    assert_compiled_if(mode, files(label))
    if found := original(label):
        theirs = given | {"optimizer_cls_and_kwargs": found}
        close(whole, flat(train(tmp_path / "theirs", **theirs).model))
    # Biases and normalizations are not decayed, whatever the keyword argument says.
    decayed, others = trainer.optimizer.param_groups
    assert (decayed["weight_decay"], others["weight_decay"]) == (decay, 0.0)
    names = get_parameter_names(trainer.model, [torch.nn.LayerNorm], ["bias", "layernorm", "rmsnorm"])
    wanted = {id(p) for name, p in trainer.model.named_parameters() if name in names}
    assert {id(p) for p in decayed["params"]} == wanted


@pytest.mark.parametrize("label", [LABELS[2], pytest.param(LABELS[3], marks=pytest.mark.heavy)])
def test_a_weight_decay_that_the_rule_lacks_is_refused_before_the_first_step(
    label: str, files: Files, tmp_path: Path
) -> None:
    given = {"optimizer_cls_and_kwargs": (files(label), arguments(label)), "settings": {"weight_decay": 0.1}}
    with pytest.raises(
        ValueError, match=r"^Invalid weight_decay: 0\.1; this rule has no weight_decay: leave it out$"
    ):
        train(tmp_path, **given)


@pytest.mark.parametrize("label", [pytest.param(LABELS[0], marks=pytest.mark.heavy), *LABELS[1:3]])
def test_an_optimizer_and_a_schedule_that_are_given(label: str, files: Files, tmp_path: Path) -> None:
    """``optimizers=``: groups that a user has made, and a schedule of PyTorch that cycles betas."""

    def given() -> tuple[Any, tuple[Any, Any]]:
        model = gpt2()
        weights = list(model.parameters())
        groups = [{"params": weights[:3], "lr": 2 * RATE}, {"params": weights[3:]}]
        optimizer = files(label)(groups, **arguments(label))
        cycle = "betas" in optimizer.defaults
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, [2 * RATE, RATE], total_steps=STEPS + 1, cycle_momentum=cycle
        )
        return model, (optimizer, schedule)

    model, made = given()
    train(tmp_path, model, optimizers=made)
    other, made = given()
    train(tmp_path, other, resumed=True, optimizers=made)
    assert torch.equal(flat(model), flat(other))


@pytest.mark.parametrize(
    "option",
    [
        pytest.param(option, marks=[] if option == "max_grad_norm" else pytest.mark.heavy)
        for option in ("max_grad_norm", "gradient_accumulation_steps", "activation_checkpointing", "bf16")
    ],
)
def test_options_of_the_trainer(option: str, files: Files, tmp_path: Path) -> None:
    """The weights are those with PyTorch's own AdamW; ``bf16`` is autocast, here over float32 weights."""
    value = {"max_grad_norm": 0.01, "gradient_accumulation_steps": 2}.get(option, True)
    results = []
    for kind in (files("torch.optim.AdamW"), torch.optim.AdamW):
        model = gpt2().float() if option == "bf16" else gpt2()
        given = kind, arguments("torch.optim.AdamW")
        trainer = train(
            tmp_path, model, optimizer_cls_and_kwargs=given, settings={option: value, "save_steps": 99}
        )
        results.append(flat(trainer.model))
    if option == "bf16":
        torch.testing.assert_close(*results, rtol=1e-4, atol=1e-5)  # of float32 sums in another order
    else:
        close(*results)


def test_the_default_of_the_trainer_goes_on_in_a_rendered_file(files: Files, tmp_path: Path) -> None:
    """A run that began with the Trainer's AdamW goes on with the file in its place."""
    settings = {"learning_rate": RATE, "optim": "adamw_torch", "adam_epsilon": 1e-8}
    whole = flat(train(tmp_path, settings=settings).model)
    given = arguments("torch.optim.AdamW")
    other = train(
        tmp_path,
        resumed=True,
        optimizer_cls_and_kwargs=(files("torch.optim.AdamW"), given),
        settings=settings,
    )
    close(flat(other.model), whole)
    assert (
        json.loads((tmp_path / f"checkpoint-{STEPS}" / "trainer_state.json").read_text())["global_step"]
        == STEPS
    )


SPECIFIC: dict[str, dict[str, Any]] = {
    "cosine_with_restarts": {"num_cycles": 2},
    "cosine_with_min_lr": {"min_lr": 0.001},
    "cosine_warmup_with_min_lr": {"min_lr": 0.001},
    "polynomial": {"power": 2.0},
    "warmup_stable_decay": {"num_decay_steps": 4},
    "reduce_lr_on_plateau": {"patience": 1},
    "greedy": {},
}
LOSSES = (3.0, 2.0, 2.5, 2.6, 2.7, 2.0, 2.1, 2.2, 2.3, 2.4)


@pytest.mark.parametrize("name", [x.value for x in SchedulerType])
def test_schedules_of_transformers(name: str, files: Files) -> None:
    """Each drives the four as it drives PyTorch's SGD, and goes on from its state dict."""
    rates = []
    for kind, given in [(torch.optim.SGD, {"lr": RATE})] + [(files(x), arguments(x)) for x in LABELS]:
        weight = torch.nn.Parameter(torch.ones(3))
        weight.grad = torch.ones(3)
        optimizer = kind([weight], **given)
        rates.append([])
        state = None
        for part in (LOSSES[:5], LOSSES[5:]):
            schedule = get_scheduler(
                name, optimizer, num_warmup_steps=2, num_training_steps=10,
                scheduler_specific_kwargs=dict(SPECIFIC.get(name, {})),
            )  # fmt: skip
            if state is not None:
                schedule.load_state_dict(state)
            for loss in part:
                optimizer.step()
                schedule.step(*[loss] if name in ("reduce_lr_on_plateau", "greedy") else [])
                rates[-1].append(optimizer.param_groups[0]["lr"])
            state = schedule.state_dict()
    assert len(set(rates[0])) > 1 or name == "constant" or "plateau" in name or name == "greedy"
    assert all(x == rates[0] for x in rates)
