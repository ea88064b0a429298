"""Time of one step before and after lifting: optimizers that people wrote, and the files in their place.

Each class of pytorch_optimizer is lifted from the installed code, its rule is rendered for PyTorch, and
the file is run beside the original: 100 steps in float64 from the same weights on the same gradients, whose
largest relative difference is reported. Then both are timed in turns in float32, the original with its
defaults and the file with ``fused=True``; a ratio is the median of those of the rounds. Only the code is
known of them: neither the catalog nor the tables of faces give the rules.

    python benchmarks/lifted_steps.py                    # a quarter of an hour on a quiet machine
    python benchmarks/lifted_steps.py --names Lion --sizes small --rounds 5

It needs the extra `bench`. Threads are those of the framework's own settings, such as OMP_NUM_THREADS.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer_steps.contest import SIZES, Contestant, interleave, traffic
from optimizer_steps.rendered import load
from optimizer_steps.torch_steps import LEARNING_RATE, parameters
from optimizer_steps.written_by_hand import NAMES
from optimizers import environment

from nos_sym.codegen.render import render
from nos_sym.language.block import Block
from nos_sym.lift.lifting import lift
from nos_sym.lift.verifying import STEPS, distance, problem

SHAPES = ((5, 3), (4,), ())
RATE = 0.01
"""Of the trajectories; that of the timed steps is so small that no weight goes far."""


@dataclass(frozen=True)
class Pair:
    """An original and the file that its code was lifted to.

    Attributes:
        name: of the class in pytorch_optimizer.
        rule: that was read off it.
        verified: error of the rule beside the original in float64, as lifting found it.
        error: of the rendered file with ``fused=True`` beside the original, over 100 steps in float64.
        seconds: that lifting and rendering took.
        original: the class.
        rendered: the class of the file.
    """

    name: str
    rule: Block
    verified: float
    error: float
    seconds: float
    original: type
    rendered: type


def pair(name: str, folder: Path) -> Pair:
    """Lift a class of pytorch_optimizer, render its rule, and run both over the same gradients."""
    import pytorch_optimizer

    start = time.perf_counter()
    lifted = lift(f"pytorch_optimizer:{name}")
    path = folder / f"lifted_{name.lower()}.py"
    path.write_text(render(lifted.rule, "torch"), encoding="utf-8")
    seconds = time.perf_counter() - start
    original, rendered = getattr(pytorch_optimizer, name), getattr(load(path), lifted.rule.name)
    shapes = [shape for shape in SHAPES if shape in lifted.verification.shapes]
    error = distance(
        trajectory(lambda weights: rendered(weights, lr=RATE, fused=True), shapes),
        trajectory(lambda weights: original(weights, lr=RATE), shapes),
    )
    return Pair(name, lifted.rule, lifted.verification.error, error, seconds, original, rendered)


def trajectory(made: Any, shapes: Sequence[tuple[int, ...]]) -> list[list[Any]]:
    """Return the weights after each of the steps, in float64."""
    import torch

    starts, gradients = problem(shapes)
    weights = [torch.nn.Parameter(torch.tensor(start)) for start in starts]
    optimizer, found = made(weights), []
    for row in gradients:
        for weight, gradient in zip(weights, row, strict=True):
            # A copy: some classes change gradients where they are.
            weight.grad = torch.tensor(gradient)
        optimizer.step()
        found.append([weight.detach().numpy().copy() for weight in weights])
    return found


def entrants(pairs: Sequence[Pair], shapes: Sequence[tuple[int, ...]]) -> Iterator[Contestant]:
    """Yield each original and its rendered file, over shared weights."""
    weights = parameters(shapes, "cpu")
    for found in pairs:
        needed = traffic(found.rule)
        before = found.original(weights, lr=LEARNING_RATE).step
        yield Contestant(f"{found.name} before", "pytorch_optimizer", "default", "", needed, before)
        after = found.rendered(weights, lr=LEARNING_RATE, fused=True).step
        yield Contestant(f"{found.name} after", "torch", "fused", found.name, needed, after)


def rows(pairs: Sequence[Pair], times: dict[str, list[float]]) -> list[dict[str, Any]]:
    """Return for each pair the medians in milliseconds and of the ratios, and all samples."""
    found = []
    for one in pairs:
        before, after = times[f"{one.name} before"], times[f"{one.name} after"]
        found.append(
            {
                "name": one.name,
                "milliseconds before": 1e3 * statistics.median(before),
                "milliseconds after": 1e3 * statistics.median(after),
                # Both were timed in turns: a round in which the machine was slow was so for both.
                "times as fast": statistics.median(a / b for a, b in zip(before, after, strict=True)),
                "samples before": before,
                "samples after": after,
            }
        )
    return found


def table(data: dict[str, Any]) -> str:
    """Return what was measured as text."""
    lines = [f"{key}: {value}" for key, value in data["settings"].items()]
    lines += ["", f"{'lifted':<12} {'rule':>9} {'file':>9} {'seconds':>8}"]
    for one in data["lifted"]:
        lines.append(
            f"{one['name']:<12} {one['error of the rule']:>9.1e} {one['error of the file']:>9.1e} "
            f"{one['seconds']:>8.1f}"
        )
    for size, measured in data["sizes"].items():
        lines += ["", f"{size:<12} {'before ms':>10} {'after ms':>10} {'times':>7}"]
        for one in measured:
            lines.append(
                f"{one['name']:<12} {one['milliseconds before']:>10.3f} {one['milliseconds after']:>10.3f} "
                f"{one['times as fast']:>7.2f}"
            )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Lift, measure, print and write; return 1 where a rule does not follow its original to 1e-9.

    A file may be farther away: some originals keep numbers in float32, and casts are taken out where a rule
    is verified.
    """
    arguments = _parser().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pairs = []
        for name in arguments.names:
            pairs.append(pair(name, Path(folder)))
            print(f"{name}: error {pairs[-1].error:.1e}", file=sys.stderr, flush=True)
        load_average = [round(x, 1) for x in os.getloadavg()]
        data: dict[str, Any] = {
            "settings": {**environment(arguments), "load average at the start": load_average, "steps": STEPS},
            "lifted": [
                {
                    "name": one.name,
                    "error of the rule": one.verified,
                    "error of the file": one.error,
                    "seconds": round(one.seconds, 2),
                    "rule": str(one.rule),
                }
                for one in pairs
            ],
            "sizes": {},
        }
        for size in arguments.sizes:
            times = interleave(list(entrants(pairs, SIZES[size])), arguments.rounds)
            data["sizes"][size] = rows(pairs, times)
            # Written after each size, so that a run that is cut short leaves something.
            for suffix, text in ((".json", json.dumps(data, indent=1) + "\n"), (".txt", table(data))):
                (arguments.output / f"{arguments.name}{suffix}").write_text(text, encoding="utf-8")
    print(table(data), end="")
    return int(any(not one.verified <= 1e-9 for one in pairs))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Time optimizers before and after lifting.")
    parser.add_argument("--names", nargs="+", default=list(NAMES), help="classes of pytorch_optimizer")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["small", "large"])
    parser.add_argument("--rounds", type=int, default=15, help="samples of each contestant")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--name", default="lifted-cpu", help="of the files that are written")
    parser.set_defaults(device="cpu")
    return parser


if __name__ == "__main__":
    sys.exit(main())
