"""Optimizers of optax that have sums over all parameters, as blocks."""

from __future__ import annotations

from support.published.record import Published

OF_ALL = (
    Published(
        "optax.contrib",
        "dog",
        """
DoG(reps_rel=1e-6, eps=1e-8) = {
    state start = w, far: global = reps_rel * (1 + sqrt(total(w^2))), sum_sq: global
    far <- max(far, sqrt(total((w - start)^2)))
    sum_sq <- sum_sq + total(g^2)
    w <- w - lr * far / sqrt(sum_sq + eps) * g
} from "Ivgi et al. 2023"
""",
    ),
    Published(
        "optax.contrib",
        "dowg",
        """
DoWG(eps=1e-4) = {
    state start = w, sq_dist: global = eps, sum_sq: global
    sq_dist <- max(sq_dist, total((start - w)^2))
    sum_sq <- sum_sq + sq_dist * total(g^2)
    w <- w - lr * sq_dist / (sqrt(sum_sq) + eps) * g
} from "Khaled et al. 2023"
""",
    ),
    Published(
        "optax.contrib",
        "prodigy",
        """
Prodigy(beta1=0.9, beta2=0.999, eps=1e-8, estim_lr0=1e-6 in (0, inf), weight_decay=0) = {
    state exp_avg, exp_avg_sq, grad_sum, params0 = w
    state estim_lr: global = estim_lr0, numerator: global, k: global
    k <- k + 1
    dlr = estim_lr * lr * sqrt(1 - beta2^k) / (1 - beta1^k)
    exp_avg <- beta1 * exp_avg + (1 - beta1) * estim_lr * g
    exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * (estim_lr * g)^2
    grad_sum <- sqrt(beta2) * grad_sum + dlr * estim_lr * g / estim_lr0
    numerator <- sqrt(beta2) * numerator + estim_lr / estim_lr0 * dlr * total(g * (params0 - w))
    estim_lr <- max(estim_lr, numerator / total(abs(grad_sum)))
    w <- w - weight_decay * dlr * w - dlr * exp_avg / (sqrt(exp_avg_sq) + estim_lr * eps)
} from "Mishchenko and Defazio 2023"
""",
    ),
    Published(
        "optax.contrib",
        "dadapt_adamw",
        """
DAdaptAdamW(beta1=0.9, beta2=0.999, eps=1e-8, estim_lr0=1e-6 in (0, inf), weight_decay=0) = {
    state exp_avg, exp_avg_sq, grad_sum, estim_lr: global = estim_lr0, numerator: global, k: global
    k <- k + 1
    dlr = estim_lr * lr * sqrt(1 - beta2^k) / (1 - beta1^k)
    root = sqrt(beta2)
    seen = total(g * grad_sum / (sqrt(exp_avg_sq) + eps))
    exp_avg <- beta1 * exp_avg + (1 - beta1) * dlr * g
    exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * g^2
    grad_sum <- root * grad_sum + (1 - root) * dlr * g
    numerator <- root * numerator + (1 - root) * dlr * seen
    estim_lr <- max(estim_lr, numerator / ((1 - root) * total(abs(grad_sum))))
    w <- w - weight_decay * dlr * w - exp_avg / (sqrt(exp_avg_sq) + eps)
} from "Defazio and Mishchenko 2023"
""",
    ),
)
