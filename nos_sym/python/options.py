"""Options of renderings as users give them, checked before anything is made of them."""

from __future__ import annotations

from nos_sym.errors import RenderError, described


def expect_texts(**options: object) -> None:
    """Raise :class:`RenderError` unless each option is a text, or left out."""
    for name, value in options.items():
        if value is not None and not isinstance(value, str):
            raise RenderError(f"'{name}' is a text, not {described(value)}")


def expect_flags(**options: object) -> None:
    """Raise :class:`RenderError` unless each option is true or false."""
    for name, value in options.items():
        if not isinstance(value, bool):
            raise RenderError(f"'{name}' is True or False, not {described(value)}")
