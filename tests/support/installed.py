"""Packages that a test needs in a process of its own."""

from __future__ import annotations

import importlib.util
import os

import pytest


def required(*names: str) -> None:
    """Skip a test unless packages are installed; fail it where all have to be."""
    for name in names:
        if importlib.util.find_spec(name) is None:
            if os.environ.get("NOS_SYM_REQUIRE_BACKENDS") == "1":
                pytest.fail(f"{name} is required here")
            pytest.skip(f"{name} is not installed")
