"""What searches of several seeds say: curves with intervals, paired differences, and a figure."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

from scipy import stats

from searches.one import ALGORITHMS, DEDUPS, Search

COMPARED = (
    *(((algorithm, "exact"), (algorithm, "off")) for algorithm in ALGORITHMS),
    (("particles", "exact"), ("regularized", "exact")),
    (("particles", "exact"), ("random", "exact")),
    (("regularized", "exact"), ("random", "exact")),
)
"""Which two ways are compared, seed by seed: deduplication, then algorithms."""

Way = tuple[str, str]


@dataclass(frozen=True)
class Difference:
    """Confirmed accuracy of one way less that of another, over the seeds that both have.

    Attributes:
        mean: of the differences.
        low, high: a 95 % interval of the mean, by Student's t.
        p: two-sided, of the exact test that changes the signs of the differences.
        holm: the same after Holm's correction for all comparisons.
    """

    first: Way
    second: Way
    mean: float
    low: float
    high: float
    p: float
    holm: float


def of_way(searches: Sequence[Search], way: Way) -> list[Search]:
    """Return the searches of an algorithm and a deduplication, by seed."""
    return sorted((s for s in searches if (s.algorithm, s.dedup) == way), key=lambda s: s.seed)


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean of values with a 95 % interval of it, by Student's t."""
    mean = fmean(values)
    if len(values) < 2:
        return mean, mean, mean
    half = float(stats.t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
    return mean, mean - half, mean + half


def sign_flips(differences: Sequence[float]) -> float:
    """Return the share of all changes of signs whose sum is as far from 0 as that of the differences."""
    reached = abs(sum(differences)) * (1 - 1e-12)
    sums = [0.0]
    for d in differences:
        sums = [s + sign * d for s in sums for sign in (1, -1)]
    return sum(abs(s) >= reached for s in sums) / len(sums)


def differences(searches: Sequence[Search], trainings: int) -> list[Difference]:
    """Return all comparisons after some trainings."""
    raw = []
    for first, second in COMPARED:
        pairs = zip(of_way(searches, first), of_way(searches, second), strict=True)
        values = [a.confirmed(trainings) - b.confirmed(trainings) for a, b in pairs]
        raw.append((first, second, values, sign_flips(values)))
    corrected: dict[int, float] = {}
    worst = 0.0
    for rank, n in enumerate(sorted(range(len(raw)), key=lambda n: raw[n][3])):
        worst = max(worst, min(1.0, raw[n][3] * (len(raw) - rank)))
        corrected[n] = worst
    return [
        Difference(first, second, *interval(values), p, corrected[n])
        for n, (first, second, values, p) in enumerate(raw)
    ]


def lines(searches: Sequence[Search], trainings: int) -> list[str]:
    """Return the tables as text."""
    found = [
        f"{'algorithm':12}{'dedup':>7}{'trained':>9}{'different':>11}{'with fitness':>14}{'saved':>7}"
        f"{'seen':>8}{'confirmed':>11}  95 %"
    ]
    for way in itertools.product(ALGORITHMS, DEDUPS):
        own = of_way(searches, way)
        means = [
            fmean(values)
            for values in zip(
                *((s.trainings, s.distinct, s.with_fitness, s.answered + s.redrawn) for s in own), strict=True
            )
        ]
        seen = fmean(s.incumbents[-1].fitness if s.incumbents else 0.0 for s in own)
        mean, low, high = interval([s.confirmed(trainings) for s in own])
        found.append(
            f"{way[0]:12}{way[1]:>7}{means[0]:9.1f}{means[1]:11.1f}{means[2]:14.1f}{means[3]:7.1f}{seen:8.4f}"
            f"{mean:11.4f}  {low:.4f} to {high:.4f}"
        )
    found.append("")
    found += [
        f"{' '.join(d.first):18} - {' '.join(d.second):18}{d.mean:+8.4f}  {d.low:+.4f} to {d.high:+.4f}"
        f"  p {d.p:.3f}, corrected {d.holm:.3f}"
        for d in differences(searches, trainings)
    ]
    return found


def draw(searches: Sequence[Search], trainings: int, path: Path) -> None:
    """Draw confirmed accuracy against trainings, with and without deduplication side by side."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "search-algorithms"
    from matplotlib import pyplot as plt

    colors = dict(zip(ALGORITHMS, ("#0072B2", "#D55E00", "#009E73"), strict=True))
    figure, axes = plt.subplots(1, len(DEDUPS), figsize=(9, 3.6), sharey=True, layout="constrained")
    grid = range(5, trainings + 1, 5)
    for axis, dedup in zip(axes, DEDUPS, strict=True):
        for algorithm in ALGORITHMS:
            own = of_way(searches, (algorithm, dedup))
            curve = [interval([s.confirmed(n) for s in own]) for n in grid]
            means, low, high = zip(*curve, strict=True)
            axis.plot(grid, means, color=colors[algorithm], label=algorithm)
            axis.fill_between(grid, low, high, color=colors[algorithm], alpha=0.15, linewidth=0)
        axis.set(title=f"dedup {dedup}", xlabel="trainings", ylim=(0.6, 0.95))
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("confirmed accuracy of the best so far")
    axes[-1].legend(loc="lower right")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
