"""What it costs to stay within the numbers of the type: rendered files with and without saturation.

Milliseconds of a step in PyTorch, medians interleaved in one run, beside `torch.optim.Adam`.

    python benchmarks/saturation.py                                  # everything
    python benchmarks/saturation.py --sizes large --rules Adam --rounds 5    # half a minute
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from unittest import mock

from optimizer_steps import torch_steps
from optimizer_steps.contest import SIZES, Contestant, interleave

from nos_sym.backends.printer import CodePrinter

RULES = ("SGD", "Adam", "Opt2", "Opt4", "Opt5")
MODES = ("eager", "compile")


def main() -> None:
    """Measure and print a table for each size."""
    arguments = _parser().parse_args()
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as folder:
            found = list(entrants(size, arguments.rules, arguments.modes, Path(folder)))
            times = interleave(found, arguments.rounds)
        medians = {name: 1e3 * statistics.median(values) for name, values in times.items()}
        print(f"\n{size}: ms a step, without saturation, with it, ratio")
        for contestant in found:
            name = contestant.name
            if contestant.rule == "":
                print(f"{name:32} {medians[name]:8.3f}")
            elif name in medians and f"{name} without" in medians:
                bare = medians[f"{name} without"]
                print(f"{name:32} {bare:8.3f} {medians[name]:8.3f} {medians[name] / bare:6.2f}")


def entrants(size: str, rules: list[str], modes: list[str], folder: Path) -> Iterator[Contestant]:
    """Yield PyTorch's Adam, and each rendered optimizer in both forms."""
    weights = torch_steps.parameters(SIZES[size], "cpu")
    yield from torch_steps.baselines(weights, "cpu", ())
    for saturating in (True, False):
        # A backend that does not say how it confines a scalar is rendered without saturation.
        without = nullcontext() if saturating else mock.patch.object(CodePrinter, "saturates", new=False)
        with without:
            for made in torch_steps.rendered(weights, "cpu", rules, modes, folder):
                yield made if saturating else replace(made, name=f"{made.name} without")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["small", "large"])
    parser.add_argument("--rules", nargs="+", default=list(RULES))
    parser.add_argument("--modes", nargs="+", choices=torch_steps.MODES, default=list(MODES))
    parser.add_argument("--rounds", type=int, default=15)
    return parser


if __name__ == "__main__":
    main()
