"""What an evaluation of an optimizer gives: plain frozen data, which a store keeps as JSON.

The outcome is :class:`Evaluated`, :class:`Diverged`, :class:`Rejected` or :class:`DuplicateOf`. A loss that
is not a number, a failed early stop and an answer from the archive are outcomes like any other, never
exceptions and never special fitness values.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from nos_sym.errors import NosSymError, described, quoted


class ResultError(NosSymError):
    """Data that is not a result: a fitness that is not finite, or malformed JSON."""


_PLAIN = ((float, float, float), (float, type(None), float))
"""Kinds of the numbers of a fitness that are plain already; a long search has many."""


def _take_plain(result: Any, *names: str) -> None:
    """Make numbers of a result plain ones, which JSON has: trainers have those of NumPy and other libraries.

    Raises:
        ResultError: a value is no number, or the reason is no text.
    """
    reason = getattr(result, "reason", "")
    if not isinstance(reason, str):
        raise ResultError(f"the reason is {described(reason)}; expected a text")
    for name in names:
        value = getattr(result, name)
        if value is None and name in ("learning_rate", "step"):
            continue
        convert = operator.index if name == "step" else float
        try:
            if isinstance(value, str | bytes | bool):
                raise TypeError
            plain = convert(value)
        except (TypeError, ValueError, OverflowError):
            kind = "an integer" if name == "step" else "a number"
            raise ResultError(f"the {name} is {described(value)}; expected {kind}") from None
        if type(value) is not type(plain):
            object.__setattr__(result, name, plain)


class LaterDetails(Mapping[str, Any]):
    """Details of a result that are read when they are asked for: a search that goes on asks for few.

    Args:
        read: reads them from the text.
        text: what they are read from.
        where: number of what has the text.
    """

    __slots__ = ("_found", "_read", "_text", "_where")

    def __init__(self, read: Callable[[str, int], Mapping[str, Any]], text: str, where: int) -> None:
        self._read = read
        self._text = text
        self._where = where
        self._found: Mapping[str, Any] | None = None

    def _details(self) -> Mapping[str, Any]:
        if self._found is None:
            self._found = self._read(self._text, self._where)
        return self._found

    def __getitem__(self, name: str) -> Any:
        return self._details()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._details())

    def __len__(self) -> int:
        return len(self._details())

    def __repr__(self) -> str:
        return repr(self._details())


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A training that ended with a fitness, at its last step or at the second early stop.

    Attributes:
        fitness: best validation accuracy, in [0, 1] for classification; larger is better. With several
            trainings it is their mean.
        learning_rate: peak learning rate that the first early stop chose; ``None`` if it chose none.
        seconds: duration of the whole evaluation, including the first early stop.
        details: what else the trainer reports, as JSON data: accuracies by learning rate, steps, repeats.
    """

    fitness: float
    learning_rate: float | None = None
    seconds: float = 0.0
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        kinds = type(self.fitness), type(self.learning_rate), type(self.seconds)
        if kinds not in _PLAIN:
            _take_plain(self, "fitness", "learning_rate", "seconds")
        if not math.isfinite(self.fitness):
            raise ResultError(
                f"the fitness is {self.fitness}; expected a finite number, or a Diverged result"
            )


@dataclass(frozen=True, slots=True)
class Diverged:
    """A training without a fitness, because its loss or weights stopped being finite.

    Attributes:
        reason: what was not finite, one line.
        step: step at which that was noticed, counted from 0; ``None`` if unknown.
        seconds: duration of the whole evaluation.
        details: as in :class:`Evaluated`.
    """

    reason: str
    step: int | None = None
    seconds: float = 0.0
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if type(self.seconds) is not float or type(self.reason) is not str or self.step is not None:
            _take_plain(self, "step", "seconds")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A candidate without a fitness for another reason, for example the first early stop.

    Attributes:
        reason: why, one line.
        seconds: duration of the whole evaluation.
        details: as in :class:`Evaluated`.
    """

    reason: str
    seconds: float = 0.0
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if type(self.seconds) is not float or type(self.reason) is not str:
            _take_plain(self, "seconds")


@dataclass(frozen=True, slots=True)
class DuplicateOf:
    """An optimizer that was evaluated before, on the same task and budget, so nothing was trained.

    Attributes:
        key: key of the optimizer at the level of the deduplication.
        evaluation: number of the earlier evaluation in the store.
        original: what the earlier evaluation gave.
    """

    key: str
    evaluation: int
    original: Evaluated | Diverged | Rejected

    @property
    def seconds_saved(self) -> float:
        """Duration of the earlier evaluation, which was not repeated."""
        return self.original.seconds


Trained: TypeAlias = Evaluated | Diverged | Rejected
"""What a trainer returns."""

Outcome: TypeAlias = Trained | DuplicateOf
"""What the search learns of a candidate."""

_OUTCOMES: dict[str, type[Trained]] = {"evaluated": Evaluated, "diverged": Diverged, "rejected": Rejected}
_OUTCOME_OF = {kind: name for name, kind in _OUTCOMES.items()}
_FIELDS = {
    kind: [name for name in kind.__dataclass_fields__ if name != "details"] for kind in _OUTCOMES.values()
}


def checked(result: Any) -> Trained:
    """Return what a trainer returned, with details as JSON has them.

    Raises:
        ResultError: it is none of :data:`Trained`, or has details that JSON has not.
    """
    if not isinstance(result, Evaluated | Diverged | Rejected):
        raise ResultError(
            f"'train' returned {described(result)}; expected Evaluated(...), Rejected(...) or Diverged(...)"
        )
    try:
        json.dumps(dict(result.details))
        return result
    except (TypeError, ValueError):
        pass
    try:
        return replace(result, details=json.loads(json.dumps(dict(result.details), default=_plain)))
    except (TypeError, ValueError, RecursionError) as error:
        raise ResultError(f"the details are no data of JSON: {error}") from None


def _plain(value: Any) -> Any:
    """Return numbers and arrays of NumPy and other libraries as JSON has them."""
    for name in ("tolist", "item"):
        if hasattr(value, name):
            return getattr(value, name)()
    raise TypeError(f"expected numbers, texts, lists and objects, and not {type(value).__name__}")


def fitness_of(result: Outcome) -> float | None:
    """Return the fitness of an outcome, that of the original for a duplicate; ``None`` if it has none."""
    if isinstance(result, DuplicateOf):
        return fitness_of(result.original)
    return result.fitness if isinstance(result, Evaluated) else None


def _kind_of(result: Trained) -> type[Trained]:
    """Return which of the kinds of results one is; a trainer's own class is of the one that it extends."""
    kind = type(result)
    return kind if kind in _OUTCOME_OF else next(k for k in _OUTCOME_OF if isinstance(result, k))


def outcome_of(result: Trained) -> str:
    """Return the kind of a result as text: ``evaluated``, ``diverged`` or ``rejected``."""
    return _OUTCOME_OF[_kind_of(result)]


def result_to_json(result: Outcome) -> dict[str, Any]:
    """Return a result as JSON data, which :func:`result_from_json` reads."""
    if isinstance(result, DuplicateOf):
        original = result_to_json(result.original)
        return {
            "outcome": "duplicate",
            "key": result.key,
            "evaluation": result.evaluation,
            "original": original,
        }
    values = {name: getattr(result, name) for name in _FIELDS[_kind_of(result)]}
    return {"outcome": outcome_of(result), **values, "details": dict(result.details)}


def result_from_json(data: Any) -> Outcome:
    """Return the result that :func:`result_to_json` wrote.

    Raises:
        ResultError: the data is not a result.
    """
    if not isinstance(data, dict) or not isinstance(data.get("outcome"), str):
        raise ResultError("a result in JSON is an object with 'outcome'")
    values = dict(data)
    outcome = values.pop("outcome", None)
    try:
        _check_kinds(values)
        if outcome == "duplicate":
            original = result_from_json(values["original"])
            if isinstance(original, DuplicateOf):
                raise ResultError(
                    "a duplicate in JSON refers to another duplicate; expected what was trained"
                )
            return DuplicateOf(str(values["key"]), int(values["evaluation"]), original)
        return _OUTCOMES[outcome](**values)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        told = quoted(f"{type(error).__name__}: {error}", 120)
        raise ResultError(
            f"a result in JSON is malformed: {told} in outcome {quoted(str(outcome))}"
        ) from None


_REAL = float | int
_KINDS: dict[str, Any] = {
    "fitness": _REAL,
    "learning_rate": _REAL | None,
    "seconds": _REAL,
    "reason": str,
    "step": int | None,
    "details": Mapping,
}


def _check_kinds(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name in _KINDS and (isinstance(value, bool) or not isinstance(value, _KINDS[name])):
            raise TypeError(f"{name} is {type(value).__name__}")
