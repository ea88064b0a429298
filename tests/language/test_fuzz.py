"""Arbitrary and damaged text in both grammars: a rule that prints and parses, or a SourceError."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_rules import random_rule

from nos_sym.errors import SourceError
from nos_sym.language.authors.log import read_authors_lines
from nos_sym.language.authors.parser import parse_authors
from nos_sym.language.authors.printer import print_authors
from nos_sym.language.parser import parse_file
from nos_sym.language.registry import ALIASES, REGISTRY

_RNG = random.Random(5)
OWN = [str(random_rule(_RNG, depth=3)) for _ in range(60)]
AUTHORS = [print_authors(random_rule(_RNG, depth=3, authors=True)) for _ in range(60)]
PIECES = [
    *REGISTRY, *ALIASES, "none", "momentum", "schedule", "ascent", "~", "from", '"', "#", "=", "draw=", "\n",
    "None", "Mom", "Nest", "v hat", "10-6w", "((1-0.7)*g+0.7*v hat)", "1/(1+|", "1/(1+exp(-", "/(1+|", "1/(",
    "ln(|1+exp(", "(sqrt(1+(", "(0.95*(", "+0.05*(", "mean(beta*v-g)", "sign(g)", "^2", "(", ")", "[", "]",
    "|", "|)", "+", "-", "*", "/", "^", ",", "0", "1", "2", "0.5", "1e-6", "1e400", " ", "\t", "\0", "\u00e9",
    "INFO:root:", " Depth: 1/5", " MODEL 0/5 -> Val Acc: 1, Val Loss: 1, Time: 1, Fun: ", " : FAILED",
    " val: 0.5 - Time: 1.5", "  Chosen ", " - ACCUMULATIVE TIME: ", "INIT PARTICLE 1/50 : ", "nan",
]  # fmt: skip
SETTINGS = settings(max_examples=120)


def read_own(text: str) -> None:
    for rule in parse_file(text):
        assert parse_file(str(rule)) == [rule]


def read_authors(text: str) -> None:
    rule = parse_authors(text)
    assert parse_authors(print_authors(rule)) == rule


def read_log(text: str) -> None:
    for numbered in read_authors_lines(text):
        assert 1 <= numbered.line <= text.count("\n") + 1
        assert parse_authors(print_authors(numbered.rule)) == numbered.rule


READERS = pytest.mark.parametrize("read", [read_own, read_authors, read_log])


def check(read: Callable[[str], None], text: str) -> None:
    try:
        read(text)
    except SourceError as error:
        assert str(error).isprintable()
        assert len(str(error)) < 500
        assert error.caret().count("\n") == 1
        assert 0 <= error.position <= len(text)


@st.composite
def damaged(draw: Any) -> str:
    """Return a valid text of either grammar with a few deletions, insertions and repetitions."""
    text: str = draw(st.sampled_from(OWN + AUTHORS))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 6)))
        middle = draw(st.sampled_from(["", text[start:end] * 2, *PIECES]) | st.text(max_size=3))
        text = text[:start] + middle + text[end:]
    return text


@READERS
@SETTINGS
@given(text=st.text(max_size=200))
def test_arbitrary_text(read: Callable[[str], None], text: str) -> None:
    check(read, text)


@READERS
@SETTINGS
@given(content=st.binary(max_size=300))
def test_arbitrary_bytes(read: Callable[[str], None], content: bytes) -> None:
    check(read, content.decode("latin-1"))


@READERS
@SETTINGS
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=30))
def test_words_of_the_grammars_in_any_order(read: Callable[[str], None], pieces: list[str]) -> None:
    check(read, "".join(pieces))
    check(read, "none ~ " + " ".join(pieces))
    check(read, "None ~ " + "".join(pieces))


@READERS
@SETTINGS
@given(text=damaged())
def test_damaged_rules(read: Callable[[str], None], text: str) -> None:
    check(read, text)
