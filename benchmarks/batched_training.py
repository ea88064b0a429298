"""Time of the learning-rate sweep in each mode of the surrogate trainer, on the CPU or on a GPU.

Seven learning rates train some steps with Opt7: one after the other with their channels first or last, in
float32 or bfloat16, and all as one batched program. Modes are interleaved and their medians are compared in
one run. Images are random bytes in the form of CIFAR-10 or of the digits, so no data set is needed.

    python benchmarks/batched_training.py [--device cuda] [--steps 10] [--images digits] [--base 48]
        [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.surrogate.batched import train_batched
from nos_sym.surrogate.batches import Phase
from nos_sym.surrogate.data import Augmentation, Images
from nos_sym.surrogate.loading import RenderedFile, Run, load_file
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.surrogate.single import train_single
from nos_sym.surrogate.task import find_device, prepare_task, reproducible

SIZES = {"digits": (8, 1, 2), "cifar10": (32, 3, 8)}
MODES = {
    "one by one, channels first": {"channels_last": False},
    "one by one, channels last": {"channels_last": True},
    "one by one, channels last, bfloat16": {"channels_last": True, "precision": "bfloat16"},
    "batched": {"mode": "batched"},
    "batched, bfloat16": {"mode": "batched", "precision": "bfloat16"},
}


def random_images(form: str) -> Images:
    """Return random images in the form of a data set."""
    side, channels, cutout = SIZES[form]
    rng = np.random.default_rng(0)
    training, validation = (
        rng.integers(0, 256, (count, side, side, channels), dtype=np.uint8) for count in (2000, 10)
    )
    labels = rng.integers(0, 10, 2000)
    return Images(training, labels, validation, labels[:10], 10, 255, Augmentation(4, True, cutout))


def optimizer_file() -> RenderedFile:
    """Return Opt7, rendered and imported."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "opt7.py"
        path.write_text(render(catalog.entry("Opt7"), "torch"), encoding="utf-8")
        return load_file(path, "Opt7")


def sweep(settings: TrainingSettings, images: Images, file: RenderedFile) -> Callable[[], float]:
    """Return a function that trains the sweep and returns its seconds."""
    task = prepare_task(settings, images)
    runs = [Run(file, rate, 0) for rate in settings.learning_rates]

    def timed() -> float:
        start = time.perf_counter()
        if settings.mode == "batched":
            train_batched(runs, task, Phase.FIRST)
        else:
            for run in runs:
                train_single(run, task, Phase.FIRST)
        if task.device.type == "cuda":
            torch.cuda.synchronize(task.device)
        return time.perf_counter() - start

    return timed


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--images", nargs="*", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--base", type=int, nargs="*", default=[4, 16, 48])
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    device = find_device(options.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU, {options.threads} threads"
    plain = TrainingSettings(
        device=str(device), batch=options.batch, threads=options.threads, first_steps=options.steps,
        epoch_steps=options.steps, mode="single",
    )  # fmt: skip
    file = optimizer_file()
    rows = []
    for form in options.images:
        images = random_images(form)
        for base in options.base:
            modes = {
                mode: sweep(replace(plain, base=base, **changes), images, file)
                for mode, changes in MODES.items()
            }
            times: dict[str, list[float]] = {mode: [] for mode in modes}
            with reproducible(prepare_task(plain, images)):
                for repeat in range(options.repeats + 1):  # the first one warms up
                    for mode, timed in modes.items():
                        seconds = timed()
                        if repeat:
                            times[mode].append(seconds)
            rows.append((form, base, {mode: statistics.median(found) for mode, found in times.items()}))
    show(rows, name, options)
    if options.json:
        data = {"device": name, "torch": torch.__version__, "steps": options.steps, "batch": options.batch}
        data["seconds"] = [{"images": form, "base": base, **medians} for form, base, medians in rows]
        options.json.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def show(rows: list[tuple[str, int, dict[str, float]]], name: str, options: argparse.Namespace) -> None:
    """Print milliseconds of a step of the sweep, and the ratio to networks one by one with channels last."""
    table = Table(title=f"{name}; seven learning rates, batch {options.batch}: ms a step of all (ratio)")
    for column in ("images", "base", *MODES):
        table.add_column(column)
    for form, base, medians in rows:
        whole = medians["one by one, channels last"]
        cells = [f"{1000 * s / options.steps:.1f} ({s / whole:.2f})" for s in medians.values()]
        table.add_row(form, str(base), *cells)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
