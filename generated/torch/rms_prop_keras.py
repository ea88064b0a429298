"""RMSPropKeras, an optimizer for PyTorch.

Rule: RMSPropKeras = none ~ g / sqrt(ema(g^2, 0.9) + 1e-7)
Source: Tieleman and Hinton 2012, as keras.optimizers.RMSprop
Canonical: none ~ g / sqrt(ema(g^2, 0.9) + 1e-7)
"""

import torch
from torch.optim import Optimizer

STATE = ("s",)


def update(gradient, weight, s):
    """Return the update U of one tensor and its new state."""
    s = 0.9 * s + 0.1 * gradient**2
    u = gradient / torch.sqrt(s + 1e-7)
    return u, s


class RMSPropKeras(Optimizer):
    """RMSPropKeras; one step computes

        w <- w - lr * U
        U = g / sqrt(ema(g^2, 0.9) + 1e-7)
        where
            ema(g^2, 0.9) = s
            s <- 0.9 * s + 0.1 * g^2, 0 at the start

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
                    raise RuntimeError("RMSPropKeras does not support sparse gradients")
                state = self.state[parameter]
                if not state:
                    state["s"] = torch.zeros_like(parameter)
                slots = [state[key] for key in STATE]
                u, *slots = update(gradient, parameter, *slots)
                state.update(zip(STATE, slots))
                parameter.sub_(lr * u)
        return loss
