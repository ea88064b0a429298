"""Where optax' convention is another one than a library's or a paper's, and where it is the same.

Each case is an entry, and what other code has in place of some of its words; the verdict comes from the
algebra, and what differs has a counterexample.
"""

from __future__ import annotations

import re

import pytest

from nos_sym import catalog
from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.verdicts import Different, Equal
from nos_sym.faces import face_named
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.language.printer import print_rule

Change = tuple[str, dict[str, float], dict[str, str]]
"""An entry, the settings at which it is compared, and its lines with what stands in their place."""

DECAYED = {"weight_decay": 0.1}

DIFFERENT: dict[str, Change] = {
    "Adam: Keras has epsilon before the bias correction": (
        "AdamOptax",
        {},
        {"sqrt(v_hat + eps_root) + eps": "sqrt(v_hat) + eps / sqrt(1 - beta2^(t + 1))"},
    ),
    "Adam: eps_root is no epsilon outside the root": (
        "AdamOptax",
        {"eps": 0.1},
        {"sqrt(v_hat + eps_root) + eps": "sqrt(v_hat + eps) + eps_root"},
    ),
    "AMSGrad: torch corrects the maximum, optax what it is taken of": (
        "AMSGradOptax",
        {},
        {
            "max(nu_max, nu / (1 - beta2^(t + 1)))": "max(nu_max, nu)",
            "sqrt(nu_max + eps_root)": "sqrt(nu_max / (1 - beta2^(t + 1)) + eps_root)",
        },
    ),
    "AMSGrad: without a correction of the squares": (
        "AMSGradOptax",
        {},
        {"max(nu_max, nu / (1 - beta2^(t + 1)))": "max(nu_max, nu)"},
    ),
    "Nadam: the average is corrected by the count of the next step": (
        "NadamOptax",
        {},
        {"beta1 * mu / (1 - beta1^(t + 2))": "beta1 * mu / (1 - beta1^(t + 1))"},
    ),
    "Nadam: Dozat's text has beta2 once more": (
        "NadamOptax",
        {},
        {"sqrt(v_hat + eps_root)": "sqrt(beta2 * v_hat + eps_root)"},
    ),
    "AdaBelief: the deviation from the average of before": (
        "AdaBeliefOptax",
        {},
        {"state nu;": "state nu; before = mu;", "(g - mu)^2": "(g - before)^2"},
    ),
    "AdaBelief: eps_root stays in the average": (
        "AdaBeliefOptax",
        {"eps_root": 0.1},
        {"+ eps_root": "", "sqrt(nu / (1 - beta2^(t + 1)))": "sqrt(nu / (1 - beta2^(t + 1)) + eps_root)"},
    ),
    "Lion: the sign of the average that is kept": (
        "LionOptax",
        {},
        {"u = sign(beta1 * mu + (1 - beta1) * g)": "", "(u +": "(sign(mu) +"},
    ),
    "Lion: the paper's betas the other way round": (
        "LionOptax",
        {},
        {"beta1 * mu + (1 - beta1)": "0.99 * mu + 0.01", "beta2 * mu + (1 - beta2)": "0.9 * mu + 0.1"},
    ),
    "AdEMAMix: the slow average without a correction": (
        "AdEMAMixOptax",
        {},
        {"alpha * m2": "alpha * m2 / (1 - beta3^(t + 1))"},
    ),
    "RMSProp: torch has epsilon outside the root": (
        "RMSPropOptax",
        {},
        {"sqrt(nu + eps)": "(sqrt(nu) + eps)"},
    ),
    "RMSProp: torch has the rate outside the sum": (
        "RMSPropOptax",
        {"momentum": 0.9},
        {"trace - lr * g / sqrt(nu + eps)": "trace - g / sqrt(nu + eps)", "w + trace": "w + lr * trace"},
    ),
    "SGD: Keras has the rate inside the sum": (
        "SGDOptax",
        {"momentum": 0.9},
        {"g + momentum * trace": "lr * g + momentum * trace", "w - lr * trace": "w - trace"},
    ),
    "Adamax: Keras has epsilon outside the maximum": (
        "AdamaxOptax",
        {},
        {"abs(g) + eps": "abs(g)", "/ nu": "/ (nu + eps)"},
    ),
    "Adan: the paper's weight of the difference is beta2 of the averages": (
        "AdanOptax",
        {},
        {"(g + (1 - beta2) * d)^2": "(g + beta2 * d)^2", "+ (1 - beta2) * v /": "+ beta2 * v /"},
    ),
    "Adan: the paper's decay divides": (
        "AdanOptax",
        DECAYED,
        {"w <- w - lr *": "w <- 1 / (1 + lr * weight_decay) * (w - lr *", "+ weight_decay * w)": "+ 0 * w))"},
    ),
    "Adagrad: torch has epsilon outside the root": (
        "AdagradOptax",
        {},
        {"sqrt(sum_of_squares + eps)": "(sqrt(sum_of_squares) + eps)"},
    ),
    "RAdam: torch has epsilon before the bias correction": (
        "RAdamOptax",
        {"beta2": 0.9, "eps": 0.1},
        {"(sqrt(v_hat + eps_root) + eps)": "(sqrt(v_hat) + eps / sqrt(1 - beta2^(t + 1)))"},
    ),
    "RAdam: nothing moves before the rectification": (
        "RAdamOptax",
        {},
        {"(sqrt(v_hat + eps_root) + eps), m_hat)": "(sqrt(v_hat + eps_root) + eps), 0)"},
    ),
    "Yogi: averages from 0": ("YogiOptax", {}, {"state mu = 1e-6; state nu = 1e-6": "state mu, nu"}),
    "Rprop: torch moves by the step of now": (
        "RpropOptax",
        {},
        {
            "w <- w - where(agree < 0, 0, prev_updates)": "",
            "step_sizes * sign(g))": "step_sizes * sign(g)); w <- w - prev_updates",
        },
    ),
    "Optimism: the first gradient before is itself, and not 0": (
        "OptimisticGradientOptax",
        {},
        {"state previous_gradient = g": "state previous_gradient"},
    ),
    "Optimistic Adam: optimism stands beside the rate": (
        "OptimisticAdamOptax",
        {"optimism": 0.5},
        {"lr * d + extra * change": "lr * (d + extra * change)"},
    ),
    "ADOPT: pytorch_optimizer counts the bound from 1": ("ADOPTOptax", {}, {"t^0.25": "(t + 1)^0.25"}),
    "ADOPT: the gradient is divided by the root of before": (
        "ADOPTUnclippedOptax",
        {},
        {"d = g / max(sqrt(nu), eps)": "d = g / max(sqrt(beta2 * nu + (1 - beta2) * g^2), eps)"},
    ),
    "LAMB: pytorch_optimizer bounds the norm of the weight": (
        "LAMBOptax",
        {},
        {"norm2(w) / norm2(u)": "min(norm2(w), 10) / norm2(u)"},
    ),
    "LAMB: version 1 of the paper has no bias correction": (
        "LAMBOptax",
        {},
        {"m_hat = mu / (1 - beta1^(t + 1))": "m_hat = mu", "nu / (1 - beta2^(t + 1))": "nu"},
    ),
    "LARS: the rate outside the sum": (
        "LARSOptax",
        {},
        {"trace - lr * trust * u": "trace - trust * u", "w + trace": "w + lr * trace"},
    ),
    "NovoGrad: pytorch_optimizer averages where optax sums": (
        "NovoGradOptax",
        {},
        {"beta1 * mu + g / (sqrt": "beta1 * mu + where(t == 0, 1, 1 - beta1) * g / (sqrt"},
    ),
    "NovoGrad: the first step sets the norm": (
        "NovoGradOptax",
        {},
        {"where(t == 0, norm2(g)^2, beta2": "(beta2"},
    ),
    "Adafactor: the weight decay is no multiple of the rate": (
        "AdafactorOptax",
        {"weight_decay_rate": 0.1},
        {"weight_decay_rate * w": "lr * weight_decay_rate * w"},
    ),
}  # fmt: skip

NAMESAKES = {
    "NAdam": "NadamOptax",
    "RAdam": "RAdamOptax",
    "Rprop": "RpropOptax",
    "Adafactor": "AdafactorOptax",
}
"""Optimizers of torch that are different ones, with the entries that have their names."""

EQUAL: dict[str, Change] = {
    "AdamW: torch decays first": (
        "AdamWOptax",
        DECAYED,
        {"mu <- beta1": "w <- (1 - lr * weight_decay) * w; mu <- beta1", "+ weight_decay * w)": ")"},
    ),
    "Adamax: torch": ("AdamaxOptax", {}, {"max(abs(g) + eps, beta2 * nu)": "max(beta2 * nu, abs(g) + eps)"}),
    "Lion: Keras and pytorch_optimizer decay first": (
        "LionOptax",
        DECAYED,
        {"state mu": "state mu; w <- w - lr * weight_decay * w", "(u + weight_decay * w)": "u"},
    ),
    "LAMB: Keras": ("LAMBOptax", {}, {"+ eps_root": "", "+ weight_decay * w": ""}),
    "NovoGrad: pytorch_optimizer without grad_averaging": (
        "NovoGradOptax",
        DECAYED,
        {"mu <- beta1 * mu + g": "mu <- where(t == 0, 0, beta1 * mu) + g"},
    ),
}


def _both(change: Change) -> tuple[Block, Block]:
    """Return an entry at some settings, and the other convention."""
    name, settings, lines = change
    rule = catalog.entry(name)
    assert isinstance(rule, Block)
    rule = rule.with_settings(settings)
    text = print_rule(rule)
    for old, new in lines.items():
        assert old in text, f"{old!r} stands nowhere in\n{text}"
        text = text.replace(old, new)
    other = parse(_used(text))
    assert isinstance(other, Block)
    return rule, other


def _used(text: str) -> str:
    """Return the text of a block whose head names only the settings that its statements use."""
    head, _, body = text.partition("{")
    name, _, settings = head.partition("(")
    settings = settings.rpartition(")")[0]
    kept = [s for s in re.split(r",\s*(?=\w+=)", settings) if s.split("=")[0].strip() in body]
    return f"{name}({', '.join(kept)}) = {{{body}"


@pytest.mark.parametrize("case", DIFFERENT)
def test_another_convention_is_another_optimizer(case: str) -> None:
    rule, other = _both(DIFFERENT[case])
    found = compare(rule, other)
    assert isinstance(found, Different)
    assert found.counterexample.first != found.counterexample.second


@pytest.mark.parametrize("name", NAMESAKES)
def test_a_name_that_two_libraries_share_is_two_optimizers(name: str) -> None:
    torch = face_named(f"torch.optim.{name}").entry
    assert isinstance(compare(catalog.entry(NAMESAKES[name]), catalog.entry(torch)), Different)


@pytest.mark.parametrize("case", EQUAL)
def test_another_writing_is_the_same_optimizer(case: str) -> None:
    assert isinstance(compare(*_both(EQUAL[case])), Equal)


@pytest.mark.parametrize(
    ("name", "entry"), [("Adam", "AdamOptax"), ("Adadelta", "AdadeltaOptax"), ("Adamax", "AdamaxOptax")]
)
def test_torch_has_the_same(name: str, entry: str) -> None:
    torch = face_named(f"torch.optim.{name}").entry
    assert isinstance(compare(catalog.entry(entry), catalog.entry(torch)), Equal)
