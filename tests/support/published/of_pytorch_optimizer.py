"""Optimizers of pytorch_optimizer as blocks."""

from __future__ import annotations

from support.published.record import Published

PYTORCH_OPTIMIZER = (
    Published(
        "pytorch_optimizer",
        "AdaBound",
        """
AdaBound(beta1=0.9, beta2=0.999, eps=1e-8, final_lr=0.1, gamma=0.001 in (0, inf)) = {
    state exp_avg, exp_avg_sq
    exp_avg <- beta1 * exp_avg + (1 - beta1) * g
    exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * g^2
    low = final_lr * (1 - 1 / (gamma * (t + 1) + 1))
    high = final_lr * (1 + 1 / (gamma * (t + 1)))
    rate = lr * sqrt(1 - beta2^(t + 1)) / (1 - beta1^(t + 1)) / (sqrt(exp_avg_sq + 1e-15) + eps)
    w <- w - clip(rate, low, high) * exp_avg
} from "Luo et al. 2019"
""",
        {"weight_decay": 0.0},
    ),
    Published(
        "pytorch_optimizer",
        "AdaMod",
        """
AdaMod(beta1=0.9, beta2=0.99, beta3=0.9999, eps=1e-8) = {
    state exp_avg, exp_avg_sq, exp_avg_lr
    exp_avg <- beta1 * exp_avg + (1 - beta1) * g
    exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * g^2
    rate = lr * sqrt(1 - beta2^(t + 1)) / (1 - beta1^(t + 1)) / (sqrt(exp_avg_sq) + eps)
    exp_avg_lr <- beta3 * exp_avg_lr + (1 - beta3) * rate
    w <- w - min(rate, exp_avg_lr) * exp_avg
} from "Ding et al. 2019"
""",
        {"weight_decay": 0.0},
    ),
    Published(
        "pytorch_optimizer",
        "DiffGrad",
        """
DiffGrad(beta1=0.9, beta2=0.999, eps=1e-8) = {
    state exp_avg, exp_avg_sq, previous_grad
    exp_avg <- beta1 * exp_avg + (1 - beta1) * g
    exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * g^2
    friction = sigmoid(abs(previous_grad - g))
    previous_grad <- g
    rate = lr * sqrt(1 - beta2^(t + 1)) / (1 - beta1^(t + 1))
    w <- w - rate * friction * exp_avg / (sqrt(exp_avg_sq + 1e-15) + eps)
} from "Dubey et al. 2019"
""",
        {"weight_decay": 0.0},
    ),
    Published(
        "pytorch_optimizer",
        "PAdam",
        """
PAdam(beta1=0.9, beta2=0.999, partial=0.25 in (0, 1], eps=1e-8) = {
    state exp_avg, exp_avg_sq
    exp_avg <- beta1 * exp_avg + (1 - beta1) * g
    exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * g^2
    rate = lr * sqrt(1 - beta2^(t + 1)) / (1 - beta1^(t + 1))
    w <- w - rate * exp_avg / (sqrt(exp_avg_sq) + eps)^(2 * partial)
} from "Chen et al. 2018"
""",
        {"weight_decay": 0.0},
    ),
    Published(
        "pytorch_optimizer",
        "QHAdam",
        """
QHAdam(beta1=0.9, beta2=0.999, nu1=0.7, nu2=0.8, eps=1e-8) = {
    state weight1: step, weight2: step, exp_avg, exp_avg_sq
    weight1 <- beta1 * weight1 + 1
    weight2 <- beta2 * weight2 + 1
    exp_avg <- exp_avg + (g - exp_avg) / weight1
    exp_avg_sq <- exp_avg_sq + (g^2 - exp_avg_sq) / weight2
    u = nu1 * exp_avg + (1 - nu1) * g
    w <- w - lr * u / (sqrt(nu2 * exp_avg_sq + (1 - nu2) * g^2) + eps)
} from "Ma and Yarats 2019"
""",
        {"weight_decay": 0.0, "nus": (0.7, 0.8)},
        bound=1e-7,  # the original keeps its weights in float32
    ),
    Published(
        "pytorch_optimizer",
        "LaProp",
        """
LaProp(beta1=0.9, beta2=0.999, eps=1e-15) = {
    state exp_avg, exp_avg_sq, sum_lr: step
    exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * g^2
    d = sqrt(1 - beta2^(t + 1)) * g / (sqrt(exp_avg_sq + 1e-15) + eps)
    exp_avg <- beta1 * exp_avg + (1 - beta1) * lr * d
    sum_lr <- beta1 * sum_lr + (1 - beta1) * lr
    w <- w - lr * exp_avg / sum_lr
} from "Ziyin et al. 2020"
""",
        {"weight_decay": 0.0},
        bound=1e-7,  # the original keeps its step sizes in float32
    ),
    Published(
        "pytorch_optimizer",
        "Tiger",
        """
Tiger(beta=0.965, weight_decay=0.01) = {
    state exp_avg
    exp_avg <- beta * exp_avg + (1 - beta) * g
    w <- w - lr * weight_decay * w - lr * sign(exp_avg)
} from "Su 2023"
""",
    ),
    Published(
        "pytorch_optimizer",
        "Grams",
        """
Grams(beta1=0.9, beta2=0.999, eps=1e-6) = {
    state exp_avg, exp_avg_sq
    exp_avg <- beta1 * exp_avg + (1 - beta1) * g
    exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * g^2
    u = exp_avg / (1 - beta1^(t + 1)) / (sqrt(exp_avg_sq) / sqrt(1 - beta2^(t + 1)) + eps)
    w <- w - lr * sign(g) * abs(u)
} from "Cao et al. 2024"
""",
        {"weight_decay": 0.0},
    ),
    Published(
        "pytorch_optimizer",
        "Kate",
        """
Kate(eps=1e-8) = {
    state m, b
    b <- sqrt(b^2 + g^2 + eps)
    m <- sqrt(m^2 + g^2 / b^2)
    w <- w - lr * m * g / b^2
} from "Choudhury et al. 2024"
""",
        {"weight_decay": 0.0},
    ),
    Published(
        "pytorch_optimizer",
        "StableAdamW",
        """
StableAdamW(beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.01) = {
    state exp_avg, exp_avg_sq
    rate1 = (1 - beta1) / (1 - beta1^(t + 1))
    rate2 = (1 - beta2) / (1 - beta2^(t + 1))
    exp_avg <- exp_avg + rate1 * (g - exp_avg)
    exp_avg_sq <- exp_avg_sq + rate2 * (g^2 - exp_avg_sq)
    clipped = lr / max(1, sqrt(mean(g^2 / max(exp_avg_sq, eps^2))))
    w <- w - clipped * weight_decay * w
    w <- w - clipped * exp_avg / (sqrt(exp_avg_sq) + eps)
} from "Wortsman et al. 2023"
""",
    ),
)
