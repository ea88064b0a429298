"""The search space is that of the paper's tables, in an order that keeps what every seed samples."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.dummy_operations import samples

from nos_sym.genome.decode import decode
from nos_sym.genome.form import LITERALS, Form
from nos_sym.genome.operand import operand
from nos_sym.genome.sample import sample
from nos_sym.genome.search_space import (
    BINARY,
    DECAY_BINARY,
    DECAY_UNARY,
    IDENTITY,
    OPERANDS,
    SCHEDULES,
    UNARY,
)
from nos_sym.language.authors.parser import parse_authors
from nos_sym.language.authors.table import form_of as log_form

LOGGED = (
    *("g", "g^2", "g^3", "v hat", "s hat", "lam hat", "1", "2", "10-6w", "10-5w", "10-4w", "10-3w"),
    *("sign(g)", "sign(v hat)", "((1-0.7)*g+0.7*v hat)", "((1-0.95)*g^2+0.95*s hat)"),
    *("((1-0.99)*g^2+0.99*lam hat)", "mean(beta*v-g)", "mean(beta*s-g^2)", "mean(beta*lam-g^3)"),
)
"""The operands of Table 2 as the authors' log writes them."""


def written(forms: tuple[Form, ...]) -> str:
    """Return forms in a line, each as ``operation:parameter`` or ``operation=literal``."""
    texts = []
    for form in forms:
        literal = "" if form.literal is None else f"={form.literal}"
        texts.append(":".join([form.operation, *form.parameters]) + literal)
    return " ".join(texts)


def test_the_tables_are_complete() -> None:
    assert len(UNARY) == 23 + 3  # Tables 3 and 5
    assert len(BINARY) == 10  # Table 4
    assert len(DECAY_UNARY) == 13  # Table 6
    assert len(DECAY_BINARY) == 7
    assert len(OPERANDS) == 20  # Table 2
    assert len(SCHEDULES) == 14  # Table 7
    for table in (UNARY, BINARY, DECAY_UNARY, DECAY_BINARY, OPERANDS, SCHEDULES):
        assert len(set(table)) == len(table)


def test_the_order_is_the_one_that_seeds_rely_on() -> None:
    assert written(UNARY) == (
        "id neg ln sqrt exp abs erf erfc arcsinh tanh arctan recip i1e sigmoid dsoft softplus softsign "
        "max=0 min=0 ema_hat:0.95 delta running_max drop:0.5 drop:0.3 drop:0.1 clip_norm"
    )
    assert written(BINARY) == "add sub mul max min div rdiv clip wmean:0.95 abspow"
    assert written(DECAY_UNARY) == (
        "id sqrt erf erfc tanh arctan i1e sigmoid dsoft softsign dtanh dsig pow:2"
    )
    assert written(DECAY_BINARY) == "add sub mul max min div rdiv"
    assert ", ".join(OPERANDS) == (
        "g, g^2, g^3, v_hat, s_hat, lam_hat, 1, 2, 1e-6 * w, 1e-5 * w, 1e-4 * w, 0.001 * w, sign(g), "
        "sign(v_hat), qhm(0.7), qhm2(0.95), qhm3(0.99), agg_v, agg_s, agg_lam"
    )
    assert tuple(f"a{index}" for index in range(1, 15)) == SCHEDULES
    assert IDENTITY in UNARY and IDENTITY in DECAY_UNARY


def test_the_tables_agree_with_what_the_authors_log_says() -> None:
    assert [operand(text) for text in OPERANDS] == [parse_authors(f"None ~ {text}").update for text in LOGGED]
    for form in (*UNARY, *BINARY):
        assert log_form(form.operation).update
        assert set(form.parameters) <= set(log_form(form.operation).values)
        assert form.literal is None or form.literal in log_form(form.operation).literals
    for form in (*DECAY_UNARY, *DECAY_BINARY):
        assert log_form(form.operation).decay
        assert form.literal is None
    assert {f.operation: (f.literal,) for f in UNARY if f.literal is not None} == LITERALS


@pytest.mark.parametrize(
    ("seed", "rule"),
    [
        (0, "momentum ~ clip(lam_hat, sign(g) / [dsig(a3)] (1e-4 * w))"),
        (1, "nesterov ~ abspow(lam_hat, [dtanh(arctan(a11))] (1e-5 * w * erfc([arctan(a12)] (1e-6 * w))))"),
        (2, "nesterov ~ tanh(id(0.001 * w))"),
        (3, "none ~ erfc(abs([dsoft(dsoft(a7))] qhm3(0.99)))"),
        (11, "none ~ running_max([a14^2] drop(qhm3(0.99), 0.1))"),
        (20, "momentum ~ abspow([erfc(a10)] id(drop(0.001 * w, 0.3)), 1e-5 * w)"),
        (35, "none ~ -2 * drop([dsig(a7)^2] wmean(sqrt(v_hat), [arctan(a11)] s_hat, 0.95), 0.1)"),
        (51, "nesterov ~ id([arctan(a8)] drop(2, 0.3))"),
    ],
)  # fmt: skip
def test_a_seed_samples_what_it_always_did(seed: int, rule: str) -> None:
    assert str(decode(sample(np.random.default_rng(seed)))) == rule


@pytest.mark.parametrize("when", ["early", "late"])
def test_an_operation_that_is_added_leaves_all_samples_as_they_are(when: str) -> None:
    tests = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "support.dummy_operations", when],
        env=os.environ | {"PYTHONPATH": str(tests)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == samples()
