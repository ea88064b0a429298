"""What the table of equal entries says is proved again, and an entry is related to its whole class."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from nos_sym import catalog
from nos_sym.algebra.canonical import key_of
from nos_sym.faces import Relation, equals_of, relations_of
from nos_sym.faces.relations import AT_THE_DEFAULTS, FOR_ALL_SETTINGS, relations
from nos_sym.language.rule import Schedule

SCRIPTS = Path(__file__).parents[2] / "scripts"

UNPROVED = {"AdaBeliefOptax": "AdaBelief", "AdanW": "AdanPO", "AdaFactorL2": "AdaFactorPO", "CAMEL2": "CAME"}
"""What the algebra proves equal at the defaults, and no proof was found for."""


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(SCRIPTS)
    return importlib.import_module("relate_catalog")


def test_rows_relate_optimizers_of_the_catalog_each_pair_once() -> None:
    order = catalog.names()
    for row in relations():
        assert row.holds in (AT_THE_DEFAULTS, FOR_ALL_SETTINGS)
        assert order.index(row.first) < order.index(row.second)
        assert not isinstance(catalog.entry(row.first), Schedule)
    assert len({(row.second, row.holds) for row in relations()}) == len(relations()) > 50


def test_a_class_is_seen_from_each_of_its_entries() -> None:
    whole = {"Adam", *equals_of("Adam")}
    assert {"Adam", "AdamTorch", "AdamOptax"} <= whole
    for entry in whole:
        assert {entry, *(r.second for r in relations_of(entry))} == whole
    # Equal for all settings, whatever the defaults; and both at once said once.
    assert Relation("LionOptax", "LionPO", FOR_ALL_SETTINGS) in relations_of("LionOptax")
    assert "LionPO" not in equals_of("LionOptax")
    assert [r.holds for r in relations_of("AdadeltaTorch") if r.second == "AdaDeltaPO"] == [FOR_ALL_SETTINGS]


@pytest.mark.parametrize(
    ("first", "second", "how", "true"),
    [
        ("Adam", "AdamTorch", AT_THE_DEFAULTS, True),
        ("LionOptax", "LionPO", FOR_ALL_SETTINGS, True),
        ("LionOptax", "LionPO", AT_THE_DEFAULTS, False),  # other decays
        ("AdamTorch", "AdamWTorch", FOR_ALL_SETTINGS, False),
        ("Adam", "SGD", FOR_ALL_SETTINGS, False),  # no settings
    ],
)
def test_a_row_is_proved(script: ModuleType, first: str, second: str, how: str, true: bool) -> None:
    assert script.holds(Relation(first, second, how)) is true
    assert (Relation(first, second, how) in relations()) is true


@pytest.mark.heavy
@pytest.mark.parametrize("row", relations(), ids=lambda row: f"{row.first}-{row.second}-{row.holds}")
def test_every_row_is_proved(script: ModuleType, row: Relation) -> None:
    assert script.holds(row, seconds=120.0)


@pytest.mark.heavy
def test_entries_of_one_key_are_related(script: ModuleType) -> None:
    firsts: dict[str, str] = {}
    for name, rule in script.optimizers().items():
        first = firsts.setdefault(key_of(rule), name)
        if first != name and UNPROVED.get(name) != first:
            known = {first, *equals_of(first), *(n for n, f in UNPROVED.items() if f == first)}
            known |= {other for n in list(known) for other in equals_of(n)}
            assert name in known, (first, name)
    for name, first in UNPROVED.items():
        assert name not in equals_of(first)


def test_the_table_is_written_as_it_is_read(script: ModuleType) -> None:
    assert script.text_of(list(relations())) == script.TABLE.read_text(encoding="utf-8")
