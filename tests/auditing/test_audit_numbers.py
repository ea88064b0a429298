"""What audits claim, held against numbers: code to run again, and agreements at random settings."""

from __future__ import annotations

import ast
import itertools
import subprocess
import sys

import numpy as np
import pytest

from nos_sym.auditing.audit import audit
from nos_sym.auditing.distance import Meter, usual_values
from nos_sym.auditing.families import Families, agreement
from nos_sym.auditing.matching import match, number_text
from nos_sym.auditing.rerun import code_of
from nos_sym.auditing.side import Side, read_side
from nos_sym.faces import faces

PAIRS = [
    ("torch.optim.Adam", "keras.optimizers.Adam"),
    ("torch.optim.NAdam", "optax.nadam"),
    ("torch.optim.RMSprop", "pytorch_optimizer.Lion"),
    ("optax.lion", "keras.optimizers.Lamb"),
    ("torch.optim.Adagrad", "optax.adagrad"),
    ("keras.optimizers.Adagrad", "optax.rmsprop"),
]


@pytest.mark.heavy
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_libraries_give_the_numbers_that_are_shown(a: str, b: str) -> None:
    found = audit(a, b, seconds=0)
    assert found.parting is not None
    moved = dict(found.parting.values)
    values = {x: float(moved.get(x.name, number_text(x.default))) for x in found.families.variables}
    shown = (found.parting.at.first, found.parting.at.second)
    for number, side in enumerate((found.first, found.second)):
        own = {name: value for x, value in values.items() if (name := (x.first, x.second)[number])}
        assert side.face is not None
        code = code_of(side.face, own, found.parting.at)
        if not code:  # a history on which the rate changes
            assert len(set(found.parting.at.rates)) > 1
            continue
        assert code in found.markdown()
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=200, check=True
        )
        printed = np.ravel(ast.literal_eval(done.stdout.splitlines()[-1]))
        np.testing.assert_allclose(printed, shown[number], rtol=3e-8, atol=1e-12)


def by_paper() -> list[tuple[Side, Side]]:
    """Return pairs of optimizers of two libraries that have a word of their names in common."""
    plain = [face for face in faces() if not face.flags]
    pairs = itertools.combinations(plain, 2)
    alike = [
        (a, b) for a, b in pairs if a.library != b.library and a.class_name.lower() == b.class_name.lower()
    ]
    return [(read_side(a, print), read_side(b, print)) for a, b in alike]


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_no_agreement_is_refuted_by_trajectories_at_random_settings() -> None:
    rng = np.random.default_rng(3)
    proved = 0
    for a, b in by_paper():
        families = Families.of(a.rule, b.rule, match(a, b))
        found = agreement(families, 0.5)
        if found is None:
            continue
        proved += 1
        fixed = {x: float(value) for x, value in found.fixed}
        meter = Meter(families.first, families.second)
        for _ in range(3):
            drawn = {x: float(rng.choice(usual_values(x.domain) or [float(x.default)])) for x in found.free}
            at = {(x.first, x.second): value for x, value in (drawn | fixed).items()}
            for row in meter(at):
                # Epsilons of 0 divide zeros, and roots of rounded zeros are no zeros.
                assert row.distance < 1e-6, (a.name, b.name, str(found), row)
    assert proved > 10
