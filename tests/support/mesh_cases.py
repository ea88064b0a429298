"""Cases on four processes: sharded replicas, shards of tensor-parallel weights."""

from __future__ import annotations

from typing import Any

from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

from support.distributed import Case, Rank
from support.sharded_networks import (
    ENTRYWISE,
    MODES,
    WHOLE,
    assert_same,
    made,
    network,
    parameters,
    train,
    train_alike,
)

CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    CASES[function.__name__] = function
    return function


def replicas(net: Any) -> Any:
    fully_shard(net, mesh=init_device_mesh("cpu", (2, 2), mesh_dim_names=("replicas", "shards")))
    return net


def both_ways(net: Any) -> Any:
    """Return a network whose layers are split by tensor parallelism, and the parts by fully_shard."""
    mesh = init_device_mesh("cpu", (2, 2), mesh_dim_names=("data", "tensor"))
    parallelize_module(net, mesh["tensor"], {"0": ColwiseParallel(), "2": RowwiseParallel()})
    fully_shard(net, mesh=mesh["data"])
    return net


def check(rank: Rank, shard: Any, rows: int, modes: dict[str, Any]) -> None:
    for name in ENTRYWISE + WHOLE:
        one, other = network(rows), shard(network(rows))
        first = made(rank, name, parameters(one, name))
        train_alike(one, first, other, made(rank, name, parameters(other, name), **modes))
        assert any(x.device_mesh.ndim == 2 for x in other.parameters() if isinstance(x, DTensor))
        assert_same(other, one, (name, modes))
    one, other = network(rows), shard(network(rows))
    train(one, made(rank, "torch_adam_w", one.parameters()))
    train(other, made(rank, "torch_adam_w", other.parameters(), **modes))
    assert_same(other, one, modes, rtol=1e-5, atol=1e-6)


@case
def sharded_replicas(rank: Rank) -> None:
    for modes in MODES:
        check(rank, replicas, 3, modes)


@case
def two_axes(rank: Rank) -> None:
    for modes in MODES:
        check(rank, both_ways, 4, modes)
