"""A stage of a sequence: what every kind of stage answers, and what it is played with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from nos_sym.errors import NosSymError
from nos_sym.language.rule import Rule
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.listener import Listener
from nos_sym.search.settings import SearchSettings
from nos_sym.search.store.store import Store

if TYPE_CHECKING:
    from nos_sym.report.paper.pieces import Made, Piece


class PipelineError(NosSymError):
    """A sequence that cannot be played: its stages, its folder, or what it needs."""


Missing = tuple[str, str]
"""The name of a package or file that is not there or is damaged, and a text that says what to do."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a stage has found: an optimizer, or Adam with a learning-rate schedule.

    Attributes:
        name: what results call it, with the name of its stage.
        rule: the optimizer.
        score: by which it is ranked.
        scheduled: whether it is Adam with a schedule.
    """

    name: str
    rule: Rule
    score: float
    scheduled: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stage came to.

    Attributes:
        runs: numbers of its runs in the store.
        said: JSON data without times.
        result: as the kind of the stage has it.
    """

    runs: tuple[int, ...] = ()
    said: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None


class Watch:
    """Watches a sequence; every method does nothing, and a subclass overrides those that it needs."""

    def began(self, stage: Stage, number: int, of: int) -> None:
        """Called when a stage begins, with its number from 1 and the number of stages."""

    def search(self, settings: SearchSettings) -> AbstractContextManager[Listener]:
        """Return what shows a search."""
        del settings
        return nullcontext(Listener())

    def told(self, what: str, done: int, total: int) -> None:
        """Called with a part of a stage, how much of it is done, and how much it is."""

    def note(self, text: str) -> None:
        """Called with a message for people, one line."""


class Output(Protocol):
    """Where a sequence writes files, each whole or not at all."""

    def results(self, data: Mapping[str, Any]) -> None:
        """Write the results of the transfer experiments."""

    def document(
        self, made: Sequence[tuple[Piece, Made]], left_out: Sequence[Mapping[str, str]]
    ) -> Mapping[str, Any]:
        """Write tables, figures and the document that shows them, and return what was written as data."""


@dataclass(slots=True)
class Playing:
    """A sequence that is played.

    Attributes:
        store: open for writing; every training of every stage is in it.
        executor: opens an executor for trainings of a number of processor threads.
        output: writes files.
        watch: is told of progress.
        outcomes: what stages came to, by their names, as far as they are played.
        results: of each transfer experiment, in the format that tables read.
    """

    store: Store
    executor: Callable[[int], AbstractContextManager[Executor]]
    output: Output
    watch: Watch = field(default_factory=Watch)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    results: list[Mapping[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Stage(ABC):
    """A part of a sequence: a command with its settings.

    Attributes:
        name: unique in the sequence.
    """

    command: ClassVar[str]
    name: str

    @property
    def sources(self) -> tuple[Stage, ...]:
        """The stages whose outcomes it begins with."""
        return ()

    @property
    def trainings(self) -> int:
        """Number of trainings by its settings; equal optimizers save some, and failures cost more."""
        return 0

    def missing(self) -> Iterable[Missing]:
        """Return what it needs that is not there: packages, and archives with their digests."""
        return ()

    @abstractmethod
    def table(self) -> dict[str, Any]:
        """Return it as a table of a sequence, with every setting, which reads as the same stage."""

    @abstractmethod
    def adapted(self, changes: Adaptation, sources: Mapping[str, Any]) -> Stage:
        """Return it with other settings of all trainings, and with other stages of the names of its own."""

    @abstractmethod
    def play(self, playing: Playing) -> Outcome:
        """Do what is not done yet, and return what it comes to.

        Raises:
            NosSymError: it cannot be done; trainings are kept.
        """

    def best(self, playing: Playing, count: int) -> tuple[Found, ...]:
        """Return the best that it has found, the best first.

        Raises:
            PipelineError: a stage of this kind finds nothing.
        """
        del playing, count
        raise PipelineError(f"stage '{self.name}' is '{self.command}', which finds no optimizers")


@dataclass(frozen=True, slots=True)
class Adaptation:
    """What an option changes in all stages.

    Attributes:
        scale: factor of the length of all trainings.
        seed: is added to the seed of each stage.
        data: folder of the archives; ``None`` for those of the settings.
    """

    scale: float = 1.0
    seed: int = 0
    data: Path | None = None


def in_turn(stages: Sequence[Stage], until: str | None = None) -> Iterator[Stage]:
    """Yield the stages up to one, or all."""
    for stage in stages:
        yield stage
        if stage.name == until:
            return
