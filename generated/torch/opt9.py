"""Opt9, an optimizer for PyTorch.

Rule: Opt9 = nesterov ~ [erfc(a11)] g * exp(arctan(qhm2(0.95)))
Source: Morgan and Hougen 2024, Table 8
Canonical: nesterov ~ [erfc(a11)] g * exp(arctan(0.05 * g^2 + 0.95 * ema_hat(g^2, 0.99)))
"""

import math

import torch
from torch.optim import Optimizer

STATE = ("s",)


def scalars(step, total_steps):
    """Return the scalars of one step; steps count from 0."""
    t = min(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    a11 = 0.01**p
    decay = math.erfc(a11)
    s_correction = 1 - 0.99 ** (step + 1)
    return decay, s_correction


def update(gradient, weight, s, decay, s_correction):
    """Return the update U of one tensor and its new state."""
    square = gradient**2
    s = 0.99 * s + 0.01 * square
    s_hat = s / s_correction
    qhm2 = 0.05 * square + 0.95 * s_hat
    u = decay * gradient * torch.exp(torch.atan(qhm2))
    return u, s


class Opt9(Optimizer):
    """Opt9; one step computes

        m <- mu * m - lr * U
        w <- w + mu * m - lr * U
        U = [erfc(a11)] g * exp(arctan(qhm2(0.95)))
        where
            qhm2(0.95) = 0.05 * g^2 + 0.95 * s_hat
            s_hat = s / (1 - 0.99^(t+1))
            s <- 0.99 * s + 0.01 * g^2, 0 at the start
            a11 = 0.01^p
            p = t/T
            t = 0, 1, ..., T - 1 for T total steps

    Args:
        params: parameters to optimize, or dicts that define parameter groups.
        lr: learning rate, a float or a tensor of one element.
        momentum: coefficient mu.
        total_steps: number of steps T of the decay functions.
    """

    def __init__(self, params, lr=1e-3, momentum=0.9, *, total_steps):
        if not lr >= 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not momentum >= 0:
            raise ValueError(f"Invalid momentum: {momentum}")
        if not total_steps >= 1:
            raise ValueError(f"Invalid total_steps: {total_steps}")
        defaults = {"lr": lr, "momentum": momentum, "total_steps": total_steps}
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
                    raise RuntimeError("Opt9 does not support sparse gradients")
                state = self.state[parameter]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    state["s"] = torch.zeros_like(parameter)
                    state["momentum"] = torch.zeros_like(parameter)
                step = int(state["step"])
                slots = [state[key] for key in STATE]
                u, *slots = update(
                    gradient, parameter, *slots, *scalars(step, group["total_steps"])
                )
                state.update(zip(STATE, slots))
                mu = group["momentum"]
                momentum = state["momentum"] = mu * state["momentum"] - lr * u
                parameter.add_(mu * momentum - lr * u)
                state["step"] += 1
        return loss
