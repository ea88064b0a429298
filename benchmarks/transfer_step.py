"""Images a second of the training loops of transfer experiments, against loops that one would write.

    python benchmarks/transfer_step.py                                        # on the processor
    python benchmarks/transfer_step.py --device cuda --batch 64 --steps 50 --rounds 5 --out results/step-gpu

Three processes, since Keras runs on one framework in a process: ResNet9 at the size of TinyImageNet, and
EfficientNetV2-Small at that of CIFAR on PyTorch and on TensorFlow. In each of them the ways are interleaved,
round by round, after a round that warms up; medians and ranges are printed.

- *ours*: the loop of the transfer experiments, with Adam as it is rendered.
- *plain loop*: what one writes by hand in PyTorch, with PyTorch's own Adam.
- *fit*: Keras' own loop with Keras' own Adam, without XLA.
- *ours, augmented* and *input alone*: the loop with its augmentation, and that without any network.

All but the last two have images as they are. A round counts from its second update, so that neither building
nor tracing is in it. On a GPU time is that of the clock; on a processor that of the process with its threads,
so that others which keep the machine busy are left out as far as caches and memory are not shared.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Way = Callable[[], float]
"""Makes the updates of a round and returns its images a second."""

CASES = (("torch", "resnet9"), ("torch", "efficientnetv2-s"), ("tensorflow", "efficientnetv2-s"))
AUGMENTED = {"resnet9": "crop-translate-flip", "efficientnetv2-s": "randaugment"}
SIDES = {"resnet9": 64, "efficientnetv2-s": 32}
CLASSES = 10


class Stamps:
    """Times at which batches were asked for; the first is left out, in which all is built and traced."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.found: list[float] = []

    def stamp(self) -> None:
        """Note the time, once the device has done what it was given."""
        on_gpu = self.options.device != "cpu"
        if on_gpu and "torch" in sys.modules and sys.modules["torch"].cuda.is_initialized():
            sys.modules["torch"].cuda.synchronize()
        self.found.append(time.perf_counter() if on_gpu else time.process_time())

    def watched(self, make: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        """Return what makes batches so that it notes when each is asked for."""

        def batches(*arguments: Any) -> Iterator[Any]:
            for each in make(*arguments):
                self.stamp()
                yield each

        return batches

    def speed(self) -> float:
        """Return images a second, and forget the round."""
        found, self.found = self.found, []
        return self.options.batch * (len(found) - 2) / (found[-1] - found[1])


def data_of(model: str, options: argparse.Namespace) -> Any:
    """Return random images, for as many updates as a round has."""
    import numpy as np

    from nos_sym.transfer.data.images import ImageData, Part

    side = SIDES[model]
    rng = np.random.default_rng(0)
    count = options.batch * (options.steps + 2)
    pixels = rng.integers(0, 256, (count, side, side, 3)).astype(np.uint8)
    part = Part(pixels, np.arange(count) % CLASSES)
    return ImageData(part, part[:2], CLASSES)


def settings_of(model: str, options: argparse.Namespace, augmentation: str) -> Any:
    """Return the settings of a round: as many updates as are asked for, and two that are not timed."""
    from nos_sym.transfer.settings import ImageTraining

    steps = options.steps + 2
    return ImageTraining(
        "cifar10", model, side=SIDES[model], augmentation=augmentation, steps=steps, warmup=0, hold=0,
        batch=options.batch, epoch_steps=steps, threads=options.threads, device=options.device,
    )  # fmt: skip


def ours(backend: str, model: str, augmentation: str, options: argparse.Namespace) -> Way:
    """Return the loop of the transfer experiments."""
    from nos_sym import catalog
    from nos_sym.codegen.render import render
    from nos_sym.search.loading import load_file

    name = "resnet" if model == "resnet9" else f"keras_{backend}"
    module = importlib.import_module(f"nos_sym.transfer.training.{name}")
    maker = "shuffled" if model == "resnet9" else "training_batches"
    plain = getattr(module, maker)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "adam.py"
        path.write_text(render(catalog.entry("Adam"), backend), encoding="utf-8")
        file = load_file(path, "Adam")
    data, settings, stamps = (
        data_of(model, options),
        settings_of(model, options, augmentation),
        Stamps(options),
    )

    def way() -> float:
        setattr(module, maker, stamps.watched(plain))
        try:
            if model == "resnet9":
                module.train_resnet(file, data, settings, 0)
            else:
                getattr(module, f"train_keras_{backend}")(file, data, settings, 0, None)
        finally:
            setattr(module, maker, plain)
        return stamps.speed()

    return way


def input_alone(model: str, options: argparse.Namespace) -> Way:
    """Return what reads and augments images, with no network."""
    settings, data, stamps = (
        settings_of(model, options, AUGMENTED[model]),
        data_of(model, options),
        Stamps(options),
    )
    if model == "resnet9":
        import numpy as np
        import torch

        from nos_sym.transfer.training import resnet
        from nos_sym.transfer.training.parts import shuffled

        pixels = torch.from_numpy(data.training.images).to(options.device)

        def batches() -> Iterator[Any]:
            rng = np.random.default_rng(0)
            for _, index in zip(
                range(settings.steps), shuffled(rng, len(pixels), options.batch), strict=False
            ):
                yield resnet._cut(pixels, index, rng, settings)
    else:
        from nos_sym.transfer.training.keras_data import training_batches

        def batches() -> Iterator[Any]:
            yield from training_batches(data.training, settings, 0)

    def way() -> float:
        for _ in stamps.watched(batches)():
            pass
        return stamps.speed()

    return way


def plain_loop(model: str, options: argparse.Namespace) -> Way:
    """Return the loop that one writes in PyTorch, whose batches are on the device already."""
    import torch
    from torch.nn import functional

    data, stamps = data_of(model, options), Stamps(options)
    if model == "resnet9":
        from nos_sym.transfer.models.resnet9 import ResNet9

        network = ResNet9(CLASSES).to(options.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    else:
        from nos_sym.transfer.models.efficientnet import build_efficientnet

        network = build_efficientnet(CLASSES, SIDES[model], 0.0, None, "float32").to(options.device)
    network.train()
    optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=1e-3)
    images = torch.from_numpy(data.training.images).to(options.device, torch.float32).split(options.batch)
    labels = torch.from_numpy(data.training.labels).to(options.device).split(options.batch)

    def way() -> float:
        for seen, truth in stamps.watched(lambda: zip(images, labels, strict=True))():
            logits = network(seen.permute(0, 3, 1, 2) / 255) if model == "resnet9" else network(seen)
            optimizer.zero_grad(set_to_none=True)
            functional.cross_entropy(logits, truth).backward()
            optimizer.step()
        return stamps.speed()

    return way


def fit(model: str, options: argparse.Namespace) -> Way:
    """Return Keras' own loop."""
    import keras
    import numpy as np

    from nos_sym.transfer.models.efficientnet import build_efficientnet

    data, stamps = data_of(model, options).training, Stamps(options)
    network = build_efficientnet(CLASSES, SIDES[model], 0.0, None, "float32")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss, jit_compile=False)
    noting = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: stamps.stamp())
    images, labels = data.images.astype(np.float32), data.labels

    def way() -> float:
        network.fit(images, labels, batch_size=options.batch, shuffle=False, verbose=0, callbacks=[noting])
        return stamps.speed()

    return way


def ways_of(backend: str, model: str, options: argparse.Namespace) -> dict[str, Way]:
    """Return the ways of a process by their names."""
    found = {"ours": ours(backend, model, "none", options)}
    if backend == "torch":
        found["plain loop"] = plain_loop(model, options)
    if model != "resnet9":
        found["fit"] = fit(model, options)
    found["ours, augmented"] = ours(backend, model, AUGMENTED[model], options)
    found["input alone"] = input_alone(model, options)
    return found


def measured(case: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return images a second of the ways of a case, round by round."""
    backend, model = CASES[case]
    if backend == "torch":
        import torch

        torch.set_num_threads(options.threads)
        torch.manual_seed(0)
    ways = ways_of(backend, model, options)
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(options.rounds + 1):
        for name, way in ways.items():
            speed = way()
            if number:
                speeds[name].append(speed)
    return {"backend": backend, "model": model, "side": SIDES[model], "images a second": speeds}


def lines_of(row: dict[str, Any]) -> list[str]:
    """Return a table of a case."""
    own = statistics.median(row["images a second"]["ours"])
    lines = ["", f"{row['model']} at {row['side']} pixels on {row['backend']}", ""]
    for name, found in row["images a second"].items():
        middle = statistics.median(found)
        spread = f"({min(found):.1f} to {max(found):.1f})"
        lines.append(f"{name:<18}{middle:>10.1f} images/s  {spread}  {middle / own:.2f} of ours")
    return lines


def main() -> None:
    """Measure all cases, one process each, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--device", default="cpu", help="a name of torch")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=3, help="of a round of each way")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="files of the results, without .json and .txt")
    parser.add_argument("--cases", type=int, nargs="+", default=[0, 1, 2], help="of the three, by number")
    parser.add_argument("--case", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case is not None:
        print(json.dumps(measured(options.case, options)))
        return
    told = {name: str(value) for name, value in vars(options).items() if name not in ("out", "case", "cases")}
    clock = "clock" if options.device != "cpu" else "processor time"
    lines = [
        f"Device {options.device} of {platform.machine()}, {len(os.sched_getaffinity(0))} cores; {clock}; "
        f"batch {options.batch}, {options.steps} updates a round, medians of {options.rounds} rounds.",
    ]
    rows = []
    for case in options.cases:
        own = os.environ | {"KERAS_BACKEND": CASES[case][0], "TF_CPP_MIN_LOG_LEVEL": "2"}
        own |= {} if options.device != "cpu" else {"CUDA_VISIBLE_DEVICES": ""}
        call = [sys.executable, __file__, "--case", str(case)]
        call += [part for name, value in told.items() for part in (f"--{name}", value)]
        done = subprocess.run(call, env=own, stdout=subprocess.PIPE, text=True, check=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]) | {"load": os.getloadavg()[0]})
        lines += [*lines_of(rows[-1]), f"load of the machine: {rows[-1]['load']:.1f}"]
        print("\n".join(lines_of(rows[-1])), flush=True)
        if options.out:  # after each case, so that what is stopped has those before
            found = {"machine": platform.machine(), "options": told, "time": clock, "rows": rows}
            options.out.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            options.out.with_suffix(".txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
