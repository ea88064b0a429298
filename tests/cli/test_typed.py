"""What stands before the cursor is split as a shell splits it, and put back as one quotes it."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nos_sym.cli.typed import typed, written


@pytest.mark.parametrize(
    ("line", "words", "last"),
    [
        ("", (), ""),
        ("nos-sym", (), "nos-sym"),
        ("nos-sym ", ("nos-sym",), ""),
        ("nos-sym show 'my ru", ("nos-sym", "show"), "my ru"),
        (r"nos-sym show my\ ru", ("nos-sym", "show"), "my ru"),
        (r'nos-sym show "a\"b\c', ("nos-sym", "show"), r'a"b\c'),
        ("nos-sym show '' x", ("nos-sym", "show", ""), "x"),
        ("nos-sym show a\\", ("nos-sym", "show"), "a"),
    ],
)
def test_a_line_is_split(line: str, words: tuple[str, ...], last: str) -> None:
    found = typed(line, "=:")
    assert (found.words, found.last) == (words, last)


@settings(max_examples=40)
@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=4))
def test_whole_words_are_those_that_python_splits(words: list[str]) -> None:
    assert typed(shlex.join(words) + " ").words == tuple(words)


@settings(max_examples=40)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8), st.sampled_from("'\" "))
def test_what_is_put_back_is_read_as_the_value(value: str, quote: str) -> None:
    begun = f"nos-sym show {quote.strip()}"
    line = begun + written(value, typed(begun)) + quote.strip()
    assert [*typed(line).words, typed(line).last] == ["nos-sym", "show", value]


@pytest.mark.parametrize(
    ("line", "value", "behind"),
    [
        ("nos-sym render --backend=ten", "--backend=tensorflow", "tensorflow"),
        ("nos-sym render rules.nos:Fa", "rules.nos:Fast", "Fast"),
        ("nos-sym render 'my rules.nos:Fa", "my rules.nos:Fast", "my rules.nos:Fast"),
        ("nos-sym render --set='eps=", "--set=eps=1e-8", "eps=1e-8"),
    ],
)
def test_bash_is_given_what_stands_behind_the_last_break(line: str, value: str, behind: str) -> None:
    assert written(value, typed(line, "=:")) == behind
