"""Figures of how long a step takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from evidence.record import Measurement, digits, median, row, span

_SIZES = {"small": 2, "large": 1, "many": 1}
"""Sizes to the decimal places of their milliseconds."""

_TORCH = {"default": "`torch.optim.Adam`, default", "foreach": "`torch.optim.Adam`, foreach",
          "fused": "`torch.optim.Adam`, fused"}  # fmt: skip


def _values(data: Any, size: str, names: Sequence[str], key: str = "milliseconds") -> list[float]:
    found = {entry["name"]: entry[key] for entry in data["sizes"][size]}
    return [found[name] for name in names]


def _milliseconds(data: Any, *names: str) -> list[str]:
    return [span(_values(data, size, names), places) for size, places in _SIZES.items()]


def _opts(first: int, last: int, mode: str) -> list[str]:
    return [f"rendered Opt{k} {mode}" for k in range(first, last + 1)]


def _compiled(data: Any) -> Iterator[str]:
    for mode, label in _TORCH.items():
        yield row(label, *_milliseconds(data, f"torch.optim.Adam {mode}"))
    yield row("rendered Adam", *_milliseconds(data, "rendered Adam eager"))
    yield row("rendered Adam, `compile=True`", *_milliseconds(data, "rendered Adam compile"))
    yield row("rendered Opt1 to Opt6, `compile=True`", *_milliseconds(data, *_opts(1, 6, "compile")))
    yield row("rendered Opt7 to Opt10, `compile=True`", *_milliseconds(data, *_opts(7, 10, "compile")))


def _fused(data: Any) -> Iterator[str]:
    for mode, label in _TORCH.items():
        yield row(label, *_milliseconds(data, f"torch.optim.Adam {mode}"))
    yield row("rendered Adam, without a compiler", *_milliseconds(data, "rendered Adam eager"))
    ratios = [median(_values(data, size, ["rendered Adam fused"], "ratio")) for size in _SIZES]
    times = _milliseconds(data, "rendered Adam fused")
    cells = (f"{t} ({said})" for t, said in zip(times, _parts(data, ratios), strict=True))
    yield row("rendered Adam, `fused=True`", *cells)
    for first, last in ((1, 3), (4, 6), (7, 10)):
        name = f"rendered Opt{first} to Opt{last}, `fused=True`"
        yield row(name, *_milliseconds(data, *_opts(first, last, "fused")))


def _parts(data: Any, ratios: Iterable[float]) -> list[str]:
    return [digits(ratio, 2) for ratio in ratios]


_BY_HAND = ("AdaBelief", "AdaBound", "AdEMAMix", "Adan", "LaProp", "Lion", "QHAdam", "RAdam", "Tiger", "Yogi")


def _by_hand(data: Any) -> Iterator[str]:
    for name in _BY_HAND:
        times = []
        for size in ("small", "large"):
            found = {entry["name"]: entry["samples"] for entry in data["sizes"][size]}
            own, ours = found[f"pytorch_optimizer.{name}"], found[f"rendered {name} for it, fused"]
            # Both were timed in turns: a round in which the machine was slow was so for both.
            times.append(digits(median(a / b for a, b in zip(own, ours, strict=True)), 1))
        yield row(name, *times)


def _lifted(data: Any) -> Iterator[str]:
    measured = {size: {entry["name"]: entry for entry in found} for size, found in data["sizes"].items()}
    for one in data["lifted"]:
        cells = []
        for size in ("small", "large"):
            entry = measured[size][one["name"]]
            before, after = entry["milliseconds before"], entry["milliseconds after"]
            places = _SIZES[size] if size == "small" else 0
            times = digits(entry["times as fast"], 1)
            cells += [f"{digits(before, places)} to {digits(after, places)}", times]
        error = one["error of the file"]
        yield row(one["name"], *cells, f"{error:.0e}" if error else "0")


MEASUREMENTS = (
    Measurement(
        "Steps of rendered optimizers beside those of PyTorch, Keras and optax, compiled by the framework",
        "python benchmarks/optimizers.py",
        "2026-11-24",
        "2 cores of x86_64 with AVX-512, nothing else running",
        "optimizers-cpu.json",
        _compiled,
    ),
    Measurement(
        "The step that a file carries as C",
        "python benchmarks/optimizers.py --frameworks torch --modes eager fused --name fused-cpu",
        "2026-11-29",
        "2 cores of x86_64 with AVX-512, nothing else running",
        "fused-cpu.json",
        _fused,
    ),
    Measurement(
        "Ten optimizers of pytorch_optimizer, and the files in their place",
        "python benchmarks/optimizers.py --frameworks torch pytorch_optimizer --rules Opt7 Opt8 Opt9 Opt10 "
        "--modes compile fused --name by-hand-cpu",
        "2026-11-29",
        "2 cores of x86_64 with AVX-512, nothing else running",
        "by-hand-cpu.json",
        _by_hand,
    ),
    Measurement(
        "Ten optimizers of pytorch_optimizer before and after lifting",
        "python benchmarks/lifted_steps.py --rounds 7",
        "2026-11-30",
        "2 cores of x86_64 with AVX-512, nothing else running",
        "lifted-cpu.json",
        _lifted,
    ),
)
