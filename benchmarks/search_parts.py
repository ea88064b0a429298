"""A search with a clock on its parts, and single ways to move the weights of its network."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from nos_sym import catalog
from nos_sym.codegen.render import render
from nos_sym.faces.parsing import parse
from nos_sym.language.rule import Rule
from nos_sym.search import trainings
from nos_sym.search.algorithms.particles import ParticleSearch
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.settings import preset
from nos_sym.search.store.store import Store
from nos_sym.surrogate import batched, loading, stacked, task, trainer
from nos_sym.surrogate.convnet import ConvNet


class Parts:
    """Seconds of the processor in each part, without the parts that it calls, and how often it ran."""

    def __init__(self) -> None:
        self.found: dict[str, list[float]] = {"everything else": [0.0, 0]}
        self._open = ["everything else"]
        self._since = time.process_time()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what runs inside for a part."""
        self._close()
        self._open.append(name)
        self.found.setdefault(name, [0.0, 0])[1] += 1
        try:
            yield
        finally:
            self._close()
            self._open.pop()

    def _close(self) -> None:
        now = time.process_time()
        self.found[self._open[-1]][0] += now - self._since
        self._since = now

    def watch(self, owner: Any, name: str, part: str) -> None:
        """Count each call of a function for a part."""
        function = getattr(owner, name)

        @functools.wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            with self.part(part):
                return function(*arguments, **named)

        setattr(owner, name, call)

    def watch_all(self) -> None:
        """Count the parts of a search."""
        self.watch(task.Task, "measure", "whole runs: forward")
        self.watch(torch.Tensor, "backward", "whole runs: backward")
        self.watch(task.Task, "_hits", "whole runs: validation")
        self.watch(trainer, "train_single", "whole runs: the rest")
        self.watch(batched._Stack, "_forward", "early stop: forward")
        self.watch(torch.autograd, "grad", "early stop: backward")
        self.watch(batched._Stack, "_update", "early stop: weights")
        self.watch(trainer, "train_batched", "early stop: the rest")
        self.watch(stacked, "_agrees", "whether a file may be batched")
        self.watch(trainer, "load_file", "import of files")
        self.watch(trainings, "render", "rendering")
        self.watch(ParticleSearch, "ask", "genomes, keys and the integrity check")
        self._watch_steps()
        self._watch_batches()

    def _watch_steps(self) -> None:
        made = loading.RenderedFile.construct

        def construct(file: Any, *arguments: Any, **named: Any) -> Any:
            optimizer = made(file, *arguments, **named)
            if "whole runs: the rest" in self._open:
                self.watch(optimizer, "step", "whole runs: weights")
            return optimizer

        loading.RenderedFile.construct = construct  # type: ignore[method-assign]

    def _watch_batches(self) -> None:
        drawn = task.Task.batches

        def batches(of: Any, epoch: Any) -> Iterator[Any]:
            source = drawn(of, epoch)
            while True:
                with self.part("batches of images"):
                    batch = next(source, None)
                if batch is None:
                    return
                yield batch

        task.Task.batches = batches  # type: ignore[method-assign]


def main(arguments: list[str]) -> None:
    """Search, and print what was measured as JSON."""
    torch.set_num_threads(1)
    settings = preset("demo", seed=3)
    if "--quick" in arguments:
        settings = dataclasses.replace(settings, particles=2, initial_factor=2, time_steps=1, mutations=2)
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "run.db") as store:
        parts = Parts()
        parts.watch_all()
        clock, processor = time.perf_counter(), time.process_time()
        run, _ = evolve(settings, store, executor=InProcess())
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        with parts.part("everything else"):
            fitness = [getattr(e.result, "fitness", 0.0) for e in store.evaluations(run.id)]
    figures = {"clock": clock, "processor": processor, "evaluations": len(fitness), "best": max(fitness)}
    print(json.dumps({**figures, "fitness": fitness, "parts": parts.found}))


def moving(rule: str, folder: Path) -> dict[str, float]:
    """Return milliseconds of a step for the weights of the demo's network, each way, and of compiling."""
    parsed = parse(rule) if "~" in rule else catalog.entry(rule)
    assert isinstance(parsed, Rule)
    path = folder / f"{abs(hash(rule))}.py"
    path.write_text(render(parsed.named("Moved", ""), "torch"), encoding="utf-8")
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    made = loading.load_file(path, "Moved")
    ways: dict[str, Callable[[], object]] = {}
    found: dict[str, float] = {}
    torch.set_num_threads(1)
    for count in ("14", "1"):
        for way, option in (("eager", {}), ("fused", {"fused": True})):
            weights = list(ConvNet(4, 1, 10).parameters())
            if count == "1":
                weights = [torch.nn.Parameter(torch.cat([w.detach().reshape(-1) for w in weights]))]
            for weight in weights:
                weight.grad = torch.randn_like(weight)
            extra = {"total_steps": 10_000_000} if made.takes("total_steps") else {}
            optimizer = made.optimizer(weights, lr=1e-6, **extra, **option)
            start = _processor()
            optimizer.step()
            if option and "compile" not in found:
                found["compile"] = _processor() - start
            ways[f"{count}, {way}"] = optimizer.step
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(15):
        for way, step in ways.items():
            start = time.process_time()
            for _ in range(20):
                step()
            times[way].append((time.process_time() - start) / 20)
    return found | {way: 1e3 * sorted(values)[len(values) // 2] for way, values in times.items()}


def _processor() -> float:
    """Return the seconds that the processor gave this process and its children that have ended."""
    return sum(os.times()[:4])
