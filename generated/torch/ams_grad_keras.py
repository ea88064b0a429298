"""AMSGradKeras, an optimizer for PyTorch.

Rule: AMSGradKeras = none ~ [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(running_max(ema(g^2, 0.999))) + 1e-7)
Source: Reddi et al. 2018, as keras.optimizers.Adam with amsgrad
Canonical: none ~ [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(running_max(ema(g^2, 0.999))) + 1e-7)
"""

import math

import torch
from torch.optim import Optimizer

STATE = ("v", "s", "peak")


def scalars(step):
    """Return the scalars of one step; steps count from 0."""
    correction = 1 - 0.999 ** (step + 1)
    correction_2 = 1 - 0.9 ** (step + 1)
    decay = math.sqrt(correction) / correction_2
    return (decay,)


def update(gradient, weight, v, s, peak, decay):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    s = 0.999 * s + 0.001 * gradient**2
    peak = torch.maximum(s, peak)
    u = decay * v / (torch.sqrt(peak) + 1e-7)
    return u, v, s, peak


class AMSGradKeras(Optimizer):
    """AMSGradKeras; one step computes

        w <- w - lr * U
        U = [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(running_max(ema(g^2, 0.999))) + 1e-7)
        where
            running_max(ema(g^2, 0.999)) = peak
            peak <- max(ema(g^2, 0.999), peak), 0 at the start
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
                    raise RuntimeError("AMSGradKeras does not support sparse gradients")
                state = self.state[parameter]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    state["v"] = torch.zeros_like(parameter)
                    state["s"] = torch.zeros_like(parameter)
                    state["peak"] = torch.zeros_like(parameter)
                step = int(state["step"])
                slots = [state[key] for key in STATE]
                u, *slots = update(gradient, parameter, *slots, *scalars(step))
                state.update(zip(STATE, slots))
                parameter.sub_(lr * u)
                state["step"] += 1
        return loss
