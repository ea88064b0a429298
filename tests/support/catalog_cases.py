"""Every optimizer of the catalog on sharded weights, and what a checkpoint does with a fresh one."""

from __future__ import annotations

import json
from typing import Any

import torch
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_optimizer_state_dict,
    set_optimizer_state_dict,
)

from support.distributed import Case, Rank
from support.sharded_networks import assert_same, network, sharded, train_alike, whole

CASES: dict[str, Case] = {}
RESTARTS = {"FtrlKeras", "FTRLPO"}
"""Whose weights are what their sums say, which are none before the first gradient."""


def case(function: Case) -> Case:
    CASES[function.__name__] = function
    return function


def optimizers(rank: Rank) -> list[tuple[str, str, list[str]]]:
    """Return module and class of all, and the arguments that have no default."""
    found: list[tuple[str, str, list[str]]] = json.loads((rank.folder / "catalog.json").read_text())
    return found


def made(rank: Rank, module: str, name: str, needs: list[str], net: Any) -> Any:
    params = [x for x in net.parameters() if x.ndim > 1]
    return getattr(rank.file(module), name)(params, lr=0.01, **dict.fromkeys(needs, 9))


@case
def every_rule(rank: Rank) -> None:
    failed = []
    for given in optimizers(rank):
        one, other = network(4), sharded(network(4))
        first, second = (made(rank, *given, net) for net in (one, other))
        try:
            train_alike(one, first, other, second)
            assert_same(other, one, rtol=1e-4, atol=1e-5)
        except Exception as error:
            failed.append(f"{given[1]}: {str(error)[:300]}")
    assert not failed, "\n".join(failed)


@case
def a_first_state_moves_no_weight(rank: Rank) -> None:
    """To have states to read into, a fresh optimizer makes a step with gradients and a learning rate of zero.

    Some weights are sums of two states, which are rounded.
    """
    failed = []
    for given in optimizers(rank):
        net = sharded(network(4))
        before = [whole(x).detach().clone() for x in net.parameters()]
        optimizer = made(rank, *given, net)
        try:
            for flat in (False, True):
                options = StateDictOptions(flatten_optimizer_state_dict=flat)
                state = get_optimizer_state_dict(net, optimizer, options=options)
                set_optimizer_state_dict(net, optimizer, state, options=options)
            for x, y in zip(net.parameters(), before, strict=True):
                if given[1] not in RESTARTS:
                    torch.testing.assert_close(whole(x).detach(), y, rtol=2.5e-7, atol=1.2e-7)
        except Exception as error:
            failed.append(f"{given[1]}: {str(error)[:300]}")
    assert not failed, "\n".join(failed)
