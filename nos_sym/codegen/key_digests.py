"""How the keys of rendered files are found, and the table of those of the catalog.

``python -m nos_sym.codegen.key_digests`` writes the table.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from nos_sym import catalog
from nos_sym.algebra.families import family_key
from nos_sym.codegen.identity import DIGITS, TABLE, body_of, place_of
from nos_sym.errors import NosSymError, RuleError
from nos_sym.faces import faces, rule_of_face
from nos_sym.language.block import Assign, Block
from nos_sym.language.registry import apply
from nos_sym.language.rule import Rule, Schedule
from nos_sym.program.interpreter import Array
from nos_sym.program.lower import lower
from nos_sym.program.parameters import Parameters
from nos_sym.program.settings import with_implied_settings

VERSION = 1
"""Version of the definitions in this module; a change of them changes every key that files carry."""

_SHAPE, _STEPS = (3, 2), 3

_MOST_SETTINGS = 12
"""Settings that a form may have: what it takes grows with their third power, at 12 to half a second."""

_BY_TEXT = 0
"""In place of the version of the algebra in keys of rules that it takes too long for."""


@lru_cache(maxsize=1024)
def family(rule: Rule | Block | Schedule) -> str:
    """Return the key of a rule for all values of what a file takes for settings, with its version."""
    if isinstance(rule, Schedule):
        moved = apply("mul", apply("mul", apply("lr"), rule.factor), apply("g"))
        return _versioned(family_key(Block((Assign("w", apply("sub", apply("w"), moved)),))))
    try:
        if isinstance(rule, Rule) and not rule.settings:
            whole = replace(rule, update=with_implied_settings(rule.update))
            # Too many coefficients stay the numbers that they are.
            rule = whole if len(lower(whole).settings) <= _MOST_SETTINGS else rule
        if len(rule.settings) <= _MOST_SETTINGS:
            return _versioned(family_key(rule))
    except RuleError:  # a form, or the rule with its settings, is too large
        pass
    digest = blake2b(repr(body_of(rule)).encode(), digest_size=12).hexdigest()
    return _versioned(f"{_BY_TEXT}:{digest}")


def _versioned(key: str) -> str:
    version, _, digest = key.partition(":")
    return f"{version}.{VERSION}:{digest}"


def computed(rule: Rule | Block | Schedule, names: Mapping[str, str], *, ordered: bool) -> str:
    """Return the key that a file carries; see :func:`nos_sym.codegen.identity.carried_key`."""
    key = family(rule)
    return key if isinstance(rule, Schedule) else f"{key}-{_layout(rule, tuple(names.items()), ordered)}"


@lru_cache(maxsize=1024)
def _layout(rule: Rule | Block, names: tuple[tuple[str, str], ...], ordered: bool) -> str:
    """Return a digest of the states of a rule under their names, and of what its settings do.

    Numbers of one history are rounded to four digits, so that equal values have equal texts however they are
    computed, but where one of them lies within rounding of the middle between two texts.
    """
    known = dict(names)
    program = lower(rule)
    settings = {s.name: _generic(s.name, float(s.domain.low), float(s.domain.high)) for s in program.settings}
    try:
        run = Parameters(
            rule, [_SHAPE], total_steps=7, settings=settings, uniform=lambda draw, shape: _wave(draw)
        )
        weight = _wave(0.5)
        for step in range(_STEPS):
            [weight] = run.apply([weight], [_wave(step + 0.25)], 0.1, 0.6)
    except (ArithmeticError, NosSymError, ValueError):  # an operation that NumPy has not
        return "0" * DIGITS
    states = run.each[0].states
    rows = [(known.get(slot.name, slot.name), _digits(states[slot.old])) for slot in run.program.slots]
    text = repr((rows if ordered else sorted(rows), _digits(weight)))
    return blake2b(text.encode(), digest_size=DIGITS // 2).hexdigest()


def _wave(phase: float) -> Array:
    """Return entries of no special value."""
    return 0.5 + 0.4 * np.sin(phase * 2.3 + 1.7 * np.arange(6.0)).reshape(_SHAPE)


def _generic(name: str, low: float, high: float) -> float:
    """Return a number of a domain that depends on the name of a setting."""
    part = 0.3 + 0.4 * int.from_bytes(blake2b(name.encode(), digest_size=4).digest()) / 2**32
    if math.isfinite(low):
        return low + part * min(high - low, 1.0)
    return high - part if math.isfinite(high) else part


def _digits(values: Array) -> list[str]:
    return [f"{x:.4g}" if abs(x) > 1e-6 else "0" for x in np.ravel(values).tolist()]


def table() -> dict[str, str]:
    """Return the keys of all rules of the catalog, and of all files in place of a library's optimizer."""
    rows: dict[str, str] = {}
    for rule in catalog.entries():
        for ordered in (False, True):
            rows[place_of(rule, {}, ordered=ordered)] = computed(rule, {}, ordered=ordered)
    for face in faces():
        given = rule_of_face(face), face.states
        ordered = face.backend != "torch"
        rows[place_of(*given, ordered=ordered)] = computed(*given, ordered=ordered)
    return dict(sorted(rows.items()))


def main(path: Path) -> int:
    """Write the table and return how many rows it has."""
    rows = table()
    path.write_text(json.dumps(rows, indent=0) + "\n", encoding="utf-8")
    return len(rows)


if __name__ == "__main__":
    print(main(Path(__file__).with_name(TABLE)), "keys")
