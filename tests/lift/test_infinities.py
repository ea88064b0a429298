"""Infinities that bind nothing vanish from terms; those that would be read stay, and cannot be written."""

from __future__ import annotations

import pytest

from nos_sym.lift.algebra_of_terms import Maker
from nos_sym.lift.facts import Facts
from nos_sym.lift.infinities import infinity
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.path import Path
from nos_sym.lift.term import Terms
from nos_sym.lift.writing import block_of


def test_an_infinity_binds_nothing() -> None:
    terms = Terms()
    make, x = Maker(terms), terms.leaf("x")
    high, low = infinity(terms, float("inf")), infinity(terms, float("-inf"))
    assert make.apply("min", x, high) is x
    assert make.apply("max", low, x) is x
    assert make.apply("max", x, high) is high
    assert make.compared("less", x, high) is make.one
    assert make.compared("less", high, x) is make.zero
    assert make.compared("greater", x, low) is make.one
    assert make.compared("equal", x, high) is make.zero


def test_a_divisor_that_is_infinite_where_it_would_be_0_makes_0() -> None:
    terms = Terms()
    make, x, y = Maker(terms), terms.leaf("x"), terms.leaf("y")
    size = make.where(make.compared("equal", y, make.zero), infinity(terms, float("inf")), y)
    assert make.div(x, size) is make.div(x, y)
    # Two infinities have no quotient, and none is less than the other.
    assert make.div(size, size).operation == "div"
    assert make.compared("less", size, infinity(terms, float("inf"))).operation == "less"


def test_an_infinity_that_is_read_cannot_be_written() -> None:
    terms = Terms()
    weight = Maker(terms).add(terms.leaf("w"), infinity(terms, float("inf")))
    with pytest.raises(LiftError, match="makes a number that is infinite"):
        block_of([Path((), weight, (), 1)], [], terms, Facts())
