"""Opt5, an optimizer for PyTorch.

Rule: Opt5 = none ~ [erfc(erfc(a4))] qhm(0.7) / [dtanh(a8)] clip(2, exp(v_hat))
Source: Morgan and Hougen 2024, Table 8
Canonical: none ~ [erfc(erfc(a4))] (0.3 * g + 0.7 * ema_hat(g, 0.9)) / [dtanh(a8)] clip(2, exp(ema_hat(g, 0.9)))
"""

import math

import torch
from torch.optim import Optimizer

STATE = ("v",)


def scalars(step, total_steps):
    """Return the scalars of one step; steps count from 0."""
    t = min(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    a4 = (1 - math.cos(math.pi * p)) / 2
    decay = math.erfc(math.erfc(a4))
    v_correction = 1 - 0.9 ** (step + 1)
    r = (2 * t % total_steps) / total_steps
    a8 = (1 - math.cos(math.pi * r)) / 2
    decay_2 = 1 - math.tanh(a8) ** 2
    return decay, v_correction, decay_2


def update(gradient, weight, v, decay, v_correction, decay_2):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    v_hat = v / v_correction
    qhm = 0.3 * gradient + 0.7 * v_hat
    clipped = torch.clamp(torch.exp(v_hat), max=2)
    u = decay * qhm / (decay_2 * clipped)
    return u, v


class Opt5(Optimizer):
    """Opt5; one step computes

        w <- w - lr * U
        U = [erfc(erfc(a4))] qhm(0.7) / [dtanh(a8)] clip(2, exp(v_hat))
        where
            clip(x, y) = x clipped to [-|y|, |y|]
            dtanh(x) = 1 - tanh(x)^2
            qhm(0.7) = 0.3 * g + 0.7 * v_hat
            v_hat = v / (1 - 0.9^(t+1))
            v <- 0.9 * v + 0.1 * g, 0 at the start
            a8 = (1 - cos(pi r))/2
            a4 = (1 - cos(pi p))/2
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
                    raise RuntimeError("Opt5 does not support sparse gradients")
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
