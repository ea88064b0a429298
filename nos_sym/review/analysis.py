"""What is known of a rule: its key, what it equals, its data sheet, and the integrity check."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.language.printer import print_bare
from nos_sym.language.rule import Rule, Schedule

JOB = "nos_sym.review.analysis:job"

LONGEST = 64 * 1024
"""Characters of a rule at most."""


class ReviewError(NosSymError):
    """What cannot be reviewed."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A known optimizer that a rule is.

    Attributes:
        level: what they may differ by: ``exact``, ``sign``, ``scale`` or ``schedule``.
        names: entries of the catalog, or evaluations of a store.
        store: whether they are of a store.
    """

    level: str
    names: tuple[str, ...]
    store: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {"level": self.level, "names": list(self.names), "store": self.store}


def read_rule(text: str) -> Rule | Block:
    """Return the one optimizer of a text in the language.

    Raises:
        NosSymError: it is none, more than one, a schedule, or too long.
    """
    from nos_sym.targets.texts import parse_from

    if len(text) > LONGEST:
        raise ReviewError(f"the rule has {len(text)} characters; expected at most {LONGEST}")
    found = parse_from("", text, None, lambda _: None)
    if len(found) != 1:
        raise ReviewError(f"the text holds {len(found)} rules; expected one")
    if isinstance(found[0], Schedule):
        raise ReviewError("the text is a schedule; expected an optimizer")
    return found[0]


def job(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of a rule as JSON data; the function that other processes call.

    Args:
        given: ``rule``, its text; ``store``, the path of one or nothing.
    """
    return analysis(read_rule(given["rule"]), given["store"])


def analysis(rule: Rule | Block, store: str | None = None) -> dict[str, Any]:
    """Return key, duplicates, data sheet and integrity of a rule, as JSON data.

    Raises:
        NosSymError: it is too large for the algebra, or the store cannot be used.
    """
    from nos_sym.algebra.canonical import key_of
    from nos_sym.report.sheet.sheet import data_sheet

    sheet = data_sheet(rule, store)
    return {
        "rule": print_bare(rule),
        "key": key_of(rule),
        "duplicates": [x.to_json() for x in duplicates(rule, store)],
        "integrity": integrity(rule),
        "sheet": sheet.to_json(),
        "sheet_text": str(sheet),
    }


def duplicates(rule: Rule | Block, store: str | None = None) -> list[Duplicate]:
    """Return what a rule equals by proof, the closest first: entries of the catalog, evaluations of a store.

    Settings are at their defaults.
    """
    from nos_sym.report.sheet.catalog_keys import LEVELS, catalog_keys, keys_of

    plain = rule.at_defaults()
    own, known = keys_of(plain), catalog_keys()
    found, seen = [], {rule.name}
    for level in LEVELS:
        names = [n for n in known[level.value].get(own[level.value], []) if n not in seen]
        seen.update(names)
        if names:
            found.append(Duplicate(level.value, tuple(names)))
        if store is not None:
            numbers = _in_store(store, level.value, own)
            names = [n for n in numbers if n not in seen]
            seen.update(names)
            if names:
                found.append(Duplicate(level.value, tuple(names), store=True))
    return found


def _in_store(store: str, level: str, own: Mapping[str, str]) -> list[str]:
    from nos_sym.search.store.store import Store

    with Store.read(Path(store)) as opened:
        kept = {} if level == "exact" else opened.level_keys(level)
        found = []
        for evaluation in opened.evaluations():
            if evaluation.key is None:
                continue
            key = evaluation.key if level == "exact" else kept.get(evaluation.key)
            if key == own[level]:
                found.append(f"evaluation {evaluation.id}")
    return found


def integrity(rule: Rule | Block) -> dict[str, Any]:
    """Return what the integrity check of the search says of a rule, as JSON data."""
    from nos_sym.search.integrity import IntegritySettings, check

    settings = IntegritySettings()
    [found] = check([rule], settings)
    flipped = found.ascent != (isinstance(rule, Rule) and rule.ascent)
    return {
        "passed": found.passed,
        "flipped": flipped,
        "learning_rate": found.learning_rate,
        "threshold": settings.threshold,
        "losses": [x if math.isfinite(x) else None for x in found.losses],
    }
