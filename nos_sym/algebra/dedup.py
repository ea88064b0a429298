"""Deduplication: which rules of a list or a log are one optimizer, and what evaluating them again cost."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from nos_sym.algebra.levels import Level, level_key
from nos_sym.language.block import Block
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
        setting: what it was evaluated on; accuracies are compared only within one setting.
        line: number of its line, counted from 1; 0 where there is none.
    """

    text: str
    rule: Rule | Block | None
    seconds: float | None = None
    accuracy: float | None = None
    again: bool = False
    setting: str = ""
    line: int = 0


@dataclass(slots=True)
class Class:
    """One optimizer with the places where it occurs.

    Attributes:
        number: its number, in order of first occurrence.
        members: indices into the input.
        accuracies: fitness values of the members that have one, by setting, in the order of the input.
    """

    number: int
    members: list[int] = field(default_factory=list)
    accuracies: dict[str, list[float]] = field(default_factory=dict)

    @property
    def spread(self) -> float | None:
        """Standard deviation of the accuracies within a setting; ``None`` where none has two."""
        return pooled_spread([self])


@dataclass(frozen=True, slots=True)
class Deduplication:
    """The classes of an input, and the evaluations that were repeats.

    Attributes:
        level: what equality means.
        almost: whether members of a class may differ on a null set of histories.
        items: the input.
        class_of: class number of each item, ``None`` where it does not parse.
        classes: the classes, in order of first occurrence.
    """

    level: Level
    almost: bool
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

    def hours(self, indices: Iterable[int]) -> float:
        """Return the hours that evaluations took; a failed one counts none."""
        return sum(self.items[i].seconds or 0.0 for i in indices) / 3600

    def repeated_hours(self, wanted: Callable[[Item], bool] = lambda item: True) -> float:
        """Return the hours that repeats took; a failed evaluation counts none."""
        return self.hours(self.repeats(wanted))

    def same_text(self) -> list[int]:
        """Return the indices of repeats whose very text occurred before, which needs no algebra."""
        seen: set[str] = set()
        found = []
        for i, item in enumerate(self.items):
            if item.rule is not None and item.text in seen:
                found.append(i)
            seen.add(item.text)
        return found

    @property
    def spread(self) -> float | None:
        """Standard deviation of accuracies pooled over all classes: the noise of the fitness function."""
        return pooled_spread(self.classes)

    @property
    def typical_difference(self) -> float | None:
        """Median difference of an accuracy and the one before it in its class, collapses aside."""
        found = [abs(y - x) for c in self.classes for row in c.accuracies.values() for x, y in pairwise(row)]
        return statistics.median(found) if found else None


def pooled_spread(classes: Iterable[Class]) -> float | None:
    """Return the standard deviation of accuracies about the mean of their class and setting, or ``None``."""
    squares, freedom = 0.0, 0
    for c in classes:
        for row in c.accuracies.values():
            if len(row) > 1:
                mean = math.fsum(row) / len(row)
                squares += math.fsum((x - mean) ** 2 for x in row)
                freedom += len(row) - 1
    return math.sqrt(squares / freedom) if freedom else None


def deduplicate(
    items: Iterable[Item],
    level: Level = Level.EXACT,
    progress: Callable[[int], None] = lambda done: None,
    *,
    almost: bool = False,
) -> Deduplication:
    """Group rules that are one optimizer at a level of equality.

    Each distinct expression is brought to its canonical form once, so that the time is linear in their number
    (at ``float32``, which compares runs with leaders of groups, nearly so).

    Args:
        items: rules in the order of their evaluation; the first of a class is no repeat.
        level: what members of a class may differ by.
        progress: called with the number of items done.
        almost: whether members of a class may also differ on a null set of histories, as where a gradient is
            exactly zero.

    Returns:
        The classes, in order of first occurrence, and the class of each item.
    """
    fixed = tuple(items)
    keys = _keys(fixed, level, progress, almost)
    classes: dict[object, Class] = {}
    class_of: list[int | None] = []
    for index, (item, key) in enumerate(zip(fixed, keys, strict=True)):
        if key is None:
            class_of.append(None)
            continue
        here = classes.setdefault(key, Class(len(classes)))
        here.members.append(index)
        if item.accuracy is not None and math.isfinite(item.accuracy):
            here.accuracies.setdefault(item.setting, []).append(item.accuracy)
        class_of.append(here.number)
    return Deduplication(level, almost, fixed, tuple(class_of), tuple(classes.values()))


def _keys(items: Sequence[Item], level: Level, progress: Callable[[int], None], almost: bool) -> list[object]:
    """Return the key of each item, ``None`` where it does not parse; a rule is brought to its form once."""
    known: dict[Rule | Block, str] = {}
    representatives: dict[str, Rule] = {}
    runs: dict[str, object] = {}
    keys: list[str | None] = []
    for done, item in enumerate(items, 1):
        if item.rule is None:
            keys.append(None)
        else:
            if item.rule not in known:
                proved = level if level.is_proof else Level.EXACT
                key = known[item.rule] = level_key(item.rule, proved, almost=almost)
                if level is Level.FLOAT32 and key not in runs and isinstance(item.rule, Rule):
                    from nos_sym.algebra.falsification.float32 import training_values

                    representatives[key], runs[key] = item.rule, training_values(item.rule)
            keys.append(known[item.rule])
        progress(done)
    if level is not Level.FLOAT32:
        return list(keys)
    merged = _merged(representatives, runs)
    # Blocks are not measured: they are merged by proofs alone.
    return [None if key is None else merged.get(key, key) for key in keys]


def _merged(rules: dict[str, Rule], runs: dict[str, object]) -> dict[str, str]:
    """Return keys by keys, one for all rules that samples in float32 do not tell apart: no proof."""
    from nos_sym.algebra.falsification.float32 import find_float32_counterexample, group

    merged: dict[str, str] = {}
    for momentum in dict.fromkeys(rule.momentum for rule in rules.values()):
        keys = [key for key, rule in rules.items() if rule.momentum is momentum]

        def confirmed(i: int, j: int, keys: list[str] = keys) -> bool:
            return find_float32_counterexample(rules[keys[i]], rules[keys[j]]) is None

        leaders = group([runs[key] for key in keys], confirmed)  # type: ignore[misc]
        merged |= {key: keys[leader] for key, leader in zip(keys, leaders, strict=True)}
    return merged
