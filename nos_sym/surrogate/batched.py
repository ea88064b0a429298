"""Training of several networks as one program over stacked weights, equal to training them one by one.

The networks differ in learning rate, optimizer, or seed; forward and backward pass are one, vectorized by
``torch.func.vmap``. What differs from one network alone is the order of sums, so weights agree within the
noise of float32. An optimizer that divides by the size of its gradients makes steps of that noise: the bias
of a convolution that is normalized has no gradient but rounding, and Adam moves it by its learning rate.
Training accuracies do not see it, validation accuracies do as long as the statistics lag behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from nos_sym.surrogate.batches import Phase, draw_epochs, seeds_of
from nos_sym.surrogate.early_stop import Curve, cuts_rate, ends_run
from nos_sym.surrogate.halving import Halving
from nos_sym.surrogate.loading import RenderedFile, Run
from nos_sym.surrogate.measured import Hits, Measured, read_stack
from nos_sym.surrogate.schedule import cycle_momenta, cycle_rates
from nos_sym.surrogate.stacked import StackedOptimizer, form_of
from nos_sym.surrogate.task import Batch, HeldOut, Task, count_hits


def can_batch(file: RenderedFile) -> bool:
    """Return whether an optimizer can train stacked weights; one that draws random numbers cannot."""
    return form_of(file) is not None


def train_batched(runs: Sequence[Run], task: Task, phase: Phase) -> list[Curve]:
    """Train the networks of several runs as one program, each from its own initial weights.

    Args:
        runs: optimizers that :func:`can_batch`, learning rates and seeds.
        task: settings and data.
        phase: how many steps to make, whether to validate, and the seeds' part.
    """
    stack = _Stack(runs, task, phase)
    settings = task.settings
    seeds = list(dict.fromkeys(run.seed for run in runs))
    streams = [
        draw_epochs(
            task.images, settings, phase.steps(settings), seeds_of(seed, phase), phase.epoch_steps(settings)
        )
        for seed in seeds
    ]
    rates, momenta = cycle_rates(settings), cycle_momenta(settings)
    step = 0
    for epochs in zip(*streams, strict=True):
        losses: list[Tensor] = []
        hits: list[Tensor] = []
        for batches in zip(*(task.batches(epoch) for epoch in epochs), strict=True):
            loss, hit = stack.step(step, dict(zip(seeds, batches, strict=True)), rates[step], momenta[step])
            losses.append(loss)
            hits.append(hit)
            step += 1
        stack.end_epoch(step, Measured(torch.stack(losses), torch.stack(hits)), epochs[0].seen)
        if not stack.rows:
            break
    return [row.curve() for row in stack.all_rows]


@dataclass(eq=False)
class _Row:
    """A network of the stack, and what was measured of it."""

    run: Run
    training: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    test: float | None = None
    overflow: int | None = None
    ended: bool = False
    diverged: int | None = None
    steps: int = 0

    def curve(self) -> Curve:
        return Curve(
            tuple(self.training), tuple(self.validation), self.diverged, self.steps, self.test, self.ended
        )


class _Stack:
    """Networks that train as one program; those that are done leave at the end of an epoch."""

    def __init__(self, runs: Sequence[Run], task: Task, phase: Phase) -> None:
        self.task = task
        self.phase = phase
        self.all_rows = [_Row(run) for run in runs]
        self.rows = list(self.all_rows)
        self.halving = Halving(task.settings, runs)
        networks = [task.network(seeds_of(run.seed, phase)["weights"]) for run in runs]
        self.network = networks[0]
        parameters, self.buffers = torch.func.stack_module_state(list(networks))
        self.names = list(parameters)
        self.weights = [weight.detach() for weight in parameters.values()]
        self.optimizers: dict[RenderedFile, StackedOptimizer] = {}
        for file, rows in self._by_file().items():
            form = form_of(file)
            if form is None:
                raise ValueError("an optimizer that cannot train stacked weights was given")
            rates = torch.tensor([self.rows[row].run.rate for row in rows], device=task.device)
            chosen = [weight[rows] for weight in self.weights]
            self.optimizers[file] = StackedOptimizer(form, chosen, rates, task.settings)
        self.groups = self._place_groups()

    def step(self, step: int, batches: dict[int, Batch], factor: float, mu: float) -> tuple[Tensor, Tensor]:
        """Train one step; return losses and hits of the networks, shape ``(networks,)``."""
        self.network.train()
        weights = [weight.requires_grad_() for weight in self.weights]
        logits, labels = self._forward(weights, batches)
        losses = functional.cross_entropy(logits.movedim(-1, 1), labels, reduction="none").mean(dim=-1)
        # Networks are independent: the gradient of the sum is that of each loss.
        gradients = torch.autograd.grad(losses.sum(), weights)
        self._update(step, [weight.detach() for weight in weights], gradients, factor, mu)
        return losses.detach(), count_hits(logits.detach(), labels)

    def end_epoch(self, done: int, measured: Measured, seen: int) -> None:
        """Record an epoch of ``seen`` images, and let go of the networks that are done."""
        steps = len(measured.losses)
        found = read_stack(measured, self._validate() if self.phase is Phase.WHOLE else None)
        for row, (bad, hits, _) in zip(self.rows, found, strict=True):
            first = None if bad is None else done - steps + bad
            known = [step for step in (row.overflow, first) if step is not None and step < done]
            row.diverged = min(known, default=None)
            row.steps = done if row.diverged is None else row.diverged
            if row.diverged is None:
                row.training.append(hits / seen)
        if self.phase is Phase.WHOLE:
            self._record_held_out([read.validation for read in found])
        else:
            self._end_by_halving(done)
        self._keep([row for row in self.rows if not self._is_done(row)])

    def _record_held_out(self, scores: Sequence[float | None]) -> None:
        known = [
            (row, score)
            for row, score in zip(self.rows, scores, strict=True)
            if row.diverged is None and score is not None
        ]
        better = {id(row) for row, score in known if score > max(row.validation, default=-1.0)}
        if self.task.tested and better:
            right, total = self._accuracies(self.task.tested)
            for row, count in zip(self.rows, right.tolist(), strict=True):
                row.test = count / total if id(row) in better else row.test
        for row, score in known:
            row.validation.append(score)

    def _end_by_halving(self, done: int) -> None:
        numbers = {id(row): number for number, row in enumerate(self.all_rows)}
        going = {numbers[id(row)] for row in self.rows if not self._is_done(row)}
        for number in self.halving.ended(done, [row.curve() for row in self.all_rows], going):
            self.all_rows[number].ended = True

    def _is_done(self, row: _Row) -> bool:
        if row.diverged is not None or row.ended:
            return True
        ends = ends_run if self.phase is Phase.WHOLE else cuts_rate
        return ends(self.task.settings, row.steps, row.training[-1])

    def _place_groups(self) -> dict[RenderedFile, Tensor]:
        """Return the rows of each file, on the device, where lists would be moved at every step."""
        return {f: torch.tensor(rows, device=self.task.device) for f, rows in self._by_file().items()}

    def _by_file(self) -> dict[RenderedFile, list[int]]:
        found: dict[RenderedFile, list[int]] = {}
        for index, row in enumerate(self.rows):
            found.setdefault(row.run.file, []).append(index)
        return found

    def _forward(self, weights: Sequence[Tensor], batches: dict[int, Batch]) -> tuple[Tensor, Tensor]:
        """Return logits, shape ``(networks, batch, classes)``, and labels, shape ``(networks, batch)``."""
        chosen = [batches[row.run.seed] for row in self.rows]
        one = len({row.run.seed for row in self.rows}) == 1
        if one:
            images, keep = chosen[0].images.contiguous(), chosen[0].keep
        else:
            images = torch.stack([batch.images for batch in chosen])
            keep = torch.stack([batch.keep for batch in chosen])
        shared = None if one else 0
        return self._logits(weights, images, keep, shared), torch.stack([batch.labels for batch in chosen])

    def _logits(
        self, weights: Sequence[Tensor], images: Tensor, keep: Tensor | None, dimension: int | None
    ) -> Tensor:
        def call(
            parameters: dict[str, Tensor], buffers: dict[str, Tensor], x: Tensor, k: Tensor | None
        ) -> Tensor:
            logits: Tensor = torch.func.functional_call(self.network, (parameters, buffers), (x, k))
            return logits

        dimensions = (0, 0, dimension, None if keep is None else dimension)
        stacked = dict(zip(self.names, weights, strict=True))
        with self.task.autocast():
            logits: Tensor = torch.func.vmap(call, in_dims=dimensions)(stacked, self.buffers, images, keep)
        return logits.float()

    def _update(
        self, step: int, weights: list[Tensor], gradients: Sequence[Tensor], factor: float, mu: float
    ) -> None:
        for file, rows in self.groups.items():
            every = len(rows) == len(self.rows)
            own = [(w, g) if every else (w[rows], g[rows]) for w, g in zip(weights, gradients, strict=True)]
            try:
                moved = self.optimizers[file].step(step, [w for w, _ in own], [g for _, g in own], factor, mu)
            except (ArithmeticError, ValueError):
                for row in self._by_file()[file]:
                    if self.rows[row].overflow is None:
                        self.rows[row].overflow = step
                continue
            if every:
                weights = moved
            else:
                for weight, new in zip(weights, moved, strict=True):
                    weight[rows] = new
        self.weights = weights

    def _keep(self, rows: list[_Row]) -> None:
        """Drop all networks but some."""
        if len(rows) == len(self.rows) or not rows:
            self.rows = rows
            return
        kept = {id(row) for row in rows}
        for file, indices in self._by_file().items():
            inside = [place for place, index in enumerate(indices) if id(self.rows[index]) in kept]
            self.optimizers[file].select(torch.tensor(inside, dtype=torch.long, device=self.task.device))
        index = torch.tensor(
            [i for i, row in enumerate(self.rows) if id(row) in kept], device=self.task.device
        )
        self.weights = [weight[index] for weight in self.weights]
        self.buffers = {name: buffer[index] for name, buffer in self.buffers.items()}
        self.rows = rows
        self.groups = self._place_groups()

    def _validate(self) -> Hits:
        return self._accuracies(self.task.validation)

    @torch.no_grad()
    def _accuracies(self, part: HeldOut) -> Hits:
        self.network.eval()
        right = torch.zeros(len(self.rows), dtype=torch.long, device=self.task.device)
        for images, labels in part:
            right += count_hits(self._logits(self.weights, images.contiguous(), None, None), labels)
        return Hits(right, sum(len(labels) for _, labels in part))
