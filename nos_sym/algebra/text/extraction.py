"""The text of a form: the cheapest of those tried whose form is the form itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial

from sympy.core.basic import Basic

from nos_sym.algebra.canonical import one_line_of
from nos_sym.algebra.kernel import Poly, as_number, scaled, workspace
from nos_sym.algebra.minimal import Minimal
from nos_sym.algebra.one_line import lacking
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text.atoms import terms_of
from nos_sym.algebra.text.branches import from_branches, has_repeated_signs
from nos_sym.algebra.text.cost import cost_of
from nos_sym.algebra.text.depth import depth
from nos_sym.algebra.text.effort import effort, is_spent, memo, outermost, refresh
from nos_sym.algebra.text.literal import literal
from nos_sym.algebra.text.nodes import exact_number, with_one_divisor
from nos_sym.algebra.text.of_signs import with_functions_of_signs
from nos_sym.algebra.text.products import assembled, improved
from nos_sym.algebra.text.recombining import recombined
from nos_sym.algebra.text.summing import sum_node
from nos_sym.algebra.text.sums import factor_of_sum, grouped
from nos_sym.algebra.text.terms import Terms
from nos_sym.algebra.text.words import word
from nos_sym.errors import RuleError
from nos_sym.language.block import Block
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Rule

DEPTH = 16
"""Most levels of a form that is searched for words; a deeper one is written as it is."""


def canonical_rule(rule: Rule | Block) -> Rule:
    """Return the rule whose update is the canonical form, written in the language; ascent becomes descent.

    Settings are numbers of the form, at their defaults. A block is written as the rule of one line that it
    is.

    Raises:
        RuleError: a block that is no rule of one line, and why; a recursion that no word says; or a form that
            is too large to be written.
    """
    found = one_line_of(rule)
    name = rule.name or "the block"
    if isinstance(found, Minimal):
        raise RuleError(
            f"{name} is no rule of one line: {lacking(found)}; key_of and compare take every block"
        )
    if _has_filter(found.update, set()):
        raise RuleError(
            f"{name} has a recursion that is no average and no difference, as a sum of all gradients; no "
            "word of one line says it; key_of and compare take it"
        )
    return Rule(found.momentum, as_update(found.update), name=rule.name, source=rule.source)


def _has_filter(p: Poly, seen: set[Poly]) -> bool:
    """Return whether a form holds a linear recursion that has no word."""
    if p in seen:
        return False
    seen.add(p)
    atoms = [a for m, _ in p.terms for a, _, _ in m.factors]
    return any(a.op == "filter" or any(_has_filter(x, seen) for x in a.args) for a in atoms)


def as_update(p: Poly) -> Basic:
    """Return an expression of the language with the given form that may stand where a tensor must be."""
    return _known("update", p, update)


def to_expression(p: Poly) -> Basic:
    """Return an expression of the language with the given form."""
    return _known("text", p, text)


def _known(kind: str, p: Poly, made: Callable[[Poly], Basic]) -> Basic:
    """Return the text of a form, from a table of those that were asked for."""
    texts = workspace().memo
    key = ("text", kind, p)
    if key not in texts:
        with effort():
            texts[key] = made(p)
    return texts[key]


def number_apart(p: Poly) -> tuple[Fraction, Basic]:
    """Return a form as a positive number times an expression, the one that is shorter without a number."""
    with effort():
        whole = text(p)
        c, m = factor_of_sum(terms_of(p))
        for apart in _tried(lambda: assembled(Fraction(1 if c > 0 else -1), m)):
            same = m and scaled(polynomial(apart), abs(c)).digest == p.digest
            if same and cost_of(apart) < cost_of(whole):
                return abs(c), apart
        return Fraction(1), whole


def update(p: Poly) -> Basic:
    """Return the text of a form where a tensor must be."""
    node = text(p)
    return apply("scale", node, number(1)) if p.scalar and not p.constant else node


def text(p: Poly) -> Basic:
    """Return the text of a form."""
    known = memo()
    key = ("text", p)
    if key not in known:
        # Where the search comes back to a form, it is written as it is.
        known[key] = None
        known[key] = _text(p)
    return known[key] or literal(p)


def _text(p: Poly) -> Basic:
    value = as_number(p)
    if value is not None:
        return exact_number(value)
    if is_spent() or depth(p) > DEPTH:
        return literal(p)
    with outermost() as is_whole:
        best = _shortest(p, None, _candidates(p))
        if is_whole and is_spent():
            # The whole product comes last, when the work is done on its factors.
            refresh()
            best = _shortest(p, best, _tried(lambda: improved(*factor_of_sum(terms_of(p)))))
        if best is None or has_repeated_signs(best):
            if is_whole:
                refresh()
            best = _shortest(p, best, from_branches(p))
    return literal(p) if best is None else best


def _shortest(p: Poly, best: Basic | None, candidates: Iterator[Basic]) -> Basic | None:
    """Return the cheapest expression that has the form, among those that are tried and the best so far."""
    for node in candidates:
        if (best is None or cost_of(node) < cost_of(best)) and polynomial(node).digest == p.digest:
            best = node
    return best


def _candidates(p: Poly) -> Iterator[Basic]:
    named = word(p)
    if named is not None:
        c, node = named
        if c == 1:
            yield node
            return
        yield from _tried(lambda: _multiple(c, node))
    for node in _tried(lambda: assembled(*factor_of_sum(terms_of(p)))):
        yield node
        joined = with_one_divisor(node)
        if joined != node:
            yield joined
    yield from with_functions_of_signs(p)
    if len(p.terms) > 1:
        for variant in recombined(terms_of(p)):
            yield from _tried(partial(_sum, variant))


def _sum(terms: Terms) -> Basic:
    return sum_node(grouped(terms))


def _multiple(c: Fraction, node: Basic) -> Basic:
    if c == -1:
        return apply("neg", node)
    return apply("mul", exact_number(c), node)


def _tried(made: Callable[[], Basic]) -> Iterator[Basic]:
    try:
        yield made()
    except RuleError:
        return
