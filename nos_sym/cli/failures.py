"""Exit codes, and the failures that only the command line knows: files that cannot be read or written."""

from __future__ import annotations

from nos_sym.errors import NosSymError, one_line

UNWRITTEN = 1
"""The output could not be written."""

BAD_INPUT = 2
"""The arguments, the text or the file are not what was expected."""


class InputError(Exception):
    """Input that cannot be used.

    Attributes:
        cause: the error of the package behind it, which may know the place.
    """

    def __init__(self, message: str, cause: NosSymError | None = None) -> None:
        super().__init__(one_line(message))
        self.cause = cause


class WriteError(Exception):
    """An output file that could not be written."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))
