"""Rules whose forms a judge reads, which another algebra may not give other values, and pairs it must see."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from nos_sym.algebra.canonical import canonical
from nos_sym.algebra.kernel import Poly, fresh_workspace
from nos_sym.algebra.text.effort import effort
from nos_sym.algebra.text.literal import as_update
from nos_sym.language.node import size_of
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from support.judges.conditions import APART, APART_ALMOST, ONE, ONE_ALMOST
from support.judges.corners import CORNERS
from support.judges.equal_pairs import equal_pair
from support.judges.every_history import separated
from support.judges.histories import GENERIC, HISTORIES
from support.judges.questions import question
from support.judges.small_rules import small_rule

_FIXED = (*APART, *APART_ALMOST, *ONE, *ONE_ALMOST, *CORNERS)
_MOST = 150
"""How many changed forms are judged."""
_LARGEST = 26
"""Most nodes of a random pair: what they hold besides the conditions takes time."""
_MOST_SUMS = 300
"""Most sums that the forms of a pair are made by; one pair in hundreds has thousands."""


@dataclass(frozen=True)
class Corpus:
    """Pairs of rules with what the algebra said of them, before any change.

    Attributes:
        almost: whether it was asked for equality almost everywhere.
        pairs: the rules.
        digests: of the forms of each pair.
    """

    almost: bool
    pairs: tuple[tuple[Rule, Rule], ...]
    digests: tuple[tuple[bytes, bytes], ...]


def corpora(seed: int, count: int) -> list[Corpus]:
    """Return the fixed pairs and random ones: questions, and pairs equal by construction."""
    rng = random.Random(seed)
    pairs = [(parse(f"none ~ {a}"), parse(f"none ~ {b}")) for a, b, *_ in _FIXED]
    fixed = len(pairs)
    while len(pairs) < fixed + count:
        if rng.random() < 0.9:
            pair = question(rng)
        else:
            first = small_rule(rng, depth=rng.randint(1, 3))
            pair = first, equal_pair(rng, first, rng.randint(1, 3))
        if sum(size_of(rule.update) for rule in pair) <= _LARGEST:
            pairs.append(pair)
    return [_held(pairs, almost=almost) for almost in (False, True)]


def _held(pairs: Sequence[tuple[Rule, Rule]], *, almost: bool) -> Corpus:
    """Return the pairs whose forms the judge can follow: they have the values of their rules."""
    kept, digests = [], []
    with fresh_workspace(almost=almost) as tables:
        for pair in pairs:
            before = len(tables.polys)
            forms = [canonical(rule) for rule in pair]
            if len(tables.polys) - before > _MOST_SUMS:
                continue
            if not any(wrong(r, f, almost=almost) for r, f in zip(pair, forms, strict=True)):
                kept.append(pair)
                digests.append((forms[0].digest, forms[1].digest))
    return Corpus(almost, tuple(kept), tuple(digests))


def verdict(judged: Sequence[Corpus]) -> tuple[str, int]:
    """Return what the algebra, changed since, does wrong first, or nothing, and how many forms are others.

    A form that has changed is written as an expression and must have the values of its rule; two rules that
    had one form must have one.
    """
    changed = 0
    for corpus in judged:
        with fresh_workspace(almost=corpus.almost):
            fault, others = _first_fault(corpus)
        changed += others
        if fault:
            return fault + (", almost everywhere" if corpus.almost else ""), changed
    return "", changed


def _first_fault(corpus: Corpus) -> tuple[str, int]:
    changed = 0
    for rules, old in zip(corpus.pairs, corpus.digests, strict=True):
        forms = [canonical(rule) for rule in rules]
        for rule, form, digest in zip(rules, forms, old, strict=True):
            if form.digest != digest:
                changed += 1
                fault = "" if changed > _MOST else wrong(rule, form, almost=corpus.almost)
                if fault:
                    return fault, changed
        if old[0] == old[1] and forms[0].digest != forms[1].digest:
            return f"misses {rules[0]} | {rules[1]}", changed
    return "", changed


def wrong(rule: Rule, form: Poly, *, almost: bool) -> str:
    """Return what a form says of a rule where its values are others, or nothing."""
    # The form of an ascent holds its sign.
    with effort():
        written = Rule(rule.momentum, as_update(form))
    place = separated(rule, written, GENERIC if almost else HISTORIES)
    return "" if place is None else f"merges {rule} with {written}"
