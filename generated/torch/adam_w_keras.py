"""AdamWKeras, an optimizer for PyTorch.

Rule: AdamWKeras = none ~ [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(ema(g^2, 0.999)) + 1e-7) + 0.004 * w
Source: Loshchilov and Hutter 2019, as keras.optimizers.AdamW
Canonical: none ~ [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(ema(g^2, 0.999)) + 1e-7) + 0.004 * w
"""

import math

import torch
from torch.optim import Optimizer

STATE = ("v", "s")


def scalars(step):
    """Return the scalars of one step; steps count from 0."""
    correction = 1 - 0.999 ** (step + 1)
    correction_2 = 1 - 0.9 ** (step + 1)
    decay = math.sqrt(correction) / correction_2
    return (decay,)


def update(gradient, weight, v, s, decay):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    s = 0.999 * s + 0.001 * gradient**2
    u = decay * v / (torch.sqrt(s) + 1e-7) + 0.004 * weight
    return u, v, s


class AdamWKeras(Optimizer):
    """AdamWKeras; one step computes

        w <- w - lr * U
        U = [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(ema(g^2, 0.999)) + 1e-7) + 0.004 * w
        where
            ema(g^2, 0.999) = s
            s <- 0.999 * s + 0.001 * g^2, 0 at the start
            ema(g, 0.9) = v
            v <- 0.9 * v + 0.1 * g, 0 at the start
            correction(beta) = 1 - beta^(t+1)
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
                    raise RuntimeError("AdamWKeras does not support sparse gradients")
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
