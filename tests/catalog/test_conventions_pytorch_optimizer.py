"""Where pytorch_optimizer means something else than papers and other libraries do, shown by histories."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from nos_sym import Block, compare
from nos_sym.algebra.verdicts import Different, Equal
from nos_sym.catalog import entry
from nos_sym.language.parser import parse
from nos_sym.language.printer import print_rule


def at(name: str, **settings: str) -> Block:
    """Return an entry with other values of its settings."""
    rule = entry(name)
    assert isinstance(rule, Block)
    return rule.with_settings(settings)


def decayed(name: str) -> Block:
    return at(name, weight_decay="0.1")


ALGORITHMS = {
    "torch.optim.RAdam": """{ state m, v
        m <- 0.9 * m + 0.1 * g; v <- 0.999 * v + 0.001 * g^2
        rho = 1999 - 2 * (t + 1) * 0.999^(t + 1) / (1 - 0.999^(t + 1))
        rect = sqrt((rho - 4) * (rho - 2) * 1999 / (1995 * 1997 * rho)) * sqrt(1 - 0.999^(t + 1))
        w <- w - lr * m / (1 - 0.9^(t + 1)) * where(rho > 5, rect / (sqrt(v) + 1e-8), 1) }""",
    "keras.optimizers.Adamax": """{ state m, u; m <- 0.9 * m + 0.1 * g; u <- max(0.999 * u, abs(g))
        w <- w - lr / (1 - 0.9^(t + 1)) * m / (u + 1e-8) }""",
    "LAMB of the paper": """{ state m, v; m <- 0.9 * m + 0.1 * g; v <- 0.999 * v + 0.001 * g^2
        u = m / (1 - 0.9^(t + 1)) / (sqrt(v / (1 - 0.999^(t + 1))) + 1e-6)
        w <- w - lr * where(norm2(w) > 0 and norm2(u) > 0, norm2(w) / norm2(u), 1) * u }""",
    "MADGRAD of the paper": """{ state q, s, x = w
        s <- s + lr * sqrt(t + 1) * g; q <- q + lr * sqrt(t + 1) * g^2
        w <- 0.9 * w + 0.1 * (x - s / (q^(1/3) + 1e-6)) }""",
    "torch.optim.SGD(nesterov=True) at momentum 0.9 and dampening 0.5": """{ state b
        b <- where(t == 0, g, 0.9 * b + 0.5 * g); w <- w - lr * (g + 0.9 * b) }""",
    "torch.optim.Adadelta": """{ state s, a; s <- 0.9 * s + 0.1 * g^2; d = sqrt(a + 1e-6) / sqrt(s + 1e-6) * g
        a <- 0.9 * a + 0.1 * d^2; w <- w - lr * d }""",
    "torch.optim.Adamax": """{ state m, u; m <- 0.9 * m + 0.1 * g; u <- max(0.999 * u, abs(g) + 1e-8)
        w <- w - lr / (1 - 0.9^(t + 1)) * m / u }""",
    "Signum": "{ state m; m <- 0.9 * m + 0.1 * g; w <- w - lr * sign(m) }",
}

DIFFERENT = {
    "decay of the weights, decay in a sign": (decayed("LionPO"), decayed("LionL2")),
    "decay of the weights, decay in the moments": (decayed("AdaBeliefPO"), decayed("AdaBeliefL2")),
    "decay behind the normalization, decay of the weights": (decayed("NovoGradPO"), decayed("NovoGradW")),
    "decay before the ratio, decay in the ratio": (decayed("LambPO"), decayed("LambL2")),
    "proximal decay, that of AdamW": (decayed("AdanPO"), decayed("AdanW")),
    "decay by the rate of the tensor, decay in the gradient": (
        decayed("AdaFactorPO"), decayed("AdaFactorL2"),
    ),
    "steps that wait for the rectification, SGD with momentum": (at("RAdamPO"), at("RAdamDegenerated")),
    "steps that wait for the rectification, torch.optim.RAdam": (
        at("RAdamPO"), parse(ALGORITHMS["torch.optim.RAdam"]),
    ),
    "the same, with decay alone": (decayed("DiffGradRectified"), decayed("DiffGradRectifiedWaiting")),
    "largest moments with their epsilons, moments": (at("AdaBeliefPO"), at("AdaBeliefAMS")),
    "largest roots of moments under a root, moments": (at("AdaFactorPO"), at("AdaFactorAMS")),
    "sums, averages": (at("NovoGradPO"), at("NovoGradAveraged")),
    "sums, averages, of LAMB": (at("LambPO"), at("LambSummed")),
    "clipped, not clipped": (at("ADOPTPO"), at("ADOPTUnclipped")),
    "the average's sign, the gradient's": (at("Ano"), at("Grams")),
    "moments that correct each other, Adam": (at("EXAdam"), at("AdamTorch")),
    "epsilon before the bias correction, after it": (at("PAdam", partial="0.5"), at("AdamTorch")),
    "the estimate with the rate, without": (at("ProdigyPO"), at("ProdigySafeguarded")),
    "Nesterov with dampening, without": (
        at("SGDWNesterov", momentum="0.9", dampening="0.5"), at("SGDWNesterov", momentum="0.9"),
    ),
    "epsilon inside the maximum, outside": (at("AdaMaxPO"), parse(ALGORITHMS["keras.optimizers.Adamax"])),
    "one bias correction and a clamp, two": (at("LambPO"), parse(ALGORITHMS["LAMB of the paper"])),
    "epsilon in the rate, not": (at("MADGRADPO"), parse(ALGORITHMS["MADGRAD of the paper"])),
}  # fmt: skip

REWRITTEN = {
    "decay after the step, before it": (
        decayed("LaProp"),
        "w <- w - where(lr == 0, 1, lr / exp_avg_lr_1) * exp_avg; w <- w - lr * weight_decay * w",
        "w <- w - lr * weight_decay * w; w <- w - where(lr == 0, 1, lr / exp_avg_lr_1) * exp_avg",
    ),
    "an epsilon of 1e-15 inside the root, none": (
        at("DiffGrad"), "sqrt(exp_avg_sq + 1e-15)", "sqrt(exp_avg_sq)",
    ),
    "epsilon that accumulates, epsilon once": (
        at("Kate"), "sqrt(b^2 + g^2 + eps)", "sqrt(b^2 + g^2 + where(t == 0, eps, 0))",
    ),
    "a first moment that begins at the accumulator, at 0": (
        at("YogiPO"), "state exp_avg = initial_accumulator;", "state exp_avg;",
    ),
    "a correction that divides the step, one that multiplies it": (
        at("SimplifiedAdEMAMixPO"), "lr * u / sqrt(den_sum)", "lr * u * sqrt(den_sum)",
    ),
    "an average of steps, a step of averages": (
        at("AdaFactorPO"),
        "(1 - beta1) * rate * u / max(1, rms(u) / clip_threshold); w <- w - exp_avg",
        "(1 - beta1) * u / max(1, rms(u) / clip_threshold); w <- w - rate * exp_avg",
    ),
    "the least denominator, an epsilon that is added": (
        at("ADOPTPO"), "max(sqrt(exp_avg_sq), eps)", "(sqrt(exp_avg_sq) + eps)",
    ),
    "the sum of norms, the norm of the sum": (
        decayed("LARSPO"), "norm2(g) + weight_decay * norm2(w)", "norm2(g + weight_decay * w)",
    ),
    "bounds that follow a schedule, bounds that stay": (
        at("AdaBound"), "final_lr * lr / base_lr", "final_lr",
    ),
    "a dampening of the first step too, not": (
        at("LARSPO", dampening="0.5"), "where(momentum == 0, d,", "where(momentum == 0 or t == 0, d,",
    ),
    "norms that count up to 10, all": (at("LambPO"), "min(norm2(w), 10)", "norm2(w)"),
    "a distance from the average with this gradient in it, before it": (
        at("AdaBeliefPO"), "(g - exp_avg)^2", "(g - (exp_avg - (1 - beta1) * g) / beta1)^2",
    ),
    "a rate that falls with the decay, the decay of AdamW": (
        decayed("StableAdamW"), "clipped * weight_decay * w", "lr * weight_decay * w",
    ),
    "a decay that is normalized, one that is not": (
        decayed("ScheduleFreeAdamWPO"),
        "g / (sqrt(corrected + 1e-15) + eps) + weight_decay * w",
        "(g + weight_decay * w) / (sqrt(corrected + 1e-15) + eps)",
    ),
    "accumulators that never fall, averages": (
        at("SM3PO", beta="0.5"), "where(beta > 0 and rank >= 1, max(accumulator, v), v)", "v",
    ),
}  # fmt: skip

EQUAL = {
    "the epsilons of AdaBelief add up": (at("AdaBeliefPO"), entry("AdaBelief")),
    "momenta are averages over 1 - beta": (at("AggMoPO"), entry("AggMo")),
    "QHM is SGD at the library's defaults": (at("QHMPO"), entry("SGD")),
    "SGDW is SGD at the library's defaults": (at("SGDWPO"), entry("SGD")),
    "Lion without a decay": (at("LionPO"), entry("Lion")),
    "Tiger is Signum": (at("Tiger"), at("SignSGDPO", momentum="0.965", weight_decay="0.01")),
    "SignSGD is Signum": (at("SignSGDPO"), parse(ALGORITHMS["Signum"])),
    "PAdam is Adam of Keras at one half": (at("PAdam", partial="0.5", eps="1e-7"), entry("AdamKeras")),
    "Adadelta of torch": (at("AdaDeltaPO"), parse(ALGORITHMS["torch.optim.Adadelta"])),
    "Adamax of torch": (at("AdaMaxPO"), parse(ALGORITHMS["torch.optim.Adamax"])),
    "SGD of torch": (
        at("SGDWNesterovL2", momentum="0.9", dampening="0.5"),
        parse(ALGORITHMS["torch.optim.SGD(nesterov=True) at momentum 0.9 and dampening 0.5"]),
    ),
}  # fmt: skip


SLOW = (
    "decay by the rate of the tensor, decay in the gradient",
    "largest roots of moments under a root, moments",
    "the estimate with the rate, without",
    "an average of steps, a step of averages",
)
"""Differences that take a second or more to find."""


def names(cases: Iterable[str]) -> list[Any]:
    return [pytest.param(name, marks=[pytest.mark.heavy] if name in SLOW else []) for name in cases]


@pytest.mark.parametrize("name", names(DIFFERENT))
def test_conventions_that_differ(name: str) -> None:
    found = compare(*DIFFERENT[name])
    assert isinstance(found, Different)
    assert found.counterexample.first != found.counterexample.second


@pytest.mark.parametrize("name", names(REWRITTEN))
def test_entries_that_are_not_as_one_would_write_them(name: str) -> None:
    rule, here, elsewhere = REWRITTEN[name]
    text = print_rule(rule)
    assert text.count(here) == 1
    found = compare(rule, parse(text.replace(here, elsewhere)))
    assert isinstance(found, Different)
    assert found.counterexample.first != found.counterexample.second


@pytest.mark.parametrize("name", EQUAL)
def test_conventions_that_are_the_same(name: str) -> None:
    assert isinstance(compare(*EQUAL[name]), Equal)
