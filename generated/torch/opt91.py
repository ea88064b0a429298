"""Opt91, an optimizer for PyTorch.

Rule: Opt91 = nesterov ~ g * exp(arctan(qhm2(0.95)))
Source: Morgan and Hougen 2024, Opt9 without decays
Canonical: nesterov ~ g * exp(arctan(0.05 * g^2 + 0.95 * ema_hat(g^2, 0.99)))
"""

import torch
from torch.optim import Optimizer

STATE = ("s",)


def scalars(step):
    """Return the scalars of one step; steps count from 0."""
    s_correction = 1 - 0.99 ** (step + 1)
    return (s_correction,)


def update(gradient, weight, s, s_correction):
    """Return the update U of one tensor and its new state."""
    square = gradient**2
    s = 0.99 * s + 0.01 * square
    s_hat = s / s_correction
    qhm2 = 0.05 * square + 0.95 * s_hat
    u = gradient * torch.exp(torch.atan(qhm2))
    return u, s


class Opt91(Optimizer):
    """Opt91; one step computes

        m <- mu * m - lr * U
        w <- w + mu * m - lr * U
        U = g * exp(arctan(qhm2(0.95)))
        where
            qhm2(0.95) = 0.05 * g^2 + 0.95 * s_hat
            s_hat = s / (1 - 0.99^(t+1))
            s <- 0.99 * s + 0.01 * g^2, 0 at the start
            t = 0, 1, ... counts the steps

    Args:
        params: parameters to optimize, or dicts that define parameter groups.
        lr: learning rate, a float or a tensor of one element.
        momentum: coefficient mu.
    """

    def __init__(self, params, lr=1e-3, momentum=0.9):
        if not lr >= 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not momentum >= 0:
            raise ValueError(f"Invalid momentum: {momentum}")
        defaults = {"lr": lr, "momentum": momentum}
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
                    raise RuntimeError("Opt91 does not support sparse gradients")
                state = self.state[parameter]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    state["s"] = torch.zeros_like(parameter)
                    state["momentum"] = torch.zeros_like(parameter)
                step = int(state["step"])
                slots = [state[key] for key in STATE]
                u, *slots = update(gradient, parameter, *slots, *scalars(step))
                state.update(zip(STATE, slots))
                mu = group["momentum"]
                momentum = state["momentum"] = mu * state["momentum"] - lr * u
                parameter.add_(mu * momentum - lr * u)
                state["step"] += 1
        return loss
