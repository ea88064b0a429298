"""Lightning: automatic and manual optimization, checkpoints, clipping, averages, mixed precision."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from support.presence import missing

if reason := missing("torch", "lightning", "pytorch_optimizer"):
    pytest.skip(reason, allow_module_level=True)

import lightning
import torch
from lightning.pytorch.callbacks import StochasticWeightAveraging
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
EPOCHS, BATCHES = 4, 3
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
pytestmark = [
    pytest.mark.filterwarnings("ignore:.isinstance.treespec, LeafSpec.:"),  # of Lightning's own modules
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.torch.jit.:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You passed .Trainer.accelerator='cpu', precision='16-mixed'."),
    pytest.mark.filterwarnings("ignore:Swapping scheduler .StepLR. for .SWALR."),
    pytest.mark.filterwarnings("ignore:.training_step. returned .None."),
]


class Module(lightning.LightningModule):
    """A network with dropout whose rate a schedule halves every two steps."""

    interval = "step"

    def __init__(self, kind: Any, given: dict[str, Any], manual: bool = False, wide: bool = True) -> None:
        super().__init__()
        self.automatic_optimization = not manual
        torch.manual_seed(0)
        self.net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
        self.net = self.net.double() if wide else self.net
        self.kind, self.given = kind, given

    def training_step(self, batch: Any, index: int) -> Any:
        loss = (self.net(batch[0]) - batch[1]).square().mean()
        if self.automatic_optimization:
            return loss
        optimizer: Any = self.optimizers()
        optimizer.zero_grad()
        self.manual_backward(loss)
        self.clip_gradients(optimizer, gradient_clip_val=0.1, gradient_clip_algorithm="norm")
        optimizer.step()
        scheduler: Any = self.lr_schedulers()
        scheduler.step()
        return loss

    def configure_optimizers(self) -> Any:
        optimizer = self.kind(self.parameters(), **self.given)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.8)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": self.interval}}


def fit(
    module: Module, epochs: int = EPOCHS, checkpoint: Path | None = None, **given: Any
) -> lightning.Trainer:
    """Train on the same batches in every epoch."""
    generator = torch.Generator().manual_seed(3)
    dtype = next(module.parameters()).dtype
    x, y = (torch.randn(4 * BATCHES, n, generator=generator, dtype=dtype) for n in (3, 2))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=4)
    trainer = lightning.Trainer(
        max_epochs=epochs, accelerator="cpu", devices=1, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, **given,
    )  # fmt: skip
    trainer.fit(module, loader, ckpt_path=checkpoint, weights_only=True if checkpoint else None)
    return trainer


@pytest.mark.parametrize("manual", [False, True], ids=["automatic", "manual"])
@pytest.mark.parametrize(("label", "mode"), EACH)
def test_resumed_from_a_checkpoint(label: str, mode: str, manual: bool, files: Files, tmp_path: Path) -> None:
    """The checkpoint is read with ``weights_only``; weights are those of the library's own optimizer."""
    clip = {} if manual else {"gradient_clip_val": 0.1}
    kind, given = files(label), arguments(label, mode)
    whole = Module(kind, given, manual)
    fit(whole, **clip)
    half = Module(kind, given, manual)
    trainer = fit(half, EPOCHS // 2, **clip)
    trainer.save_checkpoint(tmp_path / "half.ckpt")
    resumed = Module(kind, given, manual)
    fit(resumed, checkpoint=tmp_path / "half.ckpt", **clip)
    assert torch.equal(flat(whole), flat(resumed))
    assert not torch.equal(flat(whole), flat(half))
    assert_compiled_if(mode, kind)
    if found := original(label):
        theirs = Module(*found, manual)
        fit(theirs, **clip)
        close(flat(whole), flat(theirs))
        if label.startswith("torch."):  # a run with PyTorch's own goes on with the file in its place
            other = Module(*found, manual)
            fit(other, EPOCHS // 2, **clip).save_checkpoint(tmp_path / "theirs.ckpt")
            resumed = Module(kind, given, manual)
            fit(resumed, checkpoint=tmp_path / "theirs.ckpt", **clip)
            close(flat(resumed), flat(theirs))


@pytest.mark.parametrize("algorithm", ["norm", "value"])
@pytest.mark.parametrize("mode", ["default", "fused"])
def test_clipping_and_accumulation(mode: str, algorithm: str, files: Files) -> None:
    given = {"gradient_clip_val": 0.05, "gradient_clip_algorithm": algorithm, "accumulate_grad_batches": 2}
    results = []
    for kind, options in (
        (files("torch.optim.AdamW"), arguments("torch.optim.AdamW", mode)),
        (torch.optim.AdamW, arguments("torch.optim.AdamW")),
    ):
        module = Module(kind, options)
        fit(module, **given)
        results.append(flat(module))
    close(*results)


@pytest.mark.parametrize("label", LABELS)
def test_averaged_weights(label: str, files: Files) -> None:
    """The callback of stochastic weight averaging replaces the schedule and averages the ends of epochs."""
    results = []
    kinds = [(files(label), arguments(label, mode)) for mode in ("default", "fused")]
    for kind, given in [*kinds, *([found] if (found := original(label)) else [])]:
        module = Module(kind, given)
        module.interval = "epoch"
        fit(module, callbacks=[StochasticWeightAveraging(swa_lrs=RATE, swa_epoch_start=2)])
        results.append(flat(module))
    for other in results[1:]:
        close(results[0], other)


@pytest.mark.parametrize("precision", ["bf16-mixed", "16-mixed", "bf16-true"])
@pytest.mark.parametrize("label", LABELS)
def test_precisions(label: str, precision: str, files: Files, tmp_path: Path) -> None:
    """A run in bf16 that is resumed has the same bits. (On the CPU Lightning takes bf16 for 16.)"""
    for mode in ("default", "fused"):
        kind, given = files(label), arguments(label, mode)
        whole, half, resumed = (Module(kind, given, wide=False) for _ in range(3))
        fit(whole, precision=precision)
        fit(half, EPOCHS // 2, precision=precision).save_checkpoint(tmp_path / "half.ckpt")
        fit(resumed, checkpoint=tmp_path / "half.ckpt", precision=precision)
        assert torch.equal(flat(whole), flat(resumed))
        assert torch.isfinite(flat(whole)).all()


def test_a_compiled_module_and_a_closure_that_skips(files: Files) -> None:
    """A training step that returns no loss moves nothing, and the next one goes on."""

    class Skipping(Module):
        def training_step(self, batch: Any, index: int) -> Any:
            return None if index == 1 else super().training_step(batch, index)

    results = []
    for kind in (files("torch.optim.AdamW"), torch.optim.AdamW):
        module = Skipping(kind, arguments("torch.optim.AdamW"))
        fit(module)
        results.append(flat(module))
    close(*results)
