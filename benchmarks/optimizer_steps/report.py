"""The table, the targets and the picture of measured steps."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import comb
from pathlib import Path
from typing import Any

from optimizer_steps.contest import Contestant

FUSED = "torch.optim.Adam fused"
BOUND_BY_MEMORY = ("Opt1", "Opt2", "Opt3", "Opt4", "Opt5", "Opt6")
BOUND_BY_FUNCTIONS = ("Opt7", "Opt8", "Opt9", "Opt10")
TITLES = {
    "small": "0.21 M parameters in 14 tensors",
    "large": "10 M parameters in one tensor",
    "many": "20 M parameters in 20 tensors",
}


@dataclass(frozen=True)
class Row:
    """What was measured of one contestant at one size.

    Attributes:
        name, framework, mode, rule, traffic: as in the contestant.
        milliseconds: median time of a step.
        low, high: a 95 % interval of the median, by order statistics.
        bandwidth: bytes that the rule must move divided by the time, in GB/s.
        fraction: bandwidth divided by the best that a loop without arithmetic to speak of reached.
        ratio: time divided by that of the fused Adam, if it took part.
        ratio_low, ratio_high: a 95 % interval of the median of the rounds' ratios.
        samples: time of a step in each round.
    """

    name: str
    framework: str
    mode: str
    rule: str
    traffic: int
    milliseconds: float
    low: float
    high: float
    bandwidth: float
    fraction: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    samples: list[float]


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return two of the values, between which the median lies with a probability of at least 95 %.

    Ranks k and n + 1 - k of n values miss it with the probability that fewer than k of n coins show heads,
    twice; of fewer than six values no two will do, and the extremes are returned.
    """
    ordered, n = sorted(values), len(values)
    missed, k = 0.0, 0
    while missed + comb(n, k) / 2 ** (n - 1) <= 0.05:
        missed += comb(n, k) / 2 ** (n - 1)
        k += 1
    k = max(k, 1)
    return ordered[k - 1], ordered[n - k]


def rows(contestants: Sequence[Contestant], times: dict[str, list[float]], parameters: int) -> list[Row]:
    """Return the rows of one size, in the order of the contestants."""
    medians = {name: statistics.median(values) for name, values in times.items()}
    best = max(c.traffic / medians[c.name] for c in contestants if c.framework == "memory")
    found = []
    for c in contestants:
        median = medians[c.name]
        low, high = interval(times[c.name])
        against = [x / y for x, y in zip(times[c.name], times.get(FUSED, ()), strict=False)]
        ratio_low, ratio_high = interval(against) if against else (None, None)
        found.append(
            Row(
                c.name, c.framework, c.mode, c.rule, c.traffic, 1e3 * median, 1e3 * low, 1e3 * high,
                c.traffic * parameters / median / 1e9,
                c.traffic / median / best,
                median / medians[FUSED] if FUSED in medians else None,
                ratio_low, ratio_high, [1e3 * x for x in times[c.name]],
            )
        )  # fmt: skip
    return found


def targets(size: str, found: Sequence[Row]) -> Iterator[tuple[str, float, float, bool]]:
    """Yield what is aimed for: a description, the measured number, its limit, and whether it holds."""
    by_name = {row.name: row for row in found}

    def at_most(name: str, other: str, limit: float) -> Iterator[tuple[str, float, float, bool]]:
        if name in by_name and other in by_name:
            ratio = by_name[name].milliseconds / by_name[other].milliseconds
            yield f"{name} / {other}", ratio, limit, ratio <= limit

    if size != "small":
        yield from at_most("rendered Adam eager", "torch.optim.Adam default", 0.45)
        yield from at_most("rendered Adam eager", "torch.optim.Adam foreach", 0.6)
    yield from at_most("rendered Adam compile", FUSED, 0.95 if size == "small" else 1.05)
    yield from at_most("rendered Adam fused", FUSED, 0.75 if size == "small" else 1.03)
    if size != "small" and FUSED in by_name:
        for row in found:
            if row.mode == "fused" and row.rule in BOUND_BY_MEMORY:
                share = row.bandwidth / by_name[FUSED].bandwidth
                yield f"bandwidth of {row.name} / {FUSED}", share, 0.85, share >= 0.85
        for rule in BOUND_BY_FUNCTIONS:
            yield from at_most(f"rendered {rule} fused", f"rendered {rule} compile", 1 / 1.7)
    for mode in ("graph", "xla"):
        for backend in ("keras", "tensorflow"):
            name = f"rendered AdamKeras {backend} {mode}"
            yield from at_most(name, f"keras.optimizers.Adam {mode}", 1.0)
    yield from at_most("rendered Adam optax jit", "optax.adam jit", 1.0)
    for row in found:
        if size != "small" and row.rule.startswith("Opt") and row.mode in ("eager", "compile"):
            heavy = row.rule == "Opt10"
            limit = {"eager": (0.35, 0.10), "compile": (0.80, 0.25)}[row.mode][heavy]
            yield f"bandwidth of {row.name}", row.fraction, limit, row.fraction >= limit


def pairs(found: Sequence[Row]) -> Iterator[tuple[str, str, float, float, float]]:
    """Yield two names of one rule, and how many times as fast the second is, with a 95 % interval.

    They are an optimizer that is written by hand and its rendered file, or a rendered file on two compilers.
    """
    by_name = {row.name: row for row in found}
    names = [(f"pytorch_optimizer.{r.rule}", r.name) for r in found if r.name.endswith(" for it, fused")]
    names += [(f"rendered {rule} compile", f"rendered {rule} fused") for rule in BOUND_BY_FUNCTIONS]
    for slow, fast in names:
        if slow in by_name and fast in by_name:
            samples = zip(by_name[slow].samples, by_name[fast].samples, strict=True)
            ratios = [x / y for x, y in samples]
            yield slow, fast, statistics.median(ratios), *interval(ratios)


def table(size: str, found: Sequence[Row]) -> str:
    """Return the rows of one size as text."""
    width = max(len(row.name) for row in found)
    head = f"{'':<{width}}  B/param       ms   95 % interval       GB/s  of best  x fused"
    lines = [TITLES[size], "", head]
    for row in found:
        ratio = f"{row.ratio:7.2f}" if row.ratio is not None else "      -"
        lines.append(
            f"{row.name:<{width}}  {row.traffic:7} {row.milliseconds:8.3f}  "
            f"{row.low:8.3f} {row.high:8.3f}  {row.bandwidth:7.1f}  {row.fraction:6.0%}  {ratio}"
        )
    if beside := list(pairs(found)):
        lines += ["", f"{'times as fast':<{2 * width + 2}}  ratio   95 % interval"]
    for slow, fast, ratio, low, high in beside:
        lines.append(f"{fast:<{width}}  {slow:<{width}}  {ratio:5.2f}  {low:8.2f} {high:5.2f}")
    reached = [
        f"{'holds ' if holds else 'MISSED'}  {value:5.2f}, limit {limit:.2f}  {text}"
        for text, value, limit, holds in targets(size, found)
    ]
    return "\n".join([*lines, "", *reached, ""])


def write(folder: Path, name: str, settings: dict[str, Any], sizes: dict[str, list[Row]]) -> None:
    """Write table, JSON and picture into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    head = "\n".join(f"{key}: {value}" for key, value in settings.items())
    text = "\n\n".join([head, *(table(size, found) for size, found in sizes.items())])
    (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    content = {
        "settings": settings,
        "sizes": {size: [asdict(row) for row in found] for size, found in sizes.items()},
        "targets": {size: list(targets(size, found)) for size, found in sizes.items()},
    }
    (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    draw(folder / f"{name}.svg", sizes)


def draw(path: Path, sizes: dict[str, list[Row]]) -> None:
    """Draw the share of the memory's bandwidth that each contestant reaches, one panel for each size."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    longest = max(len(found) for found in sizes.values())
    figure, axes = plt.subplots(
        1, len(sizes), figsize=(5.5 * len(sizes), 1.2 + 0.22 * longest), squeeze=False, layout="constrained"
    )
    colors = {
        "fused": "C6",
        "compile": "C0",
        "eager": "C1",
        "plain": "C5",
        "graph": "C2",
        "xla": "C3",
        "jit": "C4",
    }
    for axis, (size, found) in zip(axes[0], sizes.items(), strict=True):
        for place, row in enumerate(reversed(found)):
            color = colors.get(row.mode, "C7") if row.rule else "0.6"
            axis.barh(place, 100 * row.fraction, color=color)
            label = f" {row.milliseconds:.3g} ms"
            axis.text(100 * row.fraction, place, label, va="center", fontsize=7)
        axis.set_yticks(range(len(found)), [row.name for row in reversed(found)], fontsize=7)
        axis.set_xlim(0, 100 * max(1.0, max(row.fraction for row in found)) + 18)
        axis.margins(y=0.01)
        axis.set_xlabel("bandwidth, % of the best of copy and addition")
        axis.set_title(TITLES[size], fontsize=9)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
