"""Opt7, an optimizer for PyTorch.

Rule: Opt7 = none ~ tanh([max(a6, a10)] arcsinh(qhm(0.7)))
Source: Morgan and Hougen 2024, Table 8
Canonical: none ~ tanh([max(a6, a10)] arcsinh(0.3 * g + 0.7 * ema_hat(g, 0.9)))
"""

import math

import torch
from torch.optim import Optimizer

STATE = ("v",)


def scalars(step, total_steps):
    """Return the scalars of one step; steps count from 0."""
    t = min(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    a6 = (1 - math.cos(math.pi * (2 * p))) / 2
    r = (2 * t % total_steps) / total_steps
    decay = max(a6, r)
    v_correction = 1 - 0.9 ** (step + 1)
    return decay, v_correction


def update(gradient, weight, v, decay, v_correction):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    v_hat = v / v_correction
    qhm = 0.3 * gradient + 0.7 * v_hat
    u = torch.tanh(decay * torch.asinh(qhm))
    return u, v


class Opt7(Optimizer):
    """Opt7; one step computes

        w <- w - lr * U
        U = tanh([max(a6, a10)] arcsinh(qhm(0.7)))
        where
            qhm(0.7) = 0.3 * g + 0.7 * v_hat
            v_hat = v / (1 - 0.9^(t+1))
            v <- 0.9 * v + 0.1 * g, 0 at the start
            a10 = r
            a6 = (1 - cos(2 pi p))/2
            p = t/T
            r = mod(2t, T)/T
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
                    raise RuntimeError("Opt7 does not support sparse gradients")
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
