"""One color for one optimizer, in every figure."""

from __future__ import annotations

import colorsys
import zlib

from nos_sym import catalog
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule

__all__ = ["color_of", "rgb", "shade"]

_GOLDEN = (5**0.5 - 1) / 2
_LIGHTNESS = (0.34, 0.46, 0.28)
_SATURATION = (0.85, 0.75, 0.60)
_OTHERS = 1009
"""Colors of rules that are not in the catalog begin here."""


def rgb(number: int) -> tuple[float, float, float]:
    """Return the color of a number: hues a golden section apart, so that those of neighbors are far apart.

    All have a contrast to white paper of 3 or more.
    """
    hue = (0.58 + number * _GOLDEN) % 1
    lightness = _LIGHTNESS[number % 3]
    while True:
        color = colorsys.hls_to_rgb(hue, lightness, _SATURATION[number % 3])
        if 1.05 / (_luminance(color) + 0.05) >= 3:
            return color
        lightness *= 0.95


def shade(place: float) -> tuple[float, float, float]:
    """Return a color of a sequence, from dark violet at 0 to green at 1.

    Luminance grows evenly with the place, so that the order is seen in gray too, up to a contrast to white
    paper of 3.
    """
    hue, wanted = 0.78 - 0.45 * place, 0.01 + 0.28 * place
    low, high = 0.0, 1.0
    for _ in range(30):
        lightness = (low + high) / 2
        if _luminance(colorsys.hls_to_rgb(hue, lightness, 0.8)) < wanted:
            low = lightness
        else:
            high = lightness
    return colorsys.hls_to_rgb(hue, low, 0.8)


def _luminance(color: tuple[float, float, float]) -> float:
    """Return the relative luminance of a color, as WCAG 2 has it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def color_of(rule: Rule | Block | Schedule) -> int:
    """Return the number of a rule's color.

    An entry of the catalog has that of its place there, so that neighbors differ; any other rule one of its
    text. The name of a rule that is not the catalog's says nothing.
    """
    names = catalog.names()
    if rule.name in names and catalog.entry(rule.name) == rule:
        return names.index(rule.name)
    text = str(rule.named("")) if not isinstance(rule, Block) else str(rule)
    return _OTHERS + zlib.crc32(text.encode()) % _OTHERS
