"""Powers with a sign, masks without entries, facts of shapes and steps that are read one by one, as terms."""

from __future__ import annotations

from nos_sym.language.kind import Kind
from nos_sym.lift.algebra_of_terms import Maker
from nos_sym.lift.facts import Facts
from nos_sym.lift.masks import mask_of, without_entries
from nos_sym.lift.path import Path, StateRecord
from nos_sym.lift.powers import Powers
from nos_sym.lift.printing import Printer
from nos_sym.lift.stages import staged
from nos_sym.lift.term import Term, Terms

TERMS = Terms()
MAKE = Maker(TERMS)
G, T, X, ROWS, COLS = (TERMS.leaf(n) for n in ("g", "t", "x", "rows", "cols"))
STEP = MAKE.add(T, MAKE.one)
ODD = "where(x < 0 and mod(t + 1, 2) == 1, -abspow(x, t + 1), abspow(x, t + 1))"


def _text(term: Term) -> str:
    return Printer({}, absolute=True).text(term)


def test_a_power_with_a_whole_exponent_has_its_sign() -> None:
    power = MAKE.apply("pow", X, STEP)
    assert _text(Powers(TERMS).signed(power)) == ODD
    assert Powers(TERMS, ("x",)).signed(power) is power
    assert _text(Powers(TERMS).signed(MAKE.sub(MAKE.one, power))) == f"1 - {ODD}"


def test_a_power_that_has_no_sign_stays() -> None:
    for base in (MAKE.square(X), MAKE.apply("abs", X), MAKE.add(T, MAKE.apply("sqrt", X)), MAKE.number(0.5)):
        power = MAKE.apply("pow", base, STEP)
        assert Powers(TERMS).signed(power) is power
    # No whole number: a negative base has no real power, and one of ``mod`` by a negative number may be one.
    for exponent in (MAKE.div(T, MAKE.number(3)), TERMS.leaf("p_value")):
        power = MAKE.apply("pow", X, exponent)
        assert Powers(TERMS).signed(power) is power
    assert Powers(TERMS).signed(MAKE.apply("pow", MAKE.apply("mod", T, X), T)).operation == "where"
    # A setting that counts in the original is whole.
    power = MAKE.apply("pow", X, MAKE.apply("mod", T, TERMS.leaf("count")))
    assert Powers(TERMS).signed(power) is power
    assert Powers(TERMS, whole=("count",)).signed(power).operation == "where"


def test_a_mask_without_entries_chooses_the_other_side() -> None:
    mask = MAKE.compared("less", X, MAKE.apply("abs", G))
    counted = MAKE.apply("sum", MAKE.where(mask, MAKE.one, MAKE.zero))
    condition = MAKE.compared("less", MAKE.zero, counted)
    assert mask_of(condition) is mask
    side = MAKE.apply("norm2", MAKE.where(mask, X, G))
    assert without_entries(lambda f: f(side), condition, TERMS) is MAKE.apply("norm2", G)
    for other in (
        MAKE.compared("less", MAKE.one, counted),
        MAKE.compared("less", MAKE.zero, MAKE.apply("sum", MAKE.where(mask, MAKE.zero, MAKE.one))),
        MAKE.compared("less", MAKE.zero, MAKE.apply("mean", MAKE.where(mask, MAKE.one, MAKE.zero))),
        MAKE.compared("less_equal", MAKE.zero, counted),
    ):
        assert mask_of(other) is None
        assert without_entries(lambda f: f(side), other, TERMS) is side


def test_sizes_of_a_shape_decide_what_follows_from_them() -> None:
    facts = Facts()
    one, two = MAKE.one, MAKE.number(2)
    total, product = MAKE.add(ROWS, COLS), MAKE.mul(ROWS, COLS)
    assert facts.implies(MAKE.compared("less", one, total)) is True
    assert facts.implies(MAKE.compared("less", total, two)) is False
    assert facts.implies(MAKE.compared("equal", total, one)) is False
    assert facts.implies(MAKE.compared("less_equal", one, product)) is True
    for open_ in (
        MAKE.compared("less", one, product),
        MAKE.compared("less", two, total),
        MAKE.compared("equal", total, two),
        MAKE.compared("less", one, MAKE.sub(ROWS, COLS)),
        MAKE.compared("less", one, MAKE.mul(MAKE.number(-1), ROWS)),
        MAKE.compared("less", one, MAKE.add(ROWS, X)),
    ):
        assert facts.implies(open_) is None


def _path(weight: Term, new: Term, before: Term) -> Path:
    zero = MAKE.zero
    states = (StateRecord("a", Kind.TENSOR, zero, new), StateRecord("b", Kind.TENSOR, zero, before))
    return Path((), weight, states, 2)


def test_steps_are_joined_where_what_is_not_there_yet_is_zero() -> None:
    a, b = TERMS.leaf("a"), TERMS.leaf("b")
    ages = {"a": 1, "b": 2}
    full = _path(MAKE.add(a, b), G, a)
    first, second = _path(MAKE.zero, G, MAKE.zero), _path(a, G, a)
    joined = staged([(0, [first]), (1, [second])], [full], TERMS, Facts(), ages)
    assert [p.decisions for p in joined] == [()]
    # A sum over fewer entries is joined; a mean over them is another number.
    other = _path(MAKE.div(a, MAKE.number(2)), G, a)
    parted = staged([(0, [first]), (1, [other])], [full], TERMS, Facts(), ages)
    assert [[(d.condition.operation, d.taken) for d in p.decisions] for p in parted] == [
        [("less", True)],
        [("less", False)],
    ]


def test_steps_that_are_each_another_have_conditions_one_after_the_other() -> None:
    a = TERMS.leaf("a")
    paths = [_path(MAKE.number(k), G, a) for k in (5, 6, 7)]
    found = staged([(0, [paths[0]]), (1, [paths[1]])], [paths[2]], TERMS, Facts(), {})
    texts = [
        [(d.condition.operation, d.condition.operands[1].value, d.taken) for d in p.decisions] for p in found
    ]
    assert texts == [
        [("equal", 0, True)],
        [("equal", 0, False), ("less", 2, True)],
        [("equal", 0, False), ("less", 2, False)],
    ]
