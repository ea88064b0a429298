"""Small networks of which processes have parts, their training, and the optimizers of rendered files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from support.distributed import Rank

ENTRYWISE = ("torch_adam_w", "opt4", "n_adam")
"""Rules whose entries move alone: of a library, with a last step, and with a state that is a number."""

WHOLE = ("a5", "lamb", "adafactor", "torch_muon", "prodigy", "came")
"""Rules that read whole tensors: norms, rows and columns, products of matrices, sums over all weights."""

CLASSES = {
    "torch_adam_w": "AdamW", "opt4": "Opt4", "n_adam": "NAdamTorch", "a5": "A5", "lamb": "LambPO",
    "adafactor": "AdafactorTorch", "torch_muon": "Muon", "prodigy": "ProdigyPO", "came": "CAME",
    "short_adam_w": "AdamW", "short_prodigy": "ProdigyPO", "short_dropped": "Dropped",
    "dropped": "Dropped", "rounded": "Rounded", "averaged": "ScheduleFreeAdamW",
}  # fmt: skip

SHORT = ("short_adam_w", "short_prodigy")
"""Files that share a runtime."""

MODES: tuple[dict[str, Any], ...] = ({}, {"foreach": True}, {"foreach": False}, {"fused": True})
NEAR = {"rtol": 2e-6, "atol": 2e-7}
"""Two roundings of float32: a step computes other entries together where it has others."""


def made(rank: Rank, name: str, params: Iterable[Any], **modes: Any) -> Any:
    """Return an optimizer of a file."""
    more = {"total_steps": 9, "lr": 0.02} if name == "opt4" else {"lr": 0.1}
    return getattr(rank.file(name), CLASSES[name])(params, **more, **modes)


def network(rows: int = 3) -> Any:
    """Return a network whose tensors have some rows, or one."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, rows), nn.Tanh(), nn.Linear(rows, rows), nn.Linear(rows, 1))


def loss_of(net: Any, step: int) -> Any:
    """Return a loss that is the same on all ranks."""
    given = torch.randn(5, 4, generator=torch.Generator().manual_seed(step))
    return net(given).pow(2).mean()


def train(net: Any, optimizer: Any, steps: Iterable[int] = range(3), clip: float = 0.0) -> None:
    for step in steps:
        optimizer.zero_grad()
        loss_of(net, step).backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(net.parameters(), clip)
        optimizer.step()


def whole(x: Any) -> Any:
    return x.full_tensor() if isinstance(x, DTensor) else x


def assert_same(net: Any, other: Any, says: object = "", **near: float) -> None:
    for (name, x), y in zip(net.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(
            whole(x).detach(), whole(y).detach(), msg=lambda t, n=name: f"{says} {n}: {t}", **near or NEAR
        )


def sharded(net: Any) -> Any:
    """Return a network as fully_shard has it: three rows are two and one, one row is one and none."""
    fully_shard(net, mesh=init_device_mesh("cpu", (2,)))
    return net


def matrices(net: Any) -> list[Any]:
    return [x for x in net.parameters() if x.ndim > 1]


def parameters(net: Any, name: str) -> list[Any]:
    return matrices(net) if name == "torch_muon" else list(net.parameters())


def placed(x: Any, *placements: Any) -> Any:
    return nn.Parameter(distribute_tensor(x, init_device_mesh("cpu", (2,)), placements))


def said(work: Callable[[], Any]) -> str:
    """Return the text of the error that something raises, which is one line."""
    try:
        work()
    except (RuntimeError, ValueError) as error:
        assert "\n" not in str(error)
        return str(error)
    raise AssertionError("no error")


def train_alike(one: Any, first: Any, other: Any, second: Any, steps: Iterable[int] = range(3)) -> None:
    """Train two networks on the gradients of the first."""
    for step in steps:
        one.zero_grad()
        loss_of(one, step).backward()
        for x, y in zip(one.parameters(), other.parameters(), strict=True):
            given = x.grad.clone()
            y.grad = (
                distribute_tensor(given, y.device_mesh, y.placements) if isinstance(y, DTensor) else given
            )
        first.step()
        second.step()
