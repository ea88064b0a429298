"""The versions that a run may depend on."""

from __future__ import annotations

import contextlib
import platform
from importlib import metadata


def versions() -> dict[str, str]:
    """Return the versions of nos-sym, Python, and the libraries that are installed."""
    found = {"python": platform.python_version()}
    for name in ("nos-sym", "numpy", "sympy", "torch", "tensorflow", "tensorflow-cpu", "keras"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
