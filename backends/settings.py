"""Settings of a rule in rendered files: how they are checked and what their documentation says."""

from __future__ import annotations

import math
import re

from nos_sym.errors import RenderError
from nos_sym.intervals.interval import Interval
from nos_sym.program.program import Program, Setting

_BETA = re.compile(r"beta[0-9]*\Z")


def is_beta(setting: Setting) -> bool:
    """Return whether a setting is named as the coefficient of an average: ``beta``, ``beta1``, ``beta2``."""
    return _BETA.match(setting.name) is not None


def condition(name: str, domain: Interval, *, finite: bool = False) -> str:
    """Return the check of a value against its domain, ``0 <= beta < 1``; NaN does not pass it.

    Where it is to be ``finite``, an infinite number does not pass either.
    """
    low, high = _end(domain.low), _end(domain.high)
    left, right = "<" if domain.low_open else "<=", "<" if domain.high_open else "<="
    if finite:
        low, left = (low, left) if low else ('-float("inf")', "<")
        high, right = (high, right) if high else ('float("inf")', "<")
    if low and high:
        return f"{low} {left} {name} {right} {high}"
    if low:
        return f"{name} {left.replace('<', '>')} {low}"
    return f"{name} {right} {high}" if high else f"{name} == {name}"


def outside(*domains: Interval, what: str = "in") -> str:
    """Return what an error says behind a value that lies in none of its domains, ``, not in [0, 1)``."""
    return f", not {what} {' and '.join(dict.fromkeys(map(str, domains)))}"


def description(setting: Setting) -> str:
    """Return what a setting is, in words."""
    if setting.description:
        return f"coefficient of {setting.description}"
    return f"setting of U, in {setting.domain}"


def check_names(program: Program, options: list[str]) -> None:
    """Raise :class:`RenderError` where a setting has the name of an option that the file has anyway."""
    for setting in program.settings:
        if setting.name in options:
            raise RenderError(
                f"the rendered file has an option '{setting.name}' of its own; rename the setting"
            )


def _end(value: float) -> str:
    if math.isinf(value):
        return ""
    return str(int(value)) if value == int(value) else repr(value)
