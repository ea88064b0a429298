"""Rules that are lifted off the originals of faces, beside the rules of the catalog at the same settings."""

from __future__ import annotations

from nos_sym.faces import Face
from nos_sym.language.block import Block
from nos_sym.lift.arguments import arguments_of
from nos_sym.lift.lifting import FRONTS
from nos_sym.lift.originals import original_of
from nos_sym.lift.term import Terms
from nos_sym.lift.writing import Setting, block_of
from support.peers.draws import draws_of
from support.peers.rules import rule_at


def lifted_at(face: Face) -> Block:
    """Return the rule of an original, made with the numbers of the second draw, none of which is zero."""
    from importlib import import_module

    module, _, name = face.name.rpartition(".")
    original = original_of(f"{module}:{name}")
    arguments = arguments_of(original.value, original.name, draws_of(face)[1], skipped=0)
    terms = Terms()
    found = import_module(FRONTS[original.framework]).front(original, arguments, 0, terms)
    settings = [
        Setting(n.name, n.default, found.domains.get(n.name))
        for n in found.arguments.numbers
        if n.name != "lr" and n.name in found.values
    ]
    return block_of(found.paths, settings, terms, found.facts, name="Lifted", hints=found.hints)


def entry_at(face: Face) -> Block:
    """Return the rule of the catalog at the same numbers."""
    return rule_at(face, draws_of(face)[1])[0]
