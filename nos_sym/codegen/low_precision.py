"""Which files can have options for low precision."""

from __future__ import annotations

from nos_sym.backends.options import LOW_PRECISION
from nos_sym.errors import RenderError
from nos_sym.faces.face import Face
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule


def check_low_precision(
    rule: Rule | Block | Schedule, backend: str, minimal: bool, face: Face | None
) -> None:
    """Raise :class:`RenderError` unless the file of a rule can have the options."""
    if backend != "torch" or minimal or isinstance(rule, Schedule):
        raise RenderError("only whole optimizers for torch have options for low precision; leave them out")
    taken = {a.name for a in face.arguments} if face is not None else set()
    for name in LOW_PRECISION:
        if name in taken:
            raise RenderError(f"{face} has '{name}' among its arguments; render it without low precision")
