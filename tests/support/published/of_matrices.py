"""Muon as its libraries have it, as blocks: orthogonalized momentum on matrices, AdamW on the rest.

PyTorch divides by ``max(norm, eps)``, Keras and optax by ``norm + eps``. PyTorch averages the gradients,
Keras sums them up, and optax corrects the bias of its average. PyTorch scales a wide matrix by 1 and a tall
one by ``sqrt(rows / cols)``; optax, whose matrices stand on the other side of the input, the other way
around. PyTorch refuses vectors; Keras and optax step them by an AdamW of their own. PyTorch computes the
steps in bfloat16.
"""

from __future__ import annotations

from support.published.record import Published

_AVERAGE = """
    state momentum_buffer
    momentum_buffer <- momentum * momentum_buffer + (1 - momentum) * g"""

_TORCH = (
    Published(
        "torch.optim",
        "Muon",
        f"""
Muon(momentum=0.95, weight_decay=0.1, eps=1e-7) = {{{_AVERAGE}
    d = momentum * momentum_buffer + (1 - momentum) * g
    w <- w - lr * weight_decay * w
    w <- w - lr * sqrt(max(1, rows / cols)) * orth(d, eps=eps)
}} from "Jordan et al. 2024"
""",
    ),
    Published(
        "torch.optim",
        "Muon",
        f"""
MuonPlain(momentum=0.9, weight_decay=0.1, eps=1e-7) = {{{_AVERAGE}
    w <- w - lr * weight_decay * w
    w <- w - lr * sqrt(max(1, rows / cols)) * orth(momentum_buffer, eps=eps)
}} from "Jordan et al. 2024"
""",
        {"momentum": 0.9, "nesterov": False},
    ),
    Published(
        "torch.optim",
        "Muon",
        f"""
MuonMatchRMS(momentum=0.95, weight_decay=0.01, eps=1e-7) = {{{_AVERAGE}
    d = momentum * momentum_buffer + (1 - momentum) * g
    w <- w - lr * weight_decay * w
    w <- w - lr * 0.2 * sqrt(max(rows, cols)) * orth(d, eps=eps)
}} from "Liu et al. 2025"
""",
        {"weight_decay": 0.01, "adjust_lr_fn": "match_rms_adamw"},
    ),
    Published(
        "torch.optim",
        "Muon",
        f"""
MuonCubic(momentum=0.95, eps=0.01, a=1.5 in [-100, 100], b=-0.5 in [-100, 100]) = {{{_AVERAGE}
    d = momentum * momentum_buffer + (1 - momentum) * g
    w <- w - lr * sqrt(max(1, rows / cols)) * orth(d, steps=7, eps=eps, a=a, b=b, c=0)
}} from "Jordan et al. 2024"
""",
        {"weight_decay": 0, "ns_coefficients": (1.5, -0.5, 0.0), "ns_steps": 7, "eps": 0.01},
    ),
)
"""Those that step matrices alone."""

_ADAMW = """
        state exp_avg, exp_avg_sq
        w <- w - lr * weight_decay * w
        exp_avg <- beta1 * exp_avg + (1 - beta1) * g
        exp_avg_sq <- beta2 * exp_avg_sq + (1 - beta2) * g^2
        m_hat = exp_avg / (1 - beta1^(t + 1))
        w <- w - lr * m_hat / (sqrt(exp_avg_sq / (1 - beta2^(t + 1))) + eps)"""

MUON_WITH_ADAMW = f"""
MuonWithAdamW(momentum=0.95, weight_decay=0.1, beta1=0.9, beta2=0.999, eps=1e-8) = {{
    if rank == 2 {{
        state momentum_buffer
        momentum_buffer <- momentum * momentum_buffer + (1 - momentum) * g
        d = momentum * momentum_buffer + (1 - momentum) * g
        w <- w - lr * weight_decay * w
        w <- w - lr * 0.2 * sqrt(max(rows, cols)) * orth(d)
    }} else {{{_ADAMW}
    }}
}} from "Liu et al. 2025"
"""
"""Muon of PyTorch on matrices, AdamW of PyTorch on the rest, with one rate and one decay."""

_KERAS = (
    Published(
        "keras.optimizers",
        "Muon",
        """
MuonKeras(momentum=0.95, weight_decay=0.004, beta1=0.9, beta2=0.999, epsilon=1e-7) = {
    w <- w - lr * weight_decay * w
    if rank == 2 {
        state m
        m <- momentum * m + g
        w <- w - lr * 0.2 * sqrt(max(rows, cols)) * orth(g + momentum * m, eps=0, plus=1e-7)
    } else {
        state m, velocity
        m <- beta1 * m + (1 - beta1) * g
        velocity <- beta2 * velocity + (1 - beta2) * g^2
        alpha = sqrt(1 - beta2^(t + 1)) / (1 - beta1^(t + 1))
        w <- w - lr * alpha * m / (sqrt(velocity) + epsilon)
    }
} from "Liu et al. 2025"
""",
    ),
    Published(
        "keras.optimizers",
        "Muon",
        """
MuonKerasPlain(momentum=0.9) = {
    if rank == 2 {
        state m
        m <- momentum * m + g
        w <- w - lr * orth(m, steps=3, eps=0, plus=1e-7)
    } else {
        state m, velocity
        m <- 0.9 * m + (1 - 0.9) * g
        velocity <- 0.999 * velocity + (1 - 0.999) * g^2
        w <- w - lr * sqrt(1 - 0.999^(t + 1)) / (1 - 0.9^(t + 1)) * m / (sqrt(velocity) + 1e-7)
    }
} from "Jordan et al. 2024"
""",
        {
            "momentum": 0.9, "nesterov": False, "rms_rate": None, "ns_steps": 3, "weight_decay": None,
            "adam_weight_decay": None,
        },
    ),
)  # fmt: skip

_NADAM = """
        state mu, nu
        mu <- beta1 * mu + (1 - beta1) * g
        nu <- beta2 * nu + (1 - beta2) * g^2
        d = beta1 * mu / (1 - beta1^(t + 2)) + (1 - beta1) * g / (1 - beta1^(t + 1))
        w <- w - lr * d / (sqrt(nu / (1 - beta2^(t + 1))) + eps)"""

_OPTAX_SETTINGS = "beta=0.95, eps=1e-8, beta1=0.9, beta2=0.999"
_OPTAX_MOMENTUM = """
        state mu
        mu <- beta * mu + (1 - beta) * g
        d = beta * mu / (1 - beta^(t + 2)) + (1 - beta) * g / (1 - beta^(t + 1))"""

_OPTAX = (
    Published(
        "optax.contrib",
        "muon",
        f"""
MuonOptax({_OPTAX_SETTINGS}, weight_decay=0.1) = {{
    if rank == 2 {{{_OPTAX_MOMENTUM}
        u = sqrt(max(1, cols / rows)) * orth(d, eps=0, plus=eps)
        w <- w - lr * (u + weight_decay * w)
    }} else {{{_NADAM}
    }}
}} from "Jordan et al. 2024"
""",
        {"weight_decay": 0.1},
    ),
    Published(
        "optax.contrib",
        "muon",
        """
MuonOptaxRMS(beta=0.9, eps=1e-8, consistent_rms=0.2) = {
    state mu
    mu <- beta * mu + (1 - beta) * g
    u = orth(mu / (1 - beta^(t + 1)), eps=0, plus=eps)
    w <- w - lr * sqrt(max(rows, cols)) * consistent_rms * u
} from "Liu et al. 2025"
""",
        {"beta": 0.9, "nesterov": False, "consistent_rms": 0.2},
    ),
    Published(
        "optax.contrib",
        "muon",
        f"""
MuonDion({_OPTAX_SETTINGS}) = {{
    if rank == 2 {{{_OPTAX_MOMENTUM}
        x = orth(d, steps=1, eps=0, plus=eps, a=4.0848, b=-6.8946, c=2.927)
        x2 = newton_schulz(x, a=3.9505, b=-6.3029, c=2.6377)
        x3 = newton_schulz(x2, a=3.7418, b=-5.5913, c=2.3037)
        x4 = newton_schulz(x3, a=2.8769, b=-3.1427, c=1.2046)
        w <- w - lr * sqrt(max(1, cols / rows)) * newton_schulz(x4, a=2.8366, b=-3.0525, c=1.2012)
    }} else {{{_NADAM}
    }}
}} from "Ahn et al. 2025"
""",
        {"ns_coeffs": "dion"},
    ),
)

OF_MATRICES = (*_TORCH, *_KERAS, *_OPTAX)
