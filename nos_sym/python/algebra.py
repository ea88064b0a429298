"""Keys, forms and equality of rules, by name or as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from nos_sym.algebra import canonical, dedup, equivalence
from nos_sym.algebra import factor as factoring
from nos_sym.algebra import text as texts
from nos_sym.algebra.dedup import Deduplication, Item
from nos_sym.algebra.factor import Factored
from nos_sym.algebra.levels import Level
from nos_sym.algebra.verdicts import Verdict
from nos_sym.errors import RuleError, described
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.python.given import Given, level_of, one_line_of, optimizer_of


def key_of(rule: Given) -> str:
    """Return the key of an optimizer, ``version:digest``, a digest of its momentum type and canonical form.

    Rules with the same key are proved equal: on every history of gradients and weights, at every step of
    every number of total steps. Rules with different keys may still be equal; :func:`compare` looks for a
    state on which they differ. Name and source do not count, and settings count as their defaults. A block
    that is a rule of one line has the key of that rule. A key is the same in every process and on every
    machine.

    >>> key_of("none ~ g") == key_of("SGD")
    True

    Raises:
        NosSymError: no optimizer is given, and what would be one.
    """
    return canonical.key_of(optimizer_of(rule))


def canonical_rule(rule: Given) -> Rule:
    """Return the rule whose update is the canonical form, written in the language; ascent becomes descent.

    Settings are numbers of the form, at their defaults.

    Raises:
        NosSymError: no optimizer is given; or a block that is no rule of one line, and why; or a form that is
            too large to be written.
    """
    return texts.canonical_rule(optimizer_of(rule))


def compare(a: Given, b: Given, level: Level | str = Level.EXACT, *, almost: bool = False) -> Verdict:
    """Compare two optimizers at a level of equality.

    Only the algebra proves; only samples refute. A rule of the authors' log, which prints no sign, descends.
    Which dropout mask bears which number means nothing. Of blocks, ``almost`` asks for no more than equality
    on every history, and only ``exact`` is refuted.

    >>> bool(compare("SGD", "none ~ -(-g)", "exact"))
    True

    Args:
        a: one optimizer.
        b: the other.
        level: what they may differ by and still count as equal, a :class:`Level` or its name.
        almost: whether they may also differ on a null set of histories, as where a gradient is exactly zero.
            The verdict then names the expressions that are taken not to be zero, and a state where one is.

    Returns:
        A verdict: equal, with the identities that prove it; different, with a state on which interval
        arithmetic proves a difference; indistinguishable (``float32`` alone); or unknown. It is true where it
        is equal.

    Raises:
        NosSymError: no optimizer is given, or no level.
    """
    return equivalence.compare(optimizer_of(a), optimizer_of(b), level_of(level), almost=almost)


def factor(rule: Given) -> Factored:
    """Split a rule into schedule, constant and core, with ``rule = schedule * constant * core``.

    The three multiplied have the canonical form of the rule. Whatever depends on the step alone and leaves
    the update belongs into a learning-rate schedule; what cannot leave is listed in ``kept`` with its reason.

    Raises:
        NosSymError: no rule of one line is given, and what would be one.
    """
    return factoring.factor(one_line_of(rule))


def deduplicate(
    items: Iterable[Item | Given],
    level: Level | str = Level.EXACT,
    progress: Callable[[int], None] = lambda done: None,
    *,
    almost: bool = False,
) -> Deduplication:
    """Group rules that are one optimizer at a level of equality.

    Each distinct expression is brought to its canonical form once, so that the time is linear in their number
    (at ``float32``, which compares runs with leaders of groups, nearly so).

    >>> deduplicate(["none ~ g + g", "none ~ 2 * g", "Adam"]).class_of
    (0, 0, 1)

    Args:
        items: rules in the order of their evaluation; the first of a class is no repeat. An :class:`Item`
            says more of one, and may have no rule.
        level: what members of a class may differ by, as itself or by its name.
        progress: called with the number of items done.
        almost: whether members of a class may also differ on a null set of histories, as where a gradient is
            exactly zero.

    Returns:
        The classes, in order of first occurrence, and the class of each item.

    Raises:
        NosSymError: what is given is no optimizer, or there is no such level.
    """
    chosen = level_of(level)
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise RuleError(f"expected a list of rules or of items, not {described(items)}")
    return dedup.deduplicate(map(_item_of, items), chosen, progress, almost=almost)


def _item_of(given: Item | Given) -> Item:
    if not isinstance(given, Item):
        return Item(str(given), optimizer_of(given))
    if given.rule is None or isinstance(given.rule, Rule | Block):
        return given
    return replace(given, rule=optimizer_of(given.rule))
