"""Cases of checkpoints of sharded weights, written and read by two processes, and by one."""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)

from support.distributed import Case, Rank
from support.sharded_networks import assert_same, made, network, parameters, said, sharded, train, whole

CASES: dict[str, Case] = {}
NAMES = ("torch_adam_w", "opt4", "n_adam", "lamb", "came", "prodigy")
"""Rules with states that are entries, numbers of the step, rows and columns, and numbers of all weights."""


def case(function: Case) -> Case:
    CASES[function.__name__] = function
    return function


def resumed(rank: Rank, name: str, options: StateDictOptions, folder: str, **modes: Any) -> None:
    """Check that a training that is stopped after two steps and resumed is the same, bit for bit."""
    one = sharded(network())
    first = made(rank, name, parameters(one, name), **modes)
    train(one, first, range(2))
    states = {
        "model": get_model_state_dict(one),
        "optimizer": get_optimizer_state_dict(one, first, options=options),
    }
    place = str(rank.folder / folder)
    dcp.save(states, checkpoint_id=place)
    train(one, first, range(2, 4))
    torch.manual_seed(7)
    other = sharded(network())
    with torch.no_grad():
        for x in other.parameters():
            x.mul_(3)
    second = made(rank, name, parameters(other, name), **modes)
    second.param_groups[0]["lr"] = 0.7
    states = {
        "model": get_model_state_dict(other),
        "optimizer": get_optimizer_state_dict(other, second, options=options),
    }
    dcp.load(states, checkpoint_id=place)
    set_model_state_dict(other, states["model"])
    set_optimizer_state_dict(other, second, states["optimizer"], options=options)
    assert second.param_groups[0]["lr"] == first.param_groups[0]["lr"]
    train(other, second, range(2, 4))
    assert_same(other, one, rtol=0, atol=0)


@case
def of_shards(rank: Rank) -> None:
    for name in NAMES:
        resumed(rank, name, StateDictOptions(), name)
    for name in NAMES[:2]:
        resumed(rank, name, StateDictOptions(), f"{name}_fused", fused=True)


@case
def flattened(rank: Rank) -> None:
    for name in NAMES:
        options = StateDictOptions(flatten_optimizer_state_dict=True)
        resumed(rank, name, options, f"{name}_flat")


@case
def gathered(rank: Rank) -> None:
    """The whole state, from all processes to the first, from there to all, and to a process alone."""
    for name in NAMES:
        one = sharded(network())
        first = made(rank, name, one.parameters())
        train(one, first, range(2))
        options = StateDictOptions(full_state_dict=True, cpu_offload=True)
        state = copy.deepcopy(get_optimizer_state_dict(one, first, options=options))
        weights = [whole(x).detach().clone() for x in one.parameters()]
        train(one, first, range(2, 4))
        lists = [copy.deepcopy(state)]
        dist.broadcast_object_list(lists)
        other, alone, again = sharded(network()), network(), sharded(network())
        for net in (other, again):
            net.load_state_dict(
                {k: _like(v, x) for (k, v), x in zip(net.state_dict().items(), weights, strict=True)}
            )
        with torch.no_grad():
            for x, y in zip(alone.parameters(), weights, strict=True):
                x.copy_(y)
        second = made(rank, name, other.parameters())
        options = StateDictOptions(full_state_dict=True, broadcast_from_rank0=True)
        set_optimizer_state_dict(other, second, state, options=options)
        train(other, second, range(2, 4))
        assert_same(other, one, name, rtol=0, atol=0)
        # Names to numbers, for one process, and for shards that read the whole.
        plain = _numbered(lists[0], [k for k, _ in alone.named_parameters()])
        for net in (alone, again):
            third = made(rank, name, net.parameters())
            third.load_state_dict(copy.deepcopy(plain))
            train(net, third, range(2, 4))
            assert_same(net, one, name)


def _like(x: Any, value: Any) -> Any:
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(value, x.device_mesh, x.placements)


def _numbered(state: Any, names: list[str]) -> Any:
    number = {name: i for i, name in enumerate(names)}
    groups = [group | {"params": [number[x] for x in group["params"]]} for group in state["param_groups"]]
    return {"state": {number[k]: v for k, v in state["state"].items()}, "param_groups": groups}


@case
def as_torch_does(rank: Rank) -> None:
    """A checkpoint of torch.optim.AdamW goes on with the file in its place, and back."""
    classes = [torch.optim.AdamW, rank.file("torch_adam_w").AdamW]
    for own, next_ in (classes, classes[::-1]):
        one, other = sharded(network()), sharded(network())
        first, second = own(one.parameters(), lr=0.1), next_(other.parameters(), lr=0.1)
        train(one, first, range(2))
        set_model_state_dict(other, copy.deepcopy(get_model_state_dict(one)))
        set_optimizer_state_dict(other, second, copy.deepcopy(get_optimizer_state_dict(one, first)))
        train(one, first, range(2, 4))
        train(other, second, range(2, 4))
        assert_same(other, one, rtol=1e-6, atol=1e-7)


@case
def refused(rank: Rank) -> None:
    one, other = sharded(network()), network()
    first, second = (made(rank, "lamb", net.parameters()) for net in (one, other))
    train(one, first)
    text = "Invalid state dict: the state of parameter 0 is sharded, the parameter is not; load one of"
    assert said(lambda: second.load_state_dict(first.state_dict())).startswith(text)
    assert not second.state
