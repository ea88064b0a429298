"""The canonical form: what it sees, and what it must not merge."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
from support.judges.every_history import separated
from support.random_rules import random_rule

from nos_sym import catalog
from nos_sym.algebra.canonical import VERSION, canonical, key_of
from nos_sym.algebra.kernel import (
    fresh_workspace,
)
from nos_sym.algebra.text import canonical_rule
from nos_sym.errors import RuleError
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule

EQUAL = [
    ("1 / (1 + exp(recip(max(g, 0))))", "(1 - tanh(recip(max(g, 0)) / 2)) / 2"),
    # commutativity, associativity, identities and annihilators, double negation, constants
    ("g + w", "w + g"),
    ("(g + w) + v_hat", "v_hat + (w + g)"),
    ("g * (w * v_hat)", "(v_hat * g) * w"),
    ("g + 0 * w", "g"),
    ("1 * g / 1", "g"),
    ("--g", "g"),
    ("id(g) - id(-id(g))", "2 * g"),
    ("0.5 * g + g / 2", "g"),
    ("3 * (g + w) - 2 * g", "g + 3 * w"),
    ("g / (2 * w)", "0.5 * (g / w)"),
    ("sqrt(4) * g", "2 * g"),
    # parity
    ("rdiv(g, -w)", "rdiv(g, abs(w))"),
    ("tanh(-g)", "-tanh(g)"),
    ("arctan(-g) * erf(-w)", "arctan(g) * erf(w)"),
    ("i1e(g - w)", "-i1e(w - g)"),
    ("clip(g, -w)", "clip(g, w)"),
    ("clip_norm(-g)", "-clip_norm(g)"),
    # idempotence
    ("clip_norm(clip_norm(g))", "clip_norm(g)"),
    ("clip_norm(0.5 * clip_norm(g))", "0.5 * clip_norm(g)"),
    ("clip(clip(g, w), w)", "clip(g, w)"),
    ("max(g, max(g, w))", "max(g, w)"),
    ("min(max(g, w), g)", "g"),
    # ranges
    ("min(s_hat, 0) + g", "g"),
    ("min(sign(g), exp(1))", "sign(g)"),
    ("max(exp(g), 0)", "exp(g)"),
    ("min(sigmoid(g), 1)", "sigmoid(g)"),
    ("max(erfc(g), -1)", "erfc(g)"),
    ("min(softplus(g), 0)", "0"),
    ("clip(softsign(g), 1)", "softsign(g)"),
    ("clip(tanh(g), 2)", "tanh(g)"),
    ("max(arctan(g), -2)", "arctan(g)"),
    ("max([a13] exp(g), 0)", "[a13] exp(g)"),
    ("abs([arctan(a4)] s_hat)", "[arctan(a4)] s_hat"),
    ("max(agg_s, qhm2(0.95))", "qhm2(0.95)"),
    # signs
    ("abs(sign(g))", "sign(g)^2"),
    ("g / g", "sign(g)^2"),
    ("g^2 / g", "g"),
    ("1 / (g * w)", "recip(g) * recip(w)"),
    ("recip(recip(g))", "g"),
    ("g / (g + w) + w / (g + w)", "sign(g + w)^2"),
    ("tanh(g) / tanh(g)", "sign(g)^2"),
    ("v_hat * s_hat / s_hat", "v_hat"),
    ("drop(g, 0.5, draw=1) / drop(g, 0.5, draw=1)", "drop(sign(g)^2, 0.5, draw=1) / 2"),
    ("arctan(1 / g)", "2 * arctan(1) * sign(g) - arctan(g)"),
    # positive parts, bounds by |f(x)| <= |x|, increasing functions
    ("g + abs(g)", "max(g, 0) + max(g, 0)"),
    ("g + w + abs(g + w)", "2 * max(g + w, 0)"),
    ("(g * max(g, 0))^2", "g^3 * max(g, 0)"),
    ("max(g, 0) - max(-g, 0)", "g"),
    ("max(g, 0) * max(-g, 0)", "0"),
    ("tanh(max(g, 0))", "max(tanh(g), 0)"),
    ("min(arctan(g), max(g, 0))", "min(arctan(g), abs(g))"),
    ("clip(tanh(g), g)", "tanh(g)"),
    ("max(abs(arcsinh(w)), abs(w))", "abs(w)"),
    ("running_max(g)^3", "running_max(g^3)"),
    ("running_max(tanh(g))", "tanh(running_max(g))"),
    ("max(g^3, w^3)", "max(g, w)^3"),
    ("max([a13 * a2] g, 0)", "[a13 * a2] max(g, 0)"),
    ("max((1 + w^2) * max(g, v_hat), 2)", "max(max((1 + w^2) * g, (1 + w^2) * v_hat), 2)"),
    ("min([-a2 - 3] max(g, v_hat), 2)", "min([-a2 - 3] g, min([-a2 - 3] v_hat, 2))"),
    # powers of sums, also of sums that are powers, and factors that a cleared denominator leaves
    ("recip(agg_v^4)", "recip(agg_v)^4"),
    ("sqrt((g - w)^6)", "abs(g - w)^3"),
    ("recip((g + w)^8 * v_hat)", "recip(g + w)^8 / v_hat"),
    ("abs(sign(sigmoid(g)^4))", "sign(sigmoid(g))"),
    ("sign([a13] dtanh(w))", "[sign(a13)] sign(dtanh(w))"),
    ("sqrt([a13] dtanh(w))", "[sqrt(a13)] sqrt(dtanh(w))"),
    ("sqrt(1018081) * g", "1009 * g"),
    ("sqrt(erfc(g)^2)", "erfc(g)"),
    ("1 / sign(g)", "sign(g)"),
    ("exp(sign(g)) * exp(-sign(g))", "1"),
    ("g * abs(g)", "sign(g) * g^2"),
    # schedules
    ("[a1 + a2] g", "g"),
    ("[a9 + a10] g", "g"),
    ("[a3 + a4] g", "g"),
    ("[max(a9, a10)] g", "[max(a10, a9)] g"),
    ("[4 * a3 * a4] g", "[a6] g"),
    ("[a13 + a14] g", "0.95 * g"),
    ("[max(a1, 0)] g", "[a1] g"),
    # averages
    ("ema(3 * g, 0.9)", "3 * ema(g, 0.9)"),
    ("ema_hat(g, 0.95) - ema_hat(w + g, 0.95)", "-ema_hat(w, 0.95)"),
    ("qhm(0.7)", "0.3 * g + 0.7 * v_hat"),
    ("v_hat", "ema_hat(g, 0.9)"),
    ("agg_v", "0.633 * ema(g, 0.9) - g"),
    ("ema_hat(2, 0.95)", "2"),
    ("ema(ema(g, 0.9), 0.5)", "ema(ema(g, 0.5), 0.9)"),
    # definitions
    ("sigmoid(-g)", "1 - sigmoid(g)"),
    ("erfc(g)", "1 - erf(g)"),
    ("softsign(g)", "g * dsoft(g)"),
    ("sigmoid(g)", "1 / (1 + exp(-g))"),
    ("wmean(g, w, 0.95)", "0.95 * g + 0.05 * w"),
    ("exp(ln(exp(g) + 1))", "exp(g) + 1"),
    # masks: numbering does not matter, sharing does
    ("drop(g, 0.5) + drop(w, 0.3)", "drop(w, 0.3) + drop(g, 0.5)"),
    ("drop(g, 0.5, draw=1) - drop(g, 0.5, draw=1)", "0"),
]

DIFFERENT = [
    ("clip_norm(2 * g)", "clip_norm(g)"),
    ("clip_norm(2 * g)", "2 * clip_norm(g)"),
    ("drop(g, 0.5) - drop(g, 0.5)", "0"),
    ("drop(g, 0.5) * drop(w, 0.5)", "drop(g, 0.5, draw=1) * drop(w, 0.5, draw=1)"),
    ("max(g, 0) / max(g, 0)", "1"),
    ("w * (g / g)", "w"),
    ("g + 0.01 * w * sign(g)^2", "g + 0.01 * w"),
    ("ema_hat(sign(g)^2, 0.9) * w", "w"),
    ("w * running_max(abs(sign(g)))", "w"),
    ("(g + g * w) / g", "w + g / g"),
    ("1 / w + g", "(1 + w * g) / w"),
    ("g * sign(arctan(1 / g) + arctan(g) - 2 * arctan(1))^2", "g"),
    ("exp(ln(g))", "abs(g)"),
    ("ln(g^2)", "2 * ln(g)"),
    ("ln(2 * g)", "ln(2) + ln(g)"),
    ("abs(sign(g))", "1"),
    ("abs(min(sign(v_hat), sign(g)))", "1"),
    ("exp(sign(g))", "(exp(1) + exp(-1)) / 2 + (exp(1) - exp(-1)) / 2 * sign(g)"),
    ("ema(ema(g, 0.9), 0.5) * sign(ema(g, 0.9))^2", "ema(ema(g, 0.9), 0.5)"),
    ("max(g / abs(w), g^2)", "max(g, g^2 * abs(w)) / abs(w)"),
    ("max((1 - w^2) * max(g, v_hat), 2)", "max(max((1 - w^2) * g, (1 - w^2) * v_hat), 2)"),
    ("sqrt((g - w)^6)", "(g - w)^3"),
    ("drop(g, 0.5, draw=1) / drop(g, 0.5, draw=1)", "1"),
    ("[a2] g / [a2] w", "g / w"),
    ("[a4 / a4] g", "g"),
    ("ema([a1] g, 0.9)", "[a1] ema(g, 0.9)"),
    ("ema_hat([a1] 1, 0.9)", "[a1] 1"),
    ("running_max([a1] g)", "[a1] running_max(g)"),
    ("v_hat", "ema(g, 0.9)"),
    ("ema(ema_hat(g, 0.9), 0.5)", "ema_hat(ema(g, 0.9), 0.5)"),
    ("ema(g^2, 0.9)", "ema(g, 0.9)^2"),
    ("sqrt(g)^2", "g"),
    ("tanh(2 * g)", "2 * tanh(g)"),
    ("min(sign(g), 0.5)", "sign(g)"),
    ("max(s_hat, 1e-6)", "s_hat"),
    ("g / sqrt(1 + (1e-6 * w)^2)", "g"),
    ("running_max(-2 * g)", "-2 * running_max(g)"),
    ("running_max(recip(arctan(g)))", "arctan(running_max(g))"),
    ("max(recip(tanh(g)), recip(tanh(w)))", "tanh(max(g, w))"),
    ("delta(g)", "g"),
    ("[a3] g", "[a5] g"),
    ("[a8] g", "[a4] g"),
    ("[max(a9, a10)] g", "[a9] g"),
    ("1e-5 * w", "1e-6 * w"),
    ("0", "1"),
]


def form(text: str) -> object:
    return canonical(parse(f"none ~ {text}"))


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_equal(left: str, right: str) -> None:
    assert form(left) is form(right)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different(left: str, right: str) -> None:
    assert form(left) is not form(right)


def test_the_judge_agrees_on_these() -> None:
    for pairs, equal in ((EQUAL, True), (DIFFERENT, False)):
        for left, right in pairs:
            a, b = (parse(f"none ~ {side}") for side in (left, right))
            assert (separated(a, b) is None) == equal, f"{left}  {right}"


def test_momentum_and_sign() -> None:
    assert key_of(parse("none ~ g")) != key_of(parse("momentum ~ g"))
    assert key_of(parse("momentum ~ g")) != key_of(parse("nesterov ~ g"))
    assert key_of(parse("none ascent ~ g")) == key_of(parse("none ~ -g"))
    assert key_of(parse("none ascent ~ g")) != key_of(parse("none ~ g"))


def test_names_and_sources_do_not_count() -> None:
    assert key_of(parse('A = none ~ g from "here"')) == key_of(parse("none ~ g"))


def test_keys_are_short_and_versioned() -> None:
    key = key_of(parse("none ~ tanh(g)"))
    version, digest = key.split(":")
    assert int(version) == VERSION
    assert len(digest) == 24
    int(digest, 16)


def test_keys_do_not_depend_on_process_or_history() -> None:
    texts = [str(e.named("", "")) for e in catalog.entries() if isinstance(e, Rule)]
    rng = random.Random(2)
    texts += [str(random_rule(rng, depth=4, authors=i % 2 == 0)) for i in range(60)]
    code = (
        "import sys\nfrom nos_sym.language.parser import parse\n"
        "from nos_sym.algebra.canonical import key_of\n"
        "texts = sys.stdin.read().splitlines()\n"
        "order = texts[::-1] if sys.argv[1] == '1' else texts\n"
        "keys = {t: key_of(parse(t)) for t in order}\n"
        "print('\\n'.join(keys[t] for t in texts))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code, turned], input="\n".join(texts), capture_output=True, text=True,
            check=True, env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed, turned in (("0", "0"), ("1", "1"), ("77", "0"))
    }  # fmt: skip
    assert len(outputs) == 1
    here = [key_of(parse(t)) for t in texts]
    assert outputs.pop().split() == here


def test_idempotent() -> None:
    """The form of a form written in the language is the form; the catalog is tried with its texts."""
    rng = random.Random(8)
    rules = [random_rule(rng, depth=3, authors=True) for _ in range(16)]
    assert [str(r) for r in rules if canonical(canonical_rule(r)) is not canonical(r)] == []


@pytest.mark.parametrize(
    "text",
    [
        "((((g + w)^9 * (g - w)^9)^2)^3)",
        "(g + w + v_hat + s_hat + 1)^9",
        "(((((g + 1)^9 + w)^9 + 1)^9 + v_hat)^9)",
        "[((a1 + a3 + a5 + a7)^9 * (a2 + a4)^9)] g",
        "max(max(max(g, w), max(v_hat, s_hat)), max(max(g + 1, w + 1), max(lam_hat, 2)))",
        "(([a13] dtanh(sign(g) + w))^2)^9",
        " + ".join(f"max(g + {i}, w * {i})" for i in range(1, 40)),
        " * ".join(f"(g + {i} * w)" for i in range(1, 40)),
    ],
)
def test_hostile_rules_stay_small(text: str) -> None:
    with fresh_workspace() as tables:
        canonical(parse(f"none ~ {text}"))
        assert len(tables.polys) < 60_000


@pytest.mark.parametrize(
    "operation", ["tanh({})", "exp({})", "ema({}, 0.9)", "max({}, w)", "rdiv({}, w)", "-{}"]
)
def test_deep_rules(operation: str) -> None:
    text = "g"
    for _ in range(140):
        text = operation.format(text)
    assert key_of(parse(f"none ~ {text}"))


def test_the_canonical_rule_of_a_block_is_the_rule_of_one_line_that_it_is() -> None:
    block = parse('A(b=0.9) = { state m; m <- b*m + (1-b)*g; w <- w - lr*m/(1+abs(m)) } from "a paper"')
    found = canonical_rule(block)
    assert str(found) == 'A = none ~ softsign(ema(g, 0.9)) from "a paper"'
    assert key_of(found) == key_of(block)
    with pytest.raises(RuleError, match="Other is no rule of one line"):
        canonical_rule(parse("Other = { state v; v <- 0.9 * v + lr * g; w <- w - v }"))
