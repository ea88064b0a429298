"""Parameters of three axes and more: part of the rule, or said to be left out."""

from __future__ import annotations

import numpy as np
import pytest

from nos_sym.lift.algebra_of_terms import Maker
from nos_sym.lift.axes import SIZES, UnknownReduction
from nos_sym.lift.deep_axes import AS_ONE, EACH, DeepReductions
from nos_sym.lift.elsewhere import leaves_out_axes
from nos_sym.lift.printing import Printer
from nos_sym.lift.term import Terms
from nos_sym.program.formula import formula_of

pytest.importorskip("torch")

FILE = "tests/support/originals_of_kernels.py"
SHAPE = (2, 3, 5, 7)


def _check(name: str, says: str) -> None:
    from nos_sym.lift.lifting import lift

    found = lift(f"{FILE}:{name}", limit=100)
    assert found.verification.verified
    assert {len(s) for s in found.verification.shapes} >= {3, 4, 5}
    assert not leaves_out_axes(found.conditions)
    assert says in str(found.rule)


def test_kernels_that_are_flattened_are_lifted() -> None:
    _check("Flattened", "g - mean_rest(g)")


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Batched", "col_mean(rows_now)"),
        ("Channels", "sqrt(second_axis)"),
        ("Volumes", "size / (first_axis * second_axis)"),
    ],
)
def test_kernels_are_stepped_as_the_original_does(name: str, says: str) -> None:
    _check(name, says)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("name", "says"), [("RACS", "mean_first(g^2)"), ("Muon", "orth_flat("), ("SCION", "second_axis")]
)
def test_optimizers_of_kernels_are_lifted_whole(name: str, says: str) -> None:
    from nos_sym.lift.lifting import lift

    pytest.importorskip("pytorch_optimizer")
    found = lift(f"pytorch_optimizer:{name}", {"group.use_muon": True} if name == "Muon" else {})
    assert found.verification.verified
    assert says in str(found.rule)
    assert not any(c.special for c in found.conditions)


def test_what_no_rule_says_of_kernels_is_left_out() -> None:
    from nos_sym.lift.lifting import lift

    found = lift(f"{FILE}:Third", limit=100)
    assert found.verification.verified
    assert leaves_out_axes(found.conditions)


@pytest.mark.parametrize(("name", "left_out"), [("Stumbling", False), ("StumblingOtherwise", True)])
def test_parameters_without_axes_that_are_not_read_are_tried(name: str, left_out: bool) -> None:
    from nos_sym.lift.lifting import lift

    found = lift(f"{FILE}:{name}", limit=100)
    assert found.verification.verified
    said = [c for c in found.conditions if c.text.startswith("parameters without axes are ")]
    assert [c.special for c in said] == [left_out]
    assert "RuntimeError: output with shape []" in said[0].text or left_out


def test_reductions_are_those_of_numpy() -> None:
    """Over any axes, of what is the same along others."""
    terms = Terms()
    own = DeepReductions(Maker(terms), SHAPE)
    rng = np.random.default_rng(3)
    x = rng.normal(size=SHAPE)
    known = {"g": x, "size": x.size, "first_axis": 2, "second_axis": 3, "rows": 5, "cols": 7}
    checked = 0
    for kind in ("sum", "mean", "max"):
        for shape in (SHAPE, (2, 105), (6, 5, 7), (210,)):
            for dims in ([0], [1], [-1], [-2, -1], [0, 1], None):
                y = x.reshape(shape)
                axes = None if dims is None else tuple(d for d in dims if -len(shape) <= d < len(shape))
                if axes is not None and len(axes) < len(dims or ()):
                    continue
                try:
                    term = own.reduced(kind, terms.leaf("g"), shape, dims)
                except UnknownReduction:
                    continue
                wanted = np.broadcast_to(getattr(y, kind)(axis=axes, keepdims=True), shape).reshape(SHAPE)
                np.testing.assert_allclose(_value(term, known), wanted, err_msg=Printer({}).text(term))
                checked += 1
    assert checked > 25


def _value(term: object, known: dict[str, object]) -> np.ndarray:
    def visit(t: object) -> np.ndarray:
        operation, operands = t.operation, [visit(y) for y in t.operands]  # type: ignore[attr-defined]
        if operation == "name":
            return np.asarray(known[t.name], float)  # type: ignore[attr-defined]
        if operation in ("mul", "div"):
            return operands[0] * operands[1] if operation == "mul" else operands[0] / operands[1]
        return np.asarray(formula_of(operation, ())(np.broadcast_to(operands[0], SHAPE)))

    return np.broadcast_to(visit(term), SHAPE)


def test_the_matrices_of_a_step_are_known_by_their_sides() -> None:
    own = DeepReductions(Maker(Terms()), SHAPE)
    assert own.step_of((2, 105)) == own.step_of((105, 2)) == AS_ONE
    assert own.step_of((6, 5, 7)) == own.step_of((6, 7, 5)) == EACH
    for shape in ((6, 35), (30, 7), (10, 3, 7), (5, 7)):
        with pytest.raises(UnknownReduction):
            own.step_of(shape)


def test_sizes_say_which_axes_they_are() -> None:
    for sizes in SIZES:
        own = DeepReductions(Maker(Terms()), sizes[4])
        assert len([*own.products]) == 2 ** len(sizes[4])
