"""What stands before the loops of a kernel: its types, the functions that the loops call, integer powers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

from nos_sym.backends.c.functions import called, definitions
from nos_sym.backends.c.lanes import in_numbers, texts

_POWER = re.compile(r"nos_power_(\d+)")


def prelude(body: list[str], *, lanes: bool) -> Iterator[str]:
    """Yield the C that stands before functions and that they need, with whole vectors or without."""
    plain = [in_numbers(text) for text in body]
    yield template("types")
    yield from _functions(plain)
    yield template("operations")
    exponents = sorted({int(n) for text in plain for n in _POWER.findall(text)})
    powers = {f"power_{exponent}": _power(exponent) for exponent in exponents}
    yield from powers.values()
    if lanes:
        yield template("lanes")
        yield texts(body, powers)


def template(name: str) -> str:
    """Return a text of C that every kernel holds."""
    return files("nos_sym.backends.c").joinpath("templates", f"{name}.c").read_text(encoding="utf-8").rstrip()


def _power(exponent: int) -> str:
    """Return the function of an integer power, by squaring: a loop would keep others from vectors."""
    lines, product = [], "1"
    for place, digit in enumerate(reversed(f"{exponent:b}")):
        if place:
            lines.append("x *= x;")
        if digit == "1":
            lines.append(
                f"{'real power' if product == '1' else 'power'} = {'x' if product == '1' else 'power * x'};"
            )
            product = "power"
    body = " ".join(lines) or "(void)x;"
    return f"static inline real nos_power_{exponent}(real x) {{ {body} return {product}; }}"


def _functions(body: list[str]) -> Iterator[str]:
    """Yield the special functions that are called, for float and double, and what chooses between them."""
    names = called(body)
    if names:
        yield definitions([x for name in names for x in (name, f"{name}f")]).rstrip()
        yield "\n".join(_choice(name) for name in names)


def _choice(name: str) -> str:
    given = "x, y" if name == "nos_pow" else "x"
    return f"#define {name}({given}) _Generic((x), float: {name}f, default: {name})({given})"
