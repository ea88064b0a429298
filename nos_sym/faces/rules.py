"""The rule of a face: the entry with the library's name, its names of states, and its defaults."""

from __future__ import annotations

from dataclasses import replace

from sympy.core.basic import Basic

from nos_sym.catalog import entry
from nos_sym.errors import CatalogError
from nos_sym.faces.face import Face, Use
from nos_sym.language.block import Block, rewritten
from nos_sym.language.registry import lookup, number
from nos_sym.language.renaming import with_state_names
from nos_sym.language.setting import setting_default, setting_name
from nos_sym.language.setting_values import replaced


def rule_of_face(face: Face) -> Block:
    """Return the rule that a library's optimizer computes, as the library names it.

    A state whose name there means something else in the language, such as ``sum``, keeps the entry's name;
    ``face.states`` has both. A setting that no argument gives is the number that the original has for it.

    Raises:
        CatalogError: the entry is no block, or has no such states and settings.
    """
    rule = entry(face.entry)
    if not isinstance(rule, Block):
        raise CatalogError(f"{face}: the entry '{face.entry}' is no block, so that its states have no names")
    rule = with_state_names(rule, {old: new for old, new in face.states.items() if lookup(new) is None})
    return _with_numbers(rule.with_settings(face.defaults), face).named(face.class_name)


def _with_numbers(rule: Block, face: Face) -> Block:
    """Return a rule without the settings that no argument of a face gives.

    Where an argument of the name is held at one value, the setting is that value.
    """
    given = {name for a in face.arguments if a.use is Use.SETTINGS for name in a.settings}
    free = {setting_name(node) for node in rule.settings} - given
    held = {a.name: a.default for a in face.arguments if a.use is Use.ONLY and a.name in free}
    rule = rule.with_settings({name: x for name, x in held.items() if isinstance(x, int | float)})
    table: dict[Basic, Basic] = {
        node: number(setting_default(node)) for node in rule.settings if setting_name(node) in free
    }
    if not table:
        return rule
    statements = tuple(rewritten(s, lambda expression: replaced(expression, table)) for s in rule.statements)
    return replace(rule, statements=statements, settings=tuple(x for x in rule.settings if x not in table))
