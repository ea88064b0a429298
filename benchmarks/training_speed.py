"""Images a second of the ways to train, against a plain PyTorch loop with fused Adam in the same run.

    python benchmarks/training_speed.py                                # on a GPU if there is one
    python benchmarks/training_speed.py --device cpu --steps 2 --rounds 3
    python benchmarks/training_speed.py --device cuda --per-device 2 4 8 --out results/training-speed-gpu

Ways are interleaved, round by round; their medians and ranges are printed. Every way trains the network of
the paper with the same batches and Adam, rendered for all but the plain loop; the stacked ways also draw what
is random, which the others have drawn before. Images are random bytes in the form of CIFAR-10. The authors'
search had six days for at most 3.9 billion images: 7,500 a second. From the same numbers comes the estimate
of hours for the preset ``paper``, where no early stop ends anything. On a GPU time is that of the clock, on a
processor that of the process, so that others which keep it busy are left out.

``--per-device`` trains so many networks at the same time in processes that share the device, by NVIDIA's
Multi-Process Service where it is there; images are counted while all of them train.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import torch
from searches.speed import IMAGES, Way, in_a_worker, one_by_one, plain_loop, stacked

from nos_sym.search.executors.processes import Processes, count_cores
from nos_sym.search.executors.protocol import Done, Job
from nos_sym.search.settings import preset
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.surrogate.task import find_device, prepare_task, reproducible

AUTHORS_DAYS = 6
PLAIN = "plain loop, fused Adam"
CHANGES: dict[str, dict[str, object]] = {
    "one by one": {},
    "one by one, read once an epoch": {"check_every": 0},
    "one by one, channels first": {"channels_last": False},
    "captured": {"check_every": 0, "capture": True},
    "one by one, bfloat16": {"check_every": 0, "precision": "bfloat16"},
    "captured, bfloat16": {"check_every": 0, "capture": True, "precision": "bfloat16"},
}


def images_of_the_paper() -> int:
    """Return how many images the run of the paper has at most: every training to its end."""
    settings = preset("paper")
    total = 0
    for training, count in (
        (settings.initial_training, settings.particles * settings.initial_factor),
        (settings.training, settings.particles * settings.time_steps * settings.mutations),
    ):
        assert isinstance(training, TrainingSettings)
        steps = len(training.learning_rates) * training.first_steps + training.steps
        total += count * steps * training.batch
    return total


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--base", type=int, default=48, help="channels; 48 is that of the paper")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=100, help="of a round of each way")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--networks", type=int, default=7, help="of the ways that stack them; 0 for none")
    parser.add_argument("--per-device", type=int, nargs="*", default=[], help="processes that share it")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="files of the results, without .json and .txt")
    options = parser.parse_args()
    device = find_device(options.device)
    base = TrainingSettings(
        device=str(device), base=options.base, batch=options.batch, threads=options.threads,
        steps=2 * options.steps, epoch_steps=options.steps, first_steps=options.steps,
        warmup=options.steps // 2, mode="single",
    )  # fmt: skip
    ways: dict[str, Way] = {PLAIN: plain_loop(base)}
    for name, changes in CHANGES.items():
        ways[name] = one_by_one(base.replace(**changes))
    if options.networks:
        for precision in ("float32", "bfloat16"):
            ending = "" if precision == "float32" else ", bfloat16"
            settings = base.replace(precision=precision, mode="batched")
            ways[f"{options.networks} stacked{ending}"] = stacked(settings, options.networks)
    speeds = measure(ways, base, options.rounds)
    sharing = {}
    for number in options.per_device:
        speed, how = shared(base.replace(check_every=0), number, options.rounds)
        sharing[f"{number} processes, {how or 'one device'}"] = speed
    processor = f"{options.threads} thread of {count_cores()} cores, {platform.machine()}"
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else processor
    lines = table(speeds, sharing, name, options)
    print("\n".join(lines))
    if options.out:
        data = {
            "device": name,
            "torch": torch.__version__,
            "options": {k: str(v) for k, v in vars(options).items()},
        }
        data |= {"images_a_second": speeds, "shared": sharing}
        options.out.with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        options.out.with_suffix(".txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def measure(ways: dict[str, Way], base: TrainingSettings, rounds: int) -> dict[str, list[float]]:
    """Return images a second of each way, round by round; a round before them warms up."""
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    clock = time.perf_counter if base.device.startswith("cuda") else time.process_time
    with reproducible(prepare_task(base, IMAGES)):
        for number in range(rounds + 1):
            for name, way in ways.items():
                start = clock()
                count = way()
                if number:
                    speeds[name].append(count / (clock() - start))
    return speeds


def shared(settings: TrainingSettings, number: int, rounds: int) -> tuple[float, str]:
    """Return images a second of processes that train at the same time, and how they share the device."""
    gpus = ("0",) if settings.device.startswith("cuda") else ()
    place = tempfile.mkdtemp()
    with Processes(gpus=gpus, trainings_per_device=number) as executor:
        jobs = [Job(x, in_a_worker, (settings, rounds, place, number)) for x in range(number)]
        found = [outcome.value for _, outcome in executor.run(jobs) if isinstance(outcome, Done)]
        how = executor.sharing
    shutil.rmtree(place)
    if len(found) < number:
        raise SystemExit(f"{number - len(found)} of {number} processes ended before they had trained")
    # All of them train between the last beginning and the first end.
    begin, end = max(rows[0][0] for rows in found), min(rows[-1][1] for rows in found)
    inside = sum(
        count * max(0.0, min(stop, end) - max(start, begin)) / (stop - start)
        for rows in found
        for start, stop, count in rows
    )
    if end <= begin:
        raise SystemExit("the processes did not train at the same time; give more --rounds")
    return inside / (end - begin), how


def table(
    speeds: dict[str, list[float]], sharing: dict[str, float], name: str, options: argparse.Namespace
) -> list[str]:
    """Return the lines of the table."""
    whole = images_of_the_paper()
    wanted = whole / (AUTHORS_DAYS * 86400)
    plain = statistics.median(speeds[PLAIN])
    lines = [
        f"{name}; base {options.base}, batch {options.batch}, {options.steps} steps a round, "
        f"{options.rounds} rounds, torch {torch.__version__}",
        f"the authors' six days are at least {wanted:,.0f} images a second, for {whole / 1e9:.2f} billion",
        "",
        f"{'':32}{'images/s':>10} {'range':>19} {'of plain':>9} {'of authors':>11} {'hours for paper':>16}",
    ]
    rows = [
        (way, statistics.median(found), f"{min(found):,.0f} to {max(found):,.0f}")
        for way, found in speeds.items()
    ]
    rows += [(way, speed, "") for way, speed in sharing.items()]
    for way, speed, spread in rows:
        lines.append(
            f"{way:32}{speed:10,.0f} {spread:>19} {speed / plain:9.2f} {speed / wanted:11.3f} "
            f"{whole / speed / 3600:16,.0f}"
        )
    if "cuda" not in str(find_device(options.device)):
        lines += [
            "",
            "no GPU was at hand: graphs, services and bfloat16 units of a GPU are not measured here",
        ]
    return lines


if __name__ == "__main__":
    main()
