"""The data sheet of an optimizer, by name or as text."""

from __future__ import annotations

import os

from nos_sym.python.given import Given, optimizer_of
from nos_sym.report.sheet.sheet import Sheet, data_sheet


def explain(rule: Given, *, store: str | os.PathLike[str] | None = None) -> Sheet:
    """Return the data sheet of an optimizer: what is proved of it, and what was measured.

    Each line has its proof, or says over what it was measured; what cannot be known is left out. Settings are
    at their defaults. Printed it is text, in a notebook it is HTML, and ``to_json`` returns data.

    >>> explain("Adam").of("first_step")[0].says[0]
    'g / (|g| + 1e-8)'

    Args:
        rule: the optimizer.
        store: a store of searches, whose evaluations of this optimizer are added.

    Raises:
        NosSymError: no optimizer is given, and what would be one; or the store cannot be used.
    """
    return data_sheet(optimizer_of(rule), None if store is None else os.fspath(store))
