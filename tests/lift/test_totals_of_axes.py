"""What is added up over all parameters is by the axes of each, in every branch of the rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nos_sym.language.kind import Kind
from nos_sym.lift.algebra_of_terms import Maker
from nos_sym.lift.lifted import Lifted, LiftError
from nos_sym.lift.merging import merged
from nos_sym.lift.path import StateRecord
from nos_sym.lift.ranks import of_ranks
from nos_sym.lift.summing import roots_of, totals_in
from nos_sym.lift.term import Term, Terms
from nos_sym.lift.totals_of_ranks import leaves_in
from nos_sym.lift.trees import Leaf, Node, Tree
from nos_sym.program.parameters import Parameters

TERMS = Terms()
MAKE = Maker(TERMS)
G, W = TERMS.leaf("g"), TERMS.leaf("w")
SIGN = MAKE.apply("sign", G)
NORM = MAKE.apply("norm2", G)
ABS = MAKE.apply("abs", G)


def _total(x: Term) -> Term:
    return MAKE.apply("total", x)


def _rule(moved: Term, whole: Term, **states: StateRecord) -> Leaf:
    return Leaf(MAKE.sub(W, MAKE.div(moved, MAKE.add(MAKE.one, whole))), states)


def _sums(tree: Tree) -> list[set[Term]]:
    return [totals_in(*roots_of(leaf)) for leaf in leaves_in(tree)]


def _at_least(rank: int, x: Term, y: Term) -> Term:
    condition = TERMS.apply("less_equal", MAKE.number(rank), TERMS.leaf("rank"))
    return MAKE.where(condition, x, y)


def test_both_branches_have_one_sum_by_the_axes() -> None:
    ten = MAKE.mul(MAKE.number(10), _total(ABS))
    tree = of_ranks({2: _rule(SIGN, _total(MAKE.square(G))), 1: _rule(G, ten)}, MAKE)
    expected = _total(_at_least(2, MAKE.square(G), MAKE.mul(MAKE.number(10), ABS)))
    assert _sums(tree) == [{expected}, {expected}]


def test_rules_that_a_sum_alone_told_apart_are_one() -> None:
    rules: dict[int, Tree] = {2: _rule(G, _total(MAKE.square(G))), 1: _rule(G, _total(ABS))}
    assert _sums(of_ranks(rules, MAKE)) == [{_total(_at_least(2, MAKE.square(G), ABS))}]


def test_sums_of_sums_are_one() -> None:
    two = MAKE.sub(MAKE.sub(_total(ABS), _total(W)), MAKE.one)
    tree = of_ranks({2: _rule(SIGN, MAKE.sub(_total(G), MAKE.one)), 1: _rule(G, two)}, MAKE, None, merged)
    assert len(_sums(tree)[0]) == 1
    assert _sums(tree)[0] == _sums(tree)[1]


def test_norms_are_what_scalars_have_of_them() -> None:
    norms = _total(MAKE.div(NORM, TERMS.leaf("size")))
    rules = {2: _rule(SIGN, norms), 1: _rule(SIGN, norms), 0: _rule(G, _total(ABS))}
    assert _sums(of_ranks(rules, MAKE)) == [{norms}, {norms}]


def test_each_of_three_kinds_adds_its_own() -> None:
    rules = {
        4: _rule(SIGN, _total(SIGN)),
        2: _rule(G, _total(G)),
        1: _rule(W, _total(W)),
        0: _rule(W, _total(W)),
    }
    expected = _total(_at_least(3, SIGN, _at_least(2, G, W)))
    assert _sums(of_ranks(rules, MAKE)) == [{expected}] * 3


def test_a_state_of_matrices_alone_rests_elsewhere() -> None:
    m = TERMS.leaf("m")
    state = StateRecord("m", Kind.TENSOR, MAKE.zero, MAKE.add(m, G))
    rules = {2: _rule(m, _total(MAKE.add(m, G)), m=state), 1: _rule(G, _total(G))}
    tree = of_ranks(rules, MAKE)
    assert isinstance(tree, Node)
    assert isinstance(tree.no, Leaf)
    assert tree.no.states["m"].new is m


def test_a_state_of_two_kinds_is_refused() -> None:
    m = TERMS.leaf("m")
    row, whole = (StateRecord("m", kind, MAKE.zero, MAKE.add(m, m)) for kind in (Kind.ROW, Kind.TENSOR))
    rules: dict[int, Tree] = {2: _rule(SIGN, _total(m), m=row), 1: _rule(G, _total(MAKE.add(m, G)), m=whole)}
    with pytest.raises(LiftError, match="of another kind for matrices"):
        of_ranks(rules, MAKE)


def test_sums_in_other_places_are_refused() -> None:
    two = MAKE.mul(_total(ABS), MAKE.apply("sqrt", _total(W)))
    rules: dict[int, Tree] = {2: _rule(SIGN, _total(G)), 1: _rule(G, two)}
    with pytest.raises(LiftError, match="other places"):
        of_ranks(rules, MAKE)


_FILE = "tests/support/originals_of_sums.py"


def _lift(name: str) -> Lifted:
    from nos_sym.lift.lifting import lift

    return lift(f"{_FILE}:{name}", limit=300)


def _parted(found: Lifted, name: str) -> float:
    """Return how far the rule parts from the original, where gradients are so large that sums count."""
    torch = pytest.importorskip("torch")
    from nos_sym.lift.originals import original_of

    rng = np.random.default_rng(3)
    shapes: list[tuple[int, ...]] = [(3, 2), (4,), (), *([(2, 3, 2)] if name == "Deep" else [])]
    weights = [np.asarray(rng.normal(size=s)) for s in shapes]
    both = [torch.nn.Parameter(torch.tensor(w)) for w in weights]
    original: Any = original_of(f"{_FILE}:{name}").value
    optimizer = original(both)
    running = Parameters(found.rule, shapes, total_steps=4)
    worst = 0.0
    for scale in (1.0, 1e6, 1e7, 1e-2):
        row = [np.asarray(scale * rng.normal(size=s)) for s in shapes]
        for p, g in zip(both, row, strict=True):
            p.grad = torch.tensor(g)
        optimizer.step()
        weights = running.apply(weights, row, 0.05)
        worst = max(
            worst,
            *(
                float(np.max(np.abs(w - p.detach().numpy()) / np.maximum(np.abs(w), 1.0)))
                for w, p in zip(weights, both, strict=True)
            ),
        )
    return worst


@pytest.mark.parametrize(
    "name",
    ["Faint", *(pytest.param(n, marks=pytest.mark.heavy) for n in ("Deep", "Alike", "Kept", "Counting"))],
)
def test_sums_by_axes_are_followed(name: str) -> None:
    found = _lift(name)
    assert found.verification.verified, found.verification
    assert not any(c.special for c in found.conditions), found.conditions
    assert ("where(rank" in str(found.rule)) == (name != "Alike"), str(found.rule)
    assert _parted(found, name) < 1e-12, str(found.rule)


@pytest.mark.heavy
def test_a_phase_of_each_group_is_seen_by_gradients_of_other_sizes() -> None:
    pytest.importorskip("torch")
    found = _lift("Calming")
    assert any(c.text.startswith("there is one group") for c in found.conditions), found.conditions
