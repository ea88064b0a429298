"""What experiments come to in the numbers of Tables 11 and 13: percent, perplexities, files of results."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from nos_sym.transfer.experiment import Protocol
from nos_sym.transfer.running import Row
from nos_sym.transfer.training.curve import perplexity

_MODELS = {"efficientnetv2-s": "EfficientNetV2-Small", "resnet9": "ResNet9", "awd-lstm": "AWD-LSTM"}
FORMAT = "nos-sym results 1"
"""The format that the tables read."""

LARGEST_NUMBER = 10**9
"""Numbers of that format are below."""


def shown(score: float, protocol: Protocol) -> float:
    """Return a score as tables have it: an accuracy in percent, or a perplexity."""
    return perplexity(score) if protocol.training.metric == "perplexity" else 100 * score


def values_of(row: Row, protocol: Protocol) -> list[float] | None:
    """Return the results of all repeats; ``None`` where one failed or there is none."""
    if not row.scores or any(score is None for score in row.scores):
        return None
    return [shown(score, protocol) for score in row.scores if score is not None]


def results_json(
    rows: Sequence[Row], protocol: Protocol, seeds: Sequence[int], versions: Mapping[str, str]
) -> dict[str, Any]:
    """Return the results of an experiment as JSON data that ``nos-sym latex --table`` reads.

    An optimizer without a result on every seed is left out, and so is one whose perplexity fits no table: it
    knows less of a text than who calls all words alike.
    """
    training = protocol.training
    lower = training.metric == "perplexity"
    begun = "fine-tuned" if getattr(training, "pretrained", False) else "from scratch"
    task = {
        "name": protocol.name,
        "metric": training.metric,
        "unit": "" if lower else "%",
        "better": "lower" if lower else "higher",
        "model": f"{_MODELS[training.model]}, {begun}",
        "steps": training.steps,
    }
    results = []
    for row in rows:
        values = values_of(row, protocol)
        if values is not None and max(values) < LARGEST_NUMBER:
            spread = statistics.stdev(values) if len(values) > 1 else None
            mean = statistics.fmean(values)
            results.append(
                {
                    "optimizer": row.name,
                    "task": protocol.name,
                    "mean": mean,
                    "deviation": spread,
                    "values": values,
                }
            )
    return {
        "format": FORMAT,
        "source": "nos-sym transfer",
        "seeds": list(seeds),
        "versions": dict(versions),
        "tasks": [task],
        "results": results,
    }


def merged(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the results of several tasks as one; a task that stands in two of them is that of the last.

    Seeds are kept where all parts have the same ones.
    """
    tasks: dict[str, Any] = {}
    results: dict[tuple[str, str], Any] = {}
    versions: dict[str, str] = {}
    for part in parts:
        for task in part["tasks"]:
            tasks[task["name"]] = task
            results = {key: value for key, value in results.items() if key[1] != task["name"]}
        results |= {(row["optimizer"], row["task"]): row for row in part["results"]}
        versions |= part["versions"]
    seeds = {json.dumps(part["seeds"]) for part in parts}
    alike = json.loads(seeds.pop()) if len(seeds) == 1 else None
    if alike is None:
        results = {
            key: {name: value for name, value in row.items() if name != "values"}
            for key, row in results.items()
        }
    return {
        "format": FORMAT,
        "source": parts[-1]["source"],
        "seeds": alike,
        "versions": versions,
        "tasks": list(tasks.values()),
        "results": list(results.values()),
    }
