"""The complexity of an optimizer, which halls of fame show beside its fitness."""

from __future__ import annotations

from nos_sym.genome.encode import without_identities
from nos_sym.language.node import size_of
from nos_sym.language.rule import Rule


def size_of_rule(rule: Rule) -> int:
    """Return the complexity of an optimizer: the nodes of its rule, without identities.

    Operations, operands and numbers are nodes, counted as a tree; constants in an operation's own brackets,
    such as the beta of an average, belong to it. The momentum type is none. Equal rules that are written in
    other ways may have other sizes: it is that of the rule which is shown.
    """
    return size_of(without_identities(rule.update))
