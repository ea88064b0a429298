"""One evaluation of an optimizer, step by step: which trainings it asks for, and what their curves mean.

It trains nothing itself, so every trainer, one by one or batched, in any framework, decides alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from nos_sym.search.results import Diverged, Evaluated, Rejected, Trained
from nos_sym.surrogate.batches import Phase
from nos_sym.surrogate.early_stop import Curve, choose_rate, give_up, judged, rounds_of
from nos_sym.surrogate.loading import RenderedFile, Run
from nos_sym.surrogate.protocol import ProtocolSettings


class Evaluation:
    """An evaluation on its way: ask for runs, record their curves, and read the result.

    Args:
        settings: task and budget.
        file: the optimizer.
        seed: of the evaluation.
    """

    def __init__(self, settings: ProtocolSettings, file: RenderedFile, seed: int) -> None:
        self.settings = settings
        self.file = file
        self.seed = seed
        self.seconds = 0.0
        self.first: dict[float, Curve] = {}
        self.whole: Curve | None = None

    @property
    def accuracies(self) -> dict[float, float]:
        """Training accuracy of the epoch that counts, at each learning rate that was tried."""
        return {rate: judged(self.settings, curve) for rate, curve in self.first.items()}

    def first_runs(self) -> list[Run]:
        """Return the trainings that the first early stop wants next; none when it is decided."""
        if self.settings.first_steps == 0 or give_up(self.settings, self.accuracies):
            return []
        for group in rounds_of(self.settings):
            if waiting := [rate for rate in group if rate not in self.first]:
                return [Run(self.file, rate, self.seed) for rate in waiting]
        return []

    def record_first(self, curves: Sequence[Curve]) -> None:
        """Record the curves of what :meth:`first_runs` returned."""
        for run, curve in zip(self.first_runs(), curves, strict=True):
            self.first[run.rate] = curve

    def whole_run(self) -> Run | None:
        """Return the whole run at the chosen learning rate, or ``None`` where the optimizer is rejected."""
        rate = self._rate()
        return None if rate is None else Run(self.file, rate, self.seed)

    def record_whole(self, curve: Curve) -> None:
        """Record the curve of the whole run."""
        self.whole = curve

    def result(self) -> Trained:
        """Return the result, once all trainings are recorded."""
        rate, curve = self._rate(), self.whole
        if rate is None or curve is None:
            return self._failure()
        details = self._details() | {
            "training": list(curve.training),
            "validation": list(curve.validation),
            "steps": curve.steps,
        }
        if curve.diverged is not None:
            details["diverged"] = curve.diverged
        if not curve.validation:
            reason = f"the loss or update stopped being finite at learning rate {rate:g}"
            return Diverged(reason, curve.diverged, self.seconds, details)
        told = {} if curve.test is None else {"test": curve.test}
        return Evaluated(curve.fitness, rate, self.seconds, details | told)

    def _rate(self) -> float | None:
        if self.settings.first_steps == 0:
            return self.settings.learning_rates[0]
        return choose_rate(self.settings, self.accuracies)

    def _failure(self) -> Trained:
        """Return why the first early stop rejected the optimizer."""
        steps = [curve.diverged for curve in self.first.values() if curve.diverged is not None]
        if len(steps) == len(self.first):
            reason = "the loss or update stopped being finite at every learning rate"
            return Diverged(reason, max(steps), self.seconds, self._details())
        best = max(self.accuracies, key=lambda rate: self.accuracies[rate])
        probed = give_up(self.settings, self.accuracies)
        wanted = self.settings.probe_score if probed else self.settings.first_score
        final = self.settings.first_judged == "final"
        reason = (
            f"first early stop: the best {'final ' if final else ''}training {self.settings.measure} was "
            f"{self.accuracies[best]:.1%} at learning rate {best:g}, "
            f"{'not above' if final and not probed else 'below'} {wanted:.0%}"
        )
        return Rejected(reason, self.seconds, self._details())

    def _details(self) -> dict[str, Any]:
        """Return the first early stop as JSON data, learning rates as text."""
        details: dict[str, Any] = {}
        if self.first:
            details["first_stop"] = {repr(rate): best for rate, best in self.accuracies.items()}
        stopped = {repr(r): c.diverged for r, c in self.first.items() if c.diverged is not None}
        if stopped:
            details["first_stop_diverged"] = stopped
        if self.settings.halving:
            details["first_stop_steps"] = {repr(rate): curve.steps for rate, curve in self.first.items()}
        return details


def finish(evaluations: Sequence[Evaluation], train: Callable[[Sequence[Run], Phase], list[Curve]]) -> None:
    """Finish evaluations side by side: what all of them ask for at a time is one call of ``train``.

    The seconds of each are its share of the time.
    """
    start = time.perf_counter()
    while any(asked := [evaluation.first_runs() for evaluation in evaluations]):
        curves = iter(train([run for runs in asked for run in runs], Phase.FIRST))
        for evaluation, runs in zip(evaluations, asked, strict=True):
            evaluation.record_first([next(curves) for _ in runs])
    wanted = [(evaluation, evaluation.whole_run()) for evaluation in evaluations]
    whole = [(evaluation, run) for evaluation, run in wanted if run is not None]
    trained = train([run for _, run in whole], Phase.WHOLE) if whole else []
    for (evaluation, _), curve in zip(whole, trained, strict=True):
        evaluation.record_whole(curve)
    for evaluation in evaluations:
        evaluation.seconds = (time.perf_counter() - start) / len(evaluations)
