"""Cases of replicas and of what wraps an optimizer: DDP, ZeRO, the first FSDP, hooks of a backward pass."""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed.fsdp import FullyShardedDataParallel
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.nn.parallel import DistributedDataParallel

from support.distributed import Case, Rank
from support.sharded_networks import CLASSES, MODES, NEAR, assert_same, made, network, parameters, said

CASES: dict[str, Case] = {}
NAMES = ("torch_adam_w", "opt4", "n_adam", "a5", "lamb", "prodigy")


def case(function: Case) -> Case:
    CASES[function.__name__] = function
    return function


def own_part(rank: Rank, net: Any, step: int) -> Any:
    """Return the loss of one process, of which all have the mean together."""
    given = torch.randn(4, 4, generator=torch.Generator().manual_seed(step))
    return net(given[2 * rank.number : 2 * rank.number + 2] if rank.ranks > 1 else given).pow(2).mean()


def alone(rank: Rank, name: str, steps: int = 3, **modes: Any) -> Any:
    """Return a network that was trained on all data in one process."""
    net = network()
    optimizer = made(rank, name, parameters(net, name), **modes)
    for step in range(steps):
        optimizer.zero_grad()
        own_part(Rank(0, 1, rank.folder), net, step).backward()
        optimizer.step()
    return net


DDP: tuple[dict[str, Any], ...] = (
    {},
    {"static_graph": True, "gradient_as_bucket_view": True},
    {"gradient_as_bucket_view": True},
)


FEW = ({}, {"fused": True})


@case
def data_parallel(rank: Rank) -> None:
    for name in NAMES:
        one = alone(rank, name)
        first = name == "torch_adam_w"
        for given in DDP if first else DDP[1:2]:
            for modes in MODES if first else FEW:
                net = DistributedDataParallel(network(), **given)
                optimizer = made(rank, name, net.parameters(), **modes)
                for step in range(3):
                    optimizer.zero_grad()
                    own_part(rank, net, step).backward()
                    optimizer.step()
                assert_same(net, one, (name, given, modes), rtol=1e-5, atol=1e-6)


@case
def redundancy_optimizer(rank: Rank) -> None:
    """The state of each weight on one process, gathered on the first, and loaded again."""
    for name in NAMES[:-1]:
        for modes in FEW:
            one = alone(rank, name, 5)
            more = {"total_steps": 9, "lr": 0.02} if name == "opt4" else {"lr": 0.1}
            cls = getattr(rank.file(name), CLASSES[name])
            net = DistributedDataParallel(network())

            def new(net: Any = net, cls: Any = cls, more: Any = more | modes) -> Any:
                return ZeroRedundancyOptimizer(net.parameters(), optimizer_class=cls, **more)

            optimizer = new()
            for step in range(5):
                if step == 3:
                    optimizer.consolidate_state_dict()
                    lists = [None if rank.number else copy.deepcopy(optimizer.state_dict())]
                    dist.broadcast_object_list(lists)
                    optimizer = new()
                    optimizer.load_state_dict(lists[0])
                optimizer.zero_grad()
                own_part(rank, net, step).backward()
                optimizer.step()
            assert_same(net, one, (name, modes), rtol=1e-5, atol=1e-6)
            assert 0 < len(optimizer.optim.state) < 6, "each process has the states of some"
    says = "does not support ZeroRedundancyOptimizer, for it sums over all weights: use fully_shard"
    for name in ("prodigy", "short_prodigy"):
        given = {"params": network().parameters(), "optimizer_class": rank.file(name).ProdigyPO}
        assert said(lambda given=given: ZeroRedundancyOptimizer(**given)) == f"ProdigyPO {says}"


@case
def first_fsdp(rank: Rank) -> None:
    for name in ("torch_adam_w", "opt4", "n_adam"):
        one = alone(rank, name)
        for original in (False, True):
            for modes in MODES if name == "torch_adam_w" else FEW:
                net = FullyShardedDataParallel(
                    network(), use_orig_params=original, device_id=torch.device("cpu")
                )
                optimizer = made(rank, name, net.parameters(), **modes)
                for step in range(3):
                    optimizer.zero_grad()
                    own_part(rank, net, step).backward()
                    optimizer.step()
                with FullyShardedDataParallel.summon_full_params(net):
                    found = network()
                    found.load_state_dict(
                        {
                            k.replace("_fsdp_wrapped_module.", ""): v.clone()
                            for k, v in net.module.state_dict().items()
                        }
                    )
                assert_same(found, one, (name, original, modes), rtol=1e-5, atol=1e-6)
    for name in ("a5", "lamb", "prodigy", "short_prodigy"):
        for original in (False, True):
            net = network()
            early = made(rank, name, net.parameters())
            net = FullyShardedDataParallel(net, use_orig_params=original, device_id=torch.device("cpu"))
            says = "flattened weights, for it reads whole ones: use fully_shard"
            expected = f"{CLASSES[name]} does not support {says}"
            assert said(lambda n=net, m=name: made(rank, m, n.parameters())) == expected
            if original:
                own_part(rank, net, 0).backward()
                assert said(early.step) == expected


@case
def hooks(rank: Rank) -> None:
    """An optimizer for each weight, which moves when its gradient is there."""
    for name in NAMES[:-1]:
        one = alone(rank, name)
        for modes in MODES:
            net = network()
            each = {x: made(rank, name, [x], **modes) for x in net.parameters()}

            def move(weight: Any, each: Any = each) -> None:
                each[weight].step()
                weight.grad = None

            for x in net.parameters():
                x.register_post_accumulate_grad_hook(move)
            for step in range(3):
                own_part(Rank(0, 1, rank.folder), net, step).backward()
            assert_same(net, one, (name, modes))


def mapped(rank: Rank, name: str, x: Any) -> Any:
    """Return a tensor in memory that both processes have; one of them fills it."""
    place = str(rank.folder / name)
    if rank.number == 0:
        torch.from_file(place, shared=True, size=x.numel(), dtype=x.dtype).copy_(x.flatten())
    dist.barrier()
    return torch.from_file(place, shared=True, size=x.numel(), dtype=x.dtype).view(x.shape)


@case
def hogwild(rank: Rank) -> None:
    """Weights and states in shared memory: what two processes do in turns is what one does."""
    for name in ("torch_adam_w", "n_adam", "lamb"):
        for number, modes in enumerate(MODES):
            starts = [
                torch.randn(n, generator=torch.Generator().manual_seed(n)) for n in (3, 4, 5, 6, 40_000)
            ]
            weights = [torch.nn.Parameter(x.clone()) for x in starts]
            optimizer = made(rank, name, weights, **modes)
            moved(optimizer, 0)
            one, first = copy.deepcopy((weights, optimizer.state_dict()))
            for i, x in enumerate(weights):
                x.data = mapped(rank, f"{name}{number}_{i}", x.data)
                state = optimizer.state[x]
                for key in state:
                    state[key] = mapped(rank, f"{name}{number}_{i}_{key}", state[key])
            alone = made(rank, name, one, **modes)
            alone.load_state_dict(first)
            for step in range(1, 5):
                moved(alone, step)
                if step % 2 == rank.number:
                    moved(optimizer, step)
                dist.barrier()
            for x, y in zip(weights, one, strict=True):
                assert x.is_shared()
                torch.testing.assert_close(x, y, msg=lambda t, n=(name, modes): f"{n}: {t}", **NEAR)
                for key, value in optimizer.state[x].items():
                    assert value.is_shared(), key
                    torch.testing.assert_close(value, alone.state[y][key], **NEAR)


def moved(optimizer: Any, step: int) -> None:
    for x in optimizer.param_groups[0]["params"]:
        x.grad = torch.randn(x.shape, generator=torch.Generator().manual_seed(step))
    optimizer.step()
