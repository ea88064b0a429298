"""Pairs for the conditions of the algebra: each would be wrongly one, or wrongly two, without one of them."""

from __future__ import annotations

CORNERS: list[tuple[str, str]] = [
    ("w * (g / g)", "w"),
    ("g * sign(g)^2", "g"),
    ("sign(g)^2", "1"),
    ("sign(g^2 + 1)", "1"),
    ("sign(ema(g^2, 0.9))", "1"),
    ("sign(ema(g^2, 0.9) + g^2)", "sign(ema(g^2, 0.9))"),
    ("running_max(abs(sign(g)))", "1"),
    ("running_max(exp(g))", "abs(running_max(exp(g)))"),
]
