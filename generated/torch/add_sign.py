"""AddSign, an optimizer for PyTorch.

Rule: AddSign = none ~ (1 + sign(g) * sign(ema(g, 0.9))) * g
Source: Bello et al. 2017
Canonical: none ~ (1 + sign(g) * sign(ema(g, 0.9))) * g
"""

import torch
from torch.optim import Optimizer

STATE = ("v",)


def update(gradient, weight, v):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    sign = torch.where(torch.isnan(gradient), gradient, torch.sign(gradient))
    total = 1 + sign * torch.where(torch.isnan(v), v, torch.sign(v))
    u = total * gradient
    return u, v


class AddSign(Optimizer):
    """AddSign; one step computes

        w <- w - lr * U
        U = (1 + sign(g) * sign(ema(g, 0.9))) * g
        where
            ema(g, 0.9) = v
            v <- 0.9 * v + 0.1 * g, 0 at the start

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
                    raise RuntimeError("AddSign does not support sparse gradients")
                state = self.state[parameter]
                if not state:
                    state["v"] = torch.zeros_like(parameter)
                slots = [state[key] for key in STATE]
                u, *slots = update(gradient, parameter, *slots)
                state.update(zip(STATE, slots))
                parameter.sub_(lr * u)
        return loss
