"""PowerSignLD, an optimizer for PyTorch.

Rule: PowerSignLD = none ~ exp([a1] sign(g) * sign(ema(g, 0.9))) * g
Source: Bello et al. 2017, PowerSign-ld
Canonical: none ~ exp([a1] sign(g) * sign(ema(g, 0.9))) * g
"""

import torch
from torch.optim import Optimizer

STATE = ("v",)


def scalars(step, total_steps):
    """Return the scalars of one step; steps count from 0."""
    t = min(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    a1 = 1 - p
    return (a1,)


def update(gradient, weight, v, a1):
    """Return the update U of one tensor and its new state."""
    sign = torch.where(torch.isnan(gradient), gradient, torch.sign(gradient))
    v = 0.9 * v + 0.1 * gradient
    product = a1 * sign * torch.where(torch.isnan(v), v, torch.sign(v))
    u = torch.exp(product) * gradient
    return u, v


class PowerSignLD(Optimizer):
    """PowerSignLD; one step computes

        w <- w - lr * U
        U = exp([a1] sign(g) * sign(ema(g, 0.9))) * g
        where
            ema(g, 0.9) = v
            v <- 0.9 * v + 0.1 * g, 0 at the start
            a1 = 1 - p
            p = t/T
            t = 0, 1, ..., T - 1 for T total steps

    Args:
        params: parameters to optimize, or dicts that define parameter groups.
        lr: learning rate, a float or a tensor of one element.
        total_steps: number of steps T of the decay functions.
    """

    def __init__(self, params, lr=1e-3, *, total_steps):
        if not lr >= 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not total_steps >= 1:
            raise ValueError(f"Invalid total_steps: {total_steps}")
        defaults = {"lr": lr, "total_steps": total_steps}
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
                    raise RuntimeError("PowerSignLD does not support sparse gradients")
                state = self.state[parameter]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    state["v"] = torch.zeros_like(parameter)
                step = int(state["step"])
                slots = [state[key] for key in STATE]
                u, *slots = update(
                    gradient, parameter, *slots, *scalars(step, group["total_steps"])
                )
                state.update(zip(STATE, slots))
                parameter.sub_(lr * u)
                state["step"] += 1
        return loss
