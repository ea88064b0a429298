"""Names and colors of the optimizers of a store: those of the catalog, where it has them."""

from __future__ import annotations

from functools import lru_cache

from nos_sym import catalog
from nos_sym.errors import NosSymError
from nos_sym.report.figures.colors import color_of
from nos_sym.search.fingerprints import Fingerprints, Index, catalog_index
from nos_sym.search.reports.shown import shown_rule
from nos_sym.search.settings import Dedup
from nos_sym.search.store.rows import Evaluation

__all__ = ["color_in_store", "name_in_store"]


def name_in_store(evaluation: Evaluation) -> str:
    """Return what a figure calls an optimizer of a store: its name in the catalog, and its text."""
    try:
        text = shown_rule(evaluation.read_rule())
    except NosSymError:
        return evaluation.text
    name = _entry_of(evaluation)
    return text if name is None else f"{name} = {text}"


def color_in_store(evaluation: Evaluation) -> int:
    """Return the number of an optimizer's color, the same as in figures of the catalog where it is there."""
    name = _entry_of(evaluation)
    if name is not None:
        return color_of(catalog.entry(name))
    try:
        return color_of(evaluation.read_rule())
    except NosSymError:
        return 0


@lru_cache(maxsize=1)
def _catalog() -> tuple[Fingerprints, Index]:
    prints = Fingerprints(Dedup.EXACT)
    return prints, catalog_index(prints)


def _entry_of(evaluation: Evaluation) -> str | None:
    """Return the entry of the catalog that an optimizer is, whatever its text."""
    try:
        rule = evaluation.read_rule()
        prints, index = _catalog()
        found: str | None = index.find(prints.of(rule))
    except NosSymError:
        return None
    return found
