"""SGDMomentum, an optimizer for PyTorch.

Rule: SGDMomentum = momentum ~ g
Source: Polyak 1964, as keras.optimizers.SGD
Canonical: momentum ~ g
"""

import torch
from torch.optim import Optimizer


def update(gradient, weight):
    """Return the update U of one tensor."""
    return gradient


class SGDMomentum(Optimizer):
    """SGDMomentum; one step computes

        m <- mu * m - lr * U
        w <- w + m
        U = g

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
                    raise RuntimeError("SGDMomentum does not support sparse gradients")
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                u = update(gradient, parameter)
                mu = group["momentum"]
                momentum = state["momentum"] = mu * state["momentum"] - lr * u
                parameter.add_(momentum)
        return loss
