"""Files of results: means and deviations of optimizers on tasks, with units, seeds and versions.

One JSON object in UTF-8::

    {"format": "nos-sym results 1",
     "source": "where the numbers come from",
     "seeds": [0, 1, 2],                      # of every mean, or null where they are not known
     "versions": {"torch": "2.13.0"},         # of what computed them
     "tasks": [{"name": "CIFAR-10", "metric": "accuracy", "unit": "%", "better": "higher",
                "model": "EfficientNetV2-Small, from scratch", "steps": 96000}],
     "results": [{"optimizer": "Adam", "task": "CIFAR-10", "mean": 95.69, "deviation": 0.15}]}

``unit`` may be empty, ``seeds``, ``steps`` and ``deviation`` null or missing; a result may have ``values``,
those of the seeds in their order, of which ``mean`` and ``deviation`` (of the sample) are then what they have
to be, to within what a table shows.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pkgutil import get_data
from typing import Any

from nos_sym.errors import NosSymError, quoted
from nos_sym.report.tables.text import shown_length

FORMAT = "nos-sym results 1"
LONGEST_NAME = 100
"""Characters of a text that a table shows, where what is not ASCII counts as it is escaped."""

LARGEST_NUMBER = 10**9
"""Numbers of results are below, so that cells stay readable."""

_LARGEST = 64 * 1024 * 1024


class ResultsError(NosSymError):
    """A file of results that cannot be used; the message has the place in it."""


def _object(pairs: list[tuple[str, Any]], where: str) -> dict[str, Any]:
    """Return an object of JSON, whose keys stand once each."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for index, (key, _) in enumerate(pairs) if key in dict(pairs[:index]))
        raise ResultsError(f"{where}: the key {quoted(twice)} stands twice in one object; leave one out")
    return found


def _checked(what: str, text: str) -> str:
    if not text.strip():
        raise ResultsError(f"{what} is blank; expected a text")
    if shown_length(text) > LONGEST_NAME:
        raise ResultsError(f"{what} is {quoted(text)}; expected at most {LONGEST_NAME} characters")
    return text


@dataclass(frozen=True, slots=True)
class Task:
    """What optimizers are compared on.

    Attributes:
        name: a short name.
        metric: what is measured.
        unit: its unit, ``%`` or empty.
        higher: whether higher is better.
        model: what is trained, and how.
        steps: updates of a training; ``None`` where it is not known.
    """

    name: str
    metric: str
    unit: str
    higher: bool
    model: str
    steps: int | None


@dataclass(frozen=True, slots=True)
class Score:
    """The result of an optimizer on a task.

    Attributes:
        mean: over the seeds.
        deviation: of the sample, or ``None``.
        values: of the seeds in their order; ``None`` where they are not known.
    """

    mean: float
    deviation: float | None
    values: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Results:
    """A file of results.

    Attributes:
        source: where the numbers come from.
        seeds: of every mean; ``None`` where they are not known.
        versions: of what computed them.
        tasks: by their names, in order.
        scores: by optimizer and task, in order.
    """

    source: str
    seeds: tuple[int, ...] | None
    versions: Mapping[str, str]
    tasks: Mapping[str, Task]
    scores: Mapping[tuple[str, str], Score]

    @property
    def optimizers(self) -> tuple[str, ...]:
        """The optimizers, in the order of the file."""
        return tuple(dict.fromkeys(optimizer for optimizer, _ in self.scores))


def paper_results() -> Results:
    """Return the numbers of Tables 11 and 13 of Morgan and Hougen 2024."""
    data = get_data(__name__, "paper.json")
    assert data is not None  # every way to import a package can read its files
    return read_results(data.decode(), "the results of the paper")


def read_results(text: str, where: str) -> Results:
    """Return the results of a text; ``where`` stands in messages.

    Raises:
        ResultsError: it is not the format, or its numbers contradict each other.
    """
    if len(text) > _LARGEST:
        raise ResultsError(f"{where} is too large; expected at most {_LARGEST} characters")
    try:
        data = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, where))
    except RecursionError:
        raise ResultsError(f"{where} is nested too deeply; expected the format '{FORMAT}'") from None
    except json.JSONDecodeError as error:
        raise ResultsError(f"{where} is no JSON: {error}; expected the format '{FORMAT}'") from None
    except ValueError:
        raise ResultsError(f"{where} has a number of too many digits; leave it out or round it") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ResultsError(f'{where} has no "format": "{FORMAT}"; expected a file of results')
    place = _Place(where, data, "")
    place.only("format", "source", "seeds", "versions", "tasks", "results")
    seeds = place.value("seeds", list, None)
    if seeds is not None and not all(type(seed) is int for seed in seeds):
        raise ResultsError(f"{where}: 'seeds' are integers, or null")
    if seeds is not None and (not seeds or len(set(seeds)) < len(seeds)):
        raise ResultsError(f"{where}: 'seeds' are none, or one stands twice; expected one each, or null")
    if seeds is not None and any(abs(seed) >= 2**64 for seed in seeds):
        raise ResultsError(f"{where}: a seed has more than 64 bits")
    versions = place.value("versions", dict)
    if not all(isinstance(version, str) for version in versions.values()):
        raise ResultsError(f"{where}: 'versions' are texts by the names of packages")
    for package, version in versions.items():
        _checked(f"{where}: a package of 'versions'", package)
        _checked(f"{where}: the version of {quoted(package)}", version)
    tasks: dict[str, Task] = {}
    for index, row in enumerate(place.value("tasks", list), 1):
        task = _task(_Place(where, row, f"task {index}: "))
        if task.name in tasks:
            raise ResultsError(f"{where}: two tasks are called {quoted(task.name)}; rename one")
        tasks[task.name] = task
    scores: dict[tuple[str, str], Score] = {}
    for index, row in enumerate(place.value("results", list), 1):
        each = _Place(where, row, f"result {index}: ")
        key = (each.label("optimizer"), each.value("task", str))
        if key[1] not in tasks:
            raise ResultsError(f"{where}: {each.name}there is no task {quoted(key[1])}")
        if key in scores:
            raise ResultsError(
                f"{where}: {each.name}{quoted(key[0])} has a result on {quoted(key[1])} already"
            )
        scores[key] = _score(each, seeds, tasks[key[1]])
    if not scores:
        raise ResultsError(f"{where}: 'results' are none; expected one at least")
    return Results(
        place.value("source", str), tuple(seeds) if seeds is not None else None, versions, tasks, scores
    )


@dataclass(frozen=True, slots=True)
class _Place:
    where: str
    data: Any
    name: str

    def only(self, *keys: str) -> None:
        """Refuse what is no object, or has other keys."""
        if not isinstance(self.data, dict):
            raise ResultsError(f"{self.where}: {self.name}expected an object with {', '.join(keys)}")
        for key in self.data:
            if key not in keys:
                raise ResultsError(
                    f"{self.where}: {self.name}unknown key {quoted(key)}; expected {', '.join(keys)}"
                )

    def value(self, key: str, kind: Any, *default: Any) -> Any:
        """Return the value of a key, of a kind or a default."""
        found = self.data.get(key, *default) if isinstance(self.data, dict) else None
        if default and found is default[0]:
            return found
        if not isinstance(found, kind) or isinstance(found, bool):
            names = {str: "text", list: "list", dict: "object", int: "integer"}
            raise ResultsError(
                f"{self.where}: {self.name}'{key}' is missing or no {names.get(kind, 'number')}"
            )
        return found

    def label(self, key: str) -> str:
        """Return a text that a table shows: not blank, and no longer than TeX takes."""
        return _checked(f"{self.where}: {self.name}'{key}'", self.value(key, str))

    def number(self, key: str) -> float:
        """Return a finite number that fits a cell."""
        said = self.value(key, (int, float))
        if math.isfinite(said if isinstance(said, float) else 0) and abs(said) >= LARGEST_NUMBER:
            raise ResultsError(f"{self.where}: {self.name}'{key}' is 10^9 or more in size; scale the unit")
        found = float(said)
        if not math.isfinite(found):
            raise ResultsError(f"{self.where}: {self.name}'{key}' is {found}; expected a finite number")
        return found


def _task(place: _Place) -> Task:
    place.only("name", "metric", "unit", "better", "model", "steps")
    better = place.value("better", str)
    if better not in ("higher", "lower"):
        raise ResultsError(
            f"{place.where}: {place.name}'better' is {quoted(better)}; expected higher or lower"
        )
    name, metric, model = (place.label(key) for key in ("name", "metric", "model"))
    unit = place.label("unit") if place.value("unit", str) else ""
    steps = place.value("steps", int, None)
    if steps is not None and not 1 <= steps < 10**15:
        raise ResultsError(f"{place.where}: {place.name}'steps' are no number from 1 below 10^15, nor null")
    return Task(name, metric, unit, better == "higher", model, steps)


def _check_share(place: _Place, task: Task, *numbers: float) -> None:
    """Refuse an accuracy in percent that is none."""
    if task.unit == "%" and "accuracy" in task.metric.casefold():
        for each in numbers:
            if not 0 <= each <= 100:
                raise ResultsError(
                    f"{place.where}: {place.name}an accuracy is {each:g} %; expected 0 to 100 %"
                )


def _score(place: _Place, seeds: list[int] | None, task: Task) -> Score:
    place.only("optimizer", "task", "mean", "deviation", "values")
    mean = place.number("mean")
    _check_share(place, task, mean)
    deviation = None if place.data.get("deviation") is None else place.number("deviation")
    if deviation is not None and deviation < 0:
        raise ResultsError(f"{place.where}: {place.name}'deviation' is {deviation}; expected 0 or more")
    values = place.value("values", list, None)
    numbers = None
    if values is not None:
        if seeds is None or len(values) != len(seeds):
            raise ResultsError(f"{place.where}: {place.name}'values' are as many as 'seeds'")
        numbers = [_Place(place.where, {"values": value}, place.name).number("values") for value in values]
        _check_share(place, task, *numbers)
        spread = statistics.stdev(numbers) if len(numbers) > 1 else 0.0
        for name, said, due in (("mean", mean, statistics.fmean(numbers)), ("deviation", deviation, spread)):
            # As many digits as a table has.
            if said is not None and abs(said - due) > 0.005 + 1e-9 * abs(due):
                raise ResultsError(
                    f"{place.where}: {place.name}'{name}' is {said}, that of 'values' {due:.6g}"
                )
    return Score(mean, deviation, None if numbers is None else tuple(numbers))
