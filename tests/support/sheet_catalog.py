"""A small catalog for data sheets: the keys of the whole one take seconds."""

from __future__ import annotations

import pytest

from nos_sym.report.sheet import neighbors
from nos_sym.report.sheet.catalog_keys import table_of

SMALL = (
    *("SGD", "SGDMomentum", "Nesterov", "Adam", "AdamW", "AdamTorch", "Lion", "LionKeras", "RMSProp"),
    *("Opt5", "Opt42", "Opt7", "SignSGDOptax", "SGDTorch"),
)


def use_small_catalog(patch: pytest.MonkeyPatch) -> None:
    """Let sheets know a few entries alone."""
    table = table_of(SMALL)
    patch.setattr(neighbors, "catalog_keys", lambda: table)
