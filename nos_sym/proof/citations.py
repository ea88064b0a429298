"""What a link cites: entries of the table with their conditions, and what interval arithmetic shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from sympy.core.basic import Basic

from nos_sym.errors import quoted
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of
from nos_sym.language.registry import apply
from nos_sym.language.traversal import walk
from nos_sym.proof.cases import Equation
from nos_sym.proof.errors import Refused
from nos_sym.proof.format import Use
from nos_sym.proof.ranges import names_of, shared
from nos_sym.proof.reader import expression
from nos_sym.proof.shown import at_least_zero, at_most_one, never_zero
from nos_sym.proof.table import ENTRIES
from nos_sym.proof.zeros import roots

Put = Callable[[Basic], Basic]
"""What takes the place of an expression of a citation, as the start of a state for the state."""


def as_it_is(t: Basic) -> Basic:
    """Return an expression."""
    return t


_PLACEHOLDER = re.compile(r"\b[xyzcdkl]\b")


def cite(
    use: Use,
    facts: list[Basic],
    nonzero: list[Basic],
    equations: list[Equation],
    assumed: tuple[Basic, ...] = (),
    put: Put = as_it_is,
) -> None:
    """Add what a citation says to the facts and equations of a link.

    Args:
        use: the citation.
        facts: what is never negative.
        nonzero: what is never zero.
        equations: both sides of identities.
        assumed: what the link takes not to be zero, on which conditions may lean.
        put: what takes the place of an expression that is cited.

    Raises:
        Refused: it is not shown.
        SourceError: an expression that cannot be read.
    """
    values = dict(use.values)
    if use.name in ("nonneg", "nonzero"):
        if set(values) != {"x"}:
            raise Refused(f"{use.name} takes x")
        fact = put(expression(values["x"]))
        if use.name == "nonneg":
            shown, said, into = at_least_zero(fact), "negative", facts
        else:
            shown, said, into = not_zero(fact, assumed), "zero", nonzero
        if not shown:
            raise Refused(f"{quoted(values['x'], 80)} is not shown to be never {said}")
        into.append(fact)
        return
    left, right = instance(use.name, use.values, assumed, put)
    if ENTRIES[use.name].inequality:
        facts.append(apply("sub", left, right))
    else:
        equations.append((left, right))


def not_zero(t: Basic, assumed: tuple[Basic, ...]) -> bool:
    """Return whether an expression is shown to be zero nowhere but where something assumed is."""
    if never_zero(t):
        return True
    # A mask of dropout is zero beside the roots.
    return bool(assumed) and "drop" not in names_of(t) and all(_assumed(r, assumed) for r in roots(shared(t)))


def _assumed(root: Basic, assumed: tuple[Basic, ...]) -> bool:
    """Return whether one of the roots of what is assumed, or an average or maximum of what has one sign."""
    if any(root in roots(shared(a)) for a in assumed):
        return True
    if not isinstance(root, Node) or root.operation.name not in ("ema", "running_max"):
        return False
    return at_least_zero(root.operands[0]) and not_zero(root.operands[0], assumed)


@lru_cache(maxsize=4096)
def instance(
    name: str, values: tuple[tuple[str, str], ...], assumed: tuple[Basic, ...] = (), put: Put = as_it_is
) -> tuple[Node, Basic]:
    """Return both sides of an entry of the table with expressions for its placeholders.

    Raises:
        Refused: no such entry, other placeholders, or a condition that is not shown.
        SourceError: an expression that cannot be read.
    """
    entry = ENTRIES.get(name)
    if entry is None:
        raise Refused(f"there is no identity {quoted(name)}")
    texts = dict(values)
    used = sorted(set(_PLACEHOLDER.findall(entry.left + " " + entry.right)))
    if sorted(texts) != used:
        raise Refused(f"{name} takes {', '.join(used) or 'no values'}")
    terms = {k: put(expression(v)) for k, v in texts.items()}
    for k in {"k", "l"} & terms.keys():
        if isinstance(terms[k], Node) or not 0 <= terms[k] < 1:
            raise Refused(f"{name}: {k} is a coefficient of an average; expected a number from 0 to below 1")
    for condition in entry.conditions:
        if not _holds(condition, terms, assumed):
            raise Refused(f"{name}: '{condition}' is not shown")

    def side(text: str) -> Basic:
        written = _PLACEHOLDER.sub(lambda m: texts[m[0]] if m[0] in "kl" else f"({texts[m[0]]})", text)
        return put(expression(written))

    left = side(entry.left)
    if not isinstance(left, Node):
        raise Refused(f"{name}: the left side is a number")
    return left, side(entry.right)


def _holds(condition: str, terms: dict[str, Basic], assumed: tuple[Basic, ...]) -> bool:
    what, _, kind = condition.partition(" ")
    if kind == "constant":
        return kind_of(terms[what]) is Kind.NUMBER and all(n.operation.arity for n in walk(terms[what]))
    if kind == ">= 0":
        return at_least_zero(terms[what])
    if kind == "!= 0":
        return not_zero(terms[what], assumed)
    assert kind == "<= 1", condition
    return at_most_one(terms[what.strip("|")])
