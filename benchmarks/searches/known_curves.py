"""Trainings whose curves are kept whole, and what cheaper settings would have made of them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from nos_sym.codegen.render import render
from nos_sym.language.rule import Rule
from nos_sym.search.results import Evaluated, Trained
from nos_sym.search.settings import preset
from nos_sym.surrogate.batches import Phase
from nos_sym.surrogate.early_stop import Curve, ends_run
from nos_sym.surrogate.evaluation import Evaluation, finish
from nos_sym.surrogate.halving import finished, train_halving
from nos_sym.surrogate.loading import RenderedFile, Run, load_file
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.surrogate.single import train_single
from nos_sym.surrogate.task import prepare_task, reproducible

FULL: TrainingSettings = preset("demo").training.replace(  # type: ignore[attr-defined]
    epoch_steps=20, learning_rates=TrainingSettings().learning_rates, mode="single", device="cpu"
)
"""The demo's task, with the paper's seven learning rates, in epochs of 20 steps."""


NOTHING = RenderedFile(ModuleType("nothing"), object)


class Missing(Exception):
    """A whole run at a learning rate that was not trained yet."""


def replay(settings: TrainingSettings, row: dict[str, Any]) -> tuple[Trained, int]:
    """Return the result of settings on curves that are known, and its steps.

    Raises:
        Missing: a whole run is not known.
    """
    spent = 0

    def train(runs: Sequence[Run], phase: Phase) -> list[Curve]:
        nonlocal spent
        if phase is Phase.FIRST:
            known = [epochs(row["first"][repr(run.rate)]) for run in runs]
            curves = (
                train_halving(settings, runs, known) if settings.halving else [finished(k) for k in known]
            )
        else:
            if repr(runs[0].rate) not in row["whole"]:
                raise Missing(runs[0].rate)
            curves = [ended(settings, row["whole"][repr(runs[0].rate)])]
        spent += sum(curve.steps for curve in curves)
        return curves

    evaluation = Evaluation(settings, NOTHING, 0)
    finish([evaluation], train)
    return evaluation.result(), spent


def epochs(table: dict[str, Any]) -> Generator[Curve, None, Curve]:
    """Yield a known curve epoch by epoch, and return it, as a training does."""
    for count in range(1, len(table["training"]) + 1):
        validation = tuple(table["validation"][:count])
        yield Curve(tuple(table["training"][:count]), validation, None, count * FULL.epoch_steps)
    return to_curve(table)


def ended(settings: TrainingSettings, table: dict[str, Any]) -> Curve:
    """Return a known curve as far as settings would have trained it."""
    for curve in epochs(table):
        if ends_run(settings, curve.steps, curve.training[-1]):
            return curve
    return to_curve(table)


def to_curve(table: dict[str, Any]) -> Curve:
    """Return a curve of JSON data."""
    return Curve(tuple(table["training"]), tuple(table["validation"]), table["diverged"], table["steps"])


def from_curve(curve: Curve) -> dict[str, Any]:
    """Return a curve as JSON data."""
    return {
        "training": list(curve.training),
        "validation": list(curve.validation),
        "diverged": curve.diverged,
        "steps": curve.steps,
    }


class Trainings:
    """What was trained, kept in a file.

    Args:
        path: the file.
        seeds: of the protocol; each is trained for all optimizers before the next one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = []
        if path.exists():
            self.rows = json.loads(path.read_text(encoding="utf-8"))["trainings"]
        self._known = {(row["part"], row["text"], row["seed"]): row for row in self.rows}

    def part(self, name: str, seed: int) -> list[dict[str, Any]]:
        """Return the trainings of a part."""
        return [row for row in self.rows if row["part"] == name and row["seed"] == seed]

    def train(self, part: str, rule: Rule, seed: int, settings: Sequence[TrainingSettings]) -> None:
        """Train an optimizer as far as settings need it and it is not known."""
        text = str(rule)
        row = self._known.get((part, text, seed))
        with tempfile.TemporaryDirectory() as folder:
            file = load_file(*write_file(rule, Path(folder)))
            task = prepare_task(FULL)
            with reproducible(task):
                if row is None:
                    runs = [Run(file, rate, seed) for rate in FULL.learning_rates]
                    first = {repr(r.rate): from_curve(train_single(r, task, Phase.FIRST)) for r in runs}
                    row = {"part": part, "text": text, "seed": seed, "first": first, "whole": {}}
                    self._known[part, text, seed] = row
                    self.rows.append(row)
                for one in settings:
                    try:
                        replay(one, row)
                    except Missing as missing:
                        run = Run(file, missing.args[0], seed)
                        row["whole"][repr(run.rate)] = from_curve(train_single(run, task, Phase.WHOLE))
                self.write()

    def write(self) -> None:
        """Write all, whole or not at all."""
        new = self.path.with_suffix(".json.new")
        rows = ",\n".join(json.dumps(row) for row in self.rows)
        new.write_text(f'{{"trainings": [\n{rows}\n]}}\n', encoding="utf-8")
        new.replace(self.path)


def write_file(rule: Rule, folder: Path) -> tuple[Path, str]:
    """Write a rule's file; return it and the name of its class."""
    named = rule if rule.name else rule.named("Drawn")
    path = folder / "drawn.py"
    path.write_text(render(named, "torch"), encoding="utf-8")
    return path, named.name


def fitness(result: Trained) -> float:
    """Return the fitness, chance where there is none."""
    return result.fitness if isinstance(result, Evaluated) else FULL.chance
