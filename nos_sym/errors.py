"""The errors of nos-sym: one base class, one line each, with the place where it went wrong.

Whatever text from outside a message holds, it is printed escaped and cut: :func:`one_line` sees to it in the
base class, so that no ``raise`` has to. A message that quotes a long text itself uses :func:`quoted`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

# A caret line is of use only while the line above it fits a terminal.
_WINDOW = 72

LONGEST = 600
"""Characters of a message at most; of a longer one the beginning and the end are kept."""

_KEPT_OF_END = 200


def one_line(text: str, longest: int = LONGEST) -> str:
    r"""Return text as it may stand in a message of one line, whatever it holds.

    What is not printable (line ends, control characters, bidirectional marks, lone surrogates) is escaped as
    Python writes it. Of more than ``longest`` characters the middle is left out: a message begins with what
    was wrong and ends with what to do.

    >>> one_line("a\nb")
    'a\\nb'
    """
    # Long before it is escaped, too: a message may hold a whole file.
    shown = escaped(_without_middle(text, longest))
    return shown if len(shown) <= longest else _without_middle(shown, longest)


def quoted(text: str, longest: int = 40) -> str:
    r"""Return text of a user in quotes, as it may stand in a message of one line.

    What is not printable is escaped as in :func:`one_line`; of more than ``longest`` characters the first are
    shown.

    >>> quoted("a\nb")
    "'a\\nb'"
    """
    return f"'{escaped(text[:longest])}{'...' if len(text) > longest else ''}'"


def described(value: object) -> str:
    """Return what a user gave, whatever it is, as it may stand in a message of one line.

    A text stands in quotes; another value as it prints itself, where that is short, with its type.
    """
    if isinstance(value, str):
        return quoted(value)
    name = type(value).__qualname__
    try:
        text = repr(value)
    except Exception:  # of a class of the user's, whose failure is not what is asked for
        return name
    return f"{text} ({name})" if text.isprintable() and len(text) <= 40 else name


def quoted_path(path: object) -> str:
    """Return the path of a file in quotes, as it may stand in a message of one line."""
    return quoted(str(path), 200)


def escaped(text: str) -> str:
    """Return text with what is not printable escaped as Python writes it."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _without_middle(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    end = longest * _KEPT_OF_END // LONGEST
    return f"{text[: longest - end - 5]} ... {text[len(text) - end :]}"


class NosSymError(Exception):
    """Base of every error that nos-sym raises on purpose. ``str(error)`` is one printable line."""

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message))


class RuleError(NosSymError):
    """An expression that is not a rule: wrong arity, wrong kind of argument, number out of range."""


class RenderError(NosSymError):
    """A rule that cannot be rendered as asked, for example under a name that is no identifier."""


class GenomeError(NosSymError):
    """A graph that is no genome, or a rule or a setting that does not fit one."""


class CatalogError(NosSymError):
    """A name that is not in the catalog, or a catalog file that cannot be read."""


class LoadingError(NosSymError):
    """A table of the package or of a plug-in that cannot be imported; the message has file and line."""


_FAILED: dict[str, str] = {}


@contextmanager
def loaded_once(what: str, kind: type[NosSymError] = LoadingError) -> Iterator[None]:
    """Import a table, or raise what kept it from being imported, now and at every later try.

    The rows before the one that fails are in the table and stay there. A second import would end at the first
    of them, as one that is described twice, and hide what is wrong.

    Args:
        what: what is imported, as the message begins.
        kind: the class of the error.
    """
    if what in _FAILED:
        raise kind(_FAILED[what])
    try:
        yield
    except (Exception, SystemExit) as error:
        if isinstance(error, kind):
            message = str(error)
        else:
            name = "" if isinstance(error, NosSymError) else f"{type(error).__name__}: "
            message = f"{what} fails: {name}{' '.join(str(error).split())}{_place(error)}"
        _FAILED[what] = message
        raise kind(message) from error


def _place(error: BaseException) -> str:
    """Return the file and the line whose import ended in an error, as the end of a message."""
    import traceback
    from pathlib import Path

    frames = traceback.extract_tb(error.__traceback__)
    rows = [f for f in frames if f.name == "<module>" and not f.filename.startswith("<frozen")]
    return f" ('{Path(rows[-1].filename).name}', line {rows[-1].lineno})" if rows else ""


class SourceError(NosSymError):
    """Text that cannot be read as rules.

    Attributes:
        message: what was wrong, what was expected and what to do, in one line.
        text: the whole text that was read.
        position: offset into ``text`` of the place where reading failed.
    """

    def __init__(self, message: str, text: str, position: int) -> None:
        self.text = text
        self.position = max(0, min(position, len(text)))
        place = f" (line {self.line}, column {self.column})"
        self.message = one_line(message, LONGEST - len(place))
        super().__init__(f"{self.message}{place}")
        # Below the message in tracebacks, of which a message has one line.
        if text:
            self.add_note(self.caret())

    @property
    def line(self) -> int:
        """Line of the error, counted from 1."""
        return self.text.count("\n", 0, self.position) + 1

    @property
    def column(self) -> int:
        """Column of the error, counted from 1."""
        return self.position - (self.text.rfind("\n", 0, self.position) + 1) + 1

    def caret(self, encoding: str = "utf-8") -> str:
        """Return the offending line, escaped and cut to a window of a terminal's width, over a caret.

        The caret stands under the first cell of the offending character, or of its escape.

        Args:
            encoding: that of the stream it is written to; what that lacks is escaped, too.
        """
        start = self.text.rfind("\n", 0, self.position) + 1
        end = self.text.find("\n", self.position)
        line = self.text[start : end if end >= 0 else len(self.text)].removesuffix("\r")
        offset = min(self.position - start, len(line))
        # A line may be a whole file, and a character takes a cell, unless it is combined with another.
        first, last = max(0, offset - _WINDOW), offset + _WINDOW
        cells, offset = [_cell(c, encoding) for c in line[first:last]], offset - first
        left, right = _window(cells, offset)
        head = "..." if first + left else ""
        tail = "..." if first + right < len(line) else ""
        before = head + "".join(cells[left:offset])
        return f"  {before}{''.join(cells[offset:right])}{tail}\n  {' ' * _width(before)}^"


def _window(cells: list[str], offset: int) -> tuple[int, int]:
    """Return which of the characters are shown: those around one, that fit a terminal together."""
    left, room = offset, _WINDOW // 2
    while left > 0 and room >= (width := _width(cells[left - 1])):
        left -= 1
        room -= width
    right, room = offset, _WINDOW - _width("".join(cells[left:offset]))
    # The offending character is shown even where its escape takes the last cells.
    while right < len(cells) and (room >= (width := _width(cells[right])) or right == offset):
        right += 1
        room -= width
    return left, right


def _cell(character: str, encoding: str) -> str:
    """Return a character as a stream shows it; one that is not printable or unknown to it is escaped."""
    try:
        return escaped(character).encode(encoding, "backslashreplace").decode(encoding)
    except LookupError:
        return escaped(character)


def _width(text: str) -> int:
    """Return the cells of a terminal that printable text takes."""
    if text.isascii():
        return len(text)
    import unicodedata

    def cells(c: str) -> int:
        # Marks stand over the character before, as do the vowels and finals of decomposed Hangul.
        if unicodedata.category(c) in ("Mn", "Me") or "\u1160" <= c <= "\u11ff":
            return 0
        return 2 if unicodedata.east_asian_width(c) in "WF" else 1

    return sum(map(cells, text))
