"""The rule of a face: the entry with the library's name, its names of states, and its defaults."""

from __future__ import annotations

from nos_sym.catalog import entry
from nos_sym.errors import CatalogError
from nos_sym.faces.face import Face
from nos_sym.language.block import Block
from nos_sym.language.registry import lookup
from nos_sym.language.renaming import with_state_names


def rule_of_face(face: Face) -> Block:
    """Return the rule that a library's optimizer computes, as the library names it.

    A state whose name there means something else in the language, such as ``sum``, keeps the entry's name;
    ``face.states`` has both.

    Raises:
        CatalogError: the entry is no block, or has no such states and settings.
    """
    rule = entry(face.entry)
    if not isinstance(rule, Block):
        raise CatalogError(f"{face}: the entry '{face.entry}' is no block, so that its states have no names")
    rule = with_state_names(rule, {old: new for old, new in face.states.items() if lookup(new) is None})
    return rule.with_settings(face.defaults).named(face.class_name)
