"""The catalog holds the paper's tables exactly, and its names can be found."""

from __future__ import annotations

import re

import pytest

from nos_sym import catalog
from nos_sym.errors import CatalogError
from nos_sym.language.block_printer import print_block
from nos_sym.language.operands import BY_AUTHORS
from nos_sym.language.parser import parse_file
from nos_sym.language.printer import print_rule
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.operations.operands import V_HAT

NONE, MOMENTUM, NESTEROV = Momentum
G, W = apply("g"), apply("w")
S_HAT = apply("ema_hat", apply("pow", G, exponent=2), beta="0.99")
LAM_HAT = apply("ema_hat", apply("pow", G, exponent=3), beta="0.999")


def plus(x, y):
    return apply("add", x, y)


def minus(x, y):
    return apply("sub", x, y)


def times(x, y):
    return apply("mul", x, y)


def over(x, y):
    return apply("div", x, y)


def f(name, *operands, **parameters):
    return apply(name, *operands, **parameters)


def decayed(decay, x):
    return apply("scale", decay, x)


def ema(x, beta):
    return apply("ema", x, beta=beta)


def hat(x, beta):
    return apply("ema_hat", x, beta=beta)


def square(x):
    return apply("pow", x, exponent=2)


def mixture(n, part):
    """Return ``(1 - part) g^n + part hat(g^n)``, with the averages of Table 2."""
    power = G if n == 1 else apply("pow", G, exponent=n)
    average = {1: hat(G, "0.9"), 2: S_HAT, 3: LAM_HAT}[n]
    rest = {"0.7": "0.3", "0.95": "0.05", "0.99": "0.01"}[part]
    return plus(times(number(rest), power), times(number(part), average))


A = [None, *(apply(f"a{i}") for i in range(1, 15))]
Q, S, L = mixture(1, "0.7"), mixture(2, "0.95"), mixture(3, "0.99")
W5 = times(number("1e-5"), W)
TWO = number(2)
LR1_NUMERATOR = f("erfc", f("erfc", A[4]))
HEAD = decayed(LR1_NUMERATOR, Q)
EXP_V = f("exp", V_HAT)
LARGER = f("max", A[6], A[10])
ARCSINH_Q = f("arcsinh", Q)
EXP_S = f("exp", f("arctan", S))

TABLE_8 = {
    "Opt1": (NONE, plus(Q, f("softsign", f("clip", W5, minus(W5, S))))),
    "Opt2": (NONE, plus(Q, f("softsign", f("rdiv", W5, minus(W5, S))))),
    "Opt3": (NONE, plus(Q, f("softsign", f("rdiv", W5, minus(W5, L))))),
    "Opt4": (
        NONE,
        over(HEAD, decayed(f("dtanh", A[8]), f("clip", TWO, decayed(f("arctan", A[13]), EXP_V)))),
    ),
    "Opt5": (NONE, over(HEAD, decayed(f("dtanh", A[8]), f("clip", TWO, EXP_V)))),
    "Opt6": (
        NONE,
        over(
            HEAD,
            decayed(
                f("dtanh", A[8]),
                f("abs", decayed(f("dtanh", A[4]), f("exp", times(number("1e-4"), W)))),
            ),
        ),
    ),
    "Opt7": (NONE, f("tanh", decayed(LARGER, ARCSINH_Q))),
    "Opt8": (NONE, f("arcsinh", decayed(LARGER, ARCSINH_Q))),
    "Opt9": (NESTEROV, times(decayed(f("erfc", A[11]), G), EXP_S)),
    "Opt10": (NESTEROV, f("i1e", f("i1e", decayed(times(A[13], A[2]), G)))),
    "Opt41": (NONE, over(Q, f("clip", TWO, decayed(f("arctan", A[13]), EXP_V)))),
    "Opt42": (NONE, over(Q, f("clip", TWO, EXP_V))),
    "Opt61": (NONE, over(Q, f("abs", f("exp", times(number("1e-4"), W))))),
    "Opt71": (NONE, f("tanh", ARCSINH_Q)),
    "Opt81": (NONE, f("arcsinh", ARCSINH_Q)),
    "Opt91": (NESTEROV, times(G, EXP_S)),
    "Opt101": (NESTEROV, f("i1e", f("i1e", G))),
}
CLIPPED = f("clip", V_HAT, f("sqrt", S_HAT))
TABLE_9 = {
    "A1": (NONE, CLIPPED),
    "A2": (NONE, f("clip", V_HAT, f("ln", S_HAT))),
    "A3": (NONE, f("clip", V_HAT, f("sqrt", f("abs", f("ln", S_HAT))))),
    "A4": (NONE, f("clip", V_HAT, f("sigmoid", S_HAT))),
    "A5": (NONE, f("clip_norm", CLIPPED)),
}
TABLE_10 = {
    "LR1": over(LR1_NUMERATOR, f("dtanh", A[8])),
    "LR2": over(LR1_NUMERATOR, times(f("dtanh", A[8]), f("dtanh", A[4]))),
    "LR3": over(f("arctan", A[2]), times(f("dtanh", A[10]), f("sqrt", f("dsoft", A[14])))),
    "LR4": over(square(f("sigmoid", A[2])), f("sigmoid", times(TWO, f("softsign", A[1])))),
    "LR5": over(number(1), f("sqrt", f("erf", A[11]))),
    "LR6": over(times(f("arctan", A[2]), f("erfc", A[6])), f("sqrt", f("dsoft", A[6]))),
    "LR7": over(number(1), f("sqrt", f("dsoft", A[10]))),
    "LR8": over(number(1), f("sqrt", f("softsign", f("arctan", A[12])))),
    "LR9": f("tanh", f("max", A[10], A[6])),
}
V, SQUARES = ema(G, "0.9"), ema(square(G), "0.999")
ROOT = plus(f("sqrt", hat(square(G), "0.999")), number("1e-8"))
TORCH_ADAM = over(V_HAT, ROOT)
RATE = over(f("sqrt", f("correction", beta="0.999")), f("correction", beta="0.9"))


def keras_adam(squares):
    return over(decayed(RATE, V), plus(f("sqrt", squares), number("1e-7")))


BASELINES = {
    "SGD": (NONE, G),
    "SGDMomentum": (MOMENTUM, G),
    "Nesterov": (NESTEROV, G),
    "RMSProp": (NONE, over(G, plus(f("sqrt", ema(square(G), "0.99")), number("1e-8")))),
    "RMSPropKeras": (NONE, over(G, f("sqrt", plus(ema(square(G), "0.9"), number("1e-7"))))),
    "Adam": (NONE, TORCH_ADAM),
    "AdamKeras": (NONE, keras_adam(SQUARES)),
    "AdamW": (NONE, plus(TORCH_ADAM, times(number("0.01"), W))),
    "AdamWKeras": (NONE, plus(keras_adam(SQUARES), times(number("0.004"), W))),
    "AMSGradKeras": (NONE, keras_adam(f("running_max", SQUARES))),
    "QHM": (NONE, plus(times(minus(number(1), number("0.7")), G), times(number("0.7"), ema(G, "0.999")))),
    "QHMSearch": (NONE, Q),
    "AdamSearch": (NONE, over(V_HAT, f("sqrt", S_HAT))),
}


@pytest.mark.parametrize("name", [*TABLE_8, *TABLE_9, *BASELINES])
def test_rule_is_that_of_the_table(name):
    momentum, update = (TABLE_8 | TABLE_9 | BASELINES)[name]
    rule = catalog.entry(name)
    assert isinstance(rule, Rule)
    assert (rule.momentum, rule.ascent, rule.at_defaults().update) == (momentum, False, update)


@pytest.mark.parametrize("name", TABLE_10)
def test_schedule_is_that_of_table_10(name):
    schedule = catalog.entry(name)
    assert isinstance(schedule, Schedule)
    assert schedule.factor == TABLE_10[name]


def test_every_table_is_complete_and_in_its_order():
    in_group = {
        group: [n for n in catalog.names() if catalog.group_of(n) == group] for group in catalog.GROUPS
    }
    assert in_group["discovered"] == list(TABLE_8)
    assert in_group["adam_variants"] == list(TABLE_9)
    assert in_group["schedules"] == list(TABLE_10)
    # Compared with their published algorithms in test_baseline_meaning.py, like those of BASELINES.
    further = {"AMSGrad", "AdaBelief", "SADAM", "AggMo", "Lion"}
    further |= {"PowerSign", "PowerSignLD", "AddSign", "AddSignLD"}
    assert set(in_group["baselines"]) == {*BASELINES, *further}
    assert sum(map(len, in_group.values())) == len(catalog.names()) == len(set(catalog.names()))


def test_quasi_hyperbolic_operands_are_those_of_the_paper():
    assert BY_AUTHORS["((1-0.7)*g+0.7*v hat)"].expression == Q
    assert BY_AUTHORS["((1-0.95)*g^2+0.95*s hat)"].expression == S
    assert BY_AUTHORS["((1-0.99)*g^2+0.99*lam hat)"].expression == L


def test_entries_are_named_sourced_and_survive_printing():
    rules = list(catalog.entries())
    assert tuple(rule.name for rule in rules) == catalog.names()
    for rule in rules:
        assert rule.source
        (again,) = parse_file(print_rule(rule))
        assert (again, again.name, again.source) == (rule, rule.name, rule.source)


@pytest.mark.parametrize("group", ["torch", "keras"])
def test_blocks_are_printed_as_they_are_written(group, repository):
    text = (repository / "nos_sym" / "catalog" / f"{group}.nos").read_text(encoding="utf-8")
    # Several states may stand on a line.
    states = re.compile(r"^( +state )(.*)$", re.MULTILINE)
    lines = states.sub(lambda m: m[1] + m[2].replace(", ", f"\n{m[1]}"), text)
    for rule in parse_file(text):
        assert print_block(rule, indent=4).partition("{")[2] in lines, rule.name


@pytest.mark.parametrize("group", catalog.GROUPS)
def test_whole_file_parses_to_what_the_scan_finds(group, repository):
    text = (repository / "nos_sym" / "catalog" / f"{group}.nos").read_text(encoding="utf-8")
    assert parse_file(text) == [catalog.entry(n) for n in catalog.names() if catalog.group_of(n) == group]
    assert len(re.findall(r"^\w[^{~]*=\s*(?:\w+ (?:ascent )?~|\{)", text, re.MULTILINE)) == len(
        parse_file(text)
    )


@pytest.mark.parametrize(
    ("name", "near"),
    [("opt4", "Opt4"), ("ADAMKERAS", "AdamKeras"), ("Op4", "Opt4"), ("Nestrov", "Nesterov")],
)
def test_unknown_name_has_the_nearest_one(name, near):
    with pytest.raises(CatalogError, match=f"did you mean '{near}") as caught:
        catalog.entry(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "x" * 10_000, "\n\x00", "../discovered"])
def test_absurd_name_is_refused_in_one_short_line(name):
    with pytest.raises(CatalogError) as caught:
        catalog.group_of(name)
    assert len(str(caught.value)) < 120
    assert str(caught.value).isprintable()


def test_note_is_the_comment_above_an_entry():
    assert catalog.note_on("Opt9") == "Its decay is a factor of the whole update."
    assert "last step" in catalog.note_on("Opt4")
    assert "t = 0" in catalog.note_on("LR8")
    assert catalog.note_on("Opt2") == ""
    with pytest.raises(CatalogError):
        catalog.note_on("Opt0")
