"""Optimizers of optax as blocks."""

from __future__ import annotations

from support.published.record import Published

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
)
