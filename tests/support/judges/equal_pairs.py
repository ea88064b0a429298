"""Pairs of rules that are equal by construction, on every history: laws at random places, masks renamed."""

from __future__ import annotations

import random

from sympy.core.basic import Basic

from nos_sym.errors import RuleError
from nos_sym.language.node import size_of
from nos_sym.language.rule import Rule
from nos_sym.language.traversal import own_draws, walk, with_draws
from support.judges import laws_of_extrema as laws_of_extrema
from support.judges.laws import LAWS
from support.judges.small_rules import at, negative, paths, replaced

LARGEST = 60
"""Nodes of the largest expression that is made."""


def equal_pair(rng: random.Random, rule: Rule, times: int) -> Rule:
    """Return a rule with the same value on every history, after ``times`` laws at random places."""
    update, done = rule.update, 0
    for _ in range(60 * times):
        if done == times:
            break
        path = rng.choice(list(paths(update)))
        try:
            found = LAWS[rng.choice(list(LAWS))](rng, at(update, path))
            if isinstance(found, list):
                found = rng.choice(found) if found else None
            if found is None:
                continue
            changed = replaced(update, path, found)
            Rule(rule.momentum, changed, rule.ascent)
        except RuleError:
            continue  # a decay function where a tensor must be
        if changed != update and size_of(changed) <= LARGEST:
            update, done = changed, done + 1
    if rng.random() < 0.1:
        return Rule(rule.momentum, negative(update), not rule.ascent)
    return Rule(rule.momentum, _with_other_numbers(rng, update), rule.ascent)


def _with_other_numbers(rng: random.Random, update: Basic) -> Basic:
    draws = sorted({d for node in walk(update) for d in own_draws(node)})
    return with_draws(update, dict(zip(draws, rng.sample(range(1, 9), len(draws)), strict=True)))
