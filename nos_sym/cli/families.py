"""``nos-sym equal --for-all``: whether two rules are one optimizer for all values of their settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nos_sym.cli.answers import DIFFERENT, EQUAL, UNKNOWN, counterexample_record
from nos_sym.cli.failures import InputError
from nos_sym.errors import RuleError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule

_PAIR = re.compile(r"A\.(\w+)=B\.(\w+)")


def read_pairs(texts: Iterable[str]) -> dict[str, str]:
    """Return settings of A to those of B.

    Raises:
        InputError: a text is no pair, or pairs a setting twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        match = _PAIR.fullmatch(text)
        if match is None:
            raise InputError(f"--with {quoted(text)}: expected a pair such as 'A.beta1=B.b1'")
        if match[1] in found:
            raise InputError(f"--with {quoted(text)}: A.{match[1]} is paired already; pair each with one")
        found[match[1]] = match[2]
    return found


def describe(a: Rule | Block, b: Rule | Block, pairs: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the record of a comparison."""
    from nos_sym.algebra.families import compare_families
    from nos_sym.algebra.verdicts import Different, Equal

    try:
        found = compare_families(a, b, pairs)
    except RuleError as error:
        raise InputError(str(error)) from None
    record: dict[str, Any] = {"level": "exact", "pairs": [list(pair) for pair in found.pairs]}
    if isinstance(found.verdict, Equal):
        return EQUAL, {"verdict": "equal", **record, "provable": False}
    if isinstance(found.verdict, Different):
        shown = counterexample_record(found.verdict.counterexample)
        return DIFFERENT, {
            "verdict": "different", **record, "values": dict(found.values), "counterexample": shown
        }  # fmt: skip
    return UNKNOWN, {"verdict": "unknown", **record}
