"""Contestants and their timing: medians of samples that are interleaved in one run."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nos_sym.language.rule import Rule
from nos_sym.program.lower import lower

FLOAT = 4
"""Bytes of a float32, the type of all weights, gradients and states."""
SAMPLE_SECONDS = 0.02
"""A sample repeats a step for about so long, so that the clock and the first step do not count."""

CONVNET = (
    (48, 3, 3, 3), (48,), (48,), (48,),
    (96, 48, 3, 3), (96,), (96,), (96,),
    (192, 96, 3, 3), (192,), (192,), (192,),
    (10, 192), (10,),
)  # fmt: skip
"""Shapes of the paper's ConvNet at base 48."""
SIZES = {
    "small": CONVNET,
    "large": ((10_000_000,),),
    "many": ((1_000_000,),) * 20,
}
"""Shapes of the tensors: 0.21 M in 14 tensors, 10 M in one, 20 M in twenty."""


@dataclass(frozen=True)
class Contestant:
    """One optimizer on one mode.

    Attributes:
        name: what the table shows.
        framework: ``torch``, ``keras``, ``optax`` or ``memory``.
        mode: ``eager``, ``plain``, ``compile``, ``graph``, ``xla``, ``jit`` or that of the framework itself.
        rule: name of the rendered rule, or empty where the optimizer is not rendered.
        traffic: bytes that one step must move for each parameter.
        step: takes one step and returns when it is done.
    """

    name: str
    framework: str
    mode: str
    rule: str
    traffic: int
    step: Callable[[], object]


def count(shapes: Sequence[tuple[int, ...]]) -> int:
    """Return the number of parameters."""
    return sum(int(np.prod(shape)) for shape in shapes)


def traffic(rule: Rule) -> int:
    """Return the bytes that a rule must move for each parameter.

    It reads the gradient, if it occurs, and reads and writes the weight, every state and the momentum.
    """
    program = lower(rule)
    gradient = any(value.operation == "g" for value in program.needed)
    return FLOAT * (gradient + 2 + 2 * len(program.slots))


def interleave(contestants: Sequence[Contestant], rounds: int, seed: int = 0) -> dict[str, list[float]]:
    """Return the seconds per step of every contestant in every round.

    Each round samples all contestants in a new order, so that a slow phase of the machine hits all alike; a
    sample begins with a step that is not timed, which brings threads and caches to this contestant.
    """
    repeats = {}
    for contestant in contestants:
        start = time.perf_counter()
        contestant.step()  # compiles and makes the state
        first = time.perf_counter() - start
        contestant.step()
        repeats[contestant.name] = _repeats(contestant)
        print(f"  {contestant.name}: first step {first:.2f} s", file=sys.stderr, flush=True)
    times: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    rng = np.random.default_rng(seed)
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for index in rng.permutation(len(contestants)):
                contestant = contestants[index]
                times[contestant.name].append(_sample(contestant, repeats[contestant.name]))
    finally:
        gc.enable()
    return times


def _repeats(contestant: Contestant) -> int:
    return int(np.clip(SAMPLE_SECONDS / _sample(contestant, 1), 1, 200))


def _sample(contestant: Contestant, repeats: int) -> float:
    contestant.step()
    start = time.perf_counter()
    for _ in range(repeats):
        contestant.step()
    return (time.perf_counter() - start) / repeats
