"""AggMo, an optimizer for PyTorch.

Rule: AggMo = none ~ (g + 10 * ema(g, 0.9) + 100 * ema(g, 0.99)) / 3
Source: Lucas et al. 2018
Canonical: none ~ (g + 10 * ema(g, 0.9) + 100 * ema(g, 0.99)) / 3
"""

import torch
from torch.optim import Optimizer

STATE = ("v", "v_2")


def update(gradient, weight, v, v_2):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    v_2 = 0.99 * v_2 + 0.01 * gradient
    u = (gradient + 10 * v + 100 * v_2) / 3
    return u, v, v_2


class AggMo(Optimizer):
    """AggMo; one step computes

        w <- w - lr * U
        U = (g + 10 * ema(g, 0.9) + 100 * ema(g, 0.99)) / 3
        where
            ema(g, 0.99) = v_2
            v_2 <- 0.99 * v_2 + 0.01 * g, 0 at the start
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
                    raise RuntimeError("AggMo does not support sparse gradients")
                state = self.state[parameter]
                if not state:
                    state["v"] = torch.zeros_like(parameter)
                    state["v_2"] = torch.zeros_like(parameter)
                slots = [state[key] for key in STATE]
                u, *slots = update(gradient, parameter, *slots)
                state.update(zip(STATE, slots))
                parameter.sub_(lr * u)
        return loss
