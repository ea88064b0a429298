"""Time of one optimizer step in Keras, TensorFlow and JAX: rendered files against the library's own Adam.

    python benchmarks/frameworks.py                                    # less than eight minutes on two cores
    python benchmarks/frameworks.py --ways "keras torch" --sizes small --rules Adam Opt1      # some seconds

Keras has one backend in a process, so each way to run steps has a process of its own, in which the samples of
all that take part are interleaved: the library's Adam, and rendered Adam and Opt1 to Opt10. A ratio is the
median of those of the rounds. Writes a table and the samples. It needs the extra `bench`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from optimizer_steps.contest import SIZES, Contestant, interleave
from optimizer_steps.report import TITLES, interval
from optimizer_steps.surroundings import surroundings

RULES = ("Adam", *(f"Opt{i}" for i in range(1, 11)))
WAYS = {
    "keras torch": ("torch", "eager"),
    "keras tensorflow graph": ("tensorflow", "graph"),
    "keras tensorflow xla": ("tensorflow", "xla"),
    "keras jax": ("jax", "jit"),
    "optax": ("", "jit"),
}
"""Ways to run steps, each with the backend of Keras and the mode."""
VERSIONS = ("keras", "torch", "tensorflow", "tensorflow-cpu", "jax", "optax")
ADAM = {"eager": 1.3}
"""The most that a step of Adam may take, in steps of the library's own; elsewhere 1.05."""


def main() -> int:
    """Measure, print and write."""
    arguments = _parser().parse_args()
    if arguments.here:
        print(json.dumps(samples(arguments.ways[0], arguments.sizes[0], arguments)))
        return 0
    settings = surroundings(VERSIONS) | {"rounds": arguments.rounds}
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    for size in arguments.sizes:
        for way in arguments.ways:
            print(f"{size}, {way}:", file=sys.stderr)
            times = apart(way, size, arguments)
            found.setdefault(size, {})[way] = times
            print(table(size, way, times), flush=True)
    arguments.output.mkdir(parents=True, exist_ok=True)
    head = "\n".join(f"{key}: {value}" for key, value in settings.items())
    texts = [table(size, way, times) for size, ways in found.items() for way, times in ways.items()]
    path = arguments.output / arguments.name
    path.with_suffix(".txt").write_text("\n\n".join([head, *texts]) + "\n", encoding="utf-8")
    content = {"settings": settings, "seconds": found}
    path.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0


def apart(way: str, size: str, arguments: argparse.Namespace) -> dict[str, list[float]]:
    """Return the samples of one way at one size, taken in a process of its own."""
    backend, _ = WAYS[way]
    command = [sys.executable, __file__, "--here", "--ways", way, "--sizes", size]
    command += ["--rules", *arguments.rules, "--rounds", str(arguments.rounds)]
    env = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"} | ({"KERAS_BACKEND": backend} if backend else {})
    run = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True)
    times: dict[str, list[float]] = json.loads(run.stdout.splitlines()[-1])
    return times


def samples(way: str, size: str, arguments: argparse.Namespace) -> dict[str, list[float]]:
    """Return the seconds per step in every round, the library's Adam first."""
    with tempfile.TemporaryDirectory() as folder:
        taking = list(entrants(way, size, arguments.rules, Path(folder)))
        return interleave(taking, arguments.rounds)


def entrants(way: str, size: str, rules: list[str], folder: Path) -> Iterator[Contestant]:
    """Yield the library's Adam and the rendered rules."""
    if way == "optax":
        from optimizer_steps import optax_steps

        yield from optax_steps.contestants(SIZES[size], folder, rules)
    else:
        from optimizer_steps import keras_steps

        yield from keras_steps.of_rules(SIZES[size], WAYS[way][1], rules, folder)


def table(size: str, way: str, times: dict[str, list[float]]) -> str:
    """Return the rows of one way at one size as text."""
    own, mode = next(iter(times)), WAYS[way][1]
    width = max(map(len, times))
    lines = [f"{way}, {TITLES[size]}", f"{'':<{width}}        ms  x Adam   95 % interval"]
    for name, values in times.items():
        ratios = [x / y for x, y in zip(values, times[own], strict=True)]
        ratio, (low, high) = statistics.median(ratios), interval(ratios)
        limit = _limit(name, mode) if name != own else None
        said = "" if limit is None else f"  {'holds' if ratio <= limit else 'MISSED'}, limit {limit}"
        milliseconds = 1e3 * statistics.median(values)
        lines.append(f"{name:<{width}}  {milliseconds:8.3f}  {ratio:6.2f}  {low:6.2f} {high:6.2f}{said}")
    return "\n".join(lines)


def _limit(name: str, mode: str) -> float:
    """Return the most that a step may take, in steps of the library's Adam."""
    rule = name.split()[1]
    if rule.startswith("Adam"):
        return ADAM.get(mode, 1.05)
    return 2.0 if rule == "Opt10" else 1.5


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Time optimizer steps in Keras, TensorFlow and JAX.")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS), metavar="WAY")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["small", "large"])
    parser.add_argument("--rules", nargs="+", metavar="RULE", default=list(RULES))
    parser.add_argument("--rounds", type=int, default=9, help="samples of each that takes part")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--name", default="frameworks-cpu", help="of the files that are written")
    parser.add_argument("--here", action="store_true", help="in this process, and print the samples")
    return parser


if __name__ == "__main__":
    sys.exit(main())
