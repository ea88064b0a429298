"""The complexity of an optimizer, which halls of fame show beside its fitness."""

from __future__ import annotations

from nos_sym.algebra.text import canonical_rule
from nos_sym.errors import NosSymError
from nos_sym.language.node import size_of
from nos_sym.language.rule import Rule


def size_of_rule(rule: Rule) -> int:
    """Return the complexity of an optimizer: the nodes of its canonical form, written in the language.

    Operations, operands and numbers are nodes, counted as a tree; constants in an operation's own brackets,
    such as the beta of an average, belong to it. The momentum type is none. A form that is too large to be
    written has the nodes of the rule as it is.
    """
    try:
        return size_of(canonical_rule(rule).update)
    except NosSymError:
        return size_of(rule.update)
