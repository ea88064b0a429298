"""What stages need: packages and archives, looked for before anything is trained."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nos_sym.errors import quoted
from nos_sym.pipeline.stage import Missing, PipelineError, Stage
from nos_sym.search.protocols.elimination_settings import CONVNET, EliminationStage
from nos_sym.surrogate.cifar import DataError
from nos_sym.transfer.data.cifar import SETS
from nos_sym.transfer.data.needed import missing_archives
from nos_sym.transfer.settings import ImageTraining, TransferTraining

_CIFAR = "cifar10"
"""Data of searches that an archive has."""

_OF_PACKAGE = ("digits", "digits-with-test", "diabetes")
"""Data that scikit-learn has."""


_NAMED = 6
"""Others that are missing, too, and are named."""


class MissingError(PipelineError):
    """Packages and archives that are missing or damaged; as a text, all of them in one line."""


def missing(problems: Mapping[str, str]) -> MissingError:
    """Return the error of what is missing, by its names: the first with what to do, and the others."""
    _, *others = problems
    text = next(iter(problems.values()))
    # What to do with each would make the line too long; it is said when the ones before are there.
    more = ", ".join(quoted(name) for name in others[:_NAMED])
    more += f" and {len(others) - _NAMED}" if len(others) > _NAMED else ""
    return MissingError(
        text + (f" ({len(others)} more that are missing or damaged: {more})" if others else "")
    )


def expect_all(stages: Iterable[Stage]) -> None:
    """Check that what stages need is there, so that nothing is missed after days.

    Raises:
        MissingError: something is missing; the message has the first with what to do, and all others.
    """
    problems: dict[str, str] = {}
    for stage in stages:
        for name, text in stage.missing():
            problems.setdefault(name, text)
    if problems:
        raise missing(problems)


def for_search(training: Any) -> Iterator[Missing]:
    """Yield what is missing for a training of a search: its archive, or the package that has its data."""
    if isinstance(getattr(training, "tasks", None), tuple):
        for task in training.tasks:
            yield from for_search(task)
        return
    data = getattr(training, "data", None)
    if data in _OF_PACKAGE:
        yield from _packages(f"the data '{data}'", "demo", "sklearn")
    folder = getattr(training, "folder", None)
    if data == _CIFAR and isinstance(folder, Path):
        try:
            SETS[_CIFAR].archive.find(folder)
        except DataError as error:
            yield SETS[_CIFAR].archive.name, str(error)


def for_stages(stages: Iterable[EliminationStage]) -> Iterator[Missing]:
    """Yield the packages that are missing for stages of an elimination."""
    for network in dict.fromkeys(stage.network for stage in stages):
        if network != CONVNET:
            yield from _packages(f"the network '{network}'", "transfer", "keras", "tensorflow")


def for_transfer(training: TransferTraining, backend: str) -> Iterator[Missing]:
    """Yield what is missing for a transfer experiment."""
    images = isinstance(training, ImageTraining)
    names = ["tensorflow"] if backend == "tensorflow" else ["torch"]
    if training.model == "efficientnetv2-s":
        names += ["keras", "tensorflow"]
    if images and training.task not in (*SETS, "digits"):
        names += ["PIL", "scipy"]
    yield from _packages(f"the task '{training.task}'", "transfer", *dict.fromkeys(names))
    if training.task == "digits":
        yield from _packages("the task 'digits'", "demo", "sklearn")
    yield from missing_archives(training).items()


def for_figures() -> Iterator[Missing]:
    """Yield the packages that are missing for figures."""
    yield from _packages("figures", "plot", "matplotlib")


def _packages(what: str, extra: str, *names: str) -> Iterator[Missing]:
    for name in names:
        if importlib.util.find_spec(name) is None:
            yield name, f"{what} needs the package '{name}', which is not installed; install nos-sym[{extra}]"
