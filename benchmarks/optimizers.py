"""Time of one optimizer step: rendered files against the optimizers of PyTorch, Keras and optax.

All ratios are of medians that were interleaved in one run. The bandwidth is that of the bytes that a rule
must move (gradient, weight and states read; weight and states written), in relation to the better of a copy
and an addition in place, timed in the same run. Writes a table, JSON and a picture.

    python benchmarks/optimizers.py                      # everything, for a quiet machine
    python benchmarks/optimizers.py --sizes large --rules Adam --frameworks torch --rounds 5    # a minute

What people write by hand, and Opt7 to Opt10 against Inductor, in less than ten minutes:

    python benchmarks/optimizers.py --frameworks torch pytorch_optimizer --rules Opt7 Opt8 Opt9 Opt10 \\
        --modes compile fused --name by-hand-cpu

It needs the extra `bench`. Threads are those of the frameworks' own settings, such as OMP_NUM_THREADS.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimizer_steps import keras_steps, optax_steps, torch_steps, written_by_hand
from optimizer_steps.contest import SIZES, Contestant, count, interleave
from optimizer_steps.report import Row, rows, table, targets, write

RULES = ("Adam", *(f"Opt{i}" for i in range(1, 11)))
FRAMEWORKS = ("torch", "pytorch_optimizer", "keras", "optax")
VERSIONS = ("torch", "tensorflow", "tensorflow-cpu", "keras", "jax", "optax", "pytorch_optimizer")


def main() -> int:
    """Measure, print and write; return 1 where a target is missed and ``--check`` was given."""
    arguments = _parser().parse_args()
    if arguments.device != "cpu" and "torch" in arguments.frameworks:
        import torch

        if not torch.cuda.is_available():
            sys.exit(f"--device {arguments.device}: no CUDA device was found; use --device cpu")
    settings = environment(arguments)
    sizes: dict[str, list[Row]] = {}
    for size in arguments.sizes:
        print(f"{size}:", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            sizes[size] = measure(size, arguments, Path(folder))
        print(table(size, sizes[size]), flush=True)
        # Written after each size, so that a run that is cut short leaves something.
        write(arguments.output, arguments.name or f"optimizers-{arguments.device}", settings, sizes)
    missed = [text for size, found in sizes.items() for text, *_, holds in targets(size, found) if not holds]
    return int(bool(missed) and arguments.check)


def measure(size: str, arguments: argparse.Namespace, folder: Path) -> list[Row]:
    """Return what was measured at one size."""
    contestants = list(entrants(size, arguments, folder))
    times = interleave(contestants, arguments.rounds)
    return rows(contestants, times, count(SIZES[size]))


def entrants(size: str, arguments: argparse.Namespace, folder: Path) -> Iterator[Contestant]:
    """Yield all that take part at one size."""
    shapes, device = SIZES[size], arguments.device
    yield from torch_steps.memory(shapes, device)
    if "torch" in arguments.frameworks:
        weights = torch_steps.parameters(shapes, device)
        yield from torch_steps.baselines(weights, device, arguments.frameworks)
        yield from torch_steps.rendered(weights, device, arguments.rules, arguments.modes, folder)
        if "pytorch_optimizer" in arguments.frameworks:
            yield from written_by_hand.contestants(weights, device, arguments.by_hand, folder)
    if "keras" in arguments.frameworks:
        yield from keras_steps.contestants(shapes, ("tensorflow", "keras"), folder)
    if "optax" in arguments.frameworks:
        yield from optax_steps.contestants(shapes, folder)


def environment(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what the numbers depend on."""
    import torch

    installed = {d.metadata["Name"].lower() for d in importlib.metadata.distributions()}
    versions = {name: importlib.metadata.version(name) for name in VERSIONS if name.lower() in installed}
    device = (
        torch.cuda.get_device_name()
        if arguments.device != "cpu"
        else f"{os.cpu_count()} cores, {platform.machine()}, {torch.backends.cpu.get_cpu_capability()}"
    )
    return {
        "device": device,
        "threads of torch": torch.get_num_threads(),
        "rounds": arguments.rounds,
        "python": platform.python_version(),
        **versions,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Time optimizer steps.")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument(
        "--rules", nargs="+", metavar="RULE", default=list(RULES), help="rendered for PyTorch"
    )
    parser.add_argument(
        "--modes", nargs="+", choices=torch_steps.MODES, default=["eager", "compile", "fused"]
    )
    parser.add_argument("--frameworks", nargs="+", choices=FRAMEWORKS, default=list(FRAMEWORKS))
    parser.add_argument(
        "--by-hand",
        nargs="*",
        choices=written_by_hand.NAMES,
        default=list(written_by_hand.NAMES),
        help="optimizers of pytorch_optimizer that stand beside their rendered files",
    )
    parser.add_argument("--rounds", type=int, default=15, help="samples of each contestant")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--name", help="of the files that are written, by default 'optimizers-DEVICE'")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a target is missed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
