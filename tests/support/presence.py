"""Whether other packages are there for a test."""

from __future__ import annotations

import importlib
import os
import warnings


def missing(*modules: str) -> str:
    """Return why a file of tests is skipped, nothing where all modules are there; in CI they must be."""
    for name in modules:
        try:
            with warnings.catch_warnings():  # of what they import
                warnings.simplefilter("ignore")
                importlib.import_module(name)
        except ImportError as error:
            if os.environ.get("NOS_SYM_REQUIRE_BACKENDS") == "1":
                raise RuntimeError(f"{', '.join(modules)} are required here: {error}") from error
            return f"{name} cannot be imported: {error}"
    return ""
