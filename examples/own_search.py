"""A search of one's own: a task with a trainer, and other operations than those of the paper.

python examples/own_search.py
"""

from dataclasses import dataclass

import torch

import nos_sym
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.results import Diverged, Evaluated


@dataclass(frozen=True)
class Task:
    """Settings of a training; fitness is compared where `task_key` is the same."""

    steps: int = 100

    def task_key(self):  # noqa: D102
        return f"regression, {self.steps} steps"


class Regression:
    """Fits a line to noise; the fitness is larger where the loss is smaller."""

    name, backend, settings = "regression", "torch", Task

    def train(self, source, class_name, settings, seed):  # noqa: D102
        torch.manual_seed(seed)
        x, y, weight = torch.randn(64, 8), torch.randn(64, 1), torch.zeros(8, 1, requires_grad=True)
        steps, values = settings.steps, {"momentum": 0.9}
        optimizer = nos_sym.build(
            source, [weight], class_name=class_name, lr=0.1, total_steps=steps, **values
        )
        for _ in range(steps):
            optimizer.zero_grad()
            loss = (x @ weight - y).square().mean()
            loss.backward()
            optimizer.step()
        return Evaluated(1 / (1 + loss.item())) if loss.isfinite() else Diverged("the loss is not finite")


if __name__ == "__main__":
    operations = {"add": ["sign", "ema(0.99)"], "remove": ["i1e"]}
    settings = nos_sym.preset("demo", trainer="own_search:Regression", operations=operations)
    with nos_sym.Store.open("own.db") as store, nos_sym.Display(settings) as shown:
        nos_sym.evolve(settings, store, executor=InProcess(), listener=shown)
        for entry in nos_sym.hall_of_fame(store, limit=3).entries:
            print(f"{entry.fitness:.4f}  {entry.rule}")
