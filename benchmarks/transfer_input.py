"""Images per second of the input of EfficientNetV2-Small alone, against those of the network's own steps.

The reader and RandAugment run without a network, at the side of CIFAR and at that of fine-tuning: as the
training loops have them, and with all operations computed as Keras' layer does, from the same random
numbers. The steps are those of the training loop with Adam. One run after the other, each in its own
process, since Keras runs on one framework in a process:

    python benchmarks/transfer_input.py -o benchmarks/results/transfer-input.json
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

ADAM = "none ~ ema_hat(g, 0.9) / (sqrt(ema_hat(g^2, 0.999)) + 1e-8)"
MAGNITUDE = 15.0


def data_of(side: int, count: int) -> Any:
    """Return random images."""
    import numpy as np

    from nos_sym.transfer.data.images import ImageData, Part

    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (count, side, side, 3)).astype(np.uint8)
    part = Part(pixels, np.arange(count) % 10)
    return ImageData(part, part[:10], 10)


def settings_of(side: int, batch: int, steps: int) -> Any:
    """Return the settings of a training."""
    from nos_sym.transfer.settings import ImageTraining

    return ImageTraining(
        "cifar10", "efficientnetv2-s", side=side, augmentation="randaugment", magnitude=MAGNITUDE,
        steps=steps, warmup=0, hold=0, batch=batch, epoch_steps=steps, threads=len(os.sched_getaffinity(0)),
    )  # fmt: skip


def measure_input(side: int, batches: int, every: bool) -> dict[str, Any]:
    """Return images per second of reader and augmentation, after the first batch."""
    from nos_sym.transfer.training import augmenting, keras_data

    if every:
        keras_data.augmentation = partial(augmenting.augmentation, every=True)
    batch = 64
    begun = time.perf_counter()
    found = keras_data.training_batches(data_of(side, 512).training, settings_of(side, batch, batches + 1), 0)
    next(found)
    first = time.perf_counter()
    cpu = time.process_time()
    count = sum(len(labels) for _, labels in found)
    seconds = time.perf_counter() - first
    return {
        "what": "input", "side": side, "all operations": every, "images": count,
        "first batch, seconds": first - begun, "images per second": count / seconds,
        "images per processor second": count / (time.process_time() - cpu),
    }  # fmt: skip


def measure_step(side: int, batch: int, steps: int, backend: str) -> dict[str, Any]:
    """Return images per second of the training loop without augmentation, after its first update.

    The loop asks for a batch before each update, so that the time between two batches is that of an update.
    """
    from nos_sym.codegen.render import render
    from nos_sym.language.parser import parse
    from nos_sym.search.loading import load_file

    loop = importlib.import_module(f"nos_sym.transfer.training.keras_{backend}")
    asked: list[tuple[float, float]] = []
    batches = loop.training_batches

    def watched(*arguments: Any) -> Iterator[Any]:
        for each in batches(*arguments):
            asked.append((time.perf_counter(), time.process_time()))
            yield each

    loop.training_batches = watched
    train = getattr(loop, f"train_keras_{backend}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "opt.py"
        path.write_text(render(parse(ADAM).named("Opt", ""), backend), encoding="utf-8")
        settings = dataclasses.replace(settings_of(side, batch, steps), augmentation="none")
        train(load_file(path, "Opt"), data_of(side, 64), settings, 0, None)
    (begun, begun_cpu), (ended, ended_cpu) = asked[1], asked[-1]
    count = batch * (len(asked) - 2)
    return {
        "what": "step", "backend": backend, "side": side, "batch": batch, "updates": len(asked) - 2,
        "images per second": count / (ended - begun),
        "images per processor second": count / (ended_cpu - begun_cpu),
    }  # fmt: skip


RUNS: list[tuple[str, Callable[..., dict[str, Any]], dict[str, Any]]] = [
    ("tensorflow", measure_input, {"side": 32, "batches": 60, "every": False}),
    ("tensorflow", measure_input, {"side": 32, "batches": 6, "every": True}),
    ("tensorflow", measure_input, {"side": 224, "batches": 6, "every": False}),
    ("tensorflow", measure_input, {"side": 224, "batches": 1, "every": True}),
    ("tensorflow", measure_step, {"side": 32, "batch": 16, "steps": 8, "backend": "tensorflow"}),
    ("torch", measure_step, {"side": 32, "batch": 16, "steps": 8, "backend": "torch"}),
]
"""What Keras runs on, what is measured, and how much of it."""


def main() -> None:
    """Measure all, one process each, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--run", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run is not None:
        _, measure, arguments = RUNS[given.run]
        print(json.dumps(measure(**arguments)))
        return
    rows = []
    for number, (backend, _, _) in enumerate(RUNS):
        own = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "2"}
        call = [sys.executable, __file__, "--run", str(number)]
        done = subprocess.run(call, env=own, capture_output=True, text=True, check=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]) | {"load": os.getloadavg()[0]})
        print(json.dumps(rows[-1]), flush=True)
    found = {
        "machine": platform.machine(),
        "processors": len(os.sched_getaffinity(0)),
        "gpu": "not measured",
        "rows": rows,
    }
    if given.output is not None:
        given.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
