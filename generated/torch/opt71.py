"""Opt71, an optimizer for PyTorch.

Rule: Opt71 = none ~ tanh(arcsinh(qhm(0.7)))
Source: Morgan and Hougen 2024, Opt7 without decays
Canonical: none ~ tanh(arcsinh(0.3 * g + 0.7 * ema_hat(g, 0.9)))
"""

import torch
from torch.optim import Optimizer

STATE = ("v",)


def scalars(step):
    """Return the scalars of one step; steps count from 0."""
    v_correction = 1 - 0.9 ** (step + 1)
    return (v_correction,)


def update(gradient, weight, v, v_correction):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    v_hat = v / v_correction
    qhm = 0.3 * gradient + 0.7 * v_hat
    u = torch.tanh(torch.asinh(qhm))
    return u, v


class Opt71(Optimizer):
    """Opt71; one step computes

        w <- w - lr * U
        U = tanh(arcsinh(qhm(0.7)))
        where
            qhm(0.7) = 0.3 * g + 0.7 * v_hat
            v_hat = v / (1 - 0.9^(t+1))
            v <- 0.9 * v + 0.1 * g, 0 at the start
            t = 0, 1, ... counts the steps

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
                    raise RuntimeError("Opt71 does not support sparse gradients")
                state = self.state[parameter]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    state["v"] = torch.zeros_like(parameter)
                step = int(state["step"])
                slots = [state[key] for key in STATE]
                u, *slots = update(gradient, parameter, *slots, *scalars(step))
                state.update(zip(STATE, slots))
                parameter.sub_(lr * u)
                state["step"] += 1
        return loss
