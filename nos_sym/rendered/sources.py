"""The sources of rendered modules, printed once for all processes of a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nos_sym.cache.remembered import remembered
from nos_sym.errors import RenderError
from nos_sym.rendered.names import Printed

if TYPE_CHECKING:
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule, Schedule


def source_of(printed: Printed) -> str:
    """Return the text of a module.

    Raises:
        NosSymError: the name of the module says what cannot be rendered.
    """
    return remembered(("rendered", *printed), lambda: _source(printed))


def _source(printed: Printed) -> str:
    from nos_sym.codegen.render import render
    from nos_sym.faces import face_named, rule_of_face

    face = None if printed.face is None else face_named(printed.face)
    return render(
        rule_of_face(face) if face is not None and not printed.rule else _rule(printed.rule),
        printed.backend,
        face=face,
        cast=printed.cast,
        fused=printed.fused,
        low_precision=printed.low_precision,
    )


def _rule(text: str) -> Rule | Block | Schedule:
    from nos_sym import catalog
    from nos_sym.faces.parsing import parse_file

    if text in catalog.names():
        return catalog.entry(text)
    rules = parse_file(text)
    if len(rules) != 1:
        raise RenderError(f"the name of a rendered module stands for {len(rules)} rules; expected one")
    return rules[0]
