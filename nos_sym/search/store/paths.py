"""The path of a store, as whoever opens one gives it."""

from __future__ import annotations

from pathlib import Path

from nos_sym.errors import described
from nos_sym.search.store.connection import StoreError


def path_of_store(given: object) -> Path:
    """Return the path of a store.

    Raises:
        StoreError: what is given is no path.
    """
    if not isinstance(given, str | Path):
        raise StoreError(f"expected the path of a store, not {described(given)}")
    return Path(given)
