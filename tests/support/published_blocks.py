"""Published optimizers as blocks, each with the class or function of a library that computes the same.

The texts are those that readers would write: the states first, the statements in the order of the papers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Published:
    """A block and its original.

    Attributes:
        library: the module that has the original.
        original: its name there.
        text: the block.
        options: arguments of the original, beside the learning rate.
        bound: relative error that rounding explains.
    """

    library: str
    original: str
    text: str
    options: Mapping[str, Any] = field(default_factory=dict)
    bound: float = 1e-9

    def __str__(self) -> str:
        return f"{self.library}.{self.original}"


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

_AVERAGES = """
    mu <- beta1 * mu + (1 - beta1) * g
    nu <- beta2 * nu + (1 - beta2) * g^2
"""
_BETAS = "beta1=0.9, beta2=0.999"

OPTAX = (
    Published(
        "optax",
        "lion",
        """
Lion(beta1=0.9, beta2=0.99, weight_decay=0.001) = {
    state mu
    u = sign(beta1 * mu + (1 - beta1) * g)
    mu <- beta2 * mu + (1 - beta2) * g
    w <- w - lr * (u + weight_decay * w)
} from "Chen et al. 2023"
""",
    ),
    Published(
        "optax",
        "adabelief",
        f"""
AdaBelief({_BETAS}, eps=1e-16, eps_root=1e-16) = {{
    state mu, nu
    mu <- beta1 * mu + (1 - beta1) * g
    nu <- beta2 * nu + (1 - beta2) * (g - mu)^2 + eps_root
    m_hat = mu / (1 - beta1^(t + 1))
    w <- w - lr * m_hat / (sqrt(nu / (1 - beta2^(t + 1))) + eps)
}} from "Zhuang et al. 2020"
""",
    ),
    Published(
        "optax",
        "amsgrad",
        f"""
AMSGradCorrected({_BETAS}, eps=1e-8) = {{
    state mu, nu, nu_max{_AVERAGES}
    nu_max <- max(nu_max, nu / (1 - beta2^(t + 1)))
    w <- w - lr * mu / (1 - beta1^(t + 1)) / (sqrt(nu_max) + eps)
}} from "Reddi et al. 2018"
""",
    ),
    Published(
        "optax",
        "nadam",
        f"""
NAdamConstant({_BETAS}, eps=1e-8) = {{
    state mu, nu{_AVERAGES}
    ahead = beta1 * mu / (1 - beta1^(t + 2)) + (1 - beta1) * g / (1 - beta1^(t + 1))
    w <- w - lr * ahead / (sqrt(nu / (1 - beta2^(t + 1))) + eps)
}} from "Dozat 2016"
""",
    ),
    Published(
        "optax",
        "yogi",
        f"""
Yogi({_BETAS}, eps=0.001) = {{
    state mu = 1e-6, nu = 1e-6
    mu <- beta1 * mu + (1 - beta1) * g
    nu <- nu - (1 - beta2) * sign(nu - g^2) * g^2
    w <- w - lr * mu / (1 - beta1^(t + 1)) / (sqrt(nu / (1 - beta2^(t + 1))) + eps)
}} from "Zaheer et al. 2018"
""",
    ),
    Published(
        "optax",
        "novograd",
        """
NovoGrad(beta1=0.9, beta2=0.25, eps=1e-6, weight_decay=0.1) = {
    state mu, nu: scalar
    nu <- where(t == 0, norm2(g)^2, beta2 * nu + (1 - beta2) * norm2(g)^2)
    d = g / (sqrt(nu) + eps) + weight_decay * w
    mu <- beta1 * mu + d
    w <- w - lr * mu
} from "Ginsburg et al. 2019"
""",
        {"weight_decay": 0.1},
    ),
    Published(
        "optax",
        "lamb",
        f"""
LAMB({_BETAS}, eps=1e-6, weight_decay=0.1) = {{
    state mu, nu{_AVERAGES}
    r1 = mu / (1 - beta1^(t + 1)) / (sqrt(nu / (1 - beta2^(t + 1))) + eps)
    u = r1 + weight_decay * w
    trust = where(norm2(w) > 0 and norm2(u) > 0, norm2(w) / norm2(u), 1)
    w <- w - lr * trust * u
}} from "You et al. 2020"
""",
        {"weight_decay": 0.1},
    ),
    Published(
        "optax",
        "lars",
        """
LARS(momentum=0.9, trust_coefficient=0.001, weight_decay=0.1) = {
    state trace
    u = g + weight_decay * w
    trust = where(norm2(w) > 0 and norm2(u) > 0, trust_coefficient * norm2(w) / norm2(u), 1)
    trace <- momentum * trace - lr * trust * u
    w <- w + trace
} from "You et al. 2017"
""",
        {"weight_decay": 0.1},
    ),
    Published(
        "optax",
        "fromage",
        """
Fromage(min_norm=1e-6 in (0, inf)) = {
    shrink = 1 / sqrt(1 + lr^2)
    trust = max(norm2(w), min_norm) / max(norm2(g), min_norm)
    w <- shrink * (w - lr * trust * g)
} from "Bernstein et al. 2020"
""",
    ),
    Published(
        "optax",
        "sm3",
        """
SM3(momentum=0.9) = {
    state mu_row: row, mu_col: col, nu
    s = min(mu_row, mu_col) + g^2
    mu_row <- row_max(s)
    mu_col <- col_max(s)
    u = where(s > 0, g / sqrt(s + 1e-8), 0)
    nu <- momentum * nu + (1 - momentum) * u
    w <- w - lr * nu
} from "Anil et al. 2019"
""",
    ),
    Published(
        "optax",
        "adan",
        """
Adan(beta1=0.98, beta2=0.92, beta3=0.99, eps=1e-8, weight_decay=0.1) = {
    state m, v, n, prev
    d = where(t == 0, 0, g - prev)
    prev <- g
    m <- beta1 * m + (1 - beta1) * g
    v <- beta2 * v + (1 - beta2) * d
    n <- beta3 * n + (1 - beta3) * (g + (1 - beta2) * d)^2
    u = m / (1 - beta1^(t + 1)) + (1 - beta2) * v / (1 - beta2^(t + 1))
    w <- w - lr * (u / (sqrt(n / (1 - beta3^(t + 1)) + 1e-8) + eps) + weight_decay * w)
} from "Xie et al. 2022"
""",
        {"weight_decay": 0.1},
    ),
    Published(
        "optax",
        "rprop",
        """
RpropSigned(eta_minus=0.5, eta_plus=1.2, min_step_size=1e-6, max_step_size=50) = {
    state step_size = lr, prev
    agree = g * prev
    grown = clip(step_size * where(agree > 0, eta_plus, eta_minus), min_step_size, max_step_size)
    step_size <- where(agree == 0, step_size, grown)
    w <- w - where(agree < 0, 0, prev)
    prev <- where(agree < 0, 0, step_size * sign(g))
} from "Riedmiller and Braun 1993"
""",
    ),
    Published(
        "optax",
        "optimistic_gradient_descent",
        """
OptimisticGradient(a=1, b=1) = {
    state prev = g
    u = (a + b) * g - b * prev
    prev <- g
    w <- w - lr * u
} from "Mokhtari et al. 2020"
""",
    ),
    Published(
        "optax.contrib",
        "ademamix",
        """
AdEMAMix(beta1=0.9, beta2=0.999, beta3=0.9999, alpha=6 in [0, inf), eps=1e-8, weight_decay=0.1) = {
    state m1, m2, nu
    m1 <- beta1 * m1 + (1 - beta1) * g
    m2 <- beta3 * m2 + (1 - beta3) * g
    nu <- beta2 * nu + (1 - beta2) * g^2
    u = (m1 / (1 - beta1^(t + 1)) + alpha * m2) / (sqrt(nu / (1 - beta2^(t + 1))) + eps)
    w <- w - lr * (u + weight_decay * w)
} from "Pagliardini et al. 2024"
""",
        {"weight_decay": 0.1, "alpha": 6.0},
    ),
    Published(
        "optax.contrib",
        "adopt",
        """
ADOPT(beta1=0.9, beta2=0.9999, eps=1e-6) = {
    state mu, nu
    bound = t^0.25
    d = where(t == 0, 0, clip(g / max(sqrt(nu), eps), -bound, bound))
    mu <- where(t == 0, 0, beta1 * mu + (1 - beta1) * d)
    nu <- where(t == 0, g^2, beta2 * nu + (1 - beta2) * g^2)
    w <- w - lr * mu
} from "Taniguchi et al. 2024"
""",
    ),
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
)

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

PUBLISHED = (*TORCH, *OPTAX, *PYTORCH_OPTIMIZER)
