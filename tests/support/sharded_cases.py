"""Cases of sharded weights: fully_shard, tensor parallelism, placements, checkpoints, on two processes."""

from __future__ import annotations

import copy
from functools import cache, partial
from typing import Any

import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard, distribute_tensor
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

from support.distributed import Case, Rank
from support.sharded_networks import (
    ENTRYWISE,
    MODES,
    NEAR,
    SHORT,
    WHOLE,
    assert_same,
    loss_of,
    made,
    network,
    parameters,
    placed,
    said,
    sharded,
    train,
    train_alike,
    whole,
)


def of_rule(name: str) -> Case:
    def fully_sharded(rank: Rank) -> None:
        for modes in MODES if name in ENTRYWISE else ({}, {"fused": True}):
            one, other = network(), sharded(network())
            train(one, made(rank, name, parameters(one, name)))
            optimizer = made(rank, name, parameters(other, name), **modes)
            train(other, optimizer)
            assert_same(other, one, modes)
            for weight in parameters(other, name):
                for x in optimizer.state[weight].values():
                    assert isinstance(x, DTensor) == (x.shape == weight.shape)
        if name in ENTRYWISE:
            assert all(rank.file(name).KERNEL.compiled.values())
        if name == "short_adam_w":
            assert all(rank.file("_short_adam_w").PARTS.kernel.compiled.values())

    return fully_sharded


CASES: dict[str, Case] = {f"fully_shard_{name}": of_rule(name) for name in ENTRYWISE + WHOLE + SHORT}


def case(function: Case) -> Case:
    CASES[function.__name__] = function
    return function


@case
def as_torch_does(rank: Rank) -> None:
    """The file in place of torch.optim.AdamW against that, both on sharded weights; clipped in the middle."""
    for clip in (0.0, 0.5):
        one = sharded(network())
        train(one, torch.optim.AdamW(one.parameters(), lr=0.1), clip=clip)
        for modes in MODES:
            other = sharded(network())
            train(other, made(rank, "torch_adam_w", other.parameters(), **modes), clip=clip)
            assert_same(other, one, rtol=1e-6, atol=1e-7)


@case
def tensor_parallel(rank: Rank) -> None:
    for name in ("torch_adam_w", "lamb"):
        for modes in MODES:
            one, other = network(4), network(4)
            plan = {"0": ColwiseParallel(), "2": RowwiseParallel()}
            parallelize_module(other, init_device_mesh("cpu", (2,)), plan)
            train(one, made(rank, name, one.parameters()))
            train(other, made(rank, name, other.parameters(), **modes))  # the last layer is plain
            # What layers add up in another order is rounded in another way.
            assert_same(other, one, name, rtol=1e-5, atol=1e-6)
            kinds = {tuple(x.placements) for x in other.parameters() if isinstance(x, DTensor)}
            assert kinds == {(Shard(0),), (Shard(1),), (Replicate(),)}


@case
def placements(rank: Rank) -> None:
    """Sums that are still to be made are made; numbers, empty ones and replicas move, too."""
    mesh = init_device_mesh("cpu", (2,))
    for name in (*ENTRYWISE[:1], "a5"):
        for modes in MODES:
            start = [torch.randn(5, 2), torch.randn(()), torch.randn(0, 3), torch.randn(7), torch.randn(1, 2)]
            one = [nn.Parameter(x.clone()) for x in start]
            other = [
                placed(start[0], Shard(1)), placed(start[1], Replicate()), placed(start[2], Shard(0)),
                nn.Parameter(start[3].clone()), placed(start[4], Replicate()),
            ]  # fmt: skip
            first, second = made(rank, name, one), made(rank, name, other, **modes)
            for step in range(3):
                generator = torch.Generator().manual_seed(step)
                for x, y in zip(one, other, strict=True):
                    x.grad = torch.randn(x.shape, generator=generator)
                    if isinstance(y, DTensor):
                        y.grad = distribute_tensor(x.grad, mesh, y.placements)
                    else:
                        y.grad = x.grad.clone()
                part = one[4].grad * (0.25 if rank.number else 0.75)
                other[4].grad = DTensor.from_local(part, mesh, [Partial()])
                first.step()
                second.step()
            for x, y in zip(one, other, strict=True):
                torch.testing.assert_close(whole(y).detach(), x.detach(), **NEAR)


@case
def refused(rank: Rank) -> None:
    weight = placed(torch.randn(3, 2), Shard(0))
    half = DTensor.from_local(torch.ones(2), init_device_mesh("cpu", (2,)), [Partial()])
    text = "Dropped does not support dropout of sharded weights: masks would differ; use plain ones"
    for name in ("dropped", "short_dropped"):
        assert said(lambda name=name: made(rank, name, [weight])) == text
    text = "AdamW does not support sharded weights with differentiable: leave it out"
    assert said(lambda: made(rank, "torch_adam_w", [weight], differentiable=True)) == text
    text = "AdamW does not support weights that are parts of a sum: redistribute them"
    assert said(lambda: made(rank, "torch_adam_w", [nn.Parameter(half)])) == text
    optimizer = made(rank, "torch_adam_w", [torch.nn.Parameter(torch.ones(2))])
    said(lambda: optimizer.add_param_group({"params": [nn.Parameter(half)]}))
    assert len(optimizer.param_groups) == 1, "a group that is refused is not there"
    for name in ("torch_adam_w", "a5"):
        optimizer = made(rank, name, [weight])
        weight.grad = torch.ones(3, 2)
        text = said(optimizer.step)
        assert text == "a weight is sharded, its gradient is not"
        weight.grad = None


@case
def late_and_frozen(rank: Rank) -> None:
    """A layer is frozen and thawed, and another joins after some steps."""
    for name in ("torch_adam_w", "opt4", "lamb", "prodigy"):
        for modes in ({}, {"fused": True}):
            results = []
            for net in (network(), sharded(network())):
                optimizer = made(rank, name, [*net[0].parameters(), *net[2].parameters()], **modes)
                net[3].requires_grad_(False)
                train(net, optimizer, range(2))
                net[0].requires_grad_(False)
                net[3].requires_grad_()
                optimizer.add_param_group({"params": net[3].parameters(), "maximize": True})
                train(net, optimizer, range(2, 4))
                net[0].requires_grad_()
                train(net, optimizer, range(4, 6))
                results.append(net)
            assert_same(*results)


@case
def mixed_precision(rank: Rank) -> None:
    """A policy of bf16 leaves the weights in float32; bf16 weights have states in float32."""
    for modes in ({}, {"fused": True}):
        nets = [network(), network()]
        for net, own in zip(nets, (False, True), strict=True):
            policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
            fully_shard(net, mesh=init_device_mesh("cpu", (2,)), mp_policy=policy)
            if own:
                optimizer = made(rank, "torch_adam_w", net.parameters(), **modes)
            else:
                optimizer = torch.optim.AdamW(net.parameters(), lr=0.1)
            train(net, optimizer)
        assert_same(*nets, rtol=1e-6, atol=1e-7)
        one, other = network().bfloat16(), sharded(network().bfloat16())
        weights = [*zip(one.parameters(), other.parameters(), strict=True)]
        first, second = (
            made(rank, "torch_adam_w", one.parameters()),
            made(rank, "torch_adam_w", other.parameters(), **modes),
        )
        for step in range(3):
            for x, y in weights:
                x.grad = torch.randn(x.shape, generator=torch.Generator().manual_seed(step)).bfloat16()
                y.grad = distribute_tensor(x.grad, y.device_mesh, y.placements)
            first.step()
            second.step()
        assert all(x.dtype is torch.float32 for state in second.state.values() for x in state.values())
        assert_same(other, one, rtol=0, atol=0)


@case
def low_precision(rank: Rank) -> None:
    for given in ({"state_dtype": torch.bfloat16}, {"kahan_sum": True}, {"stochastic_rounding": True}):
        for modes in ({}, {"fused": True}):
            one, other = network().bfloat16(), sharded(network().bfloat16())
            first = made(rank, "rounded", one.parameters(), **given, **modes)
            second = made(rank, "rounded", other.parameters(), **given, **modes)
            for step in range(3):
                for x, y in zip(one.parameters(), other.parameters(), strict=True):
                    x.grad = torch.randn(x.shape, generator=torch.Generator().manual_seed(step)).bfloat16()
                    y.grad = distribute_tensor(x.grad, y.device_mesh, y.placements)
                first.step()
                second.step()
            near = (
                2e-2 if "stochastic_rounding" in given else 0
            )  # places decide about bits, and a shard has its own
            assert_same(other, one, rtol=near, atol=near)


@case
def averages(rank: Rank) -> None:
    """Weights between their averages and where gradients are taken."""
    nets = []
    for net in (network(), sharded(network())):
        optimizer = made(rank, "averaged", net.parameters())
        optimizer.train()
        train(net, optimizer)
        optimizer.eval()
        nets.append(copy.deepcopy(net) if net is None else net)
    assert_same(*nets)


@case
def scaled(rank: Rank) -> None:
    """A GradScaler leaves out a step for which one process alone has gradients that are infinite."""
    for modes in ({}, {"fused": True}):
        nets = []
        for cls in (torch.optim.AdamW, None):
            net = sharded(network())
            optimizer = (
                made(rank, "torch_adam_w", net.parameters(), **modes)
                if cls is None
                else cls(net.parameters(), lr=0.1)
            )
            scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
            for step in range(4):
                optimizer.zero_grad()
                scaler.scale(loss_of(net, step)).backward()
                if step == 1 and rank.number == 0:
                    net[0].weight.grad.to_local()[0] = float("inf")
                scaler.step(optimizer)
                scaler.update()
            assert scaler.get_scale() == 4.0
            nets.append(net)
        assert_same(*nets, rtol=1e-6, atol=1e-7)


@case
def a_changed_weight_is_noticed(rank: Rank) -> None:
    """Backward through what a step has changed is an error, as for plain weights."""
    weight = placed(torch.randn(4, 2), Shard(0))
    optimizer = made(rank, "torch_adam_w", [weight])
    loss = (weight * weight).sum()
    weight.grad = torch.ones_like(weight).detach()
    optimizer.step()
    assert "modified by an inplace operation" in said(lambda: loss.full_tensor().backward())


@case
def compiled(rank: Rank) -> None:
    """A graph is of the parts; what reads whole tensors is gathered and moved without one."""
    for name in ("torch_adam_w", "n_adam", "lamb"):
        module, traced = rank.file(name), []

        def keep(graph: Any, _: Any, traced: list[Any] = traced) -> Any:
            traced.append(graph)
            return graph.forward

        before, module.COMPILED = module.COMPILED, cache(partial(torch.compile, backend=keep))
        one, other = network(), sharded(network())
        optimizer = made(rank, name, other.parameters(), compile=True)
        train_alike(one, made(rank, name, one.parameters()), other, optimizer)
        module.COMPILED = before
        assert optimizer.defaults["compile"]
        assert bool(traced) == (name != "lamb")
        assert_same(other, one, name)
