"""Errors of a search as a whole; parts that can be used alone have errors of their own beside them."""

from __future__ import annotations

from nos_sym.errors import NosSymError


class SearchError(NosSymError):
    """A search that cannot begin or go on, for example because no candidate reaches a fitness."""
