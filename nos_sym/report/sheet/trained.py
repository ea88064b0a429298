"""What a store of a search has measured of an optimizer: at which learning rates it trains, and how well."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nos_sym.algebra.canonical import key_of
from nos_sym.report.sheet.line import Line, measured
from nos_sym.report.sheet.subject import Subject
from nos_sym.search.results import Evaluated
from nos_sym.search.scores import score_text
from nos_sym.search.store.store import Evaluation, Store


def trained(subject: Subject, store: str | Path) -> list[Line]:
    """Return a line for each task on which a store has trained this optimizer, however it was written.

    Raises:
        StoreError: there is no such file, or it cannot be used.
    """
    key = key_of(subject.plain)
    tasks: dict[str, list[Evaluation]] = {}
    with Store.read(store) as opened:
        for evaluation in opened.evaluations():
            if evaluation.key == key:
                tasks.setdefault(evaluation.task, []).append(evaluation)
    return [_line(task, rows) for task, rows in tasks.items()]


def _line(task: str, rows: list[Evaluation]) -> Line:
    ended = [e.result for e in rows if isinstance(e.result, Evaluated)]
    rates = sorted({r.learning_rate for r in ended if r.learning_rate is not None})
    says = [f"{len(ended)} of {len(rows)} trainings ended with a fitness."]
    data: dict[str, Any] = {"task": task, "trainings": len(rows), "ended": len(ended), "rates": rates}
    if ended:
        best = max(ended, key=lambda r: r.fitness)
        at = "" if best.learning_rate is None else f" at learning rate {best.learning_rate:g}"
        says.append(f"The best fitness is {score_text(best.fitness)}{at}.")
        data |= {"fitness": best.fitness, "learning_rate": best.learning_rate}
    if rates:
        says.append(f"Learning rates that were chosen: {rates[0]:g} to {rates[-1]:g}.")
    tried = _tried(rows)
    if tried:
        listed = ", ".join(f"{rate:g}: {accuracy:.3f}" for rate, accuracy in sorted(tried.items()))
        says.append(f"Best training accuracy of the first steps, by learning rate: {listed}.")
        data["first_steps"] = {repr(rate): accuracy for rate, accuracy in sorted(tried.items())}
    diverged = sorted(_diverged(rows))
    if diverged:
        says.append(f"It stopped being finite at {', '.join(f'{rate:g}' for rate in diverged)}.")
        data["diverged"] = diverged
    over = f"{len(rows)} evaluations of the store on {task}"
    return measured("learning_rates", "Learning rates", *says, over=over, **data)


def _tried(rows: list[Evaluation]) -> dict[float, float]:
    """Return the best accuracy of the first early stop at each rate."""
    found: dict[float, float] = {}
    for e in rows:
        for rate, accuracy in _numbers(e, "first_stop").items():
            found[rate] = max(accuracy, found.get(rate, accuracy))
    return found


def _diverged(rows: list[Evaluation]) -> set[float]:
    return {rate for e in rows for rate in _numbers(e, "first_stop_diverged")}


def _numbers(evaluation: Evaluation, name: str) -> dict[float, float]:
    """Return a table of the details, as trainers of this package write it; others may write anything."""
    details = getattr(evaluation.result, "details", {})
    table = details.get(name) if isinstance(details, Mapping) else None
    found: dict[float, float] = {}
    for rate, value in table.items() if isinstance(table, Mapping) else ():
        try:
            found[float(rate)] = float(value)
        except (TypeError, ValueError):
            continue
    return found
