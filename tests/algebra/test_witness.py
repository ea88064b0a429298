"""What a witness may be taken for: where the domain is cut, and which pasts are zero before it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pytest
from support.dummies import DUMMIES

from nos_sym.algebra.canonical import canonical
from nos_sym.algebra.kernel import (
    Atom,
    Poly,
    add,
    atom,
    base,
    constant,
    fresh_workspace,
    opaque,
    single,
)
from nos_sym.algebra.kernel.kinds import forget_facts, state_facts
from nos_sym.algebra.kernel.witness import cuts_of, varies, witnessed
from nos_sym.language.parser import parse

CUTS: list[tuple[str, list[str] | None]] = [
    ("g / (1 + w^2)", []),
    ("recip(g)", ["g"]),
    ("recip(1 + g)", ["1 + g"]),
    ("recip(w + [1 + p] g)", ["w + [1 + p] g"]),
    ("recip(ema(g, 0.9) - w)", ["ema(g, 0.9) - w"]),
    ("g / w + w / (1 + g)", ["w", "1 + g"]),
    # A function of the step is one number at a step.
    ("[recip(p)] g", []),
    ("recip([correction(0.9)] g^2 + [p] w^2)", ["g"]),
    # Never zero by their bounds.
    ("ln(2 + tanh(g))", []),
    ("recip(ln(2 + g^2))", []),
    ("recip(ln(0.5 + tanh(tanh(g) / 10)^2))", []),
    # Zero at an end of their bounds, or between.
    ("recip(exp(-g^2) - 1)", None),
    ("recip(tanh(g)^2 - 1 / 4)", None),
    # Zero with their argument.
    ("recip(tanh(g))", ["g"]),
    ("recip(ema(g^2, 0.9))", ["g"]),
    ("recip(ema(g^3, 0.9))", None),
    ("recip(ema(arctan(recip(g)), 0.9))", None),
    # Several parts of one sign.
    ("recip(ln(1 + g))", None),
    ("recip(g * w - 1)", None),
    ("recip(ema(g * w, 0.9) - 1)", None),
    ("recip(tanh(2 * g) - g)", None),
    ("recip(max(g, w))", None),
    # Terms of unknown signs.
    ("recip(g^3 - w)", None),
    ("recip(w^3 - g)", None),
]


@pytest.fixture(autouse=True)
def tables() -> Iterator[None]:
    with fresh_workspace(almost=True):
        yield


def form(text: str) -> Poly:
    return canonical(parse(f"none ~ {text}"))


@pytest.mark.parametrize(("text", "expected"), CUTS)
def test_the_domain_is_cut_by_affine_functions_or_nothing_is_claimed(
    text: str, expected: list[str] | None
) -> None:
    found = cuts_of(form(text))
    assert (found and set(found)) == (expected and set(map(only_factor, expected)))
    assert (found is None) == (expected is None)


def only_factor(text: str) -> Atom:
    _, common, rest = base(form(text))
    return rest or common.factors[0][0]


def averaged(p: Poly) -> Atom:
    """Return an average as it stands: the normal form has one product in each."""
    return atom("ema", (p,), Fraction(9, 10))


def test_a_number_varies_with_nothing() -> None:
    assert not varies(constant(1))
    assert varies(form("g"))


def test_every_term_must_be_zero_before_the_witness() -> None:
    # The average of 1 + g is the correction plus that of g: at the second step the sum is zero.
    rest = form("[correction(0.9)] 1 + ema(g, 0.9) + [0.19 - correction(0.9)] g")
    assert not witnessed(add(of(averaged(form("1 + g"))), -rest))


def test_what_is_averaged_must_start_at_zero_in_every_term() -> None:
    # g times the average of a 1 is zero at zero, and is another product where the steps before were not.
    old = single([*form("g").terms[0][0].factors, (averaged(constant(1)), 1, 0)])
    rest = form("ema([correction(0.9)] g, 0.9) + ema(w, 0.9) + [correction(0.9) - 0.19] g")
    assert not witnessed(add(of(averaged(add(form("w"), old))), -rest))


def test_a_state_of_unknown_recursion_has_no_zero_past() -> None:
    state_facts("dummy_total", analytic=True)
    try:
        unknown = opaque(DUMMIES["dummy_total"], [form("recip(g)")])
        assert not witnessed(add(form("3 * g"), tanh(unknown)))
    finally:
        forget_facts("dummy_total")


def of(a: Atom) -> Poly:
    return single([(a, 1, 1)])


def tanh(p: Poly) -> Poly:
    return of(atom("tanh", (p,)))
