"""A4, an optimizer for PyTorch.

Rule: A4 = none ~ clip(v_hat, sigmoid(s_hat))
Source: Morgan and Hougen 2024, Table 9
Canonical: none ~ clip(ema_hat(g, 0.9), sigmoid(ema_hat(g^2, 0.99)))
"""

import torch
from torch.optim import Optimizer

STATE = ("v", "s")


def scalars(step):
    """Return the scalars of one step; steps count from 0."""
    v_correction = 1 - 0.9 ** (step + 1)
    s_correction = 1 - 0.99 ** (step + 1)
    return v_correction, s_correction


def update(gradient, weight, v, s, v_correction, s_correction):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    v_hat = v / v_correction
    s = 0.99 * s + 0.01 * gradient**2
    s_hat = s / s_correction
    gate = torch.sigmoid(s_hat)
    u = torch.minimum(torch.maximum(v_hat, -gate), gate)
    return u, v, s


class A4(Optimizer):
    """A4; one step computes

        w <- w - lr * U
        U = clip(v_hat, sigmoid(s_hat))
        where
            clip(x, y) = x clipped to [-|y|, |y|]
            sigmoid(x) = 1/(1 + e^-x)
            s_hat = s / (1 - 0.99^(t+1))
            s <- 0.99 * s + 0.01 * g^2, 0 at the start
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
                    raise RuntimeError("A4 does not support sparse gradients")
                state = self.state[parameter]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    state["v"] = torch.zeros_like(parameter)
                    state["s"] = torch.zeros_like(parameter)
                step = int(state["step"])
                slots = [state[key] for key in STATE]
                u, *slots = update(gradient, parameter, *slots, *scalars(step))
                state.update(zip(STATE, slots))
                parameter.sub_(lr * u)
                state["step"] += 1
        return loss
