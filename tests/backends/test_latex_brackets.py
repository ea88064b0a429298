"""Brackets in LaTeX around what ends in bars or in cases, which would take what follows."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.tex import compiled
from support.well_formed_latex import check_well_formed

from nos_sym.backends.latex.expression import latex_expression
from nos_sym.backends.latex.printer import latex_rule
from nos_sym.language.parser import parse

CASES = r"\begin{cases} g_t & \text{if } g_t < 0 \\ w_t & \text{otherwise} \end{cases}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ln(g)^2", r"(\ln\lvert g_t \rvert)^{2}"),
        ("ln(exp(g))^2 + ln(g) * w", r"\ln(\exp(g_t))^{2} + \ln\lvert g_t \rvert\,w_t"),
        ("g / ln(w) - -ln(g)", r"\frac{g_t}{\ln\lvert w_t \rvert} - (-\ln\lvert g_t \rvert)"),
        ("rdiv(g, ln(w))", r"\frac{g_t}{\sqrt{1 + (\ln\lvert w_t \rvert)^2}}"),
        ("abspow(ln(g), w)", r"\lvert \ln\lvert g_t \rvert \rvert^{w_t}"),
        ("where(g < 0, g, w)", CASES),
        ("where(g < 0, g, w)^2", rf"\left({CASES}\right)^{{2}}"),
        ("where(g < 0, g, w) + w", rf"\left({CASES}\right) + w_t"),
        ("w + where(g < 0, g, w)", rf"w_t + {CASES}"),
        ("w * where(g < 0, g, w) + g", rf"\left(w_t\,{CASES}\right) + g_t"),
        ("-where(g < 0, g, w) - g", rf"\left(-{CASES}\right) - g_t"),
        ("where(g < 0, g, w) - where(g < 0, g, w)", rf"\left({CASES}\right) - {CASES}"),
        ("w - (where(g < 0, g, w) + where(g < 0, g, w))",
         rf"w_t - \left(\left({CASES}\right) + {CASES}\right)"),
        ("where(g < 0, g, w) - w", rf"\left({CASES}\right) - w_t"),
        ("where(where(g < 0, g, w) > w, g, 1)", r"\begin{cases} g_t & \text{if } w_t < \left("
         + CASES + r"\right) \\ 1 & \text{otherwise} \end{cases}"),
    ],
)  # fmt: skip
def test_what_follows_is_not_taken(text: str, expected: str) -> None:
    rule = parse(f"none ~ {text}")
    assert latex_expression(rule.update) == expected  # type: ignore[union-attr]
    check_well_formed(expected)


def test_cases_and_powers_compile(tmp_path: Path) -> None:
    texts = ("where(g < 0, g / w, w)^2", "where(where(g < 0, g, w) > w, g, 1) + w", "ln(g / w)^2")
    shown = "\n".join(latex_rule(parse(f"none ~ {text}")) for text in texts)
    compiled(
        "\\documentclass{article}\n\\usepackage{amsmath}\n\\begin{document}\n"
        f"{shown}\\end{{document}}\n",
        tmp_path,
    )
