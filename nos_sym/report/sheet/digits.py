"""Exact numbers in the digits that people read."""

from __future__ import annotations

from fractions import Fraction


def digits(value: Fraction) -> str:
    """Return a number in six digits, or in all that a float has where six say another number."""
    short = f"{float(value):g}"
    return short if float(short) == float(value) else repr(float(value))


def part_text(part: Fraction) -> str:
    """Return a part below 1 in digits that do not round its distance from 1 away."""
    short = f"{float(part):g}"
    if abs(Fraction(short) - part) * 1000 <= 1 - part:
        return short
    return f"1 - {float(1 - part):g}"
