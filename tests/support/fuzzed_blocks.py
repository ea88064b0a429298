"""Blocks for the readers: soup of words, and blocks with words put in, taken out and exchanged."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

from nos_sym.algebra.canonical import key_of
from nos_sym.codegen.render import render
from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.language.block_printer import print_block
from nos_sym.language.json_form import rule_from_json
from nos_sym.language.parser import parse, parse_file
from support.fuzzed_readers import Reader
from support.random_blocks import random_block_text

_WORDS_OF_BLOCKS = """
{ } { } ; ; state state if else and or not where ( ) [ ] , = <- <- < <= > >= == != + - * / ^ ** ~ : | from in
m v w w g g lr t T p r a1 rank rows size momentum global total( row col scalar step 0 1 2 0.5 1e300 1e-300
(1/3) Foo( beta1=0.9 ema( ema_hat( delta( max( clip( norm2( mod( v_hat none momentum += := -> && || ! % @
. ' \\ $ // /* return for True inf _
\N{SUPERSCRIPT TWO} \N{LEFTWARDS ARROW} \N{GREEK SMALL LETTER BETA} \N{SQUARE ROOT}
"""
_WORDS = [*_WORDS_OF_BLOCKS.split(), "\n", "\r\n", "\t", '"x"', "# c\n"]
_PIECES = re.compile(r"\w+|<-|<=|>=|==|!=|\s+|.", re.DOTALL)


def _make(rng: random.Random) -> str:
    if rng.random() < 0.3:
        words = " ".join(rng.choice(_WORDS) for _ in range(rng.randint(1, 25)))
        return "{ " + words + rng.choice((" }", "", "; w <- w }"))
    pieces = _PIECES.findall(random_block_text(rng))
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        place, other = rng.randrange(len(pieces)), rng.randrange(len(pieces))
        change = rng.random()
        if change < 0.4:
            pieces[place] = rng.choice(_WORDS)
        elif change < 0.6:
            pieces.insert(place, rng.choice(_WORDS))
        elif change < 0.8:
            pieces[place], pieces[other] = pieces[other], pieces[place]
        elif len(pieces) > 1:
            del pieces[place]
    return "".join(pieces)


def _read(text: str, _: Path) -> None:
    for rule in parse_file(text):
        assert parse(str(rule)) == rule
        assert rule_from_json(json.loads(json.dumps(rule.to_json()))) == rule
        if not isinstance(rule, Block):
            continue
        shown = parse(print_block(rule, indent=4))
        assert isinstance(shown, Block) and shown == rule
        assert [state.name for state in shown.states] == [state.name for state in rule.states]
        assert str(rule.move).isprintable()
        key_of(rule)
        for backend in ("torch", "optax", "latex"):
            _render(rule, backend)


def _render(rule: Block, backend: str) -> None:
    try:
        compile(render(rule, backend, name="Made"), "made", "exec") if backend != "latex" else render(
            rule, backend
        )
    except NosSymError as error:
        assert str(error).isprintable()


READERS = [Reader("blocks", _make, _read)]
"""The reader of blocks."""
