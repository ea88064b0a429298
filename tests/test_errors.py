"""Messages of errors: one printable line, whatever they quote, with the caret under its character."""

from __future__ import annotations

import re
import traceback
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nos_sym
from nos_sym import errors
from nos_sym.cli.failures import InputError, WriteError
from nos_sym.errors import (
    LONGEST,
    LoadingError,
    NosSymError,
    RuleError,
    SourceError,
    escaped,
    loaded_once,
    one_line,
    quoted,
)
from nos_sym.targets.errors import TargetError

HOSTILE = "a\n\r\x1b[2J\x00\x85\u2028\u202e\u200b\ud800\U000e0001"
SHOWN = r"a\n\r\x1b[2J\x00\x85\u2028\u202e\u200b\ud800\U000e0001"
ANY = st.text(st.characters(codec=None), max_size=400) | st.just("\u202e" * 20_000) | st.just("x" * 20_000)
"""Texts of all code points, lone surrogates too."""


def every_error() -> list[type[NosSymError]]:
    """Return the base class and what is derived from it, wherever it stands."""
    found, todo = [], [NosSymError]
    while todo:
        kind = todo.pop()
        found.append(kind)
        todo += kind.__subclasses__()
    return found


@pytest.mark.parametrize("kind", [*every_error(), InputError, WriteError], ids=lambda kind: kind.__name__)
def test_every_error_escapes_what_it_is_given(kind: type[Exception]) -> None:
    error = kind(HOSTILE, "", 0) if kind is SourceError else kind(HOSTILE)
    assert str(error).startswith(SHOWN)
    assert str(error).isprintable()
    long = kind("begin " + "\u202e" * 10_000 + " end", *(("", 0) if kind is SourceError else ()))
    assert str(long).startswith("begin") and " ... " in str(long) and "end" in str(long)
    assert len(str(long)) <= LONGEST


@given(text=ANY)
def test_a_line_is_printable_and_short(text: str) -> None:
    for shown in (one_line(text), str(RuleError(text)), quoted(text), str(SourceError(text, text, 7))):
        assert shown.isprintable() and len(shown) <= LONGEST
    if text.isprintable() and len(text) <= LONGEST:
        assert one_line(text) == text
    assert one_line(one_line(text)) == one_line(text)


@given(text=ANY, position=st.integers(0, 500))
def test_the_caret_stands_under_its_character(text: str, position: int) -> None:
    error = SourceError("x", text, position)
    shown, mark = error.caret().split("\n")
    assert shown.isprintable() and len(mark) < 100
    line = text.split("\n")[error.line - 1].removesuffix("\r")
    before = ""
    for cut in range(len(shown) + 1):  # The text whose cells end where the caret stands.
        if width(shown[:cut]) == len(mark) - 1:
            before = shown[:cut]
    rest = shown[len(before) :].removesuffix("...")
    behind = escaped(line[error.column - 1 :])
    if behind and not unicodedata.combining(behind[0]):
        assert rest and behind.startswith(rest)
    else:
        assert set(rest) <= {c for c in rest if unicodedata.combining(c)}


def width(text: str) -> int:
    wide = {"W": 2, "F": 2}
    return sum(0 if unicodedata.combining(c) else wide.get(unicodedata.east_asian_width(c), 1) for c in text)


@pytest.mark.parametrize(
    ("text", "position", "caret"),
    [
        ("none ~ @", 7, "  none ~ @\n         ^"),
        ("a\x1b[31m@", 6, "  a\\x1b[31m@\n           ^"),
        ("\u65e5\u672c@", 2, "  \u65e5\u672c@\n      ^"),
        ("x\r\n\u202e@\r\n", 4, "  \\u202e@\n        ^"),
        ("a" * 100 + "@", 100, f"  ...{'a' * 36}@\n     {' ' * 36}^"),
        ("\x00" * 300, 150, "  ..." + r"\x00" * 18 + "...\n" + " " * 41 + "^"),
    ],
)
def test_the_line_over_the_caret_is_escaped_and_cut(text: str, position: int, caret: str) -> None:
    assert SourceError("x", text, position).caret() == caret


def test_a_failed_import_says_the_same_at_every_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "_FAILED", {})
    with pytest.raises(LoadingError) as first, loaded_once("the table"):
        exec(compile("\nnme", "rows.py", "exec"), {})
    message = "the table fails: NameError: name 'nme' is not defined ('rows.py', line 2)"
    assert str(first.value) == message
    with pytest.raises(LoadingError, match=re.escape(message)), loaded_once("the table"):
        raise RuleError("operation 'id' is described twice")
    with loaded_once("another table"):
        pass


def test_a_traceback_shows_the_place_below_the_message() -> None:
    for read, kind in ((nos_sym.parse, SourceError), (nos_sym.key_of, TargetError)):
        with pytest.raises(kind) as caught:
            read("A = none ~ g\nB = none ~ tahn(g)")
        last = "".join(traceback.format_exception_only(caught.value)).splitlines()[-3:]
        assert last[0].endswith("(line 2, column 12)")
        assert last[1:] == ["  B = none ~ tahn(g)", "             ^"]
        assert "\n" not in str(caught.value)


def test_the_caret_stands_behind_marks_that_take_no_cell() -> None:
    # A heart with a selector of its form, a decomposed syllable of Hangul, and a wide character.
    for before, cells in (("\u2764\ufe0f", 1), ("\u1100\u1161\u11a8", 2), ("e\u0301", 1), ("\u65e5", 2)):
        error = SourceError("wrong", f"{before}x", len(before))
        assert error.caret() == f"  {before}x\n  {' ' * cells}^"
