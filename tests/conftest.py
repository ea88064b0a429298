"""What all tests share: the module path, how examples are drawn, and the recordings beside the repository."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

TESTS = Path(__file__).parent
sys.path.insert(0, str(TESTS))

from support.long_cases import LONG_CASES, THINNED  # noqa: E402 - the module path is that above

# A test sees what the code does now, and leaves nothing behind in the user's folders.
os.environ["NOS_SYM_NO_CACHE"] = "1"

# Every run draws the same examples, so that a change never fails for what another has left. No data base of
# failures is kept, which CI would not have: a failure prints what reproduces it, to be written down.
settings.register_profile("fixed", derandomize=True, database=None, deadline=None, print_blob=True)
# Other examples in every run, to look for more.
settings.register_profile("explore", settings.get_profile("fixed"), derandomize=False)
settings.load_profile(os.environ.get("NOS_SYM_HYPOTHESIS", "fixed"))

# Hypothesis draws constants that stand in the modules that are loaded, too: its examples would depend on the
# tests before, and to read the modules takes each process some 20 seconds. There is no setting for it.
if hasattr(providers, "_get_local_constants"):
    providers._get_local_constants = providers.Constants

HEAVY_SECONDS = 1200
"""Limit of a long sweep: a guard against a hang, not a measurement."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark long cases, and give the long sweeps their limit, where they do not have one of their own."""
    cases: Counter[tuple[str, str]] = Counter()
    for item in items:
        test = (item.path.stem, item.name.partition("[")[0])
        every, first = THINNED.get(test, (1, 0))
        if item.name in LONG_CASES.get(item.path.stem, ()) or cases[test] % every != first:
            item.add_marker(pytest.mark.heavy)
        cases[test] += 1
        if item.get_closest_marker("heavy") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(HEAVY_SECONDS))


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the repository."""
    return TESTS.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the authors' recordings, which do not belong to the repository, or skip."""
    folder = TESTS.parent.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the authors' recordings are not there: expected the folder ../shared/data")
    return folder
