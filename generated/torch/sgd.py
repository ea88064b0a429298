"""SGD, an optimizer for PyTorch.

Rule: SGD = none ~ g
Source: Robbins and Monro 1951
Canonical: none ~ g
"""

import torch
from torch.optim import Optimizer


def update(gradient, weight):
    """Return the update U of one tensor."""
    return gradient


class SGD(Optimizer):
    """SGD; one step computes

        w <- w - lr * U
        U = g

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
                    raise RuntimeError("SGD does not support sparse gradients")
                u = update(gradient, parameter)
                parameter.sub_(lr * u)
        return loss
