"""What an unknown name is answered with: a writing that means it, a slip set right, or nothing."""

from __future__ import annotations

import math
import re
from types import ModuleType

import numpy as np
import pytest
import scipy.special
from support.scalar_values import at, evaluate

from nos_sym import catalog
from nos_sym.errors import SourceError
from nos_sym.language.authors.parser import parse_authors
from nos_sym.language.hints import WRITINGS, did_you_mean, hint_for, slip_of
from nos_sym.language.operands import BY_NAME, QUASI_HYPERBOLIC
from nos_sym.language.parser import parse
from nos_sym.language.registry import ALIASES, REGISTRY

KNOWN = [*REGISTRY, *ALIASES, *BY_NAME, *QUASI_HYPERBOLIC]
OPTIMIZERS = [
    "Adamax", "NAdam", "Nadam", "RAdam", "AdamP", "AdamS", "AdamD", "AdamX", "Adadelta", "Adagrad",
    "AdaFactor", "LAMB", "LARS", "Yogi", "SGDW", "ASGD", "Rprop", "Prodigy", "Ranger", "MADGRAD", "QHAdam",
    "AdaHessian", "Adan", "CAME", "SM3", "Muon", "SOAP", "Shampoo", "Tiger", "NovoGrad", "AdaMod", "AdaBound",
    "AdEMAMix", "Signum", "Opt11", "Opt44", "Opt22", "A6", "LR10", "Opt0",
]  # fmt: skip
"""Names that users may ask for, whether the catalog has them or not."""
POINTS = [(x, y) for x in (-1.7, -0.6, 0.3, 0.8, 2.5) for y in (-0.4, 0.9)]
SAME = {  # PyTorch's and others' names of what NumPy and SciPy call otherwise, or do not have
    "sgn": np.sign, "neg": np.negative, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
    "relu": lambda x: max(x, 0), "relu6": lambda x: min(max(x, 0), 6), "sqr": np.square,
    "cube": lambda x: x**3, "rsqrt": lambda x: 1 / math.sqrt(x), "inv": np.reciprocal,
    "inverse": np.reciprocal, "sinpi": lambda x: math.sin(math.pi * x), "logistic": scipy.special.expit,
    "silu": lambda x: x * scipy.special.expit(x), "swish": lambda x: x * scipy.special.expit(x),
    "gelu": lambda x: x * scipy.special.ndtr(x), "mish": lambda x: x * math.tanh(math.log1p(math.exp(x))),
    "logsigmoid": scipy.special.log_expit, "log_sigmoid": scipy.special.log_expit,
    "signum": np.sign, "pow": lambda x: x**3, "power": lambda x: x**3, "float_power": lambda x: x**3,
}  # fmt: skip
WORDS = {
    "clamp", "grad", "grads", "gradient", "weight", "weights", "theta",
    "g_t", "grad_t", "w_t", "theta_t", "param", "parameter", "params",
    "ewma", "ewm", "dropout",
    "expMovAvg", "deltaChange", "MaxValue", "pi", "e",
}  # fmt: skip
"""Writings that are no function of one or two numbers."""


def written(name: str) -> str:
    letters = {"x": "g", "y": "w", "z": "1"}
    return re.sub(r"\b[xyz]\b", lambda match: letters[match[0]], WRITINGS[name])


@pytest.mark.parametrize("name", sorted(WRITINGS))
def test_a_writing_is_the_language_and_its_name_is_not(name: str) -> None:
    parse(f"none ~ {written(name)} * g")
    with pytest.raises(SourceError, match=re.escape(f"'{name}'; write '{WRITINGS[name]}'")):
        parse(f"none ~ {name}(g)")


@pytest.mark.parametrize("name", sorted(WRITINGS.keys() - WORDS))
def test_a_writing_means_what_the_name_means_elsewhere(name: str) -> None:
    update = parse(f"none ~ {written(name)} + 0 * g").update
    function = SAME.get(name) or getattr(np, name, None) or getattr(scipy.special, name)
    binary = "y" in WRITINGS[name]
    compared = 0
    for x, y in POINTS:
        try:
            with np.errstate(all="ignore"):
                wanted = float(function(x, y) if binary else function(x))
        except ValueError:
            continue
        if math.isfinite(wanted):
            compared += 1
            found = evaluate(update, at(gradient=x, weight=y))
            assert found == pytest.approx(wanted, rel=1e-12, abs=1e-15), (x, y)
    assert compared >= 3


def test_numbers_have_their_writings() -> None:
    assert evaluate(parse("none ~ 4 * arctan(1) + 0 * g").update, at()) == pytest.approx(math.pi)
    assert evaluate(parse("none ~ exp(1) + 0 * g").update, at()) == pytest.approx(math.e)


@pytest.mark.parametrize("module", [math, np, np.linalg, scipy.special], ids=lambda module: module.__name__)
def test_a_name_of_another_library_is_never_taken_for_a_slip(module: ModuleType) -> None:
    for name in set(dir(module)) - set(KNOWN):
        assert "did you mean" not in hint_for(name, KNOWN), name


def test_nor_is_an_optimizer_taken_for_another() -> None:
    for name in set(OPTIMIZERS) - set(catalog.names()):
        assert did_you_mean(name, catalog.names()) == "", name
    for name in (
        "tan",
        "sin",
        "cos",
        "pow",
        "log1p",
        "rsqrt",
        "m_hat",
        "lr",
        "pi",
        "inf",
        "a15",
        "u_hat",
        "Sin",
    ):
        assert "did you mean" not in hint_for(name, KNOWN), name


def test_no_name_is_a_slip_of_another() -> None:
    slips = [(a, b) for a in KNOWN for b in KNOWN if a != b and slip_of(a, b)]
    assert slips == [("t", "T"), ("T", "t")]  # the field's letters; both are known, so neither is suggested


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("tahn", "tanh"), ("thanh", "tanh"), ("tnh", "tanh"), ("tanhh", "tanh"), ("sqrtt", "sqrt"),
        ("Tanh", "tanh"), ("sgin", "sign"), ("sigmiod", "sigmoid"), ("softpls", "softplus"),
        ("runing_max", "running_max"), ("clipnorm", "clip_norm"), ("v_hta", "v_hat"), ("v_hut", "v_hat"),
        ("mxa", "max"),
    ],
)  # fmt: skip
def test_a_slip_of_the_fingers_is_set_right(name: str, near: str) -> None:
    with pytest.raises(SourceError, match=f"unknown function '{name}'; did you mean '{near}'"):
        parse(f"none ~ {name}(g)")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("none ~ norm(w) / norm(v_hat) * v_hat", "the norm alone is 'norm2(x)'"),
        (
            "none ~ m_hat / (sqrt(v_hat) + 1e-8)",
            "the average of g is 'v_hat' here, and that of g^2 is 's_hat'",
        ),
        ("none ~ lr * g", "multiplied by the learning rate by itself"),
        ("none ~ g / (sqrt(s_hat) + eps)", "declared in the head, as in 'Name(eps=1e-8) = none ~ ...'"),
        ("none ~ beta1 * g", "'Name(beta1=0.9) = none ~ ...'"),
        ("none ~ frobnicate(g)", "'nos-sym list --language' shows what there is"),
        ("none ~ T * g", "'p' is the step over the number of steps"),
    ],
)
def test_what_cannot_be_written_is_explained(text: str, message: str) -> None:
    with pytest.raises(SourceError, match=re.escape(message)):
        parse(text)


@pytest.mark.parametrize(
    "name", ["beta", "beta1", "beta_2", "eps", "epsilon", "weight_decay", "wd", "gamma", "rho"]
)
def test_a_setting_is_declared_as_the_hint_says(name: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(f"none ~ {name} * g")
    (head,) = re.findall(r"as in '(.*)none ~ \.\.\.'", str(caught.value))
    parse(f"{head}none ~ {name} * g")


def test_the_syntax_of_the_log_suggests_no_other_optimizer_either() -> None:
    for text in ("None ~ q hat", "None ~ sign(s hat)", "None ~ [a15][g]", "None ~ sin(g)", "None ~ tan(g)"):
        with pytest.raises(SourceError) as caught:
            parse_authors(text)
        assert "did you mean" not in str(caught.value)
