"""Figures of searches: what deduplication saves, how busy workers are, how fast trainings are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from evidence.record import Measurement, digits, median, row

_RIVALS = {
    "text": ("text", 2),
    "exact": ("exact key", 2),
    "almost": ("key almost everywhere", 2),
    "hash 20": ("hash of 20 outputs, binary64 as it is", 1),
    "hash 20, 6 digits": ("the same, rounded to 6 digits", 1),
    "hash 1000, 10 digits": ("hash of 1,000 outputs, 10 digits, zeros among the gradients", 1),
}
"""Names in the raw file to those of the page, and the decimal places of their milliseconds."""


def _rivals(data: Any) -> Iterator[str]:
    for name, (label, places) in _RIVALS.items():
        found = data["whole log"][name]
        counts = [str(found[key]) for key in ("answered", "wrong", "missed", "saved")]
        yield row(label, *counts, digits(found["median"], places))
    asked = data["sample"]["simplify"]
    duplicates = asked["answered"] + asked["missed"]
    seconds = digits(data["simplify"]["median"] / 1000, 1)
    found = f"`sympy.simplify` finds {asked['answered']} of {duplicates} duplicates"
    yield f"{found}, none wrong, in {seconds} s a rule"


def _answers(data: Any) -> Iterator[str]:
    everything = data["all"]
    deviation = digits(everything["deviation_over_seeds"], 3)
    other = everything["exactly_equal_in_other_words"]
    yield f"{data['answers']} answers are {data['different_pairs']} different pairs"
    yield f"{other} in other words, all `exact`"
    yield (
        f"the difference of the mean fitness is exactly 0 for all {everything['exactly_equal']}, on every "
        f"seed, where the fitness of one optimizer has a deviation of {deviation} over seeds"
    )


_SPEEDS = {
    "plain loop, fused Adam": "plain loop, fused Adam",
    "one by one": "one by one",
    "one by one, read once an epoch": "one by one, read once an epoch",
    "one by one, channels first": "one by one, channels first",
    "captured": "captured (called, as no graph is there)",
    "one by one, bfloat16": "one by one, bfloat16",
    "captured, bfloat16": "captured, bfloat16",
    "2 stacked": "2 stacked",
    "2 stacked, bfloat16": "2 stacked, bfloat16",
}


def _speeds(data: Any) -> Iterator[str]:
    images = data["images_a_second"]
    plain = median(images["plain loop, fused Adam"])
    for name, label in _SPEEDS.items():
        speed = median(images[name])
        yield f"| {label} | {speed:.0f} | {digits(speed / plain, 2)} |"


def _store(data: Any) -> Iterator[str]:
    yield f"{data['evaluations']:,} trainings ({data['bytes'] / 1e6:.0f} MB)"
    found = data["processor seconds beside start-up, and memory"]

    def seconds(name: str) -> str:
        return digits(found[name]["seconds"], 1)

    level = found["top --level schedule"]
    yield row("`top`; with `--level schedule`", f"{seconds('top')}; {seconds('top --level schedule')}",
              str(level["mebibytes"]))  # fmt: skip
    yield row("`runs`", seconds("runs"), str(found["runs"]["mebibytes"]))
    yield row("`evolve --resume`, five trainings missing", seconds("evolve --resume"),
              str(found["evolve --resume"]["mebibytes"]))  # fmt: skip
    label = f"`import` of {data['lines']:,} lines with {data['rules']:,} different rules"
    yield row(label, seconds("import"), str(found["import"]["mebibytes"]))


def _limits(data: Any) -> Iterator[str]:
    shares = {(entry["times"], entry["particles"]): entry["share of the bound"] for entry in data["rows"]}
    long = shares["log-normal, sigma 1", 50]
    yield f"an order that knows all times beforehand gets {100 * long['times known']:.1f} % of it"
    yield f"would get {100 * long['no particles']:.0f} %"
    several = [shares["log-normal, sigma 1", n]["who is behind first"] for n in (100, 150, 200)]
    first, second, third = (f"{100 * share:.0f} %" for share in several)
    yield f"100 particles get {first}, 150 get {second}, 200 get {third}"


def _algorithms(data: Any) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Any]] = {}
    for search in data["searches"]:
        groups.setdefault((search["algorithm"], search["dedup"]), []).append(search)
    for (algorithm, dedup), found in groups.items():
        distinct = sum(s["distinct"] for s in found) / len(found)
        fit = sum(s["with_fitness"] for s in found) / len(found)
        saved = sum(s["answered"] + s["redrawn"] for s in found) / len(found)
        best = [max(s["incumbents"], key=lambda incumbent: incumbent["fitness"]) for s in found]
        seen = sum(b["fitness"] for b in best) / len(best)
        confirmed = sum(sum(b["confirmed"]) / len(b["confirmed"]) for b in best) / len(best)
        cells = [algorithm, f"`{dedup}`", *(f"{x:.1f}" for x in (distinct, fit, saved)), f"{seen:.3f}"]
        yield f"| {' | '.join(cells)} | {confirmed:.3f}, "


def _busy(data: Any) -> Iterator[str]:
    kept: dict[tuple[int, bool], Any] = {}
    for entry in data["rows"]:
        chosen = entry["barriers"] or entry["order"] == "who is behind first"
        if entry["times"] == "log" and entry["particles"] == 50 and chosen:
            kept[entry["workers"], entry["barriers"]] = entry
    for workers in (8, 64, 350, 1000):
        before, now = kept[workers, True], kept[workers, False]
        shares = (f"{100 * e['share of the bound, whole search']:.1f} %" for e in (before, now))
        hours = f"{before['hours']:.1f}, {now['hours']:.1f}"
        yield row(f"{workers:,}", *shares, hours, f"{100 * now['workers busy']:.1f} %")


_SWEEPS = {
    "halving 20, 40, 60": "`halving` 20, 40, 60 of 80",
    "halving 40, 60": "`halving` 40, 60",
    "curve, quantile 0.25": "curve at 60, 120, 180 of 240, quantile 0.25",
    "curve, quantile 0.5": "the same, quantile 0.5",
    "both, quantile 0.25": "first halving and first curve",
    "both, quantile 0.5": "first halving and second curve",
}


def _sweeps(text: str) -> Iterator[str]:
    counts = re.match(r"(\d+) optimizers, (\d+) with a fitness", text)
    assert counts is not None
    yield f"| {counts[1]} optimizers, {counts[2]} with a fitness |"
    for line in text.splitlines():
        name, *cells = re.split(r" {2,}", line)
        if name in _SWEEPS and len(cells) == 5:
            steps, spearman, kendall, best, _ = cells
            yield row(_SWEEPS[name], steps.replace("%", " %"), spearman, kendall, best.split()[0])


MEASUREMENTS = (
    Measurement(
        "Keys beside hashes of outputs, SymPy and texts",
        "python benchmarks/dedup_rivals.py LOG --sympy 60, with the authors' log",
        "2026-11-30",
        "2 cores of x86_64; counts do not depend on it",
        "dedup-rivals.json",
        _rivals,
    ),
    Measurement(
        "Both of a pair that a search answered, trained",
        "python benchmarks/answered_pairs.py",
        "2026-11-30",
        "2 cores of x86_64; scores do not depend on it",
        "answered-pairs.json",
        _answers,
    ),
    Measurement(
        "Algorithms on the same budget",
        "python benchmarks/search_algorithms.py",
        "2026-11-30",
        "2 cores of x86_64; scores do not depend on it",
        "search-algorithms.json",
        _algorithms,
    ),
    Measurement(
        "How busy workers are",
        "python benchmarks/utilization.py",
        "2026-11-30",
        "a simulation with the times of the authors' log; no machine counts",
        "utilization.json",
        _busy,
    ),
    Measurement(
        "Sweeps of learning rates that end early",
        "python benchmarks/cheaper_sweeps.py",
        "2026-11-30",
        "2 cores of x86_64; scores do not depend on it",
        "cheaper-sweeps.txt",
        _sweeps,
    ),
    Measurement(
        "Most that workers can be busy",
        "python benchmarks/utilization_limits.py",
        "2026-11-30",
        "a simulation; no machine counts",
        "utilization-limits.json",
        _limits,
    ),
    Measurement(
        "Images a second of the surrogate's training",
        "python benchmarks/training_speed.py",
        "2026-11-30",
        "one thread of 2 cores of x86_64",
        "training-speed-cpu.json",
        _speeds,
    ),
    Measurement(
        "A store of a hundred thousand trainings",
        "python benchmarks/large_store.py",
        "2026-11-30",
        "2 cores of x86_64 that others kept busy; seconds of the processor",
        "large-store.json",
        _store,
    ),
)
