"""The error of a target that cannot be used."""

from __future__ import annotations

from nos_sym.errors import NosSymError


class TargetError(NosSymError):
    """A name, a text or a file that stands for no rule, or for more than one.

    Attributes:
        cause: the error behind it, which may know the place; ``None`` where the message says all.
    """

    def __init__(self, message: str, cause: NosSymError | None = None) -> None:
        super().__init__(message)
        self.cause = cause
        # What raises it shows no other error, so the place goes with this one.
        for note in getattr(cause, "__notes__", ()):
            self.add_note(note)
