"""Canonical texts: a pure function of the form, in words, short, and as exact as the rules they stand for."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from support.random_rules import random_rule
from support.text_measures import known_rules, nodes, rounding_errors, shortest_members

import nos_sym
from nos_sym import Rule, catalog, factor
from nos_sym.algebra.canonical import canonical
from nos_sym.algebra.kernel import fresh_workspace
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text import canonical_rule, to_expression
from nos_sym.algebra.text.effort import WORK, effort
from nos_sym.algebra.text.extraction import update
from nos_sym.language.operands import OPERANDS
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import apply


def text_of(rule: str) -> str:
    return print_expression(canonical_rule(nos_sym.parse(f"none ~ {rule}")).update)


@pytest.mark.parametrize(
    "text",
    [
        "softplus(v_hat)",
        "sigmoid(lam_hat)",
        "dsoft(g)",
        "softsign(lam_hat)",
        "erfc(qhm(0.7))",
        "rdiv(g, v_hat)",
        "rdiv(v_hat, rdiv(qhm2(0.95), [i1e(a10)] s_hat))",
        "clip(v_hat, sqrt(s_hat))",
        "clip(agg_lam, qhm3(0.99))",
        "v_hat / (sqrt(ema_hat(g^2, 0.999)) + 1e-8)",
        "v_hat / sqrt(s_hat)",
        "tanh(arcsinh(qhm(0.7)))",
        "i1e(clip(g, v_hat))",
        "ln(qhm(0.7))",
        "delta([a8 * a12] v_hat)",
        "ema_hat(softsign(v_hat), 0.95)",
        "[sqrt(a4)] v_hat",
        "[max(a3, a9)] v_hat",
        "min(v_hat, 2 * min(a9, a12))",
        "wmean(1e-4 * w, v_hat, 0.05)",
        "[arctan(a4)] v_hat",
        "rdiv(g, sign(w))",
        "softsign(tanh(g))",
        "clip_norm(clip(v_hat, sqrt(s_hat)))",
        "delta(agg_s)",
        "[a1^2] max(0, lam_hat)",
        "ln(arctan(sign(v_hat)))",
        "dsig(sign(v_hat))",
        "sign(sigmoid(g))",
        "[sign(remaining)] sign(dtanh(w))",
        "sqrt(dtanh(w))",
        "recip(agg_v)^4",
        "2 * min(a9, a12) - v_hat",
        "2 * min(a9, a12) - max(w, v_hat)",
        "wmean(1e-4 * w, 2 * min(a9, a12) - v_hat, 0.05)",
    ],
)
def test_words_come_back(text: str) -> None:
    """What the form writes out is put together again."""
    assert text_of(text) == text


@pytest.mark.heavy
@pytest.mark.parametrize(
    "text",
    [
        "[min(a12, a14)] v_hat",
        "g / erfc(sign(g))",
        "[dsig(a14)] (1e-4 * w)",
        "rdiv(qhm2(0.95), [sigmoid(a11)] dsoft([i1e(a10)] s_hat))",
        "[dtanh(a1)] (v_hat * sigmoid(lam_hat))",
        "rdiv(min(2, v_hat), [min(a12, a14)] w)",
        "rdiv(min(2 * min(a9, a12), [min(a3, a13)] v_hat), clip(-[a12] (1e-4 * w), [a14] (1e-4 * w)))",
        "0.95 * min(v_hat, qhm2(0.95)) + [min(a12, a14)] (w / 200000)",
    ],
)
def test_words_come_back_from_long_forms(text: str) -> None:
    assert text_of(text) == text


@pytest.mark.parametrize(
    "text",
    ["abspow(2 * g, 2000)", "abspow(1e-5 * g, 400)", "abspow(g / 7, 390) + w", "((qhm3(0.952)^7)^7)^7"],
)
def test_numbers_beyond_those_of_the_language(text: str) -> None:
    """What no number of a text can be is written with numbers that can."""
    rule = nos_sym.parse(f"none ~ {text}")
    assert canonical(nos_sym.parse(str(canonical_rule(rule)))) is canonical(rule)


def test_operands_and_schedules_are_their_words() -> None:
    for operand in OPERANDS:
        assert to_expression(polynomial(operand.expression)) == operand.expression
    for i in range(1, 15):
        assert print_expression(to_expression(polynomial(apply(f"a{i}")))) == f"a{i}"


def test_no_partial_fractions() -> None:
    """``c - c y/(y + c)`` is ``c^2/(y + c)``, which does not cancel."""
    assert text_of("v_hat - v_hat * sqrt(s_hat) / (sqrt(s_hat) + 0.5)") == "v_hat * dsoft(2 * sqrt(s_hat))"
    assert text_of("1e8 * v_hat - 1e8 * (v_hat * sqrt(s_hat)) / (sqrt(s_hat) + 1e-8)") == (
        "v_hat / (sqrt(s_hat) + 1e-8)"
    )


def ratios_of(members: list[Rule]) -> np.ndarray:
    """Return the nodes of texts over those of their rules, and hold the texts to the forms."""
    ratios = []
    for rule in members:
        text = canonical_rule(rule)
        assert canonical(text).digest == canonical(rule).digest, str(rule)
        ratios.append(nodes(text.update) / nodes(rule.update))
    return np.array(ratios)


def test_a_sample_of_the_catalog() -> None:
    """Texts of rules of the catalog have their forms, and few nodes."""
    members = shortest_members(known_rules(None))
    assert max(ratios_of(random.Random(0).sample(members, 16))) <= 1.7


@pytest.mark.heavy
def test_catalog() -> None:
    ratios = ratios_of(shortest_members(known_rules(None)))
    assert max(ratios) <= 1.7
    assert np.quantile(ratios, 0.95) <= 1.2


def test_the_text_depends_on_the_form_alone() -> None:
    texts = ["softsign(clip(1e-5 * w, v_hat))", "[a13] rdiv(g, qhm(0.7))", "max(agg_v, [a3] v_hat)"]
    before = [text_of(t) for t in texts]
    with fresh_workspace():
        for other in ("g / (1 + abs(w))", "tanh(g) * w", "[a13 * a2] v_hat"):
            text_of(other)
        assert [text_of(t) for t in reversed(texts)] == before[::-1]


def test_deep_rules() -> None:
    """A form that is too deep to be searched is written as it is, however deep."""
    text = "g"
    for _ in range(140):
        text = f"tanh({text})"
    rule = nos_sym.parse(f"none ~ {text}")
    assert canonical(canonical_rule(rule)) is canonical(rule)


@pytest.mark.heavy
@pytest.mark.parametrize(
    "text",
    [
        "((((g + w)^9 * (g - w)^9)^2)^3)",
        "(g + w + v_hat + s_hat + 1)^5",
        " + ".join(f"max(g + {i}, w * {i})" for i in range(1, 30)),
    ],
)
def test_the_work_is_bounded(text: str) -> None:
    form = canonical(nos_sym.parse(f"none ~ {text}"))
    with effort() as spent:
        update(form)
    assert spent.left > -WORK


def test_schedules_and_cores_in_the_words_of_the_rule() -> None:
    found = factor(nos_sym.parse("momentum ~ g * [arctan(a4)] softplus([max(a9, a10)] g^3)"))
    assert str(found.schedule) == "schedule ~ arctan(a4)"
    assert str(found.core) == "momentum ~ g * softplus([max(a9, a10)] g^3)"
    found = factor(nos_sym.parse("none ~ [a13 * a2] v_hat / 3"))
    assert str(found.schedule) == "schedule ~ a2 * a13"
    assert str(found.constant) == "1 / 3"


def not_more_than_its_rule(rule: Rule) -> bool:
    theirs, ours = rounding_errors(rule), rounding_errors(canonical_rule(rule))
    both = np.isfinite(theirs) & np.isfinite(ours)
    return bool(np.all(ours[both] <= 4 * theirs[both] + 8))


@pytest.mark.parametrize("name", ["Adam", "AMSGrad", "AdaBelief", "Opt1", "Opt3", "Opt5", "A1", "AdamWKeras"])
def test_rounding(name: str) -> None:
    """In float32 a text is about as exact as its rule, at tiny and zero gradients too."""
    entry = catalog.entry(name)
    assert isinstance(entry, Rule)
    assert not_more_than_its_rule(entry)


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_the_log(shared_data: Path) -> None:
    """Texts of all classes of the log: their forms, their lengths, and on a sample their rounding."""
    members = shortest_members(known_rules(shared_data))
    ratios = ratios_of(members)
    assert np.median(ratios) <= 1
    assert np.quantile(ratios, 0.95) <= 1.5
    assert max(ratios) <= 3
    sample = [r for r in random.Random(0).sample(members, 200) if "drop(" not in str(r)]
    # Measured: one, whose text takes the sign apart.
    assert len([r for r in sample if not not_more_than_its_rule(r)]) <= 1


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_random_rules() -> None:
    rng = random.Random(5)
    rules = [random_rule(rng, depth=3, authors=i % 2 == 0) for i in range(400)]
    assert len([r for r in rules if not kept(r)]) <= 4


def kept(rule: Rule) -> bool:
    """Return whether a rule has a text, which may be too large, and the text its form."""
    try:
        text = canonical_rule(rule)
    except nos_sym.RuleError:
        return False
    return canonical(text).digest == canonical(rule).digest
