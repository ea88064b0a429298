"""The seams of the search: what it asks of a trainer and of an executor.

The search makes candidates, a trainer says how good one is, an executor decides where that happens. A trainer
knows nothing of rules or genomes: it gets the rendered source file. An executor knows nothing of optimizers:
it runs module-level functions on plain arguments.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, runtime_checkable

from nos_sym.search.results import Trained

if TYPE_CHECKING:
    from nos_sym.genome.genome import Genome
    from nos_sym.language.rule import Rule


@dataclass(frozen=True, slots=True)
class Candidate:
    """An optimizer that the search proposes.

    Attributes:
        rule: its equation, with the sign that the integrity check chose.
        genome: the graph that it came from; ``None`` for a rule that was given.
        key: its exact key, the same for every way to write the optimizer.
    """

    rule: Rule
    genome: Genome | None
    key: str


class TaskSettings(Protocol):
    """Settings of a training: a frozen dataclass of plain values, which goes to TOML, JSON and workers."""

    def task_key(self) -> str:
        """Return what names task and budget: fitness values are compared only where it is the same."""


SettingsT = TypeVar("SettingsT", contravariant=True)


@runtime_checkable
class Trainer(Protocol[SettingsT]):
    """A surrogate: it trains with an optimizer and says how good it is.

    A trainer is small and picklable, because it travels to workers; it loads data where it runs, once in a
    process.
    """

    @property
    def name(self) -> str:
        """Name of the trainer in settings and stores."""

    @property
    def backend(self) -> str:
        """What source files are rendered to: ``torch`` or ``tensorflow``."""

    def train(self, source: Path, class_name: str, settings: SettingsT, seed: int) -> Trained:
        """Train with the optimizer of a rendered source file.

        The same file, settings and seed give the same result on the same machine, except for its duration.

        Args:
            source: the file; the trainer imports it from there.
            class_name: the optimizer's class in it.
            settings: task and budget.
            seed: of initialization, order of the data, augmentation and dropout.

        Raises:
            NosSymError: nothing can be trained, for example because the data is missing.
        """


@dataclass(frozen=True, slots=True)
class Request:
    """An evaluation that is asked for: an optimizer's source file, its class and a seed."""

    source: Path
    class_name: str
    seed: int


@runtime_checkable
class BatchTrainer(Trainer[SettingsT], Protocol[SettingsT]):
    """A trainer that trains several optimizers as one program, where its device likes that."""

    def train_all(self, requests: Sequence[Request], settings: SettingsT) -> list[Trained]:
        """Return the result of each request, equal to that of :meth:`train` within float noise.

        Each result says which share of the time was its own.

        Raises:
            NosSymError: as :meth:`train`.
        """


@dataclass(frozen=True, slots=True)
class Job:
    """A call of a function.

    Attributes:
        number: identifies the outcome; unique among the jobs of a run.
        function: at the top level of a module, so that a worker can import it.
        arguments: frozen dataclasses, paths, strings and numbers.
    """

    number: int
    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """A job that returned; ``value`` is what it returned."""

    value: Any


@dataclass(frozen=True, slots=True)
class Lost:
    """A job whose worker died every time that it was tried.

    Attributes:
        reason: what happened the last time, one line.
        attempts: how often the job was tried.
    """

    reason: str
    attempts: int


Outcome: TypeAlias = Done | Lost


class Executor(Protocol):
    """A place where jobs run; a context manager, which frees its workers at the end."""

    @property
    def name(self) -> str:
        """Name of the executor on the command line."""

    @property
    def workers(self) -> int:
        """How many jobs run at the same time."""

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[int, Outcome]]:
        """Yield number and outcome of each job as it finishes, in any order.

        Jobs are taken one by one, when a worker is free. Whoever reads the outcomes may have more jobs
        because of them: an iterator that had none left is asked again after every outcome, and the run ends
        when it has none while no job is running. :class:`JobQueue` is such an iterator; lists work as ever.

        The job of a worker that dies goes to another one, a bounded number of times, and is then
        :class:`Lost`. Leaving the iterator early, also by an exception, stops what is running.

        Raises:
            NosSymError: what a job's function raised, as it was raised there; or the workers cannot run.
        """

    def close(self) -> None:
        """Free the workers; what still runs is stopped."""

    def __enter__(self) -> Executor: ...

    def __exit__(self, *exception: object) -> None: ...


class JobQueue(Iterator[Job]):
    """Jobs that may be added to while an executor works on them, first in, first out."""

    def __init__(self) -> None:
        self._waiting: deque[Job] = deque()

    def add(self, job: Job) -> None:
        """Append a job."""
        self._waiting.append(job)

    def __len__(self) -> int:
        return len(self._waiting)

    def __next__(self) -> Job:
        if not self._waiting:
            raise StopIteration
        return self._waiting.popleft()
