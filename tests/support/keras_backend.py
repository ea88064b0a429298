"""Keras on the backend of this process, which ``KERAS_BACKEND`` chooses at its import, or a visible skip."""

from __future__ import annotations

import importlib.util
import os

import pytest

CHOSEN = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
"""Name of the backend; TensorFlow unless the environment says otherwise."""

if not (importlib.util.find_spec("keras") and importlib.util.find_spec(CHOSEN)):
    if os.environ.get("NOS_SYM_REQUIRE_BACKENDS") == "1":
        raise RuntimeError(f"keras and {CHOSEN} are required here")
    pytest.skip(f"keras or {CHOSEN} is not installed", allow_module_level=True)

import keras  # noqa: E402 - its backend is chosen and there

TARGETS = ["tensorflow", "keras"] if CHOSEN == "tensorflow" else ["keras"]
"""The rendered files that run here."""

__all__ = ["CHOSEN", "TARGETS", "keras"]
