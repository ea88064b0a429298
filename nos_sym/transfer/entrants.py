"""Optimizers of a transfer experiment by their names: those of the paper, and of others."""

from __future__ import annotations

from collections.abc import Sequence

from nos_sym import catalog
from nos_sym.algebra.canonical import key_of
from nos_sym.errors import NosSymError, quoted
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.language.registry import suggestion
from nos_sym.language.rule import Rule, Schedule
from nos_sym.search.algorithms.initial import one_line_rule
from nos_sym.transfer.experiment import Entrant

BASELINES = ("Adam", "RMSProp", "SGD", "Nesterov", "PowerSign", "AddSign", "QHM")
"""The baselines of the paper, as Table 11 calls them."""

TODAY = ("AdamW", "Lion", "Muon")
"""What people would use today, beside the paper's."""

_MEANT = {"PowerSign": "PowerSignLD", "AddSign": "AddSignLD", "Muon": "MuonWithAdamW"}
"""Table 11 calls optimizers so that decay linearly (Section 4); Muon steps matrices, and AdamW the rest."""

_SCHEDULED = "Adam"
"""What discovered schedules are tried on."""

LONGEST_NAME = 100
"""Characters of a name in a file of results."""

GROUPS = ("discovered", "schedules", "adam_variants")
"""Files of the catalog with what the paper found, in the order of its tables."""


def all_names() -> tuple[str, ...]:
    """Return the names of all optimizers of an experiment, in the order of Table 11."""
    found = [name for group in GROUPS for name in catalog.names() if catalog.group_of(name) == group]
    return (*BASELINES, *TODAY, *found)


def entrants_of(names: Sequence[str]) -> tuple[Entrant, ...]:
    """Return optimizers by their names in the catalog; ``all`` stands for all of the paper and of today.

    A schedule stands for Adam with it. What Table 11 calls PowerSign and AddSign decays linearly.

    Raises:
        NosSymError: the catalog has no such name.
    """
    chosen: dict[str, Entrant] = {}
    for name in names:
        for each in all_names() if name == "all" else (name,):
            chosen.setdefault(each, entrant_of(each))
    return tuple(chosen.values())


def entrant_of(name: str) -> Entrant:
    """Return an optimizer by its name in the catalog; a schedule is Adam with it.

    Raises:
        NosSymError: there is none of this name.
    """
    meant = _MEANT.get(name, name)
    if meant not in catalog.names():
        hint = suggestion(name, catalog.names()) or "; 'nos-sym list' has the names"
        raise NosSymError(f"the catalog has no {quoted(name)}{hint}")
    entry = catalog.entry(meant)
    if catalog.group_of(meant) == "schedules":
        return Entrant(
            name,
            with_schedule(one_line_rule(catalog.entry(_SCHEDULED)), str(entry.named("", ""))),
            scheduled=True,
        )
    return Entrant(name, _shortest(entry))


def _shortest(rule: Rule | Block | Schedule) -> Rule | Block:
    """Return an optimizer as the rule of one line that it is, or the block where it is none.

    Raises:
        NosSymError: it is a schedule.
    """
    try:
        return one_line_rule(rule)
    except NosSymError:
        if isinstance(rule, Block):
            return rule
        raise


def with_schedule(rule: Rule, schedule: str) -> Rule:
    """Return an optimizer whose update is multiplied by a schedule, given as its text.

    Both are printed and read again together, so that the product is one of the language.
    """
    head, _, update = str(rule.named("", "")).partition(" ~ ")
    factor = schedule.partition(" ~ ")[2]
    found = parse(f"{head} ~ [{factor}] ({update})")
    assert isinstance(found, Rule)
    return found


def _key(rule: Rule | Block) -> str:
    return key_of(rule.at_defaults().named("", ""))


def of_rules(rules: Sequence[object]) -> tuple[Entrant, ...]:
    """Return rules that were given as texts or files, each with its name or the begin of its text.

    Raises:
        NosSymError: one is a schedule, or has the name of another optimizer of the catalog, whose numbers in
            the paper would stand beside its own.
    """
    found = []
    for rule in rules:
        if not isinstance(rule, Rule | Block):
            name = getattr(rule, "name", "") or "a text"
            raise NosSymError(f"{name} is a schedule; expected optimizers, or a name of the catalog")
        one = _shortest(rule)
        if one.name in all_names() and _key(one) != _key(entrant_of(one.name).rule):
            raise NosSymError(
                f"'{one.name}' is another optimizer in the catalog, whose numbers stand in the tables of the "
                "paper; give this one another name"
            )
        found.append(Entrant(one.name or str(one.named("", ""))[:LONGEST_NAME], one))
    return tuple(found)
