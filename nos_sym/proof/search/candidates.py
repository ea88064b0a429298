"""What may be said of signs and zeros at a node, and how else it may be written: candidates for a search."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from itertools import combinations

from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.algebra.text import canonical_rule
from nos_sym.errors import NosSymError
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum, Rule
from nos_sym.language.traversal import walk
from nos_sym.proof.choices import difference
from nos_sym.proof.citations import Put, as_it_is, instance
from nos_sym.proof.format import Use
from nos_sym.proof.ranges import shared
from nos_sym.proof.reader import expression
from nos_sym.proof.search.proposals import safe, text, use
from nos_sym.proof.shown import at_least_zero, never_zero
from nos_sym.proof.table import ENTRIES
from nos_sym.proof.worlds import parts
from nos_sym.proof.zeros import exact

_ONE = Integer(1)
_MOST_DIVISORS = 4
_PLAIN = frozenset(("g", "w", "abs", "exp", "sqrt"))
_SPLIT = frozenset(("ema", "delta", "exp", "ln", "running_max", "clip_norm"))
"""Operations with identities for sums, products and multiples."""


def facts(t: Node) -> Iterator[Basic]:
    """Yield expressions whose sign may count at a node."""
    name, a = t.operation.name, t.operands
    if name in ("max", "min"):
        yield apply("sub", *a)
        # What the difference is where the signs of both differ.
        yield apply("add", apply("abs", a[0]), apply("abs", a[1]))
    elif name == "clip":
        yield apply("sub", apply("abs", a[1]), apply("abs", a[0]))
        yield from a
    elif name in ("less", "less_equal", "equal"):
        yield difference(t)
    elif name == "rdiv":
        yield apply("add", _ONE, apply("pow", a[1], exponent=2))
    elif name in ("abs", "sqrt", "sign", "ln", "abspow", "div", "recip", "pow", "cospi", *_ODD_OR_EVEN):
        yield from a[-1:] if name == "div" else a[:1]


_ODD_OR_EVEN = frozenset(
    ("tanh", "arctan", "arcsinh", "erf", "i1e", "softsign", "dsoft", "dtanh", "dsig", "clip_norm")
)


def inequalities(t: Node) -> Iterator[Use]:
    """Yield the inequalities of the table that speak of a node."""
    name = t.operation.name
    if f"{name}-below" in ENTRIES:
        yield use(f"{name}-below", x=t.operands[0])
    if name == "running_max":
        yield use("running-max-above", x=t.operands[0])
    if name == "exp":
        yield use("exp-above", x=t.operands[0])


def parts_of(t: Basic) -> Iterator[Basic]:
    """Yield an expression and the factors, terms and operands of which its sign may be made."""
    yield t
    if isinstance(t, Node) and t.operation.name in _COMPOUND:
        for x in t.operands:
            yield from parts_of(x)


_COMPOUND = frozenset(
    ("mul", "scale", "div", "neg", "id", "pow", "abs", "sqrt", "recip", "abspow", "sub", "add", "max", "min",
     "ema_hat", "rdiv")
)  # fmt: skip


def divisors(terms: Iterable[Basic]) -> Iterator[Basic]:
    """Yield products of factors that are never zero: a divisor, multiplied out, may be one."""
    found: dict[Node, None] = {}
    for node in dict.fromkeys(n for t in terms for n in walk(t)):
        if node.operation.name in ("div", "recip"):
            found |= dict.fromkeys(_never_zero_factors(node.operands[-1]))
        elif node.operation.name == "rdiv":
            found[apply("add", _ONE, apply("pow", node.operands[1], exponent=2))] = None
            # What is multiplied out has the square of the corrections in it.
            hats = [n for n in walk(node.operands[1]) if n.operation.name == "ema_hat"]
            found |= dict.fromkeys(apply("pow", parts(n)[1], exponent=2) for n in hats)
    for count in (1, 2, 3):
        for chosen in combinations(list(found)[:_MOST_DIVISORS], count):
            yield reduce(lambda x, y: apply("mul", x, y), chosen)


def _never_zero_factors(t: Basic) -> Iterator[Node]:
    if not isinstance(t, Node):
        return
    if t.operation.name in ("mul", "scale", "abs", "neg", "id"):
        for x in t.operands:
            yield from _never_zero_factors(x)
    elif never_zero(t):
        yield t


@dataclass(frozen=True, slots=True)
class Fact:
    """What is shown never to be negative, or never to be zero, and how it is cited."""

    use: Use
    term: Basic


def facts_of(terms: Iterable[Basic], put: Put = as_it_is) -> list[Fact]:
    """Return what is shown never to be negative of that whose sign counts in expressions."""
    found: dict[str, Fact] = {}
    for node in dict.fromkeys(n for t in terms for n in walk(t)):
        for candidate in facts(node):
            for written in dict.fromkeys((candidate, *_hint(candidate))):
                for part in dict.fromkeys(parts_of(written)):
                    _note_fact(part, found, put)
        for cited in safe(inequalities(node)):
            left, right = instance(cited.name, cited.values, (), put)
            found.setdefault(str(cited), Fact(cited, shared(apply("sub", left, right))))
    return list(found.values())


def _note_fact(part: Basic, found: dict[str, Fact], put: Put) -> None:
    if exact(part) == 0 or (isinstance(part, Node) and part.operation.name in _PLAIN):
        return
    for t in (part, apply("neg", part)):
        if at_least_zero(t):
            shown = text(t)
            with suppress(NosSymError):  # it may have no text
                if put(expression(shown)) == t:
                    found.setdefault(shown, Fact(Use("nonneg", (("x", shown),)), shared(t)))
            return


def writings(node: Node) -> Iterator[Node]:
    """Yield a node, and the same with its operand as the algebra writes it, of which sums are the point."""
    if node.operation.name == "ema_hat":
        node = parts(node)[0]
    yield node
    if node.operation.name in _SPLIT:
        for other in _hint(node.operands[0]):
            if other != node.operands[0]:
                yield node.func(other, *node.parameters)


def _hint(t: Basic) -> list[Basic]:
    """Return another writing of an expression, by the algebra."""
    try:
        if kind_of(t) is Kind.STEP:
            return [canonical_rule(Rule(Momentum.NONE, apply("scale", t, Integer(1)))).update]
        return [canonical_rule(Rule(Momentum.NONE, t)).update]
    except (NosSymError, RecursionError):
        return []
