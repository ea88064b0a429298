"""Lion, an optimizer for PyTorch.

Rule: Lion = none ~ sign(10 * ema(g, 0.99) + g)
Source: Chen et al. 2023
Canonical: none ~ sign(10 * ema(g, 0.99) + g)
"""

import torch
from torch.optim import Optimizer

STATE = ("v",)


def update(gradient, weight, v):
    """Return the update U of one tensor and its new state."""
    v = 0.99 * v + 0.01 * gradient
    total = 10 * v + gradient
    u = torch.where(torch.isnan(total), total, torch.sign(total))
    return u, v


class Lion(Optimizer):
    """Lion; one step computes

        w <- w - lr * U
        U = sign(10 * ema(g, 0.99) + g)
        where
            ema(g, 0.99) = v
            v <- 0.99 * v + 0.01 * g, 0 at the start

    Args:
        params: parameters to optimize, or dicts that define parameter groups.
        lr: learning rate, a float or a tensor of one element.
    """

    def __init__(self, params, lr=1e-3):
        if not lr >= 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        defaults = {"lr": lr}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure=None):
        """Perform one step; a closure reevaluates the model and returns the loss."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            lr = group["lr"]
            for parameter in group["params"]:
                gradient = parameter.grad
                if gradient is None:
                    continue
                if gradient.is_sparse:
                    raise RuntimeError("Lion does not support sparse gradients")
                state = self.state[parameter]
                if not state:
                    state["v"] = torch.zeros_like(parameter)
                slots = [state[key] for key in STATE]
                u, *slots = update(gradient, parameter, *slots)
                state.update(zip(STATE, slots))
                parameter.sub_(lr * u)
        return loss
