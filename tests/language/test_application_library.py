"""Where rules that a text applies are found: above it, in a library, in the catalog."""

from __future__ import annotations

import pytest

from nos_sym import catalog
from nos_sym.errors import CatalogError, SourceError
from nos_sym.faces.parsing import parse, parse_file
from nos_sym.language import parser
from nos_sym.language.application import Library
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule


def test_without_a_library_a_text_applies_its_own_rules() -> None:
    assert str(parser.parse_file("A = none ~ 2 * g\nnone ~ A(w)")[-1]) == "none ~ 2 * w"
    with pytest.raises(SourceError, match="there is no such rule above"):
        parser.parse("none ~ Adam(g)")
    # A rule of the text comes before that of the library.
    assert str(parse_file("Adam = none ~ 2 * g\nnone ~ Adam(w)")[-1]) == "none ~ 2 * w"


class Shelf(Library):
    """A library that reads its entries when they are asked for."""

    def __init__(self, entries: dict[str, str]) -> None:
        self.entries = entries
        self.asked: list[str] = []

    def find(self, name: str) -> Rule | Block | Schedule | None:
        """Return an entry, which may apply others."""
        self.asked.append(name)
        return parser.parse(self.entries[name], self) if name in self.entries else None

    def names(self) -> list[str]:
        """Return the names of all entries."""
        return list(self.entries)


def test_a_library_reads_while_a_text_is_read() -> None:
    shelf = Shelf(
        {"A": "none ~ B(g) + g", "B": "{ state m; m <- m + g; w <- w - lr * m }", "C": "none ~ nothing"}
    )
    rule = parser.parse("X(k=2) = none ~ k * A(tanh(g)) + A(k * g)", shelf)
    assert str(rule) == (
        "X(k=2) = { state m; m <- m + tanh(g); state a_m; a_m <- a_m + k * g; "
        "w <- w - lr * (k * (m + tanh(g)) + (a_m + k * g)) }"
    )
    assert shelf.asked == ["A", "B"]  # each once
    with pytest.raises(SourceError, match="unknown name 'nothing'"):
        parser.parse("none ~ C(g)", shelf)


def test_an_entry_of_the_catalog_that_applies_itself_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    places = dict(catalog._places())
    for name, text in {"LoopA": "LoopA = none ~ LoopB(g)", "LoopB": "LoopB = none ~ LoopA(g)"}.items():
        places[name] = catalog._Place("baselines", text, "")
    monkeypatch.setattr(catalog, "_places", lambda: places)
    with pytest.raises(CatalogError, match="applies itself: LoopA applies LoopB applies LoopA"):
        catalog.entry("LoopA")
    with pytest.raises(SourceError, match="applies itself"):
        parse("none ~ LoopB(g)")


def test_only_what_is_applied_is_read_from_the_catalog() -> None:
    catalog._parsed.cache_clear()
    parse("none ~ tanh(g)")
    assert catalog._parsed.cache_info().misses == 0
    parse("A(beta=0.9) = none ~ beta * RMSProp(g)")
    assert catalog._parsed.cache_info().misses == 1
