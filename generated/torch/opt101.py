"""Opt101, an optimizer for PyTorch.

Rule: Opt101 = nesterov ~ i1e(i1e(g))
Source: Morgan and Hougen 2024, Opt10 without decays
Canonical: nesterov ~ i1e(i1e(g))
"""

import torch
from torch.optim import Optimizer


def update(gradient, weight):
    """Return the update U of one tensor."""
    return torch.special.i1e(torch.special.i1e(gradient))


class Opt101(Optimizer):
    """Opt101; one step computes

        m <- mu * m - lr * U
        w <- w + mu * m - lr * U
        U = i1e(i1e(g))
        where
            i1e(x) = e^-|x| I_1(x)

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
                    raise RuntimeError("Opt101 does not support sparse gradients")
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                u = update(gradient, parameter)
                mu = group["momentum"]
                momentum = state["momentum"] = mu * state["momentum"] - lr * u
                parameter.add_(mu * momentum - lr * u)
        return loss
