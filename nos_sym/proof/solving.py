"""Worlds in which given expressions are zero.

A sum is solved for a leaf, an average or another state that stands in it once, with a coefficient that is
never zero: then its zeros are a graph over everything else, and each is met. What cannot be solved so is
replaced by 0 at each expression that has its value, which leaves more freedom than there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.language.node import Node
from nos_sym.proof.errors import Refused
from nos_sym.proof.leaves import is_leaf
from nos_sym.proof.shown import never_zero
from nos_sym.proof.worlds import Value, World, is_wide, parts
from nos_sym.proof.zeros import exact

Saturate = Callable[[World], None]

_ROUNDS = 6
_LEAVES = frozenset(("g", "w", "p", "r", "remaining", "lr", "momentum", "t", "T"))


def make_zero(world: World, zeros: Sequence[Basic], saturate: Saturate) -> None:
    """Change a world so that expressions are zero in it.

    Args:
        world: the world.
        zeros: what is to be zero.
        saturate: gives functions the values that identities say, after a change.

    Raises:
        Refused: what is made zero later makes the earlier anew.
    """
    for t in zeros:
        _solve(world, t, saturate)
    for _ in range(_ROUNDS):
        left = [v for t in zeros if (v := world.value(t))]
        if not left:
            return
        for v in left:
            world.replace_by_zero(v)
        saturate(world)
    raise Refused("a case of zeros cannot be drawn; cut the link into several")


def _solve(world: World, t: Basic, saturate: Saturate) -> None:
    """Choose a value of which an expression is a linear function so that the expression is zero."""
    if not world.value(t):
        return
    for atom, coefficient in _linear(world, t, 1):
        a = world.value(atom)
        before = dict(world.moved)
        if not a or a in before:
            continue
        if _occurrences(t, atom) != 1:
            total = _constant(t, atom)
            if not total:
                continue
            coefficient = total.numerator * pow(total.denominator, -1, world.p) % world.p
        world.moved[a] = (a + 1) % world.p
        v = _value(world, t, before, saturate)
        saturate(world)
        if (world.value(t) - v - coefficient) % world.p == 0:
            world.moved[a] = (a - v * world.reciprocal(coefficient)) % world.p
            saturate(world)
            if world.value(t) == 0:
                return
        world.moved = before
        saturate(world)


def _value(world: World, t: Basic, moved: dict[Value, Value], saturate: Saturate) -> Value:
    now, world.moved = world.moved, moved
    saturate(world)
    v = world.value(t)
    world.moved = now
    return v


def _linear(world: World, t: Basic, coefficient: Value) -> Iterator[tuple[Node, Value]]:
    """Yield values that a sum depends on linearly, each with a coefficient that is never zero."""
    if not isinstance(t, Node):
        return
    name, a, p = t.operation.name, t.operands, world.p
    if name in _LEAVES or is_wide(t) or is_leaf(t):
        yield t, coefficient % p
    elif name == "ema_hat":
        average, correction = parts(t)
        yield average, coefficient * world.reciprocal(world.value(correction)) % p
    elif name in ("add", "sub"):
        yield from _linear(world, a[0], coefficient)
        yield from _linear(world, a[1], coefficient if name == "add" else -coefficient)
    elif name in ("neg", "id"):
        yield from _linear(world, a[0], -coefficient if name == "neg" else coefficient)
    elif name in ("mul", "scale"):
        for factor, rest in ((a[0], a[1]), (a[1], a[0])):
            if never_zero(factor):
                yield from _linear(world, rest, coefficient * world.value(factor))
    elif name == "div" and never_zero(a[1]):
        yield from _linear(world, a[0], coefficient * world.reciprocal(world.value(a[1])))
    elif name == "wmean" and not isinstance(t.parameters[0], Node):
        k = world.value(t.parameters[0])
        for rest, weight in ((a[0], k), (a[1], 1 - k)):
            if weight % p:
                yield from _linear(world, rest, coefficient * weight)


def _constant(t: Basic, atom: Node) -> Fraction | None:
    """Return the number by which an atom stands in a sum, wherever it does; nothing where it is no number."""
    if t == atom:
        return Fraction(1)
    if not isinstance(t, Node) or not _occurrences(t, atom):
        return Fraction(0)
    name, a = t.operation.name, t.operands
    if name in ("mul", "div"):
        first, second = exact(a[0]), exact(a[1])
        factor = (1 / second if second else second) if name == "div" else first if second is None else second
        part = _constant(a[0] if name == "div" or first is None else a[1], atom)
        return None if factor is None or part is None else factor * part
    if name not in ("add", "sub", "neg", "id"):
        return None
    found = [_constant(x, atom) for x in a]
    signs = (-1 if name == "neg" else 1, -1 if name == "sub" else 1)
    total = Fraction(0)
    for part, sign in zip(found, signs, strict=False):
        if part is None:
            return None
        total += sign * part
    return total


def _occurrences(t: Basic, atom: Node) -> int:
    if t == atom:
        return 1
    if not isinstance(t, Node):
        return 0
    operands = (parts(t)[0],) if t.operation.name == "ema_hat" else (*t.operands, *t.parameters)
    return sum(_occurrences(x, atom) for x in operands)
