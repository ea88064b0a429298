"""Blocks: what each sentence of the language says, the text that comes back, what is said of wrong ones."""

from __future__ import annotations

import json
import random

import pytest
from support.random_blocks import random_block

import nos_sym
from nos_sym.errors import RuleError, SourceError
from nos_sym.language.block import Assign, Block, Let, State
from nos_sym.language.block_printer import print_block
from nos_sym.language.json_form import rule_from_json
from nos_sym.language.kind import Kind
from nos_sym.language.parser import parse, parse_file
from nos_sym.language.registry import apply
from nos_sym.language.rule import Rule
from nos_sym.language.state import old_value


def block(text: str) -> Block:
    found = parse(text)
    assert isinstance(found, Block)
    return found


LION = """
Lion(beta1=0.9, beta2=0.99, weight_decay=0.01) = {
    state exp_avg
    u = sign(beta1 * exp_avg + (1 - beta1) * g)    # a name
    exp_avg <- beta2 * exp_avg + (1 - beta2) * g
    w <- w - lr * (u + weight_decay * w)
} from "Chen et al. 2023"
"""


def test_a_block_prints_as_it_was_written() -> None:
    rule = block(LION)
    assert print_block(rule, indent=4) == LION.strip().replace("    # a name", "")
    assert str(rule) == (
        "Lion(beta1=0.9, beta2=0.99, weight_decay=0.01) = { state exp_avg; "
        "u = sign(beta1 * exp_avg + (1 - beta1) * g); exp_avg <- beta2 * exp_avg + (1 - beta2) * g; "
        'w <- w - lr * (u + weight_decay * w) } from "Chen et al. 2023"'
    )


@pytest.mark.parametrize(
    "line",
    [
        "w <- w - lr * m / (1 - beta^(t + 1))",
        "w <- w - g * m / lr",
        "w <- w - (t + 1) * m / (t + 2) / lr",
        "w <- w - m / lr * g",
    ],
)
def test_quotients_by_a_number_of_the_step_are_printed_as_quotients(line: str) -> None:
    rule = block(f"X(beta=0.9) = {{ state m; m <- beta * m + g; {line} }}")
    assert line in str(rule)
    assert block(str(rule)).statements == rule.statements


@pytest.mark.parametrize("seed", range(60))
def test_what_is_printed_is_read_back(seed: int) -> None:
    rule = random_block(random.Random(seed))
    for indent in (None, 4):
        again = block(print_block(rule, indent=indent))
        assert again == rule
        assert again.statements == rule.statements
    stored = rule_from_json(json.loads(json.dumps(rule.to_json())))
    assert isinstance(stored, Block)
    assert (stored, stored.statements, stored.name) == (rule, rule.statements, rule.name)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        # A read means the nearest assignment above it, or what the step before left.
        ("{ state m; m <- m + g; w <- w - m }", "{ state m; w <- w - (m + g); m <- m + g }"),
        # In `x <- e` every x of e is old.
        ("{ state m; m <- m + m * g; w <- w - m }", "{ state m; q = m; m <- q + q * g; w <- w - m }"),
        # The weight is a state, and may be assigned more than once.
        ("{ w <- w * 0.9; w <- w - g }", "{ w <- w * 0.9 - g }"),
        # A name is the value that it was given, and no macro.
        ("{ state m; q = m + 1; m <- g; w <- w - q }", "{ state m; w <- w - (m + 1); m <- g }"),
        # A start and a kind belong to the one name before them.
        (
            "{ state a: step = 1, b; b <- b + a; w <- w - b }",
            "{ state a: step = 1; state b; b <- b + a; w <- w - b }",
        ),
        # What both branches of `if` define is visible after it.
        (
            "{ if rank >= 2 { u = g } else { u = sign(g) }; w <- w - u }",
            "{ w <- w - where(rank >= 2, g, sign(g)) }",
        ),
        # Without `else` a state stays what it was.
        (
            "{ state m; if size > 1 { m <- g }; w <- w - m }",
            "{ state m; m <- where(size > 1, g, m); w <- w - m }",
        ),
        # Operands of Table 2 may be named anew.
        ("{ v_hat = g * g; w <- w - v_hat }", "{ w <- w - g * g }"),
        # A setting of the name hides the cycled momentum.
        ("A(momentum=0.5) = { w <- w - momentum * g }", "B(momentum=0.5) = { u = momentum * g; w <- w - u }"),
        ("{ w <- clip(w, -1, 1) }", "{ w <- min(max(w, -1), 1) }"),
        ("{ w <- where(g > 0 and not w >= 1, g, -g) }", "{ w <- where(0 < g and not 1 <= w, g, -g) }"),
        ("{ w <- w - 0.9^(t + 1) * g }", "{ w <- w - abspow(0.9, t + 1) * g }"),
        ("{ w <- w - beta }".replace("beta", "2^-t"), "{ w <- w - abspow(2, -t) }"),
    ],
)  # fmt: skip
def test_two_texts_of_one_meaning(text: str, same: str) -> None:
    assert block(text) == block(same)
    assert hash(block(text)) == hash(block(same))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("{ state m; m <- m + g; w <- w - m }", "{ state m; w <- w - m; m <- m + g }"),
        ("{ state m = 1; m <- m + g; w <- w - m }", "{ state m; m <- m + g; w <- w - m }"),
        ("{ state m: scalar; m <- norm2(g); w <- w - m }", "{ state m; m <- norm2(g); w <- w - m }"),
        ("A(momentum=0.5) = { w <- w - momentum * g }", "{ w <- w - momentum * g }"),
    ],
)
def test_two_texts_that_differ(text: str, other: str) -> None:
    assert block(text) != block(other)


def test_states_of_a_branch_exist_in_it_alone() -> None:
    rule = block("{ if rank >= 2 { state m: row; m <- row_mean(g); u = m } else { u = g }; w <- w - u }")
    (state,) = rule.states
    assert state.kind is Kind.ROW
    assert state.when is not None
    with pytest.raises(SourceError, match="unknown name 'm'"):
        parse("{ if rank >= 2 { state m; m <- g }; w <- w - m }")


def test_a_line_may_end_in_a_superscript() -> None:
    lines = "H = {{\n    state m\n    m <- g{}\n    w <- w - lr * m\n}}"
    assert nos_sym.parse(lines.format("\u00b2")) == nos_sym.parse(lines.format("^2"))


def test_else_if_and_line_ends() -> None:
    rule = block(
        """{
        if rank >= 2 {   # matrices
            u = g
                + 0.1 * w
        }
        # vectors
        else if rank == 1 { u = w } else {
            u = |g|
        }
        w <- w - lr * (u
            + g)
    }"""
    )
    assert rule == block("{ w <- w - lr * (where(rank >= 2, g + 0.1 * w, where(rank == 1, w, abs(g))) + g) }")
    assert block("{ state m;; \r\n;m <- g;\r\r w <- w - m; }") == block("{ state m; m <- g; w <- w - m }")


def test_a_file_holds_blocks_and_rules_of_one_line() -> None:
    rules = parse_file(
        'A = { w <- w - g } from "x { y"\nB = none ~ g\n{ w <- w }\nC(k=3) = { w <- w - k * g }'
    )
    assert [(type(rule).__name__, rule.name) for rule in rules] == [
        ("Block", "A"), ("Rule", "B"), ("Block", ""), ("Block", "C"),
    ]  # fmt: skip
    assert rules[0].source == "x { y"


def test_an_old_value_below_its_assignment_gets_a_name() -> None:
    x, g, w = old_value("x"), apply("g"), apply("w")
    made = Block((State("x"), Assign("x", apply("add", x, g)), Assign("w", apply("sub", w, x))))
    assert str(made) == "{ state x; x_before = x; x <- x + g; w <- w - x_before }"
    assert block(str(made)) == made
    twice = Block(
        (Assign("w", apply("mul", w, g)), Let("u", apply("add", w, g)), Assign("w", apply("sub", g, w)))
    )
    assert block(str(twice)) == twice


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{ }", "does not move the weight"),
        ("{ m <- g; w <- w }", "'m' is no state; declare it above with 'state m'"),
        ("{ m = g; m <- w; w <- w - m }", "'m' names a value and is no state"),
        ("{ state m; m = g; w <- w }", "'m' is a state; assign it with 'm <- ...'"),
        ("{ u = g; u = w; w <- w }", "'u' is there already"),
        ("{ state m, m; w <- w }", "'m' is there already"),
        ("{ tanh = g; w <- w }", "'tanh' has a meaning already"),
        ("{ state lr; w <- w }", "'lr' has a meaning already"),
        ("{ state m: matrix; w <- w }", "unknown kind 'matrix'"),
        ("{ state m: scalar; m <- g; w <- w }", "'m' is a scalar of a tensor; a tensor does not fit into it"),
        ("{ state d: global; d <- d + t; w <- w - d * g }", "'t' and states of kind step count the steps"),
        (
            "{ state d: global, q: step; d <- d + q; w <- w - d * g }",
            "in a state of its own",
        ),
        ("{ state d: global; d <- d + rows; w <- w - d * g }", "a scalar of a tensor does not fit into it"),
        ("{ state d: global = norm2(w); w <- w - d * g }", "a scalar of a tensor does not fit into it"),
        ("{ state d = w / total(w); w <- w - d * g }", "make the sum the start of a state: global"),
        ("{ if rank > 1 { state d: global; d <- d + 1 }; w <- w - g }", "'if' is decided for each of them"),
        (
            "{ state m: step; m <- norm2(g); w <- w }",
            "'m' is a decay function; a scalar of a tensor does not",
        ),
        ("{ state m = t; w <- w - m }", "the start of 'm' is there before the first step"),
        ("{ state m; state n = m; w <- w - n }", "'m' stands in a start"),
        ("{ u = g; state n = u; w <- w - n }", "'u' stands in a start"),
        ("{ if g > 0 { u = g } else { u = w }; w <- u }", "'if' is decided when the state is made"),
        ("{ if rank >= 2 { u = g }; w <- w - u }", "unknown name 'u'"),
        ("{ h = input; w <- w }", "'input' cannot be said: values that a training hands over"),
        ("{ input h; w <- w - lr * h }", "cannot be said: values that a training hands over"),
        ("{ eval x = w; w <- w - lr * g }", "cannot be said: weights to evaluate at"),
        ("{ w <- w - lr * svd(g) }", "decompositions of matrices cannot be said"),
        ("{ w <- w + noise }", "'noise' cannot be said: random numbers"),
        ("{ w <- w - matmul }", "'matmul' cannot be said: products of matrices"),
        ("none ~ lr * g", "multiplied by the learning rate by itself"),
        ("none ~ g * rows", "the shape of the parameter is read in blocks"),
        ("A(momentum=0.5) = momentum ~ momentum * g", "'momentum' is the cycled momentum here"),
        ("{ w <- w - g", "'{' is never closed"),
        ("{ w <- w } { w <- w }", "a rule ends with '}'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, message: str) -> None:
    with pytest.raises(SourceError) as error:
        parse(text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_conditions_are_no_numbers() -> None:
    less = apply("less", apply("g"), apply("w"))
    with pytest.raises(RuleError, match="a condition is no number"):
        apply("add", less, apply("g"))
    with pytest.raises(RuleError, match="needs a condition"):
        apply("where", apply("g"), apply("g"), apply("w"))
    with pytest.raises(RuleError, match="a condition is no value"):
        Block((Let("c", less), Assign("w", apply("w"))))


@pytest.mark.parametrize(
    "spoiled",
    [
        {"block": 1}, {"block": [1]}, {"block": [{"assign": 1}]}, {"block": [{"assign": "w"}]},
        {"block": [{"state": "m", "kind": "x"}]}, {"block": [{"if": ["g"], "then": [], "else": []}]},
        {"block": [{"assign": "w", "value": ["state", "m"]}]}, {"block": [{"let": "\n", "value": "1"}]},
    ],
)  # fmt: skip
def test_json_that_is_no_block(spoiled: object) -> None:
    data = {"version": block(LION).to_json()["version"], "name": "", "source": "", **spoiled}  # type: ignore[dict-item]
    with pytest.raises(RuleError) as error:
        rule_from_json(data)
    assert "\n" not in str(error.value)


def test_settings_of_older_rules_may_have_names_that_came_with_blocks() -> None:
    rule = parse("Old(size=2, floor=0.5) = none ~ size * g + floor * w")
    assert isinstance(rule, Rule)
    assert parse(str(rule)) == rule
    assert rule_from_json(rule.to_json()) == rule


def test_expressions_of_old_states_have_a_text() -> None:
    block = parse("{ state m; m <- 0.9 * m + g; w <- w - m }")
    assert isinstance(block, Block)
    assert str(block.move) == "w - (0.9 * m + g)"
    assert str(block.states[0].new) == "0.9 * m + g"
