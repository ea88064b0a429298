"""Exact decimals: a rational with a finite decimal expansion, written the shortest plain way."""

from __future__ import annotations

from sympy.core.numbers import Rational


def decimal_text(value: Rational) -> str:
    """Return the decimal text of a rational whose denominator divides a power of ten.

    Plain notation down to 0.001 and up to 999999, exponents beyond (``1e-05`` is written ``1e-5``).
    """
    p, q = int(value.p), int(value.q)
    places = 0
    scale = 1
    while (p * scale) % q:
        scale *= 10
        places += 1
    digits = str(abs(p) * scale // q)
    sign = "-" if p < 0 else ""
    stripped = digits.rstrip("0") or "0"
    exponent = len(digits) - len(stripped) - places  # value = stripped * 10**exponent
    if stripped == "0":
        return "0"
    point = len(stripped) + exponent  # position of the point, counted from the first digit
    if 0 < point <= 6:
        whole, fraction = stripped[:point].ljust(point, "0"), stripped[point:]
        return sign + (f"{whole}.{fraction}" if fraction else whole)
    if -2 <= point <= 0:
        return f"{sign}0.{'0' * -point}{stripped}"
    mantissa = stripped[0] + (f".{stripped[1:]}" if len(stripped) > 1 else "")
    return f"{sign}{mantissa}e{point - 1}"
