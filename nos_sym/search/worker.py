"""What a worker does: train with one rendered optimizer, as often as the settings say."""

from __future__ import annotations

import hashlib
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from nos_sym.errors import NosSymError
from nos_sym.search.protocol import TaskSettings, Trainer
from nos_sym.search.results import Evaluated, Rejected, Trained

_SHOWN = 200
_OUT_OF_MEMORY = ("OutOfMemoryError", "ResourceExhaustedError")


@dataclass(frozen=True, slots=True)
class Training:
    """One evaluation of one optimizer; travels to a worker.

    Attributes:
        path: where the rendered source file is on the machine of the search.
        source: its text, for a machine that does not have the file.
        class_name: the optimizer's class in it.
        settings: task and budget.
        seeds: one for each repeat.
    """

    path: Path
    source: str
    class_name: str
    settings: TaskSettings
    seeds: tuple[int, ...]


def evaluate(trainer: Trainer[Any], training: Training) -> Trained:
    """Train once for each seed and return the mean.

    The first training that has no fitness decides: an optimizer that fails once is not trained again. An
    exception within a training is the optimizer's and rejects it, unless it says that this machine cannot
    train: those of nos-sym, of files, and of memory.

    Raises:
        NosSymError: nothing can be trained here.
    """
    started = time.perf_counter()
    try:
        path = _find_file(training)
    except OSError as error:
        reason = error.strerror or str(error)
        raise NosSymError(f"cannot write the optimizer '{training.path}': {reason}") from None
    results: list[Evaluated] = []
    for seed in training.seeds:
        result = _train(trainer, path, training, seed)
        if not isinstance(result, Evaluated):
            return replace(result, seconds=time.perf_counter() - started)
        results.append(result)
    return replace(_mean(results), seconds=time.perf_counter() - started)


def _train(trainer: Trainer[Any], path: Path, training: Training, seed: int) -> Trained:
    try:
        return trainer.train(path, training.class_name, training.settings, seed)
    except NosSymError:
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:_SHOWN]
        reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
        # PyTorch's and TensorFlow's own errors of this kind are no MemoryError.
        if isinstance(error, OSError | MemoryError) or type(error).__name__ in _OUT_OF_MEMORY:
            raise NosSymError(f"training '{training.class_name}' failed on this machine: {reason}") from error
        return Rejected(f"the training failed: {reason}")


def _mean(results: list[Evaluated]) -> Evaluated:
    if len(results) == 1:
        return results[0]
    details = {"repeats": [{"fitness": r.fitness, **r.details} for r in results]}
    rates = {r.learning_rate for r in results}
    rate = rates.pop() if len(rates) == 1 else None
    return Evaluated(statistics.fmean(r.fitness for r in results), rate, details=details)


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
