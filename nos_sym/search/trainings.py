"""The trainings of a run: submitted to an executor, and written to the store the moment they end.

A training that the store has from before the run was interrupted is answered from there: a search that is
resumed makes the same choices again and trains what is missing.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from nos_sym.codegen.backend import BACKENDS
from nos_sym.codegen.render import render
from nos_sym.errors import NosSymError, RenderError
from nos_sym.language.rule import Rule
from nos_sym.search.candidates import Candidate, Result
from nos_sym.search.executors.protocol import Executor, Job, JobOutcome, JobQueue, Late, Lost
from nos_sym.search.executors.worker import Training, evaluate_all, write_whole
from nos_sym.search.failures import DIED, LATE, UNRENDERED
from nos_sym.search.fingerprints import is_current, keys_at_levels
from nos_sym.search.own_pace import Owners
from nos_sym.search.proposals import another_optimizer
from nos_sym.search.results import Rejected, Trained
from nos_sym.search.slots import Slot, Stage, slot_from_text, training_seed_of
from nos_sym.search.store.connection import store_errors
from nos_sym.search.store.rows import evaluation_at
from nos_sym.search.store.store import Store
from nos_sym.search.store.tables import Recorded
from nos_sym.search.trainer_kinds import task_prefix
from nos_sym.search.trainers import TaskSettings, Trainer


def _rendered(rule: Rule, backend: str) -> str:
    """Return the source file of an optimizer that is trained."""
    return render(rule, backend, fused=False, keyed=False)


_source = lru_cache(maxsize=512)(_rendered)
"""Source files, made once for runs of one process that have the same optimizers."""


@dataclass(frozen=True, slots=True)
class _Submitted:
    candidate: Candidate
    task: str


class Trainings:
    """Trains the candidates of one run.

    Args:
        store: open for writing.
        run: number of the run.
        seed: seed of the run.
        repeats: number of trainings of each candidate.
        trainer: trains with an optimizer.
        executor: where it trains.
        per_program: number of candidates that are one job, in the order in which they are submitted.
        by_text: whether the training of a child is a function of its text, which is then trained once in the
            run; see :mod:`nos_sym.search.own_pace`.
        task_ending: what the name of a task ends with, where its trainings are not to answer a search.
        began: called when a training begins that the store does not have.

    Attributes:
        owners: which slots trainings belong to that are functions of their texts.
    """

    def __init__(
        self,
        store: Store,
        run: int,
        seed: int,
        repeats: int,
        trainer: Trainer[Any],
        executor: Executor,
        per_program: int = 1,
        *,
        by_text: bool = False,
        task_ending: str = "",
        began: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._run = run
        self._seed = seed
        self._repeats = repeats
        self._trainer = trainer
        self._executor = executor
        self._per_program = per_program
        self._ending = task_ending
        self._began = began
        self._recorded = store.recorded(run)
        self._by_text = by_text
        children = {
            place: Recorded(*row)
            for place, row in self._recorded.items()
            if by_text and place.startswith(f"{Stage.CHILD.value} ")
        }
        self._of_text = {(found.task, found.text): found for found in children.values()}
        self.owners = Owners(store, run, {e.id: slot_from_text(place) for place, e in children.items()})
        self._task_names: list[tuple[TaskSettings, str]] = []
        self._prefix = self._prefix_of_run()
        self._queue = JobQueue()
        self._gathered: list[_Submitted] = []
        self._running: dict[int, list[_Submitted]] = {}
        self._ready: deque[Result] = deque()
        self._stream: Iterator[tuple[int, JobOutcome]] | None = None
        self._count = 0
        self._files: dict[Slot, Path] = {}
        self._unused: set[Path] = set()
        self._written: set[Path] = set()

    def task_name(self, settings: TaskSettings) -> str:
        """Return the name of a task and budget in the store."""
        # A search has two settings of trainings, and asks for every candidate.
        for known, name in self._task_names:
            if known is settings:
                return name
        name = self._task_name(settings)
        self._task_names.append((settings, name))
        return name

    def _task_name(self, settings: TaskSettings) -> str:
        repeats = f" x{self._repeats}" if self._repeats > 1 else ""
        return f"{self._prefix} {settings.task_key()}{repeats}{self._ending}"

    def _prefix_of_run(self) -> str:
        """Return how tasks name the trainer: a run that began with its name alone goes on so."""
        name = self._trainer.name
        for _, _, task, *_ in self._recorded.values():
            # Whether a run goes on with the same trainer is decided by its settings.
            own = task.startswith(f"{name} (") and ") " in task
            return task[: task.index(") ") + 1] if own else name
        return task_prefix(self._trainer)

    def submit(self, candidate: Candidate) -> None:
        """Train a candidate, or answer it from the store if this run has trained it before.

        Raises:
            StoreError: the store has another optimizer in this slot.
        """
        submitted = _Submitted(candidate, self.task_name(candidate.task))
        if self._gathered and self._gathered[0].task != submitted.task:
            self.flush()
        self._gathered.append(submitted)
        if len(self._gathered) >= self._per_program:
            self.flush()

    def flush(self) -> None:
        """Start the candidates that wait for others to fill a program.

        Candidates of one program are also recorded in one transaction, so that a search that is resumed
        makes the same programs.
        """
        gathered, self._gathered = self._gathered, []
        new = []
        for submitted in gathered:
            found = self._find(submitted)
            if found is None:
                new.append(submitted)
            else:
                self._check(found, submitted)
                result = Result(submitted.candidate, found.read_result(), found.id, replayed=True)
                self._ready.append(result)
        self._begin(new)

    def wait(self) -> Result:
        """Return the result of the next training that ends; one must have been submitted."""
        self.flush()
        while not self._ready:
            if self._stream is None:
                self._stream = self._executor.run(self._queue)
            found = next(self._stream, None)
            if found is not None:
                self._end(*found)
            elif len(self._queue):
                # An executor that had no job left has ended its run; there are new ones now.
                self._stream = None
            else:
                raise NosSymError("the executor ended before all trainings did; --resume continues")
        return self._ready.popleft()

    def disown(self) -> None:
        """Let :meth:`close` also remove the files that were made here and have a result."""
        self._unused |= self._written

    def close(self) -> None:
        """Stop what is running, and remove the files that were made for it and have no result."""
        stream, self._stream = self._stream, None
        if stream is not None and hasattr(stream, "close"):
            stream.close()
        with contextlib.suppress(OSError):
            for path in self._unused:
                path.unlink(missing_ok=True)
            if self._unused and not any(self._store.folder.iterdir()):
                self._store.folder.rmdir()
        self._unused.clear()

    def _find(self, submitted: _Submitted) -> Recorded | None:
        """Return the training of a candidate that the store has from before the run was interrupted."""
        candidate = submitted.candidate
        of_text = self._of_text.get((submitted.task, candidate.text))
        if of_text is not None and candidate.slot.stage is Stage.CHILD:
            return of_text
        recorded = self._recorded.get(str(candidate.slot))
        return None if recorded is None else Recorded(*recorded)

    def _seed_of(self, candidate: Candidate, repeat: int) -> int:
        if self._by_text and candidate.slot.stage is Stage.CHILD:
            return training_seed_of(candidate.text, self._seed, repeat)
        return candidate.slot.training_seed(self._seed, repeat)

    def _begin(self, submitted: Sequence[_Submitted]) -> None:
        """Render optimizers and queue one job that trains them."""
        members: list[_Submitted] = []
        trainings: list[Training] = []
        for s in submitted:
            try:
                path, source, name = self._render(s.candidate)
            except RenderError as error:
                self._ready.append(self._record(s, Rejected(f"{UNRENDERED}{error}")))
                continue
            seeds = tuple(self._seed_of(s.candidate, repeat) for repeat in range(self._repeats))
            members.append(s)
            trainings.append(Training(path, source, name, s.candidate.task, seeds))
        if members:
            self._began()
            self._count += 1
            self._running[self._count] = members
            units = len(trainings) * self._repeats
            urgency = min(s.candidate.slot.urgency for s in members)
            self._queue.add(Job(self._count, evaluate_all, (self._trainer, tuple(trainings)), units, urgency))

    def _end(self, number: int, outcome: JobOutcome) -> None:
        submitted = self._running.pop(number)
        if isinstance(outcome, Lost | Late) and len(submitted) > 1:
            # One of them may be the reason: each is tried alone.
            for s in submitted:
                self._begin([s])
            return
        if isinstance(outcome, Lost):
            results: Sequence[Trained] = [Rejected(f"{DIED}{outcome.attempts} times: {outcome.reason}")]
        elif isinstance(outcome, Late):
            seconds = outcome.seconds
            results = [Rejected(f"{LATE}of {seconds:g} seconds", seconds)]
        else:
            results = outcome.value
        with self._store.transaction():
            ended = [self._record(s, result) for s, result in zip(submitted, results, strict=True)]
        self._ready.extend(ended)

    def _record(self, submitted: _Submitted, trained: Trained) -> Result:
        candidate = submitted.candidate
        evaluation = evaluation_at(
            candidate.slot,
            task=submitted.task,
            seed=self._seed_of(candidate, 0),
            text=candidate.text,
            rule=candidate.rule.to_json(),
            genome=None if candidate.genome is None else candidate.genome.to_json(),
            key=candidate.key,
            result=trained,
        )
        number = self._store.add(self._run, evaluation)
        if is_current(candidate.key):
            self._store.add_level_keys(*keys_at_levels(candidate.rule))
        self._unused.discard(self._files.pop(candidate.slot, Path()))
        return Result(candidate, trained, number)

    def _check(self, recorded: Recorded, submitted: _Submitted) -> None:
        if recorded.text != submitted.candidate.text or recorded.task != submitted.task:
            raise another_optimizer(self._store.path, str(submitted.candidate.slot))

    def _render(self, candidate: Candidate) -> tuple[Path, str, str]:
        """Return path, text and class name of the rendered file, which is written if it is missing."""
        text = str(candidate.rule.named("", ""))
        name = f"Opt{hashlib.blake2b(text.encode(), digest_size=6).hexdigest().upper()}"
        backend, named = self._trainer.backend, candidate.rule.named(name, "")
        # Another package may bring another backend of the same name.
        source = (_source if backend in BACKENDS else _rendered)(named, backend)
        path = self._store.folder / f"{name.lower()}.py"
        with store_errors("write", path):
            self._store.folder.mkdir(exist_ok=True)
            if not path.exists() or path.read_text(encoding="utf-8") != source:
                write_whole(path, source)
                self._unused.add(path)
                self._written.add(path)
        self._files[candidate.slot] = path
        return path, source, name
