"""Why a proof is refused."""

from __future__ import annotations

from nos_sym.errors import NosSymError


class Refused(NosSymError):
    """A proof that is none: what does not follow, in one line.

    Attributes:
        line: number of the line of the proof, counted from 1; 0 where no single line is wrong.
    """

    def __init__(self, message: str, line: int = 0) -> None:
        self.message = message
        self.line = line
        super().__init__(f"line {line}: {message}" if line else message)
