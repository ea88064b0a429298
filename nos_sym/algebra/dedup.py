"""Deduplication: which rules of a list or a log are one optimizer, and what evaluating them again cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from nos_sym.algebra.equivalence import FLOAT32_ULPS
from nos_sym.algebra.levels import Level, level_key
from nos_sym.algebra.probes import training_values
from nos_sym.language.rule import Rule


@dataclass(frozen=True, slots=True)
class Item:
    """One rule of the input.

    Attributes:
        text: as it stands in the input.
        rule: what it means, or ``None`` where it does not parse.
        seconds: time of its evaluation; ``None`` where it failed or there is none.
        accuracy: its fitness, or ``None``.
        again: whether it is evaluated again on purpose, as a particle is on a larger network.
    """

    text: str
    rule: Rule | None
    seconds: float | None = None
    accuracy: float | None = None
    again: bool = False


@dataclass(slots=True)
class Class:
    """One optimizer with the places where it occurs.

    Attributes:
        number: its number, in order of first occurrence.
        members: indices into the input.
        accuracies: fitness values of the members that have one; their spread is the noise of the fitness.
    """

    number: int
    members: list[int] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)

    @property
    def spread(self) -> float | None:
        """Standard deviation of the accuracies, or ``None`` for fewer than two."""
        return float(np.std(self.accuracies, ddof=1)) if len(self.accuracies) > 1 else None


@dataclass(frozen=True, slots=True)
class Deduplication:
    """The classes of an input, and the evaluations that were repeats.

    Attributes:
        level: what equality means.
        items: the input.
        class_of: class number of each item, ``None`` where it does not parse.
        classes: the classes, in order of first occurrence.
    """

    level: Level
    items: tuple[Item, ...]
    class_of: tuple[int | None, ...]
    classes: tuple[Class, ...]

    def repeats(self, wanted: Callable[[Item], bool] = lambda item: True) -> list[int]:
        """Return the indices of items whose class occurred before."""
        first = {c.members[0] for c in self.classes}
        return [
            i
            for i, c in enumerate(self.class_of)
            if c is not None and i not in first and wanted(self.items[i])
        ]

    def repeated_hours(self, wanted: Callable[[Item], bool] = lambda item: True) -> float:
        """Return the hours that repeats took; a failed evaluation counts none."""
        return sum(self.items[i].seconds or 0.0 for i in self.repeats(wanted)) / 3600

    def same_text(self) -> list[int]:
        """Return the indices of items whose very text occurred before, which needs no algebra."""
        seen: set[str] = set()
        found = []
        for i, item in enumerate(self.items):
            if item.text in seen:
                found.append(i)
            seen.add(item.text)
        return found


def deduplicate(
    items: Iterable[Item], level: Level = Level.EXACT, progress: Callable[[int], None] = lambda done: None
) -> Deduplication:
    """Return the classes of rules at a level, in time linear in their number (``float32``: nearly).

    Args:
        items: rules in the order of their evaluation.
        level: what equality means.
        progress: called with the number of items done.
    """
    fixed = tuple(items)
    keys: list[str | None] = []
    known: dict[Rule, str] = {}
    for done, item in enumerate(fixed, 1):
        if item.rule is None:
            keys.append(None)
        else:
            if item.rule not in known:
                known[item.rule] = level_key(item.rule, level if level.is_proof else Level.EXACT)
            keys.append(known[item.rule])
        progress(done)
    if level is Level.FLOAT32:
        keys = _merged_by_float32(fixed, keys)
    classes: dict[str, Class] = {}
    class_of: list[int | None] = []
    for index, (item, key) in enumerate(zip(fixed, keys, strict=True)):
        if key is None:
            class_of.append(None)
            continue
        here = classes.setdefault(key, Class(len(classes)))
        here.members.append(index)
        if item.accuracy is not None:
            here.accuracies.append(item.accuracy)
        class_of.append(here.number)
    return Deduplication(level, fixed, tuple(class_of), tuple(classes.values()))


def _merged_by_float32(items: Sequence[Item], keys: Sequence[str | None]) -> list[str | None]:
    """Return keys in which rules that agree in float32 at training magnitudes share one: no proof."""
    rules: dict[str, Rule] = {}
    for item, key in zip(items, keys, strict=True):
        if key is not None and item.rule is not None:
            rules.setdefault(key, item.rule)
    values = {
        key: np.concatenate(list(training_values(rule))).astype(np.float64) for key, rule in rules.items()
    }
    order = sorted(rules, key=lambda key: float(np.nan_to_num(values[key][0], nan=np.inf)))
    leader = {key: key for key in rules}
    tolerance = FLOAT32_ULPS * 2.0**-24
    for position, key in enumerate(order):
        for other in reversed(order[:position]):
            x, y = values[other], values[key]
            if abs(y[0] - x[0]) > tolerance * max(abs(x[0]), abs(y[0])):
                break
            same_type = rules[key].momentum is rules[other].momentum
            if same_type and _agree(x, y, tolerance):
                leader[key] = leader[other]
                break
    return [None if key is None else leader[key] for key in keys]


def _agree(x: np.ndarray, y: np.ndarray, tolerance: float) -> bool:
    finite = np.isfinite(x) & np.isfinite(y)
    if not np.array_equal(x[~finite], y[~finite], equal_nan=True):
        return False
    x, y = x[finite], y[finite]
    return bool((np.abs(x - y) <= tolerance * np.maximum(np.abs(x), np.abs(y))).all())
