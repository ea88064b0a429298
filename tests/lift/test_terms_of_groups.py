"""Totals, first steps, branches of sums and counts, on terms alone."""

from __future__ import annotations

import pytest

from nos_sym.language.kind import Kind
from nos_sym.lift.algebra_of_terms import Maker, leaves_of
from nos_sym.lift.beginning import as_others
from nos_sym.lift.counting import with_count
from nos_sym.lift.facts import Facts
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.path import Decision, Path, StateRecord
from nos_sym.lift.summing import summed
from nos_sym.lift.term import Term, Terms
from nos_sym.lift.totals import of_one_entry, totals_of
from nos_sym.lift.trees import Leaf, Node, joined


def _made() -> tuple[Terms, Maker, Term, Term]:
    terms = Terms()
    return terms, Maker(terms), terms.leaf("g"), terms.leaf("g@")


def test_a_total_is_that_of_a_sum_of_both_and_of_differences() -> None:
    terms, make, own, other = _made()

    def change(x: Term) -> Term:
        return make.sub(make.apply("sum", make.square(x)), make.apply("sum", x))

    found = totals_of(terms)(make.add(change(own), change(other)))
    assert found is make.sub(make.apply("total", make.square(own)), make.apply("total", own))


def test_a_total_is_scaled_by_what_is_one_for_all() -> None:
    terms, make, own, other = _made()
    norm = make.apply("sqrt", make.apply("total", make.square(own)))
    both = [make.mul(norm, make.apply("sum", x)) for x in (own, other)]
    assert totals_of(terms)(make.add(*both)) is make.mul(norm, make.apply("total", own))
    own_norms = [make.mul(make.apply("norm2", x), make.apply("sum", x)) for x in (own, other)]
    each = make.apply("total", make.div(own_norms[0], terms.leaf("size")))
    assert totals_of(terms)(make.add(*own_norms)) is each


def test_products_of_two_parameters_are_no_total() -> None:
    terms, make, own, other = _made()
    both = make.add(make.mul(own, own), make.mul(own, other))
    assert "g@" in leaves_of(totals_of(terms, single=True)(both))


def test_parameters_of_one_entry_have_the_totals_of_tensors() -> None:
    terms, make, own, other = _made()
    sizes = make.add(terms.leaf("size"), terms.leaf("size@"))
    sums = make.add(make.apply("sum", make.apply("abs", own)), make.apply("sum", make.apply("abs", other)))
    found = of_one_entry(terms, totals_of(terms, single=True)(make.div(sums, sizes)))
    assert found is make.div(make.apply("total", make.apply("abs", own)), make.apply("total", make.one))
    squares = [make.square(make.apply("abs", x)) for x in (own, other)]
    assert totals_of(terms, single=True)(make.add(*squares)) is make.apply("total", make.square(own))
    alone = of_one_entry(terms, make.mul(make.apply("sum", own), terms.leaf("size")))
    assert alone is own


def test_a_long_chain_of_sums_is_looked_through_once() -> None:
    terms, make, own, other = _made()
    value, twin = own, other
    for _ in range(60):
        value, twin = (make.add(make.mul(x, make.add(x, make.one)), x) for x in (value, twin))
    found = totals_of(terms)(make.add(make.apply("sum", value), make.apply("sum", twin)))
    assert found is make.apply("total", value)


def _path(terms: Terms, weight: Term, new: Term, start: Term, *decisions: Decision) -> Path:
    return Path(decisions, weight, (StateRecord("s", Kind.TENSOR, start, new),), 1)


def test_a_first_step_is_one_of_the_others_at_the_starts_of_states() -> None:
    terms, make, own, _ = _made()
    w, s = terms.leaf("w"), terms.leaf("s")
    fresh = Decision(terms.apply("equal", s, make.zero), True, "here")
    later = [
        _path(terms, make.sub(w, own), own, make.zero, fresh),
        _path(terms, make.add(w, s), own, make.zero, Decision(fresh.condition, False, "here")),
    ]
    assert as_others([_path(terms, make.sub(w, own), own, make.zero, fresh)], later, Facts(), terms)
    assert not as_others([_path(terms, make.add(w, own), own, make.zero, fresh)], later, Facts(), terms)


@pytest.mark.parametrize("moves", [False, True])
def test_a_state_that_begins_with_the_weight_is_made_later_where_the_weight_stays(moves: bool) -> None:
    terms, make, own, _ = _made()
    w, s = terms.leaf("w"), terms.leaf("s")
    big = terms.apply("less", make.one, make.apply("norm2", own))
    sides = [Decision(big, taken, "here") for taken in (True, False)]
    idle = make.sub(w, own) if moves else w
    later = [_path(terms, make.sub(s, own), s, w, sides[0]), _path(terms, idle, s, w, sides[1])]
    first = [_path(terms, make.sub(w, own), w, w, sides[0]), Path((sides[1],), idle, (), 1)]
    assert as_others(first, later, Facts(), terms) is not moves


def _leaf(weight: Term) -> Leaf:
    return Leaf(weight, {})


def test_each_adds_to_a_total_what_its_own_answer_makes() -> None:
    _, make, own, _ = _made()
    big = make.terms.apply("less", make.one, make.apply("norm2", own))
    totals = [make.apply("total", x) for x in (own, make.square(own))]
    yes, no = summed(make, big, "here", *(_leaf(make.div(own, make.add(x, make.one))) for x in totals))
    wanted = make.apply("total", make.where(big, own, make.square(own)))
    assert yes.weight is no.weight is make.div(own, make.add(wanted, make.one))
    with pytest.raises(LiftError, match="each parameter answers for itself"):
        summed(make, big, "here", _leaf(totals[0]), _leaf(own))


def test_a_branch_of_sums_that_stays_a_branch_is_refused() -> None:
    _, make, own, _ = _made()
    small = make.terms.apply("less", make.terms.leaf("size"), make.number(3))
    sides = Leaf(own, {"s": StateRecord("s", Kind.TENSOR, make.zero, own)}), _leaf(own)
    with pytest.raises(LiftError, match="what they add up"):
        joined(Node(small, "here", *sides, True), make, lambda _: True)


def test_numbers_for_all_tensors_count_the_steps_by_themselves() -> None:
    _, make, own, _ = _made()
    t, d = make.terms.leaf("t"), make.terms.leaf("d")
    states = {"d": StateRecord("d", Kind.GLOBAL, make.one, make.add(d, t))}
    found = with_count(Leaf(make.mul(own, t), states), make, ["steps"])
    assert isinstance(found, Leaf) and "t" in leaves_of(found.weight)
    (count,) = found.states.keys() - {"d"}
    assert count != "steps" and found.states[count].kind is Kind.GLOBAL
    assert found.states["d"].new is make.add(d, make.terms.leaf(count))
    kept = Leaf(own, {"d": StateRecord("d", Kind.GLOBAL, make.one, make.add(d, make.one))})
    assert with_count(kept, make, ()) is kept


def test_weights_read_a_number_for_all_tensors_as_it_counts_the_steps() -> None:
    _, make, own, _ = _made()
    g, t, d = (make.terms.leaf(n) for n in "gtd")
    sum_of = make.apply("total", g)
    begun = make.terms.apply("equal", t, make.zero)
    moved = make.where(begun, sum_of, make.add(d, sum_of))
    states = {"d": StateRecord("d", Kind.GLOBAL, make.zero, moved)}
    found = with_count(Leaf(make.mul(own, moved), states), make, ())
    assert isinstance(found, Leaf) and "t" not in leaves_of(found.weight)
    assert found.weight is make.mul(own, found.states["d"].new)


def test_there_is_at_least_one_entry() -> None:
    _, make, *_ = _made()
    for count in (make.terms.leaf("size"), make.apply("total", make.one)):
        assert Facts().implies(make.terms.apply("equal", count, make.zero)) is False
        assert Facts().implies(make.terms.apply("less", make.zero, count)) is True
        assert Facts().implies(make.terms.apply("less", make.number(2), count)) is None
