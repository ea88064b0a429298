"""Which optimizers of an atlas are one, and which are near: measured, and proved."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.falsification.histories import can_run
from nos_sym.algebra.verdicts import Equal
from nos_sym.atlas.entry import Entry, Relative
from nos_sym.atlas.standard import at_standard, has_decay, shared_values
from nos_sym.atlas.tree import Tree, tree_of
from nos_sym.auditing.distance import APART, Array, Runner, apart, histories
from nos_sym.auditing.families import Families, agreement
from nos_sym.auditing.matching import match
from nos_sym.auditing.side import Side
from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.language.system import system_of

NEAREST = 5
"""Relatives that an entry has."""

SEARCH_SECONDS = 1.0
"""How long settings are looked for at which an entry and its nearest relative are one."""


Told = Callable[[str], None]


def related(entries: Sequence[Entry], told: Told = lambda _: None) -> tuple[list[Entry], Tree]:
    """Return entries with keys, families, what is the same and what is near; and families in a tree.

    Args:
        entries: of the atlas; those without a rule stay as they are.
        told: is called with what is being done.
    """
    rules = {entry.name: entry.parsed() for entry in entries if entry.rule}
    told(f"{len(rules)} rules are run beside each other")
    ways = {name: way for name, rule in rules.items() if (way := Ways.of(rule)) is not None}
    distances = _distances(ways)
    told("what nothing tells apart is proved")
    families = _families(list(rules), rules, distances)
    found = []
    for entry in entries:
        if entry.name not in rules:
            found.append(entry)
            continue
        family = next(number for number, names in enumerate(families) if entry.name in names)
        same = tuple(name for name in families[family] if name != entry.name)
        near = sorted(
            (
                (d, step, name)
                for name, (d, step) in distances.get(entry.name, {}).items()
                if name not in same
            ),
            key=lambda item: (item[0], item[2]),
        )
        relatives = [
            Relative(name, float(f"{d:.3g}"), step) for d, step, name in near[:NEAREST] if np.isfinite(d)
        ]
        if relatives:
            agree = _agreement(rules[entry.name], rules[relatives[0].name])
            relatives[0] = replace(relatives[0], agree=agree)
        key = _key(rules[entry.name])
        found.append(replace(entry, key=key, family=family, same=same, relatives=tuple(relatives)))
    return found, tree_of(families, distances)


@dataclass(frozen=True, slots=True)
class Ways:
    """The weights of an optimizer along several histories.

    Attributes:
        still: without decay of the weights.
        decaying: with it; ``None`` for a rule that has no such setting.
    """

    still: list[Array]
    decaying: list[Array] | None

    @classmethod
    def of(cls, rule: Rule | Block) -> Ways | None:
        """Return the ways of a rule; ``None`` where it cannot be run."""
        if not can_run(system_of(rule)):
            return None
        try:
            decaying = _run(at_standard(rule, decay=True)) if has_decay(rule) else None
            return cls(_run(at_standard(rule, decay=False)), decaying)
        except (NosSymError, ValueError, ArithmeticError):
            return None


def _run(rule: Rule | Block) -> list[Array]:
    run = Runner(rule)
    return [run(history, {}) for history in histories()]


def _distances(ways: dict[str, Ways]) -> dict[str, dict[str, tuple[float, int | None]]]:
    """Return the distance of every pair, from both sides, and the step after which they are apart first."""
    found: dict[str, dict[str, tuple[float, int | None]]] = {name: {} for name in ways}
    for (name, own), (other, way) in itertools.combinations(ways.items(), 2):
        both = own.decaying is not None and way.decaying is not None
        first, second = (own.decaying, way.decaying) if both else (own.still, way.still)
        rows = [apart(x, y) for x, y in zip(first or [], second or [], strict=True)]
        steps = [step for _, step in rows if step is not None]
        finite = [distance for distance, _ in rows if np.isfinite(distance)]
        found[name][other] = found[other][name] = (
            max(finite, default=float("inf")),
            min(steps, default=None),
        )
    return found


def _families(
    names: Sequence[str],
    rules: dict[str, Rule | Block],
    distances: dict[str, dict[str, tuple[float, int | None]]],
) -> list[list[str]]:
    """Return classes of optimizers that are proved equal at equal settings."""
    families: list[list[str]] = []
    for name in names:
        for family in families:
            first = family[0]
            near = distances.get(name, {}).get(first)
            if near is not None and near[0] > APART:
                continue
            if _proved(rules[first], rules[name]):
                family.append(name)
                break
        else:
            families.append([name])
    return families


def _proved(a: Rule | Block, b: Rule | Block) -> bool:
    """Return whether two optimizers are proved to be one at equal settings."""
    try:
        families = Families.of(a, b, match(Side("A", a), Side("B", b)))
        values = shared_values(families)
        return isinstance(compare(families.at(0, values), families.at(1, values)), Equal)
    except NosSymError:
        return False


def _agreement(a: Rule | Block, b: Rule | Block) -> str:
    """Return settings at which two optimizers are proved to be one, as text; empty where none are found."""
    try:
        found = agreement(Families.of(a, b, match(Side("A", a), Side("B", b))), SEARCH_SECONDS)
    except NosSymError:
        return ""
    return "" if found is None else str(found)


def _key(rule: Rule | Block) -> str:
    try:
        return key_of(rule)
    except NosSymError:
        return ""
