"""Readers of what other programs and papers write: plain SymPy, tables of candidates, Unicode."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path

from nos_sym import catalog
from nos_sym.errors import NosSymError, SourceError
from nos_sym.language.parser import parse_file
from nos_sym.language.plain import print_plain
from nos_sym.language.plain_reader import parse_plain
from nos_sym.language.rule import Rule
from nos_sym.language.writing import plain_characters, with_line_ends
from nos_sym.targets.candidates import is_table, read_candidates
from support.fuzzed_readers import RULES, Reader, check_caret, check_message
from support.mutations import damaged_text
from support.random_rules import random_rule

_RNG = random.Random(12)
_ENTRIES = [catalog.entry(name) for name in catalog.names()]
_RULES = [entry for entry in _ENTRIES if isinstance(entry, Rule)] + [
    random_rule(_RNG, depth=3) for _ in range(40)
]
PLAIN = [print_plain(rule.update, simplify=_RNG.random() < 0.7) for rule in _RULES]
UNICODE = [
    "none \u223c g \u2212 w \u00b7 g\u00b2 \u00d7 \u221a(g) \u00f7 g\u207b\u00b9\u2070",
    "A(\u03b2\u2081=0.9, \u03b5=1e-8) = none ~ ema(g,\u00a0\u03b21)/(\u221as_hat\u2009+\u03b5)**2"
    ' from "\u2212\u00b2"\r',
    "none ~ g^-1 + g^(1/3) - (g**2)**0.2 * |w|^a1 + ema(g, 9/10) + qhm(7/10)\r\rB = none ~ g^(2/3)",
]  # fmt: skip


def _csv(rng: random.Random) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=rng.choice(",;\t"))
    writer.writerow(["name", "rule", "loss"])
    for number, rule in enumerate(rng.sample(RULES, 3)):
        writer.writerow([f"R{number}", rule.replace("# comment", ""), rng.random()])
    return out.getvalue()


def _json(rng: random.Random) -> str:
    rows = [
        rng.choice(({"name": f"R{n}", "rule": str(rule), "loss": 1}, rule.to_json(), str(rule)))
        for n, rule in enumerate(rng.sample(_RULES, 3))
    ]
    return json.dumps(rows) if rng.random() < 0.5 else "\n".join(map(json.dumps, rows))


def _make_table(rng: random.Random) -> str:
    text = rng.choice((_csv, _json))(rng)
    return damaged_text(rng, text, [text, *RULES])


def _read_table(text: str, _: Path) -> None:
    is_table(text)
    errors: list[NosSymError] = []
    for syntax in ("csv", "json"):
        try:
            for _candidate, found in read_candidates(text, syntax):
                if isinstance(found, SourceError):
                    check_message(str(found))
                    check_caret(found.caret())
        except NosSymError as error:
            errors.append(error)
            check_message(str(error))
    if errors:
        raise errors[0]


def _read_plain(text: str, _: Path) -> None:
    for rule in parse_plain(text):
        assert parse_file(str(rule)) == [rule]


def _read_unicode(text: str, _: Path) -> None:
    assert len(plain_characters(text)) == len(with_line_ends(text)) == len(text)
    for rule in parse_file(text):
        assert parse_file(str(rule)) == [rule]


READERS = [
    Reader("sympy", lambda rng: damaged_text(rng, rng.choice(PLAIN), PLAIN), _read_plain),
    Reader("table", _make_table, _read_table),
    Reader("unicode", lambda rng: damaged_text(rng, rng.choice(UNICODE), [*UNICODE, *RULES]), _read_unicode),
]
"""Every reader of such text."""
