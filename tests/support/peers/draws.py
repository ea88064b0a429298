"""The values of an original's arguments at which it is compared: its defaults, and two other draws."""

from __future__ import annotations

import random
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from nos_sym.faces import Argument, Default, Face, Use, rule_of_face
from nos_sym.intervals.interval import Interval
from nos_sym.language.setting import setting_domain, setting_name
from support.peers.problem import RATE

Draw = dict[str, Default]
"""Arguments of the original by name, the learning rate always among them."""

_FOLDER = Path(__file__).parents[2] / "data" / "peers"


@lru_cache(maxsize=1)
def _written() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(_FOLDER.glob("draws*.toml")):
        found |= tomllib.loads(path.read_text(encoding="utf-8"))
    return found


def draws_of(face: Face) -> list[Draw]:
    """Return the draws of a face; files ``draws*.toml`` have those that chance does not suit.

    The second one has zeros where they are legal.
    """
    if str(face) in _written():
        return [_literal(draw) for draw in _written()[str(face)]]
    rng = random.Random(str(face))
    domains = {setting_name(node): setting_domain(node) for node in rule_of_face(face).settings}
    return [_draw(face, rng, domains, zeros) for zeros in (None, 0.0, 0.5)]


def _literal(draw: dict[str, Any]) -> Draw:
    values = {name: tuple(x) if isinstance(x, list) else x for name, x in draw.items()}
    return {name: None if x == "None" else x for name, x in values.items()}


def _draw(face: Face, rng: random.Random, domains: dict[str, Interval], zeros: float | None) -> Draw:
    """Return one draw; ``zeros`` is how often a setting is zero, and ``None`` stands for the defaults."""
    found: Draw = {}
    for argument in face.arguments:
        if argument.use is Use.RATE:
            usual = RATE if argument.required or argument.default is None else argument.default
            assert isinstance(usual, int | float)
            found[argument.name] = usual if zeros is None else round(usual * rng.uniform(0.3, 1.5), 4)
        elif argument.use is Use.ONLY and argument.name in face.flags:
            found[argument.name] = argument.default
        elif argument.use is Use.SETTINGS and zeros is not None:
            found[argument.name] = _drawn(argument, rng, domains, zeros)
    return found


def _drawn(argument: Argument, rng: random.Random, domains: dict[str, Interval], zeros: float) -> Default:
    defaults = argument.default if isinstance(argument.default, tuple) else (argument.default,)
    values = [
        _number(rng, domains[name], default, zeros)
        for name, default in zip(argument.settings, defaults, strict=True)
    ]
    return tuple(values) if len(values) > 1 or isinstance(argument.default, tuple) else values[0]


def _number(rng: random.Random, domain: Interval, default: object, zeros: float) -> float:
    chance, unit, factor = rng.random(), rng.uniform(0.3, 0.95), rng.uniform(0.5, 2)
    if isinstance(default, bool) or not isinstance(default, int | float):
        default = 0.0
    if chance < zeros and 0.0 in domain:
        return 0.0
    if domain.low == 0 and domain.high == 1:
        return round(unit, 3)
    if isinstance(default, int) and default > 1:
        return max(1, round(default * factor))
    value = float(f"{default * factor if default else 0.05 * factor:.3g}")
    return min(max(value, domain.low), domain.high)
