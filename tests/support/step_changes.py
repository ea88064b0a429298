"""What may change between two compiled steps, and steps that repeat what the last one found or look anew."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch


def weights(dtype: Any = torch.float32) -> list[Any]:
    generator = torch.Generator().manual_seed(0)
    return [torch.nn.Parameter(torch.randn(n, 3, generator=generator).to(dtype)) for n in (5, 2, 40)]


def gradients(optimizer: Any, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for group in optimizer.param_groups:
        for weight in group["params"]:
            weight.grad = torch.randn(weight.shape, generator=generator).to(weight.dtype)


def params(optimizer: Any) -> list[Any]:
    return [x for group in optimizer.param_groups for x in group["params"]]


def repeats(optimizer: Any) -> bool:
    """Make a step; return whether it repeated the last one."""
    plan = optimizer.__dict__.get("_known", {}).get("plan")
    if plan is None:
        optimizer.step()
        return False
    said = []
    again = plan.again
    plan.again = lambda *given: said.append(again(*given)) or said[-1]
    try:
        optimizer.step()
    finally:
        del plan.again
    return said == [True]


def fresh_steps(optimizer: Any) -> None:
    """Make a step that looks at everything."""
    optimizer.__dict__.pop("_known", None)
    optimizer.step()


def state(optimizer: Any, index: int = 1) -> Any:
    return optimizer.state[params(optimizer)[index]]


def swapped(o: Any) -> None:
    s = state(o)
    s["v"], s["s"] = s["s"], s["v"]


def moved(o: Any) -> None:
    x = params(o)[1]
    x.data = x.data.clone()


def of_another_layout(o: Any) -> None:
    x = params(o)[2]
    x.grad = x.grad.t().contiguous().t()


def negated(o: Any) -> None:
    x = params(o)[1]
    x.grad = torch._neg_view(x.grad)


def overlapping(o: Any) -> None:
    first, second, _ = params(o)
    second.grad = first.detach()[:2]


def without(o: Any) -> None:
    params(o)[1].grad = None


def replaced(o: Any) -> None:
    state(o)["v"] = state(o)["v"].clone()


def grown(o: Any) -> None:
    o.add_param_group({"params": [torch.nn.Parameter(torch.ones(4))]})
    params(o)[-1].grad = torch.ones(4)


def loaded(o: Any) -> None:
    o.load_state_dict(copy.deepcopy(o.state_dict()))


def emptied(o: Any) -> None:
    o.state.clear()


def resized(o: Any) -> None:
    x = params(o)[1]
    x.grad = None
    x.data = x.data[:1]  # at the same address
    x.grad = torch.ones(1, 3)
    for key in ("v", "s"):
        state(o)[key].resize_(1, 3)


CHANGES: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "nothing": (lambda o: None, True),
    "rate": (lambda o: o.param_groups[0].update(lr=0.5), True),
    "rate that is a tensor": (lambda o: o.param_groups[0].update(lr=torch.tensor(0.25)), True),
    "betas": (lambda o: o.param_groups[0].update(betas=(0.5, 0.6)), True),
    "count in place": (lambda o: [state(o, i)["step"].fill_(7) for i in range(3)], True),
    "count without its version": (lambda o: [state(o, i)["step"].data.fill_(7) for i in range(3)], True),
    "count of one weight": (lambda o: state(o)["step"].fill_(7), False),
    "state in place": (lambda o: state(o)["v"].add_(1), True),
    "weight in place": (lambda o: params(o)[0].data.mul_(2), True),
    "further state": (lambda o: state(o).update(note=1), False),
    "sign": (lambda o: o.param_groups[0].update(maximize=True), False),
    "state": (replaced, False),
    "states for each other": (swapped, False),
    "weight elsewhere": (moved, False),
    "layout of a gradient": (of_another_layout, False),
    "gradient that is a negated view": (negated, False),
    "gradient that is another weight": (overlapping, False),
    "no gradient": (without, False),
    "group": (grown, False),
    "loaded": (loaded, False),
    "no states": (emptied, False),
    "size": (resized, False),
}


def other_parameter(o: Any) -> None:
    group = o.param_groups[0]["params"]
    group[1] = torch.nn.Parameter(group[1].detach().clone())
    group[1].grad = torch.ones(3, 3)


def turned(o: Any) -> None:
    x = params(o)[1]
    x.grad = None
    x.data = x.data.t()  # at the same address
    x.grad = torch.ones(3, 3)


def of_another_type(o: Any) -> None:
    x = params(o)[1]
    x.grad = None
    x.data = x.data.view(torch.bfloat16)  # at the same address
    x.grad = torch.ones(3, 3, dtype=torch.bfloat16)


class Subclass(torch.Tensor):
    """A gradient that is more than its numbers."""


def of_a_subclass(o: Any) -> None:
    params(o)[1].grad = params(o)[1].grad.as_subclass(Subclass)


def the_other_without(o: Any) -> None:
    first, second, _ = params(o)
    first.grad, second.grad = None, torch.ones_like(second)


SQUARE_CHANGES: dict[str, Callable[[Any], None]] = {
    "parameter": other_parameter, "turned": turned, "type": of_another_type, "subclass": of_a_subclass,
    "other one without gradient": the_other_without,
}  # fmt: skip
