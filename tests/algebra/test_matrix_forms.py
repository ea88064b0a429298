"""What the algebra knows of operations of matrices, against the interpreter, and what it must not say."""

from __future__ import annotations

import numpy as np
import pytest

from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.falsification.matrices import MATRICES
from nos_sym.algebra.kernel.bounds import bounds
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text import canonical_rule
from nos_sym.algebra.verdicts import Different, Equal
from nos_sym.intervals import interval as iv
from nos_sym.intervals.interval import Interval
from nos_sym.language.parser import parse, parse_rule
from nos_sym.language.registry import REGISTRY, number
from nos_sym.program.formula import formula_of
from nos_sym.program.interpreter import Interpreter
from nos_sym.program.ranges import range_of

EQUAL = [
    ("orth(-g)", "-orth(g)"),
    ("orth(w - g) + orth(g - w)", "0"),
    ("orth(g - g)", "0"),
    ("orth(g, b=-191/40, eps=1e-7)", "orth(g)"),
    ("orth(-2 * g, eps=0)", "-orth(g, eps=0)"),
    ("orth(g, steps=0, a=1)", "orth(g, steps=0)"),
    ("newton_schulz(-newton_schulz(orth(g, steps=0), 1.5, -0.5, 0), 1.5, -0.5, 0)",
     "-orth(g, steps=2, a=1.5, b=-0.5, c=0)"),
    ("newton_schulz(orth(g, steps=4))", "orth(g)"),
    ("orth_exact(3 * g)", "orth_exact(g)"),
    ("orth_flat(-2 * g, eps=0)", "-orth_flat(g, eps=0)"),
    ("newton_schulz_flat(orth_flat(-g, steps=4))", "-orth_flat(g)"),
    ("orth_exact([a1] g)", "[sign(a1)] orth_exact(g)"),
    ("orth_exact(norm2(w) * g)", "sign(norm2(w)) * orth_exact(g)"),
    ("orth(g) * orth(w)", "orth(-g) * orth(-w)"),
]  # fmt: skip
DIFFERENT = [
    ("orth(2 * g)", "orth(g)"),
    ("orth(g)", "orth(g, plus=1e-8)"),
    ("orth(g)", "orth(g, steps=4)"),
    ("orth(g)", "orth_exact(g)"),
    ("orth(g)", "orth_flat(g)"),
    ("newton_schulz(g)", "newton_schulz_flat(g)"),
    ("newton_schulz(orth_flat(g, steps=4))", "orth_flat(g)"),
    ("newton_schulz_flat(orth(g, steps=4))", "orth(g)"),
    ("newton_schulz(orth(g, steps=4), 1.5, -0.5, 0)", "orth(g)"),
    ("newton_schulz(2 * orth(g, steps=4))", "2 * orth(g)"),
    ("newton_schulz(2 * g)", "2 * newton_schulz(g)"),
    ("orth(abs(g))", "abs(orth(g))"),
    ("orth(sign(w) * g)", "sign(w) * orth(g)"),
    ("orth_exact(w * g)", "orth_exact(g)"),
    ("orth(g + w)", "orth(g) + orth(w)"),
    ("orth(orth(g))", "orth(g)"),
    ("orth(g) / orth(g)", "1"),
    ("orth_exact(norm2(w) * g)", "orth_exact(g)"),
]


def run(text: str, shape: tuple[int, ...], scale: float) -> np.ndarray:
    rng = np.random.default_rng(4)
    g, w = scale * rng.normal(size=shape), rng.normal(size=shape)
    interpreter = Interpreter(parse(f"none ~ {text}"), shape, total_steps=3)
    return np.stack([interpreter.update(g * (1 - step), w) for step in range(3)])


@pytest.mark.parametrize(("a", "b"), EQUAL)
def test_what_is_equal_is_equal_on_numbers(a: str, b: str) -> None:
    rules = [parse_rule(f"none ~ {text}") for text in (a, b)]
    assert isinstance(compare(*rules), Equal)
    assert key_of(canonical_rule(rules[0])) == key_of(rules[1])
    for shape in ((3, 2), (2, 3), (4,), (2, 2, 2)):
        for scale in (1.0, 1e-8, 1e6):
            x, y = (run(text, shape, scale) for text in (a, b))
            np.testing.assert_allclose(x, y, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_what_differs_is_not_called_equal(a: str, b: str) -> None:
    assert not isinstance(compare(parse(f"none ~ {a}"), parse(f"none ~ {b}")), Equal)


@pytest.mark.parametrize("other", ["orth(g, a=3.4)", "orth_exact(g)", "sign(g)", "newton_schulz(g)"])
def test_a_difference_is_found(other: str) -> None:
    assert isinstance(compare(parse("none ~ orth(g)"), parse(f"none ~ {other}")), Different)


def test_a_difference_of_matrices_is_found() -> None:
    rows = "g / max(sqrt(row_sum(g^2)), 1e-7)"
    a = parse(f"{{ w <- w - lr * orth({rows}, steps=0, eps=0) * sqrt(rows) }}")
    b = parse(f"{{ w <- w - lr * orth({rows}, steps=1, eps=0, a=1, b=0.001, c=0) * sqrt(rows) }}")
    assert isinstance(compare(a, b), Different)


def test_enclosures_hold_the_values() -> None:
    rng = np.random.default_rng(7)
    for shape in ((2, 3), (3, 2), (4,), (2, 2, 2), (1, 1)):
        x = rng.normal(size=shape)
        row = [Interval(float(v) - 1e-12, float(v) + 1e-12) for v in x.ravel()]
        for name, literals, given in (
            ("orth", (number(3),), (1e-7, 0.5, 3.4445, -4.775, 2.0315)),
            ("newton_schulz", (), (1.5, -0.5, 0.1)),
            ("orth_exact", (), ()),
            ("orth_flat", (number(3),), (1e-7, 0.5, 3.4445, -4.775, 2.0315)),
            ("newton_schulz_flat", (), (1.5, -0.5, 0.1)),
        ):
            found = MATRICES[name](row, shape, *literals, *map(iv.point, given))
            value = formula_of(name, literals)(x, *map(np.float64, given)).ravel()
            for interval, v in zip(found, value, strict=True):
                assert interval.low <= v <= interval.high
                assert name == "orth_exact" or interval.high - interval.low < 1e-6


@pytest.mark.parametrize(
    ("text", "coefficients", "steps"),
    [
        ("orth(g)", (3.4445, -4.775, 2.0315), 5),
        ("orth(g, steps=1, a=8.2872, b=-23.5959, c=17.3004)", (8.2872, -23.5959, 17.3004), 1),
        ("orth(g, steps=12, a=1.5, b=-0.5, c=0)", (1.5, -0.5, 0.0), 12),
        ("orth(g, steps=2, a=-2, b=3, c=-1.5)", (-2.0, 3.0, -1.5), 2),
        ("orth(g, steps=3, a=0, b=0, c=1.2)", (0.0, 0.0, 1.2), 3),
        ("orth(g, steps=0)", (0.0, 0.0, 0.0), 0),
        ("orth_exact(g)", (1.0, 0.0, 0.0), 0),
    ],
)
def test_entries_are_bounded(text: str, coefficients: tuple[float, ...], steps: int) -> None:
    a, b, c = coefficients
    s = np.linspace(0, 1, 200001)
    for _ in range(steps):
        s = a * s + b * s**3 + c * s**5
    largest = np.max(np.abs(s))
    expression = parse_rule(f"none ~ {text}").update
    high = range_of(expression).high
    assert largest <= high == -range_of(expression).low
    # The bound of each step starts from that of the one before, which the values need not reach together.
    assert high <= 1.6 * largest + 1e-9
    low, other = bounds(polynomial(expression))
    assert low == -other and other == pytest.approx(high)


def test_bounds_of_settings_hold_for_all_of_their_values() -> None:
    text = "X(a=1 in [-2, 2], b=0 in [-1, 1]) = none ~ orth(g, steps=2, a=a, b=b, c=0)"
    high = range_of(parse(text).update).high  # type: ignore[union-attr]
    assert 2 * 3 + 27 <= high <= 2 * 3 + 27.001
    assert range_of(parse_rule("none ~ orth(0 * w)").update) == Interval(0, 0)
    assert range_of(parse_rule("none ~ orth(g, a=100, b=100, c=100, steps=99)").update).high == np.inf


def test_the_records_say_that_they_are_odd() -> None:
    from nos_sym.language.operation import Parity

    for name in ("orth", "newton_schulz", "orth_exact", "orth_flat", "newton_schulz_flat"):
        assert REGISTRY[name].meaning.parity is Parity.ODD


def test_oddness_is_proved() -> None:
    pytest.importorskip("flint")
    import nos_sym

    for a, b in (
        ("orth(-g)", "-orth(g)"),
        ("orth_exact(g - w) * w", "-w * orth_exact(w - g)"),
        ("orth_flat(-g)", "-orth_flat(g)"),
    ):
        proof = nos_sym.prove(parse(f"none ~ {a}"), parse(f"none ~ {b}"))
        assert proof is not None and nos_sym.check_proof(str(proof))
    for a, b in (
        ("orth(-g)", "orth(g)"),
        ("orth(g)", "orth(w)"),
        ("orth(g)", "-orth_exact(-g)"),
        ("orth(g)", "orth_flat(g)"),
    ):
        assert nos_sym.prove(parse(f"none ~ {a}"), parse(f"none ~ {b}")) is None


@pytest.mark.parametrize(
    "text", ["sign(w) * orth(g)", "sign(g) * orth(3 * w, eps=0)", "sign(w) * newton_schulz(g)"]
)
def test_a_sign_beside_a_matrix_stays_there(text: str) -> None:
    """A sign goes into an odd function of each entry; the steps of a matrix are kept where that is tried."""
    rule = parse(f"none ~ {text}")
    written = canonical_rule(rule)
    assert key_of(written) == key_of(rule)
    assert key_of(parse(str(written))) == key_of(rule)
