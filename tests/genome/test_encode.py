"""Rules as genomes: what fits, what does not and why, and the proof that the meaning is kept."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from support.random_rules import random_rule
from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym import catalog, compare, key_of, parse
from nos_sym.algebra.verdicts import Equal
from nos_sym.errors import GenomeError
from nos_sym.genome.decode import decode
from nos_sym.genome.encode import encode, with_room
from nos_sym.genome.genome import Genome
from nos_sym.genome.sample import sample
from nos_sym.genome.settings import GenomeSettings
from nos_sym.language.authors.log import read_authors_log
from nos_sym.language.kind import Kind
from nos_sym.language.node import node_class
from nos_sym.language.operation import Operation, Role
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Momentum, Rule
from nos_sym.language.setting import setting

DEFAULT = GenomeSettings()
OPTIMIZERS = [rule for rule in catalog.entries() if isinstance(rule, Rule)]


@pytest.mark.parametrize("rule", OPTIMIZERS, ids=lambda rule: rule.name)
@pytest.mark.parametrize("seed", [None, 1])
def test_every_optimizer_of_the_catalog_becomes_a_genome_of_it(rule: Rule, seed: int | None) -> None:
    settings = with_room(DEFAULT, rule)
    # All but one fit the paper's four hidden nodes; AdaBelief needs six.
    assert settings.hidden_nodes == (6 if rule.name == "AdaBelief" else 4)
    assert settings.decay_hidden_nodes == 1
    genome = encode(rule, settings, None if seed is None else np.random.default_rng(seed))
    assert len(genome.hidden) == settings.hidden_nodes
    assert isinstance(compare(decode(genome), rule), Equal)
    assert key_of(decode(genome)) == key_of(rule)
    assert Genome.from_json(genome.to_json()) == genome


def test_the_error_says_how_many_nodes_are_needed() -> None:
    with pytest.raises(GenomeError, match="needs 6 hidden nodes, and a genome has 4; set hidden_nodes to 6"):
        encode(catalog.entry("AdaBelief"))
    with pytest.raises(GenomeError, match="needs 2 hidden nodes, and a genome has 1"):
        encode(catalog.entry("Adam"), GenomeSettings(hidden_nodes=1))
    encode(catalog.entry("Adam"), GenomeSettings(hidden_nodes=2))


def test_the_error_says_what_a_decay_function_needs() -> None:
    rule = parse("none ~ [erfc(erfc(a4)) / (dtanh(a8) * dtanh(a4))] g")
    with pytest.raises(GenomeError, match=r"'erfc\(erfc\(a4\)\) .*' needs 5 hidden nodes, and one .* has 1"):
        encode(rule)
    settings = with_room(DEFAULT, rule)
    assert settings.decay_hidden_nodes == 5
    assert key_of(decode(encode(rule, settings))) == key_of(rule)


def test_what_no_genome_can_hold() -> None:
    rule = parse("none ~ " + "tanh(" * 40 + "g" + ")" * 40)
    with pytest.raises(GenomeError, match=r"needs 39 hidden nodes; a genome has at most 32"):
        with_room(DEFAULT, rule)
    with pytest.raises(GenomeError, match="needs 39 hidden nodes"):
        encode(rule)
    shared = parse("none ~ drop(g, 0.5, draw=1) * drop(w, 0.5, draw=1)")
    with pytest.raises(GenomeError, match="share the mask 1"):
        encode(shared)


@pytest.mark.parametrize(
    ("text", "decay", "operation"),
    [
        ("none ~ g + a1", "a1", "add"),
        ("none ~ a1 - 0.5 * w", "a1", "sub"),
        ("none ~ tanh(a1 + g)", "a1", "add"),
        ("none ~ tanh(exp(a1) + g)", "exp(a1)", "add"),
        ("none ~ ema(a1 * a2, 0.9)", "a1 * a2", "ema"),
        ("none ~ clip(g, p)", "p", "clip"),
        ("none ~ drop(a1, 0.5)", "a1", "drop"),
        ("none ~ clip_norm(correction(0.9))", "correction(0.9)", "clip_norm"),
        ("none ~ [a1] max(g, a2)", "a2", "max"),
    ],
)
def test_a_decay_function_stands_only_as_a_factor(text: str, decay: str, operation: str) -> None:
    for use in (encode, lambda rule: with_room(DEFAULT, rule)):
        with pytest.raises(GenomeError) as error:
            use(parse(text))
        assert str(error.value).startswith(
            f"the decay function '{decay}' is an argument of '{operation}'; in "
        )
        assert "write it as a factor, as in '[a1] g'" in str(error.value)
        assert "\n" not in str(error.value)


GRADIENT = apply("g")
SLOW = apply("mul", number("0.9"), apply("a2"))
NOISE = node_class(
    Operation(
        name="noise",
        title="noise",
        computes="noise",
        source="tests",
        arity=0,
        role=Role.LEAF,
        kind=Kind.TENSOR,
    )
)


@pytest.mark.parametrize(
    ("update", "message"),
    [
        (apply("ema", GRADIENT, beta=SLOW), "parameter beta of 'ema' is '0.9 * a2'; a genome has numbers"),
        (apply("tanh", apply("ema", GRADIENT, beta=SLOW)), "parameter beta of 'ema' is '0.9 * a2'"),
        (apply("scale", apply("correction", beta=SLOW), GRADIENT), "parameter beta of 'correction' is"),
        (apply("wmean", GRADIENT, GRADIENT, weight=SLOW), "parameter weight of 'wmean' is"),
        (apply("add", GRADIENT, NOISE()), "the search space has no operand 'noise'; expected one of Table 2"),
        (apply("mul", number(Rational(1, 2) ** 200), GRADIENT), "the search space has no operand '6.2"),
        (apply("scale", number(Rational(1, 2) ** 200), GRADIENT), "is not a leaf of a decay function"),
        (apply("ema", apply("tanh", GRADIENT), beta=Rational(1, 2) ** 200), "is not a number"),
    ],
)
def test_what_graphs_cannot_say_is_refused_in_one_line(update: Basic, message: str) -> None:
    with pytest.raises(GenomeError) as error:
        encode(Rule(Momentum.NONE, update))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_settings_are_taken_at_their_defaults() -> None:
    beta, weight_decay = setting("beta1", Rational("0.9")), setting("weight_decay", Rational("1e-4"))
    average = apply("ema_hat", GRADIENT, beta=beta)
    update = apply("add", apply("tanh", average), apply("mul", weight_decay, apply("w")))
    rule = Rule(Momentum.NONE, update)
    genome = encode(rule)
    assert {c.source for n in genome.active_nodes for c in n.arguments} == {0, "v_hat", "1e-4 * w"}
    assert decode(genome) == parse("none ~ tanh(v_hat) + 1e-4 * w")
    assert with_room(GenomeSettings(hidden_nodes=1), rule).hidden_nodes == 1


def test_constants_and_operands_are_operands() -> None:
    genome = encode(catalog.entry("Adam"), GenomeSettings(hidden_nodes=2))
    operands = {c.source for n in genome.nodes for c in n.arguments if isinstance(c.source, str)}
    assert operands == {"v_hat", "ema_hat(g^2, 0.999)", "1e-8"}


def test_equal_parts_share_a_node() -> None:
    rule = parse("none ~ tanh(exp(g)) * sqrt(exp(g))")
    genome = encode(rule, GenomeSettings(hidden_nodes=3))
    assert len(genome.active()) == 3
    assert decode(genome) == rule


def test_identities_are_kept_where_there_is_room_and_left_out_where_there_is_none() -> None:
    rule = parse("none ~ tanh(id(id(g)))")
    assert decode(encode(rule)) == rule
    assert decode(encode(rule, GenomeSettings(hidden_nodes=1))) == parse("none ~ tanh(id(g))")


@pytest.mark.parametrize(
    "text",
    [
        "none ~ g", "none ~ 2", "nesterov ascent ~ [a3] v_hat", "none ~ [a1] ([a2] g)", "none ~ [0.5] g",
        "none ~ max(0, g)", "none ~ max(g, 0)", "none ~ [a1] (g * w)", "none ~ -(-g)", "none ~ g * g",
        "none ~ drop(g, 0.2) + drop(g, 0.2)", "momentum ~ (g - w)^2", "none ~ 3.25 * g + 0.125",
        "none ~ sqrt(2) * [a1 * correction(0.9)] g", "none ~ [max(2, 0) * a1] max(2, 0)",
    ],
)  # fmt: skip
def test_every_form_of_a_rule(text: str) -> None:
    rule = parse(text)
    genome = encode(rule)
    assert genome.ascent == rule.ascent
    assert key_of(decode(genome)) == key_of(rule)


def test_a_genome_comes_back_from_its_rule() -> None:
    rng = np.random.default_rng(40)
    for _ in range(300):
        rule = decode(sample(rng))
        assert decode(encode(rule)) == rule


def test_random_rules_keep_their_meaning() -> None:
    rng = random.Random(41)
    tried = 0
    for _ in range(120):
        rule = random_rule(rng, depth=3)
        try:
            settings = with_room(DEFAULT, rule)
            genome = encode(rule, settings, np.random.default_rng(0))
        except GenomeError as error:
            assert "share the mask" in str(error)
            continue
        tried += 1
        assert key_of(decode(genome)) == key_of(rule)
    assert tried > 100


def test_every_evaluation_of_the_authors_log_is_a_genome_of_four_hidden_nodes(shared_data: Path) -> None:
    log = read_authors_log(shared_data / "authors_run_first_half.log")
    rules = {e.rule for e in log.evaluations if e.rule is not None}
    assert len(rules) > 1000
    for rule in rules:
        assert decode(encode(rule)) == rule
