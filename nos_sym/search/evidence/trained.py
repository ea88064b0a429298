"""What trains after a search: its settings, the trainings of a run of its own, and that run."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nos_sym.search.candidates import Result
from nos_sym.search.evidence.repeats import OWN_ENDING, Asked, train_all
from nos_sym.search.evidence.settings import has_test_part, with_split
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.failures import Ending, ending_of
from nos_sym.search.listener import Listener
from nos_sym.search.settings import SearchSettings
from nos_sym.search.slots import Slot
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store
from nos_sym.search.trainers import TaskSettings, Trainer
from nos_sym.search.trainings import Trainings


@dataclass(frozen=True, slots=True)
class Trained:
    """What the trainings of a confirmation and of references have in common."""

    settings: SearchSettings
    store: Store
    trainer: Trainer[Any]
    executor: Executor
    listener: Listener

    @property
    def task(self) -> Any:
        """Settings of the new trainings."""
        return with_split(self.settings.training, "test")

    def name_of(self, task: TaskSettings, run: Run) -> str:
        """Return the name in the store of the task of new trainings."""
        with self.trainings(run, task_ending(task)) as named:
            return named.task_name(task)

    @contextlib.contextmanager
    def trainings(self, run: Run, ending: str, repeats: int = 1) -> Iterator[Trainings]:
        """Open the trainings of a run."""
        size = self.settings.candidates_per_program
        made = Trainings(
            self.store, run.id, 0, repeats, self.trainer, self.executor, size, task_ending=ending
        )
        try:
            yield made
        finally:
            made.close()

    def train(
        self,
        trainings: Trainings,
        name: str,
        asked: Sequence[Asked],
        undecided: Counter[tuple[int, int]] | None = None,
    ) -> dict[Slot, float | None]:
        """Train what is asked for as a part of the search that is shown.

        Args:
            trainings: of the run.
            name: of the part.
            asked: what is trained.
            undecided: counts the trainings that failed, by the optimizer and the trial of their slots.
        """
        self.listener.added(len(asked))
        self.listener.stage(name, len(asked))

        def told(result: Result) -> None:
            if undecided is not None and ending_of(result.outcome) is Ending.FAILED:
                undecided[result.slot.particle, result.slot.time_step] += 1
            self.listener.result(result)

        return train_all(trainings, asked, told)


def task_ending(task: TaskSettings) -> str:
    """Return what the name of a task ends with, so that no search is answered by what has no test part."""
    return "" if has_test_part(task) else OWN_ENDING


@contextlib.contextmanager
def run_like(store: Store, kind: str, name: str, told: dict[str, Any], seed: int | None) -> Iterator[Run]:
    """Begin a run of a kind and name, or go on with it; one that ends in an error with nothing goes."""
    text = json.dumps(told, sort_keys=True)
    same = [run for run in store.runs() if (run.kind, run.name) == (kind, name)]
    if same:
        yield same[-1]
        return
    run = store.begin_run(kind, name, text, seed)
    with store.undone_if_empty(run.id):
        yield run
