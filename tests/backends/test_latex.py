"""LaTeX of expressions and rules: exact texts, every operation of the registry, and well-formedness."""

from __future__ import annotations

import random
import re

import pytest
from support.random_rules import random_decay, random_rule
from support.set_rules import adam_w
from support.well_formed_latex import check_well_formed

from nos_sym import catalog
from nos_sym.backends.latex.expression import number_latex
from nos_sym.backends.latex.measure import Level, fraction_depth_of, level_of, width_of, with_large_parts
from nos_sym.backends.latex.printer import WIDEST, latex_expression, latex_rule
from nos_sym.language.block import Block
from nos_sym.language.kind import Kind
from nos_sym.language.node import kind_of
from nos_sym.language.operation import Role
from nos_sym.language.parser import parse, parse_file
from nos_sym.language.registry import REGISTRY, apply, number
from nos_sym.language.rule import Momentum, Rule, Schedule


def update_of(text):
    return latex_expression(parse(f"none ~ {text}").update)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v_hat / (sqrt(s_hat) + 1e-8)", r"\frac{\hat v_t}{\sqrt{\hat s_t} + 10^{-8}}"),
        ("lam_hat - (g - w) - -g", r"\hat\lambda_t - (g_t - w_t) - (-g_t)"),
        ("g - (w + g)", "g_t - (w_t + g_t)"),
        ("g + (w - g)", "g_t + w_t - g_t"),
        ("-(g + w)", "-(g_t + w_t)"),
        ("(-g) * w * (-w)", r"(-g_t)\,w_t\,(-w_t)"),
        ("g * (w * (g + w))", r"g_t\,w_t\,(g_t + w_t)"),
        ("2 * (3 * g)", r"2 \cdot 3\,g_t"),
        ("g * 0.5", r"g_t \cdot 0.5"),
        ("2.5e-7 * w^2", r"2.5 \cdot 10^{-7}\,w_t^{2}"),
        ("(g^2)^3", r"(g_t^{2})^{3}"),
        ("(1 / g)^2", r"\left(\frac{1}{g_t}\right)^{2}"),
        ("tanh(g / w)", r"\tanh\left(\frac{g_t}{w_t}\right)"),
        ("abs(g / w)", r"\left\lvert \frac{g_t}{w_t} \right\rvert"),
        ("(g / w) / g", r"\frac{\dfrac{g_t}{w_t}}{g_t}"),
        ("tanh(g)^2", r"\tanh(g_t)^{2}"),
        ("exp(g)^2", r"\exp(g_t)^{2}"),
        ("dtanh(g) * dtanh(g)^2", r"(1 - \tanh^2(g_t))\,(1 - \tanh^2(g_t))^{2}"),
        ("sqrt(g) + sqrt(g^2)", r"\sqrt{\lvert g_t \rvert} + \sqrt{g_t^{2}}"),
        ("ln(w) + ln(exp(g))", r"\ln\lvert w_t \rvert + \ln(\exp(g_t))"),
        ("abspow(2, g) + abspow(w, 0.5)", r"2^{g_t} + \lvert w_t \rvert^{0.5}"),
        ("abspow(abspow(2, g), w)", r"(2^{g_t})^{w_t}"),
        ("dsoft(g + w) + dsoft(s_hat)", r"\frac{1}{1 + \lvert g_t + w_t \rvert} + \frac{1}{1 + \hat s_t}"),
        ("rdiv(g, w - g)", r"\frac{g_t}{\sqrt{1 + (w_t - g_t)^2}}"),
        ("wmean(g, -w, 0.95) * g", r"(0.95\,g_t + 0.05\,(-w_t))\,g_t"),
        ("[max(a6, a9)] erf(qhm(0.7))", r"\max(a_{6}, a_{9})\,\operatorname{erf}(0.3\,g_t + 0.7\,\hat v_t)"),
        ("[a1 + a2] (g + w)", r"(a_{1} + a_{2})\,(g_t + w_t)"),
        ("g / a1", r"\frac{g_t}{a_{1}}"),
        ("[a1 / a2] g / w", r"\frac{a_{1}}{a_{2}}\,\frac{g_t}{w_t}"),
        ("[correction(0.9)] ema(g, 0.5)", r"(1 - 0.9^{t+1})\,\operatorname{ema}_{0.5}(g_t)"),
        ("drop(g, 0.3, draw=7)", r"\operatorname{drop}_{0.3}^{(7)}(g_t)"),
    ],
)  # fmt: skip
def test_expression_is_printed_with_the_brackets_it_needs(text, expected):
    assert update_of(text) == expected
    check_well_formed(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.9", "0.9"), ("1", "1"), ("1e-5", "10^{-5}"), ("2.5e-7", r"2.5 \cdot 10^{-7}"), ("1e12", "10^{12}")],
)
def test_number_is_exact(text, expected):
    assert number_latex(number(text)) == expected


OPT4 = r"""% Opt4
% Source: Morgan and Hougen 2024, Table 8
% Opt4 = none ~ [erfc(erfc(a4))] qhm(0.7) / [dtanh(a8)] clip(2, [arctan(a13)] exp(v_hat)) from "Morgan and Hougen 2024, Table 8"
% Needs amsmath. Steps t = 0, ..., T-1; g gradient, w weights, \eta learning rate.
\begin{align*}
  w_{t+1} &= w_t - \eta\,U_t \\
  U_t &= \frac{\operatorname{erfc}(\operatorname{erfc}(a_{4}))\,q_t}{(1 - \tanh^2(a_{8}))\,\operatorname{clip}(2, \arctan(a_{13})\,\exp(\hat v_t))} \\
  q_t &= 0.3\,g_t + 0.7\,\hat v_t \\
  v_t &= 0.9\,v_{t-1} + 0.1\,g_t, \qquad \hat v_t = \frac{v_t}{1 - 0.9^{t+1}} \\
  v_{-1} &= 0 \\
  a_{4} &= \frac{1 - \cos(\pi\,p)}{2} \\
  a_{8} &= \frac{1 - \cos(\pi\,r)}{2} \\
  a_{13} &= \frac{0.95\,\rho}{0.05 + 0.95\,\rho} \\
  p &= t/T \\
  r &= (2t \bmod T)/T \\
  \rho &= 1 - (t+1)/T \\
  \operatorname{clip}(x, y) &= \min(\max(x, -\lvert y \rvert), \lvert y \rvert)
\end{align*}
"""  # noqa: E501


def test_opt4_is_a_complete_display():
    assert latex_rule(catalog.entry("Opt4")) == OPT4


def body(rule):
    """Return the lines of the display without comments, alignment and line ends."""
    lines = latex_rule(rule).splitlines()
    start, end = lines.index(r"\begin{align*}"), lines.index(r"\end{align*}")
    return [line.strip().removesuffix(r"\\").strip().replace(" &=", " =") for line in lines[start + 1 : end]]


def test_momentum_types_are_those_of_table_1():
    assert body(catalog.entry("SGD"))[:1] == [r"w_{t+1} = w_t - \eta\,U_t"]
    assert body(catalog.entry("SGDMomentum")) == [
        r"m_t = \mu\,m_{t-1} - \eta\,U_t",
        "w_{t+1} = w_t + m_t",
        "U_t = g_t",
        "m_{-1} = 0",
    ]
    assert body(parse("nesterov ascent ~ g")) == [
        r"m_t = \mu\,m_{t-1} - \eta\,U_t",
        r"w_{t+1} = w_t + \mu\,m_t - \eta\,U_t",
        "U_t = -g_t",
        "m_{-1} = 0",
    ]


def test_states_are_recursions_with_symbols_of_their_own():
    assert body(catalog.entry("AMSGrad"))[1:] == [
        r"U_t = \frac{\hat v_t}{\dfrac{\sqrt{n_t}}{\sqrt{1 - 0.999^{t+1}}} + 10^{-8}}",
        r"v_t = 0.9\,v_{t-1} + 0.1\,g_t, \qquad \hat v_t = \frac{v_t}{1 - 0.9^{t+1}}",
        r"s_t = 0.999\,s_{t-1} + 0.001\,g_t^{2}",
        r"n_t = \max(s_t, n_{t-1})",
        "v_{-1} = s_{-1} = n_{-1} = 0",
    ]
    assert body(catalog.entry("AggMo"))[1:] == [
        r"U_t = \frac{g_t + 10\,v_{1,t} + 100\,v_{2,t}}{3}",
        r"v_{1,t} = 0.9\,v_{1,t-1} + 0.1\,g_t",
        r"v_{2,t} = 0.99\,v_{2,t-1} + 0.01\,g_t",
        "v_{1,-1} = v_{2,-1} = 0",
    ]
    # An average with and without its correction is one state.
    assert body(catalog.entry("AdaBelief"))[1:] == [
        r"U_t = \frac{\hat v_t}{\sqrt{\hat z_t + 10^{-13}} + 10^{-16}}",
        r"v_t = 0.9\,v_{t-1} + 0.1\,g_t, \qquad \hat v_t = \frac{v_t}{1 - 0.9^{t+1}}",
        r"z_t = 0.999\,z_{t-1} + 0.001\,(g_t - v_t)^{2}, \qquad \hat z_t = \frac{z_t}{1 - 0.999^{t+1}}",
        "v_{-1} = z_{-1} = 0",
    ]
    assert body(parse("none ~ delta(delta(g))"))[1:] == [
        "U_t = n_{2,t}",
        "n_{1,t} = g_t - n_{1,t-1}",
        "n_{2,t} = n_{1,t} - n_{2,t-1}",
        "n_{1,-1} = n_{2,-1} = 0",
    ]


def test_dropout_and_norm_are_explained():
    assert body(parse("none ~ drop(clip_norm(g), 0.1) + drop(g, 0.3)"))[1:] == [
        r"U_t = \operatorname{drop}_{0.1}^{(1)}(\operatorname{norm}(g_t)) "
        r"+ \operatorname{drop}_{0.3}^{(2)}(g_t)",
        r"\operatorname{norm}(x) = x/\max(1, \lVert x \rVert_2)",
        r"\operatorname{drop}_{q}^{(k)}(x) = \xi_k\,x/(1 - q), \quad \xi_k \in \{0, 1\}, "
        r"\quad \mathrm{P}(\xi_k = 0) = q",
    ]


def test_schedule_is_a_factor_of_the_base_schedule():
    assert body(catalog.entry("LR9")) == [
        r"\eta_t = f(t)\,\eta^{\text{base}}_t",
        r"f(t) = \tanh(\max(a_{10}, a_{6}))",
        r"a_{6} = \frac{1 - \cos(2\pi\,p)}{2}",
        "a_{10} = r",
        "p = t/T",
        r"r = (2t \bmod T)/T",
    ]


@pytest.mark.parametrize("name", [name for name, operation in REGISTRY.items() if not operation.conditions])
def test_every_operation_prints(name):
    operation = REGISTRY[name]
    for operand, decay in (("g", "a1"), ("w", "a4")):
        parameters = {
            p.name: {"exponent": "3", "draw": "2", "steps": "2"}.get(p.name, "0.5")
            for p in operation.parameters
        }
        first = apply(decay) if operation.role is Role.SCALE else apply("sub", apply(operand), number(2))
        operands = [first, apply(operand)][: operation.arity]
        node = apply(name, *operands, **parameters)
        text = latex_expression(node)
        check_well_formed(text)
        for part in operands:
            assert latex_expression(part).removeprefix("-") in text
        if name in ("lr", "momentum"):  # read in blocks alone, no schedule
            continue
        rule = Schedule(node) if kind_of(node) is Kind.STEP else Rule(Momentum.NONE, node)
        check_well_formed(latex_rule(rule))


def symbols_of(text):
    return set(
        re.findall(
            r"(?<![A-Za-z\\])[nqsvxz]_(?:t|\{\d+,t\})|\\lambda_t|(?<![A-Za-z])a_\{\d+\}|\\rho(?!_)|\bp\b|\br\b",
            text,
        )
    )


def check_complete(rule):
    """Fail unless every symbol that the display uses is defined in it, once."""
    lines = body(rule)
    # A bias correction follows its average in the same line.
    equations = [
        part.split(" = ", 1) for line in lines for part in re.split(r", \\q?quad ", line) if " = " in part
    ]
    defined = [left for left, _ in equations]
    # A name may have an equation in each branch.
    assert any(line.startswith("&") for line in lines) or len(defined) == len(set(defined))
    used = set().union(*(symbols_of(re.sub(r"\\hat *", "", right)) for _, right in equations))
    assert used <= set(defined) | {latex_expression(node) for node in rule.settings}, lines


@pytest.mark.parametrize("blocks", [False, pytest.param(True, marks=pytest.mark.heavy)])
@pytest.mark.timeout(600)
def test_catalog_is_complete_and_well_formed(blocks):
    for rule in catalog.entries():
        if isinstance(rule, Block) == blocks:
            check_well_formed(latex_rule(rule))
            check_complete(rule)


def test_random_rules_are_complete_well_formed_and_fit_a_line():
    rng = random.Random(7)
    for _ in range(150):
        rule = random_rule(rng, depth=rng.randint(1, 9))
        check_well_formed(latex_rule(rule))
        check_complete(rule)
        for line in body(rule):
            assert width_of(line) < WIDEST + 25, line


def test_random_decays_are_complete_and_well_formed():
    rng = random.Random(8)
    for _ in range(100):
        schedule = Schedule(random_decay(rng, depth=4))
        check_well_formed(latex_rule(schedule))
        check_complete(schedule)


def test_wide_update_is_split_into_named_parts():
    rule = parse("none ~ " + " + ".join(f"tanh(g * w - {i})" for i in range(1, 20)))
    lines = body(rule)
    parts = [line for line in lines if line.startswith("x_")]
    assert parts
    assert lines[1].startswith("U_t = x_")
    assert sum(line.count(r"\tanh") for line in lines) == 19
    assert all(width_of(line.split(" = ")[1]) <= WIDEST for line in lines)


def test_comment_holds_the_rule_as_text():
    for rule in catalog.entries():
        comments = [line[2:] for line in latex_rule(rule).splitlines() if line.startswith("% ")]
        (again,) = parse_file(comments[2])
        assert (again, again.name) == (rule, rule.name)
    assert latex_rule(parse("none ~ 1")).startswith("% Unnamed optimizer\n% none ~ 1\n")


def test_measures():
    assert [level_of(t) for t in ("-a", "a + b", r"a\,b", r"\frac{a + b}{c}", "a^{-1}", "f(a + b)")] == [
        Level.SIGNED,
        Level.SUM,
        Level.PRODUCT,
        Level.FACTOR,
        Level.FACTOR,
        Level.ATOM,
    ]
    assert width_of(r"\frac{aaaa}{b}") < width_of("aaaaaa")
    assert width_of(r"\operatorname{arcsinh}(x)") > width_of(r"\sigma(x)")
    assert fraction_depth_of(r"\frac{a}{\frac{b}{c}}") == 2
    assert fraction_depth_of(r"\frac{a}{b} + \frac{b}{c}") == 1
    assert with_large_parts(r"(\frac{a}{b}) + (a)") == r"\left(\frac{a}{b}\right) + (a)"


def test_settings_have_symbols() -> None:
    lines = body(adam_w())
    assert lines[1] == r"U_t = \frac{\hat v_t}{\sqrt{\hat s_t} + \epsilon} + \lambda\,w_t"
    assert lines[2].startswith(r"v_t = \beta_{1}\,v_{t-1} + (1 - \beta_{1})\,g_t, \qquad \hat v_t")


def test_a_coefficient_may_be_a_schedule() -> None:
    rule = Rule(Momentum.NONE, apply("ema", apply("g"), beta=apply("a13")))
    assert body(rule)[2] == r"v_t = a_{13}\,v_{t-1} + (1 - a_{13})\,g_t"
    assert any(line.startswith("a_{13} = ") for line in body(rule))
