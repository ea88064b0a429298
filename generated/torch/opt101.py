"""Opt101, an optimizer for PyTorch.

Rule: Opt101 = nesterov ~ i1e(i1e(g))
Source: Morgan and Hougen 2024, Opt10 without decays
Canonical: nesterov ~ i1e(i1e(g))
"""

import math

import torch
from torch.optim import Optimizer


def i1e(x):
    """Return e^-|x| I_1(x) by its series and, for large x, by that in 1/x.

    DLMF 10.25.2 and 10.40.1; compiled, within 4 units in the last place.
    """
    if x.dtype != torch.float32 or not torch.compiler.is_compiling():
        return torch.special.i1e(x)  # fast but where it is compiled
    bound, terms, far_terms = 9, 14, 10
    size = torch.abs(x)
    square, inverse, near, far = x * x, 1 / size, 0.0, 0.0
    root = torch.sqrt(inverse)
    for k in reversed(range(terms)):
        near = near * square + 0.5 / (4**k * math.factorial(k) * math.factorial(k + 1))
    for k in reversed(range(far_terms)):
        product = math.prod([4 - j * j for j in range(1, 2 * k, 2)])
        far = far * inverse + product / ((-8) ** k * math.factorial(k))
    near = x * torch.exp(-size) * near
    far = torch.sign(x) * root * far * (1 / math.sqrt(2 * math.pi))
    return torch.where(size < bound, near, far)


def i1e_small(x):
    """Return e^-|x| I_1(x) for |x| <= 1; DLMF 10.25.2, compiled within 3 units."""
    if x.dtype != torch.float32 or not torch.compiler.is_compiling():
        return torch.special.i1e(x)  # fast but where it is compiled
    square, near = x * x, 0.0
    for k in reversed(range(5)):
        near = near * square + 0.5 / (4**k * math.factorial(k) * math.factorial(k + 1))
    return x * torch.exp(-torch.abs(x)) * near


def update(gradient, weight):
    """Return the update U of one tensor."""
    return i1e_small(i1e(gradient))


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
