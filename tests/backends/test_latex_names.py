"""Symbols of names in LaTeX: those of papers, and never one for two meanings."""

from __future__ import annotations

import re

import pytest
from support.well_formed_latex import check_well_formed

from nos_sym import catalog
from nos_sym.backends.latex.names import legend_of, symbols_of
from nos_sym.backends.latex.printer import latex_rule
from nos_sym.language.parser import parse


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("m", "m"), ("beta1", r"\beta_{1}"), ("beta", r"\beta"), ("exp_avg_sq", "v"), ("v_hat", r"\hat{v}"),
        ("weight_decay", r"\lambda"), ("max_exp_avg_sq", r"v_{\max}"), ("rho_inf", r"\rho_{\infty}"),
        ("rho_t", r"\rho"), ("mu_next", r"\mu_{\mathrm{next}}"), ("row_var", r"\mathrm{row\_var}"),
        ("z2", "z_{2}"), ("trust3", r"\mathrm{trust}_{3}"), ("max_", r"\mathrm{max\_}"),
        ("a_", r"\mathrm{a\_}"), ("eps_root_2", r"\epsilon_{\mathrm{root\_2}}"), ("beta_1", r"\beta_{1}"),
    ],
)  # fmt: skip
def test_the_symbol_of_a_name(name: str, symbol: str) -> None:
    assert str(symbols_of([name])[name]) == symbol


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (["exp_avg_sq", "v"], ()), (["rho", "rho_t"], ()), (["weight_decay", "lambda"], ()),
        (["beta1", "beta_1"], ()), (["exp_avg_sq", "square_avg"], ()), (["momentum", "mu"], ()),
        (["eps", "epsilon"], ()), (["mu"], (r"\mu",)), (["weight_decay"], (r"\lambda",)),
    ],
)  # fmt: skip
def test_no_symbol_stands_for_two_names(names: list[str], taken: tuple[str, ...]) -> None:
    shown = [str(symbol) for symbol in symbols_of(names, taken).values()]
    assert len({*shown, *taken}) == len(shown) + len(taken)


def test_the_legend_has_what_libraries_call_otherwise() -> None:
    names = ["exp_avg", "v", "weight_decay", "eps"]
    assert legend_of(symbols_of(names)) == r"m exp_avg, \lambda weight_decay"
    assert r"% \lambda weight_decay, m exp_avg, v exp_avg_sq." in latex_rule(catalog.entry("AdamWTorch"))


def test_symbols_of_a_rule_of_one_line_are_none_of_its_states() -> None:
    plain = latex_rule(parse("A(weight_decay=0.1) = none ~ g + weight_decay * w"))
    assert r"\lambda\,w_t" in plain
    # The average of g^3 is the paper's lambda.
    both = latex_rule(parse("A(weight_decay=0.1) = none ~ lam_hat + weight_decay * w"))
    assert r"\mathrm{weight\_decay}\,w_t" in both and r"\hat\lambda_t" in both


def test_the_momentum_of_the_step_and_a_state_of_its_letter_stay_apart() -> None:
    shown = latex_rule(parse("{ state mu; mu <- momentum * mu + g; w <- w - lr * mu }"))
    assert r"\mathrm{mu}_{t} &= \mu_t\,\mathrm{mu}_{t-1} + g_t" in shown


def test_a_number_stands_behind_what_is_compared_with_it() -> None:
    shown = latex_rule(
        parse("{ if rank >= 2 { w <- w - lr * g } else { w <- w - lr * where(g < 0, 0, g) } }")
    )
    assert r"\mathrm{rank} \ge 2" in shown and r"g_t < 0" in shown


def test_starts_are_no_part_of_the_last_branch() -> None:
    shown = latex_rule(catalog.entry("SGDTorch"))
    assert shown.index(r"&\text{at the start:}") < shown.index("b_{-1} &= 0")
    assert r"\text{then}" not in shown


@pytest.mark.heavy
@pytest.mark.parametrize("name", catalog.names())
def test_every_entry_is_well_formed_and_says_nothing_twice(name: str) -> None:
    shown = latex_rule(catalog.entry(name))
    check_well_formed(shown)
    lines = [line for line in shown.splitlines() if not line.startswith("%")]
    assert not re.search(r"(?<![\d.])1 \\cdot|(?<![\d.])1\\,", "\n".join(lines))
