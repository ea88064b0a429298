"""A search for inductions: relations that a simulation shows, kept where they are shown to last."""

from __future__ import annotations

import time
from fractions import Fraction

from sympy.core.basic import Basic
from sympy.core.numbers import Integer, Rational

from nos_sym.language.block import Block
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Rule
from nos_sym.proof.cases import Differ, literals
from nos_sym.proof.errors import Refused
from nos_sym.proof.format import INDUCTION, Step, Use
from nos_sym.proof.induction import Cited, Induction, Obligation, Phase
from nos_sym.proof.leaves import leaf
from nos_sym.proof.optimizers import Optimizer, optimizer
from nos_sym.proof.primes import Primes, primes
from nos_sym.proof.search.link import LinkSearch, TimeIsUp
from nos_sym.proof.search.proposals import is_decimal, text
from nos_sym.proof.search.simulation import FIELD, Column, Relation, ratio_of_changes, relations

_MOST_ROUNDS = 12


def induction(before: Rule | Block, after: Rule | Block, until: float) -> tuple[Step, Step] | None:
    """Return a chain of one link that is an induction, or nothing where none was found.

    Args:
        before: one rule.
        after: the other.
        until: when to stop, on the clock of ``time.thread_time``.
    """
    plain = Induction(before, after, Use(INDUCTION))
    a, b = plain.first, plain.second
    said = {r.name: _written(r) for r in relations(a, b, _field(a, b))}
    for _ in range(_MOST_ROUNDS):
        use = Use(INDUCTION, tuple(sorted((name, text(t)) for name, t in said.items())))
        found = _attempt(Induction(before, after, use), until)
        if isinstance(found, tuple):
            return Step(before), Step(after, (use, *found))
        if found is None:
            return None
        for name in found:
            # Over a state that is said by nothing now, others may still be said.
            del said[name]
    return None


def ratio(a: Rule | Block, b: Rule | Block) -> Fraction | None:
    """Return the number that the change of one rule seems to be of the change of the other."""
    first, second = optimizer(a, "A"), optimizer(b, "B")
    return ratio_of_changes(first, second, _field(first, second))


def _field(a: Optimizer, b: Optimizer) -> Primes:
    states = [x for o in (a, b) for s in o.states.values() for x in (s.start, s.new)]
    return primes(frozenset({*literals([*states, a.move, b.move]), FIELD}), 1)


def _attempt(tried: Induction, until: float) -> tuple[Use, ...] | set[str] | None:
    """Return what an induction has to cite, or states that are not what it says; nothing where it fails."""
    cited: dict[Use, None] = {}
    wrong: set[str] = set()
    for phase in tried.phases():
        for obligation in phase.obligations:
            uses = _uses(obligation, phase, until)
            if uses is not None:
                cited |= dict.fromkeys(uses)
            elif obligation.what == "w":
                return wrong or None
            else:
                wrong.add(obligation.what)
    return wrong or tuple(cited)


def _uses(obligation: Obligation, phase: Phase, until: float) -> tuple[Use, ...] | None:
    """Return what an obligation has to cite, or nothing."""
    if time.thread_time() > until:
        raise TimeIsUp
    try:
        Cited((), phase.put).check(obligation)
    except Differ:
        return LinkSearch(obligation.x, obligation.y, until, (), phase.put).uses()
    except Refused:
        return None
    return ()


def _written(relation: Relation) -> Basic:
    """Return what a state is, as an expression."""
    total: Basic = Integer(0)
    for column, coefficient in relation.terms:
        size = _number(abs(coefficient))
        term = size if column == 1 else _value(column) if size == 1 else apply("mul", size, _value(column))
        if total == 0:
            total = term if coefficient > 0 else apply("neg", term)
        else:
            total = apply("add" if coefficient > 0 else "sub", total, term)
    return total


def _value(column: Column) -> Basic:
    if isinstance(column, str):
        return leaf(column)
    return apply("abspow", _number(column), apply("t"))


def _number(value: Fraction) -> Basic:
    if is_decimal(value):
        return number(Rational(value))
    return apply("div", number(Integer(value.numerator)), number(Integer(value.denominator)))
