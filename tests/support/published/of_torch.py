"""Optimizers of ``torch.optim`` as blocks."""

from __future__ import annotations

from support.published.record import Published

TORCH = (
    Published(
        "torch.optim",
        "SGD",
        """
SGD(momentum=0.9, dampening=0.3, weight_decay=0.1) = {
    state momentum_buffer
    d = g + weight_decay * w
    momentum_buffer <- where(t == 0 or momentum == 0, d, momentum * momentum_buffer + (1 - dampening) * d)
    w <- w - lr * momentum_buffer
} from "Sutskever et al. 2013"
""",
        {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1},
    ),
    Published(
        "torch.optim",
        "SGD",
        """
SGDNesterov(momentum=0.9) = {
    state momentum_buffer
    momentum_buffer <- momentum * momentum_buffer + g
    w <- w - lr * (g + momentum * momentum_buffer)
} from "Sutskever et al. 2013"
""",
        {"momentum": 0.9, "nesterov": True},
    ),
    Published(
        "torch.optim",
        "Adagrad",
        """
Adagrad(lr_decay=0.01, eps=1e-10) = {
    state sum_sq = 0.1
    sum_sq <- sum_sq + g^2
    w <- w - lr / (1 + t * lr_decay) * g / (sqrt(sum_sq) + eps)
} from "Duchi et al. 2011"
""",
        {"lr_decay": 0.01, "initial_accumulator_value": 0.1},
    ),
    Published(
        "torch.optim",
        "Adadelta",
        """
Adadelta(rho=0.9, eps=1e-6) = {
    state square_avg, acc_delta
    square_avg <- rho * square_avg + (1 - rho) * g^2
    d = sqrt(acc_delta + eps) / sqrt(square_avg + eps) * g
    acc_delta <- rho * acc_delta + (1 - rho) * d^2
    w <- w - lr * d
} from "Zeiler 2012"
""",
    ),
    Published(
        "torch.optim",
        "Adam",
        """
Adam(beta1=0.9, beta2=0.999, eps=1e-8) = {
    state exp_avg, exp_avg_sq
    exp_avg <- beta1 * exp_avg + (1 - beta1) * g
    exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * g^2
    m_hat = exp_avg / (1 - beta1^(t + 1))
    v_hat = exp_avg_sq / (1 - beta2^(t + 1))
    w <- w - lr * m_hat / (sqrt(v_hat) + eps)
} from "Kingma and Ba 2015"
""",
    ),
    Published(
        "torch.optim",
        "Adam",
        """
AMSGrad(beta1=0.9, beta2=0.999, eps=1e-8) = {
    state exp_avg, exp_avg_sq, max_exp_avg_sq
    exp_avg <- beta1 * exp_avg + (1 - beta1) * g
    exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * g^2
    max_exp_avg_sq <- max(max_exp_avg_sq, exp_avg_sq)
    m_hat = exp_avg / (1 - beta1^(t + 1))
    w <- w - lr * m_hat / (sqrt(max_exp_avg_sq / (1 - beta2^(t + 1))) + eps)
} from "Reddi et al. 2018"
""",
        {"amsgrad": True},
    ),
    Published(
        "torch.optim",
        "AdamW",
        """
AdamW(beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01) = {
    state exp_avg, exp_avg_sq
    w <- w - lr * weight_decay * w
    exp_avg <- beta1 * exp_avg + (1 - beta1) * g
    exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * g^2
    m_hat = exp_avg / (1 - beta1^(t + 1))
    v_hat = exp_avg_sq / (1 - beta2^(t + 1))
    w <- w - lr * m_hat / (sqrt(v_hat) + eps)
} from "Loshchilov and Hutter 2019"
""",
    ),
    Published(
        "torch.optim",
        "Adamax",
        """
Adamax(beta1=0.9, beta2=0.999, eps=1e-8) = {
    state exp_avg, exp_inf
    exp_avg <- beta1 * exp_avg + (1 - beta1) * g
    exp_inf <- max(beta2 * exp_inf, abs(g) + eps)
    w <- w - lr / (1 - beta1^(t + 1)) * exp_avg / exp_inf
} from "Kingma and Ba 2015"
""",
    ),
    Published(
        "torch.optim",
        "NAdam",
        """
NAdam(beta1=0.9, beta2=0.999, eps=1e-8, momentum_decay=0.004) = {
    state exp_avg, exp_avg_sq, mu_product: step = 1
    mu_now = beta1 * (1 - 0.5 * 0.96^((t + 1) * momentum_decay))
    mu_next = beta1 * (1 - 0.5 * 0.96^((t + 2) * momentum_decay))
    mu_product <- mu_product * mu_now
    exp_avg <- beta1 * exp_avg + (1 - beta1) * g
    exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * g^2
    d = sqrt(exp_avg_sq / (1 - beta2^(t + 1))) + eps
    w <- w - lr * (1 - mu_now) / (1 - mu_product) * g / d
    w <- w - lr * mu_next / (1 - mu_product * mu_next) * exp_avg / d
} from "Dozat 2016"
""",
        bound=1e-7,  # the original keeps its product in float32
    ),
    Published(
        "torch.optim",
        "RAdam",
        """
RAdam(beta1=0.9, beta2=0.999, eps=1e-8) = {
    state exp_avg, exp_avg_sq
    exp_avg <- beta1 * exp_avg + (1 - beta1) * g
    exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * g^2
    m_hat = exp_avg / (1 - beta1^(t + 1))
    rho_inf = 2 / (1 - beta2) - 1
    rho = rho_inf - 2 * (t + 1) * beta2^(t + 1) / (1 - beta2^(t + 1))
    rect = sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))
    w <- w - lr * m_hat * where(rho > 5, rect * sqrt(1 - beta2^(t + 1)) / (sqrt(exp_avg_sq) + eps), 1)
} from "Liu et al. 2020"
""",
    ),
    Published(
        "torch.optim",
        "RMSprop",
        """
RMSprop(alpha=0.99, eps=1e-8, momentum=0.9) = {
    state square_avg, grad_avg, momentum_buffer
    square_avg <- alpha * square_avg + (1 - alpha) * g^2
    grad_avg <- alpha * grad_avg + (1 - alpha) * g
    momentum_buffer <- momentum * momentum_buffer + g / (sqrt(square_avg - grad_avg^2) + eps)
    w <- w - lr * momentum_buffer
} from "Graves 2013"
""",
        {"centered": True, "momentum": 0.9},
        bound=1e-7,  # the difference under the root cancels
    ),
    Published(
        "torch.optim",
        "Rprop",
        """
Rprop(etaminus=0.5, etaplus=1.2, step_min=1e-6, step_max=50) = {
    state prev, step_size = lr
    factor = where(g * prev > 0, etaplus, where(g * prev < 0, etaminus, 1))
    d = where(g * prev < 0, 0, g)
    step_size <- clip(step_size * factor, step_min, step_max)
    prev <- d
    w <- w - sign(prev) * step_size
} from "Riedmiller and Braun 1993"
""",
    ),
    Published(
        "torch.optim",
        "ASGD",
        """
ASGD(lambd=1e-4 in [0, inf), alpha=0.75, t0=1e6, weight_decay=0.1) = {
    state eta: step = lr, mu: step = 1, ax
    d = g + weight_decay * w
    w <- (1 - lambd * eta) * w - eta * d
    ax <- where(mu == 1, w, ax + mu * (w - ax))
    eta <- lr / (1 + lambd * lr * (t + 1))^alpha
    mu <- 1 / max(1, t + 1 - t0)
} from "Polyak and Juditsky 1992"
""",
        {"weight_decay": 0.1},
        bound=1e-7,  # the original keeps its step size in float32
    ),
    Published(
        "torch.optim",
        "Adafactor",
        """
Adafactor(beta2_decay=-0.8, eps1=1e-30, eps2=0.001, d=1, weight_decay=0) = {
    rate = (t + 1)^beta2_decay
    alpha_t = max(eps2, rms(w)) * min(lr, 1 / sqrt(t + 1))
    if rank >= 2 {
        state row_var: row, col_var: col
        row_var <- row_var + rate * (row_mean(g^2) - row_var)
        col_var <- col_var + rate * (col_mean(g^2) - col_var)
        v = row_var * col_var / max(col_mean(row_var), eps1)
    } else {
        state variance
        variance <- variance + rate * (g^2 - variance)
        v = variance
    }
    u = g / sqrt(max(v, eps1^2))
    w <- (1 - lr * weight_decay) * w
    w <- w - alpha_t * u / max(1, rms(u) / d)
} from "Shazeer and Stern 2018"
""",
        {"eps": (1e-30, 1e-3), "weight_decay": 0.0},
    ),
)
