"""What numbers depend on beside what is measured: the machine and the versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Sequence


def surroundings(names: Sequence[str]) -> dict[str, str]:
    """Return the machine, Python and the versions of those packages that are installed."""
    installed = {d.metadata["Name"].lower() for d in importlib.metadata.distributions()}
    versions = {name: importlib.metadata.version(name) for name in names if name.lower() in installed}
    device = f"{os.cpu_count()} cores, {platform.machine()}"
    return {"device": device, "python": platform.python_version(), **versions}
