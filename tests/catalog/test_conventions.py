"""Where libraries mean different things under one name: what tells them apart, and what makes them one."""

from __future__ import annotations

import pytest

from nos_sym import catalog, compare, parse
from nos_sym.algebra.verdicts import Different, Equal
from nos_sym.language.block import Block

Values = dict[str, float]

EPS = {"eps": 1e-7}
NO_EPS = {"eps": 0.0}
MOMENTUM = {"momentum": 0.9}
SUM = {"initial_accumulator_value": 0.1}
ADADELTA = {"rho": 0.9, "eps": 1e-6}
CENTERED = {"rho": 0.99, "eps": 0.0}

DIFFERENT: dict[str, tuple[str, Values, str, Values]] = {
    "Adam: epsilon behind or before the bias correction": ("AdamTorch", EPS, "AdamKerasBlock", EPS),
    "AMSGrad: epsilon behind or before it": ("AMSGradTorch", EPS, "AMSGradKerasBlock", EPS),
    "Adamax: epsilon in the maximum or added to it": ("AdamaxTorch", EPS, "AdamaxKeras", EPS),
    "RMSProp: epsilon outside or inside the root": (
        *("RMSPropTorch", {"alpha": 0.9, **EPS}),
        *("RMSPropKerasBlock", EPS),
    ),
    "Adagrad: epsilon outside or inside the root": ("AdagradTorch", SUM | EPS, "AdagradKeras", SUM | EPS),
    "Adam: decay of the gradient or of the weight": (
        *("AdamTorch", {"weight_decay": 0.01}),
        *("AdamWTorch", {"weight_decay": 0.01}),
    ),
    "AMSGrad: the maximum of averages or their last": ("AMSGradTorch", {}, "AdamTorch", {}),
    "Adadelta: decay of the gradient or of the weight": (
        *("AdadeltaTorch", ADADELTA | {"weight_decay": 0.01}),
        *("AdadeltaKeras", ADADELTA | {"weight_decay": 0.01}),
    ),
    "NAdam: how fast the momentum warms up": ("NAdamTorch", EPS, "NadamKeras", EPS),
    "SGD: the rate outside or inside of the momentum": ("SGDTorch", MOMENTUM, "SGDKeras", MOMENTUM),
    "SGD: the rate and the momentum that looks ahead": (
        *("SGDNesterovTorch", MOMENTUM),
        *("SGDNesterovKeras", MOMENTUM),
    ),
    "ScheduleFree: recovered before or after the step": (
        *("ScheduleFreeAdamWKeras", {}),
        *("ScheduleFreeAdamWKerasInPlace", {}),
    ),
}
"""What differs: two entries, each with the settings at which it is meant."""

EQUAL: dict[str, tuple[str, Values, str, Values]] = {
    "Adam without epsilon": ("AdamTorch", NO_EPS, "AdamKerasBlock", NO_EPS),
    "AMSGrad without epsilon": ("AMSGradTorch", NO_EPS, "AMSGradKerasBlock", NO_EPS),
    "Adamax without epsilon": ("AdamaxTorch", NO_EPS, "AdamaxKeras", NO_EPS),
    "RMSProp without epsilon": ("RMSPropTorch", {"alpha": 0.9, **NO_EPS}, "RMSPropKerasBlock", NO_EPS),
    "centered RMSProp without epsilon": ("RMSPropCenteredTorch", NO_EPS, "RMSPropCenteredKeras", CENTERED),
    "Adagrad without epsilon": ("AdagradTorch", SUM | NO_EPS, "AdagradKeras", SUM | NO_EPS),
    "Adam without decay": ("AdamTorch", {}, "AdamWTorch", {"weight_decay": 0.0}),
    "Adadelta without decay": ("AdadeltaTorch", ADADELTA, "AdadeltaKeras", ADADELTA),
    "RAdam without decay": ("RAdamTorch", {}, "RAdamWTorch", {}),
    "NAdam that warms up as Keras has it": ("NAdamWTorch", {"momentum_decay": 1.0, **EPS}, "NadamKeras", EPS),
    "SGD without momentum": ("SGDTorch", {}, "SGDKeras", {}),
    "SGD that looks ahead without momentum": ("SGDNesterovTorch", {}, "SGDNesterovKeras", {}),
}
"""What vanishes: two entries, each with settings at which they are one rule."""


def at(name: str, values: Values) -> Block:
    found = catalog.entry(name)
    assert isinstance(found, Block)
    return found.with_settings(values)


@pytest.mark.parametrize("what", DIFFERENT)
def test_a_history_tells_two_conventions_apart(what: str) -> None:
    first, at_first, second, at_second = DIFFERENT[what]
    assert isinstance(compare(at(first, at_first), at(second, at_second)), Different)


@pytest.mark.parametrize("what", EQUAL)
def test_conventions_are_one_rule_where_what_differs_is_off(what: str) -> None:
    first, at_first, second, at_second = EQUAL[what]
    assert isinstance(compare(at(first, at_first), at(second, at_second)), Equal)


def test_epsilon_of_radam_behind_the_bias_correction_is_another_rule() -> None:
    text = str(catalog.entry("RAdamTorch"))
    behind = "sqrt(1 - beta2^(t + 1)) / (sqrt(exp_avg_sq) + eps)"
    assert behind in text
    other = parse(text.replace(behind, "1 / (sqrt(exp_avg_sq / (1 - beta2^(t + 1))) + eps)"))
    assert isinstance(other, Block)
    assert isinstance(compare(at("RAdamTorch", {}), other), Different)
    assert isinstance(compare(at("RAdamTorch", NO_EPS), other.with_settings(NO_EPS)), Equal)
