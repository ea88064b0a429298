"""What a move adds to the weight, where it is written as a sum."""

from __future__ import annotations

import pytest
from sympy.core.basic import Basic

from nos_sym import parse
from nos_sym.language.block import Block
from nos_sym.language.printer import print_expression
from nos_sym.program.changes import change_of


def change(statements: str) -> Basic | None:
    rule = parse(f"R = {{ {statements} }}")
    assert isinstance(rule, Block)
    return change_of(rule.move)


def parse_value(text: str) -> Basic:
    rule = parse(f"R = {{ w <- {text} }}")
    assert isinstance(rule, Block)
    return rule.move


@pytest.mark.parametrize(
    ("statements", "wanted"),
    [
        ("w <- w - lr * g", "-(lr * g)"),
        ("w <- lr * g + w", "lr * g"),
        ("w <- w - 0.1; w <- w - lr * g", "-0.1 - lr * g"),
        ("w <- where(t == 0, w, w - lr * g)", "where(t == 0, 0, -(lr * g))"),
        ("w <- w", "0"),
    ],
)
def test_sums(statements: str, wanted: str) -> None:
    found = change(statements)
    assert found is not None
    assert print_expression(found) == print_expression(parse_value(wanted))


@pytest.mark.parametrize(
    "statements",
    ["w <- 0.9 * w - lr * g", "w <- g - w", "w <- where(t == 0, w, 0.9 * w - lr * g)", "w <- -(-w) - g"],
)
def test_what_is_no_sum(statements: str) -> None:
    assert change(statements) is None


def test_many_moves() -> None:
    found = change("; ".join(["w <- w - 0.001 * g"] * 140))
    assert found is not None
    assert print_expression(found).count("0.001 * g") == 140
