"""Other names for the states of a block: the same optimizer with the keys of another library's state dict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sympy.core.basic import Basic

from nos_sym.errors import RuleError, quoted
from nos_sym.language.block import Assign, Block, If, Let, State, Statement
from nos_sym.language.hints import did_you_mean
from nos_sym.language.setting_values import replaced
from nos_sym.language.state import old_value


def with_state_names(block: Block, names: Mapping[str, str]) -> Block:
    """Return a block with other names of some states.

    Args:
        block: an optimizer with states of its own.
        names: old names to new ones; what they leave out stays.

    Raises:
        RuleError: there is no such state, or a new name is taken.
    """
    if not names:
        return block
    known = {s.name for s in block.states}
    for name in names:
        if name not in known:
            raise RuleError(f"the block has no state {quoted(name)}{did_you_mean(name, known)}")
    table: dict[Basic, Basic] = {
        s.old: old_value(names[s.name], s.kind) for s in block.states if s.name in names
    }
    return replace(block, statements=tuple(_renamed(s, names, table) for s in block.statements))


def _renamed(statement: Statement, names: Mapping[str, str], table: Mapping[Basic, Basic]) -> Statement:
    match statement:
        case State(name, kind, start):
            return State(names.get(name, name), kind, start)
        case Let(name, value):
            return Let(name, replaced(value, table))
        case Assign(name, value):
            return Assign(names.get(name, name), replaced(value, table))
        case If(condition, then, otherwise):
            first, second = (tuple(_renamed(s, names, table) for s in b) for b in (then, otherwise))
            return If(condition, first, second)
