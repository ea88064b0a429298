"""What a worker does: train with rendered optimizers, each as often as the settings say."""

from __future__ import annotations

import hashlib
import statistics
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from nos_sym.errors import NosSymError
from nos_sym.search.failures import EXCEPTION, RAISED_IN
from nos_sym.search.results import Evaluated, Rejected, ResultError, Trained, checked
from nos_sym.search.trainers import BatchTrainer, TaskSettings, Trainer, TrainingRequest

_SHOWN = 200
_OUT_OF_MEMORY = ("OutOfMemoryError", "ResourceExhaustedError")


@dataclass(frozen=True, slots=True)
class Training:
    """One evaluation of one optimizer; travels to a worker.

    Attributes:
        path: path of the rendered source file on the machine of the search.
        source: text of the file, for a machine that does not have it.
        class_name: name of the optimizer's class in it.
        settings: task and budget.
        seeds: one seed for each repeat.
    """

    path: Path
    source: str
    class_name: str
    settings: TaskSettings
    seeds: tuple[int, ...]


def evaluate_all(trainer: Trainer[Any], trainings: tuple[Training, ...]) -> tuple[Trained, ...]:
    """Return the result of each training; a :class:`BatchTrainer` trains them as one program.

    Raises:
        NosSymError: nothing can be trained here.
    """
    if isinstance(trainer, BatchTrainer) and sum(len(t.seeds) for t in trainings) > 1:
        results = _evaluate_batch(trainer, trainings)
        if results is not None:
            return results
    return tuple(evaluate(trainer, training) for training in trainings)


def evaluate(trainer: Trainer[Any], training: Training) -> Trained:
    """Train once for each seed and return the mean.

    The first training without a fitness decides; the optimizer is not trained again. An exception within a
    training rejects the optimizer, unless it says that this machine cannot train: errors of nos-sym, of
    files, and of memory.

    Raises:
        NosSymError: nothing can be trained here.
    """
    started = time.perf_counter()
    path = _file_of(training)
    results: list[Trained] = []
    for seed in training.seeds:
        results.append(_train(trainer, path, training, seed))
        if not isinstance(results[-1], Evaluated):
            break
    return replace(_summarize(results), seconds=time.perf_counter() - started)


def _train(trainer: Trainer[Any], path: Path, training: Training, seed: int) -> Trained:
    """Return the result of one training, also where it raises, or returns what is no result."""
    try:
        returned = trainer.train(path, training.class_name, training.settings, seed)
    except Exception as error:
        # A result that cannot be is a slip of the trainer, as other exceptions are.
        if isinstance(error, NosSymError) and not isinstance(error, ResultError):
            raise
        _raise_if_of_machine(error, training)
        raised = {"raised": _place_of(error, trainer)}
        return Rejected(f"{EXCEPTION}{_describe(error)}", details=raised)
    try:
        return checked(returned)
    except ResultError as error:
        return Rejected(f"{EXCEPTION}{error}")


def _evaluate_batch(
    trainer: BatchTrainer[Any], trainings: tuple[Training, ...]
) -> tuple[Trained, ...] | None:
    """Return the results of one program, or ``None`` if one of the optimizers breaks it."""
    requests = [TrainingRequest(_file_of(t), t.class_name, seed) for t in trainings for seed in t.seeds]
    try:
        returned = [checked(result) for result in trainer.train_all(requests, trainings[0].settings)]
    except ResultError:
        return None
    except NosSymError:
        raise
    except Exception as error:
        _raise_if_of_machine(error, trainings[0])
        return None
    if len(returned) != len(requests):
        return None
    found = iter(returned)
    results = []
    for training in trainings:
        own = [next(found) for _ in training.seeds]
        results.append(replace(_summarize(own), seconds=sum(r.seconds for r in own)))
    return tuple(results)


def _raise_if_of_machine(error: Exception, training: Training) -> None:
    # PyTorch's and TensorFlow's own errors of memory are no MemoryError.
    if isinstance(error, OSError | MemoryError) or type(error).__name__ in _OUT_OF_MEMORY:
        raise NosSymError(
            f"training '{training.class_name}' failed on this machine: {_describe(error)}"
        ) from error


def _describe(error: Exception) -> str:
    text = " ".join(str(error).split())[:_SHOWN]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place_of(error: Exception, trainer: Trainer[Any]) -> str:
    """Return where an exception was raised: what a note says, the last line of the trainer, or the last."""
    for note in getattr(error, "__notes__", ()):
        if note.startswith(RAISED_IN):
            return str(note.removeprefix(RAISED_IN))
    frames = traceback.extract_tb(error.__traceback__)
    own = getattr(sys.modules.get(type(trainer).__module__), "__file__", None)
    frame = ([f for f in frames if f.filename == own] or frames)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"


def _summarize(results: list[Trained]) -> Trained:
    """Return the first result without fitness, or the mean of all."""
    evaluated = [r for r in results if isinstance(r, Evaluated)]
    if len(evaluated) < len(results):
        return next(r for r in results if not isinstance(r, Evaluated))
    return _mean(evaluated)


def _mean(results: list[Evaluated]) -> Evaluated:
    if len(results) == 1:
        return results[0]
    details = {"repeats": [{"fitness": r.fitness, **r.details} for r in results]}
    rates = {r.learning_rate for r in results}
    rate = rates.pop() if len(rates) == 1 else None
    return Evaluated(statistics.fmean(r.fitness for r in results), rate, details=details)


def _file_of(training: Training) -> Path:
    try:
        return _find_file(training)
    except OSError as error:
        reason = error.strerror or str(error)
        raise NosSymError(f"cannot write the optimizer '{training.path}': {reason}") from None


def _find_file(training: Training) -> Path:
    """Return the source file; where this machine does not have it, it is written to a temporary folder."""
    if _holds(training.path, training.source):
        return training.path
    digest = hashlib.blake2b(training.source.encode(), digest_size=12).hexdigest()
    path = Path(_folder().name) / f"{training.class_name.lower()}_{digest}.py"
    if not _holds(path, training.source):
        write_whole(path, training.source)
    return path


@lru_cache(maxsize=1)
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Return this process's folder of optimizers, which goes when the process ends."""
    return tempfile.TemporaryDirectory(prefix="nos-sym-")


def write_whole(path: Path, text: str) -> None:
    """Write a file so that other processes see all of it or nothing.

    Raises:
        OSError: it cannot be written.
    """
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.stem}", suffix=".part", encoding="utf-8", delete=False
    ) as file:
        part = Path(file.name)
        try:
            file.write(text)
            file.close()
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False
