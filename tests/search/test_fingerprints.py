"""What counts as known at each level."""

from __future__ import annotations

import pytest

import nos_sym
from nos_sym.language.rule import Rule
from nos_sym.search.fingerprints import Fingerprints, catalog_index
from nos_sym.search.settings import Dedup


def rule(text: str) -> Rule:
    found = nos_sym.parse(text)
    assert isinstance(found, Rule)
    return found


PAIRS = [
    ("none ~ id(g)", "none ~ g", set(Dedup) - {Dedup.OFF}),
    ("none ~ tanh(-g)", "none ~ tanh(g)", {Dedup.SIGN, Dedup.SCALE, Dedup.SCHEDULE}),
    ("none ~ 2 * tanh(g)", "none ~ tanh(g)", {Dedup.SCALE, Dedup.SCHEDULE}),
    ("none ~ [a1] tanh(g)", "none ~ tanh(g)", {Dedup.SCHEDULE}),
    ("none ~ g / sqrt(1 + (1e-6 * w)^2)", "none ~ g", {Dedup.FLOAT32}),
    ("momentum ~ g", "none ~ g", set()),
    ("none ~ g", "none ~ g", set(Dedup)),
]


@pytest.mark.parametrize("dedup", Dedup)
@pytest.mark.parametrize(("one", "other", "levels"), PAIRS)
def test_an_optimizer_is_known_at_its_levels(one: str, other: str, levels: set[Dedup], dedup: Dedup) -> None:
    prints = Fingerprints(dedup)
    index = prints.index()
    index.add(prints.of(rule("none ~ arctan(s_hat)")), "far")
    index.add(prints.of(rule(other)), "first")
    index.add(prints.of(rule(other)), "second")
    assert (index.find(prints.of(rule(one))) == "first") == (dedup in levels)
    assert len(index) == 2 and list(index) == ["far", "first"]


def test_of_several_near_ones_the_first_is_found() -> None:
    prints = Fingerprints(Dedup.FLOAT32)
    index = prints.index()
    texts = ["none ~ g", "none ~ g + 1e-6 * g", "none ~ g + 2e-6 * g", "none ~ 1.5 * g"]
    for text in texts:
        index.add(prints.of(rule(text)), text)
    # 16 units of 2^-24 are 9.5e-7: each step is one apart, but for what lies within.
    assert index.find(prints.of(rule("none ~ g + 4e-7 * g"))) == "none ~ g"
    assert index.find(prints.of(rule("none ~ g + 0.5 * g"))) == "none ~ 1.5 * g"
    assert index.find(prints.of(rule("none ~ 3 * g"))) is None


def test_a_stored_key_is_the_exact_key() -> None:
    for dedup in Dedup:
        assert Fingerprints(dedup).of(rule("none ~ id(g)")).exact == nos_sym.key_of(rule("none ~ g"))


def test_catalog_entries_are_named() -> None:
    prints = Fingerprints(Dedup.EXACT)
    names = catalog_index(prints)
    assert names.find(prints.of(rule("none ~ id(g)"))) == "SGD"
    assert names.find(prints.of(rule("none ~ id(v_hat / (sqrt(s_hat) + 1))"))) is None
