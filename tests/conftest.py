"""What all tests share: this folder on the module path, and the recordings beside the repository."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
sys.path.insert(0, str(TESTS))


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
