"""Rules as people see them in what a search prints; what programs read has them as they are stored."""

from __future__ import annotations

from nos_sym.errors import NosSymError
from nos_sym.genome.encode import without_identities
from nos_sym.genome.search_space import IDENTITY
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.language.printer import print_body
from nos_sym.language.rule import Rule

_CALL = f"{IDENTITY.operation}("


def shown_rule(rule: Rule | Block) -> str:
    """Return the text of a rule without the identities that graphs are filled up with, and without a name."""
    if isinstance(rule, Block):
        return str(rule.named("", ""))
    return print_body(Rule(rule.momentum, without_identities(rule.update), rule.ascent))


def shown_text(text: str) -> str:
    """Return the text of a rule in the same way; a text that cannot be read stays as it is."""
    if _CALL not in text:
        return text
    try:
        rule = parse(text)
    except NosSymError:
        return text
    return shown_rule(rule) if isinstance(rule, Rule) and not rule.settings else text
