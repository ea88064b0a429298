"""Which entries of the table may help at a node: proposals for the search, checked by nothing here."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.errors import NosSymError
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import apply
from nos_sym.proof.format import Use
from nos_sym.proof.shown import at_least_zero
from nos_sym.proof.table import ENTRIES
from nos_sym.proof.zeros import exact

_ONE = Integer(1)
RISING = frozenset(name.removeprefix("max-") for name in ENTRIES if name.startswith("max-"))


def text(t: Basic) -> str:
    """Return an expression as text that stands for a placeholder."""
    return print_expression(t)


def is_decimal(value: Fraction) -> bool:
    """Return whether the language can write a number."""
    return 10**12 % value.denominator == 0 and abs(value) < 10**12


def use(name: str, **values: Basic | str) -> Use:
    """Return a citation."""
    return Use(name, tuple((k, v if isinstance(v, str) else text(v)) for k, v in values.items()))


def proposals(t: Node, names: frozenset[str]) -> Iterator[Use]:
    """Yield citations whose left side is a node.

    Args:
        t: the node.
        names: the operations that occur in what is to be proved equal.
    """
    name, a = t.operation.name, t.operands
    entry = ENTRIES.get(name)
    if entry is not None and entry.left in (name, f"{name}(x)") and name not in ("sigmoid",):
        yield use(name, **({"x": a[0]} if a else {}))
    if name == "sigmoid":
        yield use("sigmoid-exp" if "exp" in names else "sigmoid", x=a[0])
    if name == "tanh" and "exp" in names:
        yield use("tanh-exp", x=a[0])
    proposer = _BY_NAME.get(name)
    if proposer is not None:
        yield from proposer(t)


def _exp(t: Node) -> Iterator[Use]:
    (u,) = t.operands
    name = u.operation.name if isinstance(u, Node) else ""
    if exact(u) == 0:
        yield use("exp-zero")
    if name in ("add", "sub"):
        y = u.operands[1] if name == "add" else apply("neg", u.operands[1])
        yield use("exp-product", x=u.operands[0], y=y)
    if name == "ln":
        yield use("exp-ln", x=u.operands[0])
    for c, x in _multiple(u):
        yield use("exp-scale", c=c, x=x)


def _ln(t: Node) -> Iterator[Use]:
    (u,) = t.operands
    if exact(u) == 1:
        yield use("ln-one")
    if not isinstance(u, Node):
        return
    name, a = u.operation.name, u.operands
    if name == "exp":
        yield use("ln-exp", x=a[0])
    elif name in ("mul", "scale"):
        yield use("ln-product", x=a[0], y=a[1])
    elif name == "div":
        yield use("ln-product", x=a[0], y=apply("recip", a[1]))
        if exact(a[0]) == 1:
            yield use("ln-power", x=a[1], c="-1")
    elif name in ("recip", "sqrt"):
        yield use("ln-power", x=a[0], c="-1" if name == "recip" else "0.5")
    elif name == "pow":
        yield use("ln-power", x=a[0], c=decimal_text(u.parameters[0]))
    elif name == "abspow":
        yield use("ln-power", x=a[0], c=a[1])


def _abspow(t: Node) -> Iterator[Use]:
    if exact(t.operands[1]) is None:
        yield use("power-exp-ln", x=t.operands[0], y=t.operands[1])


def _cospi(t: Node) -> Iterator[Use]:
    (u,) = t.operands
    for value, name in ((0, "cos-zero"), (0.5, "cos-half"), (1, "cos-one")):
        if exact(u) == value:
            yield use(name)
    if isinstance(u, Node) and u.operation.name == "mul" and exact(u.operands[0]) == 2:
        yield use("cos-double", x=u.operands[1])
    elif exact(u) is None and isinstance(u, Node) and u.operation.name in ("mul", "add"):
        yield use("cos-double", x=f"({text(u)}) / 2")


def _ema(t: Node) -> Iterator[Use]:
    (u,) = t.operands
    if isinstance(t.parameters[0], Node):
        return
    k = decimal_text(t.parameters[0])
    if t.parameters[0] == 0:
        yield use("ema-beta-zero", x=u)
    if kind_of(u) is Kind.NUMBER:
        yield use("ema-constant", c=u, k=k)
        return
    for c, x, d, y in _linear(u):
        yield use("ema-linear", c=c, x=x, d=d, y=y, k=k)
    if isinstance(u, Node) and u.operation.name == "ema" and not isinstance(u.parameters[0], Node):
        yield use("ema-ema", x=u.operands[0], k=decimal_text(u.parameters[0]), l=k)
    if isinstance(u, Node) and u.operation.name == "delta":
        yield use("ema-delta", x=u.operands[0], k=k)


def _delta(t: Node) -> Iterator[Use]:
    for c, x, d, y in _linear(t.operands[0]):
        yield use("delta-linear", c=c, x=x, d=d, y=y)


def _correction(t: Node) -> Iterator[Use]:
    if t.parameters[0] == 0:
        yield use("correction-zero")


def _extremum(t: Node) -> Iterator[Use]:
    name, a = t.operation.name, t.operands
    other = "min" if name == "max" else "max"
    for u, z in ((a[0], a[1]), (a[1], a[0])):
        if not isinstance(u, Node):
            continue
        x, y = u.operands[0] if u.operands else u, u.operands[-1] if u.operands else u
        if u.operation.name == name:
            yield use(f"{name}-assoc", x=x, y=y, z=z)
            yield use(f"{name}-assoc", x=y, y=x, z=z)
        if u.operation.name == other:
            bound = z if name == "min" else apply("neg", z)
            yield use(f"{name}-{other}", x=x, y=bound)
            yield use(f"{name}-{other}", x=y, y=bound)
        if u.operation.name in RISING and isinstance(z, Node) and z.operation.name == u.operation.name:
            yield use(f"{name}-{u.operation.name}", x=x, y=z.operands[0])


def _running_max(t: Node) -> Iterator[Use]:
    (u,) = t.operands
    if kind_of(u) is Kind.NUMBER:
        yield use("running-max-constant", c=u)
        return
    negative = apply("neg", u)
    if at_least_zero(negative):
        yield use("running-max-nonpositive", x=negative)
    for c, x in _multiple(u):
        yield use("running-max-scale", c=c, x=x)
    if not isinstance(u, Node):
        return
    name, a = u.operation.name, u.operands
    if name == "running_max":
        yield use("running-max-idempotent", x=a[0])
    if name == "max":
        for x, z in ((a[0], a[1]), (a[1], a[0])):
            if exact(z) == 0:
                yield use("running-max-positive-part", x=x)
    if name == "pow" and u.parameters[0] in (2, 3):
        yield use("running-max-square" if u.parameters[0] == 2 else "running-max-cube", x=a[0])
    if name == "sqrt":
        yield use("running-max-root", x=a[0])
    if f"running-max-{name}" in ENTRIES and len(a) == 1:
        yield use(f"running-max-{name}", x=a[0])


def _clip_norm(t: Node) -> Iterator[Use]:
    (u,) = t.operands
    if not isinstance(u, Node):
        return
    if u.operation.name == "clip_norm":
        yield use("norm-norm", x="1", y=u.operands[0])
    if u.operation.name in ("mul", "scale"):
        for x, n in ((u.operands[0], u.operands[1]), (u.operands[1], u.operands[0])):
            if isinstance(n, Node) and n.operation.name == "clip_norm":
                yield use("norm-norm", x=x, y=n.operands[0])


_BY_NAME = {
    "exp": _exp, "ln": _ln, "abspow": _abspow, "cospi": _cospi, "ema": _ema, "delta": _delta,
    "correction": _correction, "max": _extremum, "min": _extremum, "running_max": _running_max,
    "clip_norm": _clip_norm,
}  # fmt: skip


def _multiple(u: Basic) -> Iterator[tuple[Basic, Basic]]:
    """Yield a constant and the rest of a product of both."""
    if not isinstance(u, Node):
        return
    name, a = u.operation.name, u.operands
    if name == "neg":
        yield apply("neg", _ONE), a[0]
    elif name == "div" and kind_of(a[1]) is Kind.NUMBER:
        yield apply("div", _ONE, a[1]), a[0]
    elif name in ("mul", "scale"):
        for c, x in ((a[0], a[1]), (a[1], a[0])):
            if kind_of(c) is Kind.NUMBER and kind_of(x) is not Kind.NUMBER:
                yield c, x


def _linear(u: Basic) -> Iterator[tuple[Basic, Basic, Basic, Basic]]:
    """Yield c, x, d, y with u = c x + d y and c, d constant."""
    if not isinstance(u, Node):
        return
    name, a = u.operation.name, u.operands
    if name == "add":
        yield _ONE, a[0], _ONE, a[1]
    elif name == "sub":
        yield _ONE, a[0], apply("neg", _ONE), a[1]
    elif name == "wmean" and not isinstance(u.parameters[0], Node):
        yield u.parameters[0], a[0], 1 - u.parameters[0], a[1]
    for c, x in _multiple(u):
        yield c, x, Integer(0), Integer(0)


def safe(uses: Iterator[Use]) -> Iterator[Use]:
    """Yield citations, up to the first that cannot be written."""
    try:
        yield from uses
    except NosSymError:
        return
