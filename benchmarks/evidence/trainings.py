"""Figures of the transfer experiments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evidence.record import Measurement


def _input(data: Any) -> Iterator[str]:
    speeds = {
        (entry["side"], entry["all operations"]): f"{entry['images per processor second']:,.0f}"
        for entry in data["rows"]
        if entry["what"] == "input"
    }
    yield (
        f"{speeds[32, False]} images for each second of a processor instead of {speeds[32, True]} at 32 "
        f"pixels, and {speeds[224, False]} instead of {speeds[224, True]} at 224"
    )


MEASUREMENTS = (
    Measurement(
        "Images that are read and augmented",
        "python benchmarks/transfer_input.py",
        "2026-11-30",
        "2 cores of x86_64 that others kept busy; seconds of the processor",
        "transfer-input.json",
        _input,
    ),
)
