"""Figures of the transfer experiments."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from evidence.record import Measurement, row

SHOWN = ("Adam", "AdamW", *(f"Opt{k}" for k in range(1, 11)))
"""Optimizers of which the README has a line each."""


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


def _loops(data: Any) -> Iterator[str]:
    models = {"resnet9": "ResNet9", "efficientnetv2-s": "EfficientNetV2-Small"}
    frameworks = {"torch": "PyTorch", "tensorflow": "TensorFlow"}
    for case in data["rows"]:
        speeds = {name: statistics.median(found) for name, found in case["images a second"].items()}
        others = [f"{speeds[name]:.1f}" if name in speeds else "" for name in ("plain loop", "fit")]
        where = f"{models[case['model']]}, {case['side']} px, {frameworks[case['backend']]}"
        ours = [f"{speeds[name]:.1f}" for name in ("ours", "ours, augmented")]
        yield row(where, ours[0], *others, ours[1], f"{speeds['input alone']:,.0f}")


def _digits(data: Any) -> Iterator[str]:
    from nos_sym.search.evidence.statistics import mean_interval

    intervals = {each["optimizer"]: mean_interval(each["values"]) for each in data["results"]}
    for name in sorted(intervals, key=lambda name: -intervals[name].mean):
        found = intervals[name]
        yield row(name, f"{found.mean:.2f}", f"{found.low:.2f} to {found.high:.2f}")


MEASUREMENTS = (
    Measurement(
        "Optimizers on scikit-learn's digits, with the whole protocol",
        "nos-sym transfer digits --optimizers all --store digits.db --results digits.json "
        "--executor processes --workers 2",
        "2026-11-30",
        "2 cores of x86_64; accuracies do not depend on it",
        "transfer-digits.json",
        _digits,
    ),
    Measurement(
        "Loops of trainings beside those that one would write",
        "python benchmarks/transfer_step.py --batch 4 --steps 2 --rounds 3 --out results/transfer-step",
        "2026-11-30",
        "2 cores of x86_64, one other process at first; images for each second of the processor",
        "transfer-step.json",
        _loops,
    ),
    Measurement(
        "Images that are read and augmented",
        "python benchmarks/transfer_input.py",
        "2026-11-30",
        "2 cores of x86_64 that others kept busy; seconds of the processor",
        "transfer-input.json",
        _input,
    ),
)
