"""Settings that records did not always have, with what they meant then.

A store keeps the settings of a run as they were written. A run of before lacks these, and goes on as if it
had them with these values. Names of tasks leave them out where they have these values, so that a fitness of
before compares with one of today. The defaults of the records are the same.
"""

from __future__ import annotations

from typing import Any

SEARCH: dict[str, Any] = {"move_to_failed": False}

TRAINING: dict[str, Any] = {
    "split": "validation",
    "scaled_by": "training",
    "shuffle": True,
    "first_epoch_steps": 0,
    "first_judged": "best",
    "first_cut_after": 0,
    "first_cut_accuracy": 0.25,
    "halving": [],
    "curve_steps": [],
    "curve_accuracies": [],
    "capture": False,
    "check_every": 20,
}

SECTIONS: dict[str, dict[str, Any]] = {
    "genome": {
        "inverted_output_decay": False,
        "all_binary_in_decays": False,
        "ordered_output": False,
        "dormant_operations": False,
        "decays_of_pairs": False,
        "output_keeps_hidden": False,
        "uniform_sources": False,
        "either_side": False,
    },
    "training": TRAINING,
    "initial_training": TRAINING,
}


def without_added(table: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return a table without the settings that have the value which they had before they were settings."""
    return {name: value for name, value in table.items() if name not in before or value != before[name]}
