"""Opt3, an optimizer for PyTorch.

Rule: Opt3 = none ~ qhm(0.7) + softsign(rdiv(1e-5 * w, 1e-5 * w - qhm3(0.99)))
Source: Morgan and Hougen 2024, Table 8
Canonical: none ~ 0.3 * g + 0.7 * ema_hat(g, 0.9) + softsign(rdiv(1e-5 * w, 1e-5 * w - (0.01 * g^3 + 0.99 * ema_hat(g^3, 0.999))))
"""

import torch
from torch.optim import Optimizer

STATE = ("v", "lam")


def scalars(step):
    """Return the scalars of one step; steps count from 0."""
    v_correction = 1 - 0.9 ** (step + 1)
    lam_correction = 1 - 0.999 ** (step + 1)
    return v_correction, lam_correction


def update(gradient, weight, v, lam, v_correction, lam_correction):
    """Return the update U of one tensor and its new state."""
    v = 0.9 * v + 0.1 * gradient
    v_hat = v / v_correction
    qhm = 0.3 * gradient + 0.7 * v_hat
    product = 1e-5 * weight
    product_2 = gradient**2 * gradient
    lam = 0.999 * lam + 0.001 * product_2
    lam_hat = lam / lam_correction
    qhm3 = 0.01 * product_2 + 0.99 * lam_hat
    ratio = product / torch.sqrt(1 + (product - qhm3) ** 2)
    u = qhm + ratio / (1 + torch.abs(ratio))
    return u, v, lam


class Opt3(Optimizer):
    """Opt3; one step computes

        w <- w - lr * U
        U = qhm(0.7) + softsign(rdiv(1e-5 * w, 1e-5 * w - qhm3(0.99)))
        where
            softsign(x) = x/(1 + |x|)
            rdiv(x, y) = x / sqrt(1 + y^2)
            qhm3(0.99) = 0.01 * g^3 + 0.99 * lam_hat
            lam_hat = lam / (1 - 0.999^(t+1))
            lam <- 0.999 * lam + 0.001 * g^3, 0 at the start
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
                    raise RuntimeError("Opt3 does not support sparse gradients")
                state = self.state[parameter]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    state["v"] = torch.zeros_like(parameter)
                    state["lam"] = torch.zeros_like(parameter)
                step = int(state["step"])
                slots = [state[key] for key in STATE]
                u, *slots = update(gradient, parameter, *slots, *scalars(step))
                state.update(zip(STATE, slots))
                parameter.sub_(lr * u)
                state["step"] += 1
        return loss
