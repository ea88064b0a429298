"""Muon of one library beside that of another: where they are one rule, and what tells them apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nos_sym import catalog, compare
from nos_sym.algebra.verdicts import Different, Equal
from nos_sym.language.block import Block
from nos_sym.program.parameters import Parameters

Values = dict[str, float]

DECAYED = {"weight_decay": 0.1}
PLAIN = {"weight_decay": 0.0}

EQUAL: dict[str, tuple[str, Values, str, Values]] = {
    "decays of 0": ("MuonPO", PLAIN, "MuonL2", PLAIN),
    "a momentum of 0 has nothing to look ahead to": (
        *("MuonKeras", {"momentum": 0.0}),
        *("MuonPlainKeras", {"momentum": 0.0}),
    ),
}

DIFFERENT: dict[str, tuple[str, Values, str, Values]] = {
    # PyTorch's own refuses kernels, which its entries take as several matrices.
    "kernels scaled to AdamW": ("MuonRMSTorch", DECAYED, "MuonRMSPO", DECAYED),
    "kernels": ("MuonTorch", DECAYED, "MuonPO", DECAYED),
    "kernels along the average": ("MuonPlainTorch", PLAIN, "MuonPlainPO", PLAIN),
    "the look ahead": ("MuonTorch", PLAIN, "MuonPlainTorch", PLAIN),
    "the scale of a shape": ("MuonTorch", PLAIN, "MuonRMSTorch", PLAIN),
    "decay of the gradient or of the weight": ("MuonPO", DECAYED, "MuonL2", DECAYED),
    "the scale of wide or of tall matrices": ("MuonTorch", PLAIN, "MuonOptax", PLAIN),
    "a norm that is bounded or added to": (
        *("MuonRMSTorch", PLAIN),
        *("MuonKeras", PLAIN | {"adam_weight_decay": 0.0}),
    ),
    "vectors by Muon or by AdamW": ("MuonRMSTorch", DECAYED, "MuonWithAdamW", DECAYED),
    "the look ahead in Keras": ("MuonKeras", {}, "MuonPlainKeras", {}),
    "the look ahead in optax": ("MuonOptax", {}, "MuonPlainOptax", {}),
    "an update of the size of its dual norm": ("MuonOptax", {}, "MuonAdaptiveOptax", {}),
    "coefficients for each step": ("MuonOptax", {}, "MuonDionOptax", {}),
    "coefficients for each step in pytorch_optimizer": ("MuonPO", {}, "MuonQuintic", {}),
    "margins of the Polar Express": ("MuonPolarExpress", {}, "MuonPolarExpressSafer", {}),
}

QUICK = ("kernels scaled to AdamW", "the look ahead")
"""Decompositions of matrices take their time; the others are heavy."""


def at(name: str, values: Values) -> Block:
    found = catalog.entry(name)
    assert isinstance(found, Block)
    return found.with_settings(values)


def cases(of: dict[str, tuple[str, Values, str, Values]]) -> list[Any]:
    return [pytest.param(name, marks=() if name in QUICK else pytest.mark.heavy) for name in of]


@pytest.mark.parametrize("what", cases(EQUAL))
def test_one_rule(what: str) -> None:
    first, at_first, second, at_second = EQUAL[what]
    assert isinstance(compare(at(first, at_first), at(second, at_second)), Equal)


@pytest.mark.parametrize("second", ["MuonPO", pytest.param("MuonPlainPO", marks=pytest.mark.heavy)])
def test_on_matrices_pytorch_optimizer_computes_what_pytorch_does(second: str) -> None:
    first = second.replace("PO", "Torch")
    rng = np.random.default_rng(3)
    for shape in ((3, 2), (2, 4)):
        both = [Parameters(at(name, DECAYED), [shape]) for name in (first, second)]
        weights = [[np.ones(shape)] for _ in both]
        for _ in range(4):
            gradient = rng.normal(size=shape)
            weights = [x.apply(w, [gradient], 0.1) for x, w in zip(both, weights, strict=True)]
            np.testing.assert_allclose(*weights, rtol=1e-12)


@pytest.mark.parametrize("what", cases(DIFFERENT))
def test_a_history_tells_them_apart(what: str) -> None:
    first, at_first, second, at_second = DIFFERENT[what]
    found = compare(at(first, at_first), at(second, at_second))
    assert isinstance(found, Different)
    assert found.counterexample.first != found.counterexample.second
