"""Every identity holds on random numbers, is seen by the canonical form, and is recorded when it is used."""

from __future__ import annotations

import itertools
import random
import re
from pathlib import Path

import numpy as np
import pytest
from support.random_rules import random_rule

from nos_sym import catalog
from nos_sym.algebra.canonical import canonical
from nos_sym.algebra.identities import IDENTITIES, TABLE, Identity
from nos_sym.algebra.kernel import (
    fresh_workspace,
)
from nos_sym.algebra.polynomials import polynomial
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule, Schedule
from nos_sym.program.interpreter import Guards, Interpreter

ANY = ("g", "w", "tanh(g) - w", "v_hat", "-s_hat", "[a3] sign(g)", "exp(-w)")
# Zeros, negatives, tiny and huge values, and ordinary ones.
VALUES = np.array([0.0, 1e-30, -1e-12, 1e-3, -0.5, 0.7, 1.0, -2.0, 3.0, -40.0, 1e6, -1e12])


def instances(identity: Identity) -> list[tuple[str, str]]:
    """Return both sides with up to twelve choices of expressions for the placeholders."""
    names = sorted(set(re.findall(r"\b[xyz]\b", identity.left)))
    pools = [identity.choices.get(n, ANY) for n in names]
    every = list(itertools.product(*pools))
    random.Random(0).shuffle(every)
    return [identity.substituted(dict(zip(names, chosen, strict=True))) for chosen in every[:12]]


def run(text: str) -> list[np.ndarray]:
    """Return the updates of four steps with gradients and weights of every size in every pairing."""
    rng = np.random.default_rng(1)
    interpreter = Interpreter(
        parse(f"none ~ {text}"), (144,), total_steps=6, guards=Guards.POLICY,
        uniform=lambda draw, shape: np.random.default_rng([draw, interpreter.step]).random(shape),
    )  # fmt: skip
    g, w = (a.ravel() for a in np.meshgrid(VALUES, VALUES))
    rows = []
    for step in range(4):
        if step:
            # States grow from what came before: ordinary values after the extreme ones.
            g, w = rng.normal(size=144), rng.normal(size=144)
        rows.append(interpreter.update(g, w))
    return rows


@pytest.mark.parametrize("identity", TABLE, ids=lambda i: i.name)
def test_numbers(identity: Identity) -> None:
    checked = 0
    for left, right in instances(identity):
        for a, b in zip(run(left), run(right), strict=True):
            # Where float64 overflows, infinities and what comes of them are rounding.
            usable = np.isfinite(a) & np.isfinite(b) & (np.abs(np.nan_to_num(a)) < 1e100)
            # Sums of huge and small values cancel: what is left has the rounding of the huge ones.
            slack = 1e-9 * (np.abs(a[usable]) + np.abs(b[usable])) + 1e-14 * sizes()[usable]
            a, b = a[usable], b[usable]
            wrong = np.abs(a - b) > slack
            assert not wrong.any(), f"{left}  =  {right}\n{a[wrong][:4]}\n{b[wrong][:4]}"
            checked += a.size
    assert checked > 200


def sizes() -> np.ndarray:
    """Return how large an intermediate value of each entry may be."""
    g, w = (np.abs(m.ravel()) for m in np.meshgrid(VALUES, VALUES))
    return (1 + g) ** 2 * (1 + w) ** 2


@pytest.mark.parametrize("identity", TABLE, ids=lambda i: i.name)
def test_canonical_form(identity: Identity) -> None:
    for left, right in instances(identity):
        a, b = (canonical(parse(f"none ~ {side}")) for side in (left, right))
        assert a is b, f"{left}  =  {right}"


@pytest.mark.parametrize("identity", TABLE, ids=lambda i: i.name)
def test_use_is_recorded(identity: Identity) -> None:
    recorded = set()
    for sides in instances(identity):
        for side in sides:
            with fresh_workspace() as tables:
                canonical(parse(f"none ~ {side}"))
                recorded |= set(tables.used)
    assert identity.name in recorded


def test_every_recorded_name_is_an_identity(repository: Path) -> None:
    source = "".join(p.read_text() for p in (repository / "nos_sym" / "algebra").rglob("*.py"))
    named = set(re.findall(r'note\("([a-z0-9-]+)"\)', source))
    assert named == set(IDENTITIES)
    rng = random.Random(4)
    rules = [random_rule(rng, depth=4, authors=i % 2 == 0) for i in range(300)]
    with fresh_workspace() as tables:
        for rule in rules:
            canonical(rule)
        for entry in catalog.entries():
            if not isinstance(entry, Block):
                polynomial(entry.factor if isinstance(entry, Schedule) else entry.update)
        assert set(tables.used) <= set(IDENTITIES)
        assert len(tables.used) > 25


def test_texts_are_of_the_language() -> None:
    for identity in TABLE:
        for side in identity.substituted({"x": "g", "y": "w", "z": "v_hat", "d": "a1"}):
            assert isinstance(parse(f"none ~ {side}"), Rule)
        assert identity.because
