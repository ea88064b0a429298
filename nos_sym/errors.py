"""The errors of nos-sym: one base class, one line each, with the place where it went wrong."""

from __future__ import annotations

# A caret line is of use only while the line above it fits a terminal.
_WINDOW = 72


def quoted(text: str, longest: int = 40) -> str:
    r"""Return text of a user in quotes, as it may stand in a message of one line.

    What is not printable (line ends, control characters, lone surrogates) is escaped as Python writes it, and
    what is longer than ``longest`` characters is cut.

    >>> quoted("a\nb")
    "'a\\nb'"
    """
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:longest])
    return f"'{shown}{'...' if len(text) > longest else ''}'"


class NosSymError(Exception):
    """Base of every error that nos-sym raises on purpose. ``str(error)`` is one line."""


class RuleError(NosSymError):
    """An expression that is not a rule: wrong arity, wrong kind of argument, number out of range."""


class RenderError(NosSymError):
    """A rule that cannot be rendered as asked, for example under a name that is no identifier."""


class GenomeError(NosSymError):
    """A graph that is no genome, or a rule or a setting that does not fit one."""


class CatalogError(NosSymError):
    """A name that is not in the catalog, or a catalog file that cannot be read."""


class SourceError(NosSymError):
    """Text that cannot be read as rules.

    Attributes:
        message: what was wrong, what was expected and what to do, in one line.
        text: the whole text that was read.
        position: offset into ``text`` of the place where reading failed.
    """

    def __init__(self, message: str, text: str, position: int) -> None:
        self.message = message
        self.text = text
        self.position = max(0, min(position, len(text)))
        super().__init__(f"{message} (line {self.line}, column {self.column})")

    @property
    def line(self) -> int:
        """Line of the error, counted from 1."""
        return self.text.count("\n", 0, self.position) + 1

    @property
    def column(self) -> int:
        """Column of the error, counted from 1."""
        return self.position - (self.text.rfind("\n", 0, self.position) + 1) + 1

    def caret(self) -> str:
        """Return the offending line, cut to a window of a terminal's width, over a caret."""
        start = self.text.rfind("\n", 0, self.position) + 1
        end = self.text.find("\n", self.position)
        line = self.text[start : end if end >= 0 else len(self.text)].removesuffix("\r")
        offset = self.position - start
        left = max(0, offset - _WINDOW // 2)
        right = min(len(line), left + _WINDOW)
        shown = "".join(c if c.isprintable() else "?" for c in line[left:right])
        head = "..." if left else ""
        tail = "..." if right < len(line) else ""
        return f"  {head}{shown}{tail}\n  {' ' * (len(head) + offset - left)}^"
