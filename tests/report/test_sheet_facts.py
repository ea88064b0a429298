"""Lines of data sheets about well-known optimizers say what is known of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.sheet_catalog import use_small_catalog

import nos_sym
from nos_sym import catalog
from nos_sym.report.sheet.reflection import reflections
from nos_sym.report.sheet.sheet import Sheet
from nos_sym.report.sheet.subject import Subject

PAPER = [
    *(f"Opt{n}" for n in range(1, 11)),
    *("Opt41", "Opt42", "Opt61", "Opt71", "Opt81", "Opt91", "Opt101"),
]


@pytest.fixture(scope="module")
def explained() -> Iterator[dict[str, Sheet]]:
    with pytest.MonkeyPatch.context() as patch:
        use_small_catalog(patch)
        yield _Made()


class _Made(dict[str, Sheet]):
    def __missing__(self, name: str) -> Sheet:
        self[name] = nos_sym.explain(name)
        return self[name]


@pytest.mark.parametrize(
    ("name", "update"),
    [
        ("SGD", "g"),
        ("SGDMomentum", "g"),
        ("Nesterov", "g + momentum * g"),
        ("Adam", "g / (|g| + 1e-8)"),
        ("AdamTorch", "g / (|g| + 1e-8)"),
        ("AdamWTorch", "0.01 * w + g / (|g| + 1e-8)"),
        ("Lion", "sign(g)"),
        ("RMSProp", "g / (0.1 * |g| + 1e-8)"),
        ("AdagradTorch", "g / (|g| + 1e-10)"),
        ("Opt1", "g + softsign(clip(1e-5 * w, 1e-5 * w - g^2))"),
        ("Opt5", "[erfc(1)] g / clip(2, exp(g))"),
        ("Opt7", "0"),
        ("Opt91", "g * exp(arctan(g^2)) + momentum * (g * exp(arctan(g^2)))"),
    ],
)
def test_the_first_step_in_closed_form(explained: dict[str, Sheet], name: str, update: str) -> None:
    (line,) = explained[name].of("first_step")
    assert line.says[0] == update
    assert line.basis.value == "proved"


@pytest.mark.parametrize(
    ("name", "degree", "exact"),
    [
        ("SGD", "1", True),
        ("SGDMomentum", "1", True),
        ("Lion", "0", True),
        ("Opt6", "1", True),
        ("Adam", "0", False),
        ("AdamW", "0", False),
        ("RMSProp", "0", False),
        ("AdagradTorch", "0", False),
        ("LAMBOptax", "0", False),
        ("none ~ g^3", "3", True),
        ("none ~ sqrt(abs(g)) * sign(g)", "1/2", True),
        ("none ~ v_hat / s_hat", "-1", True),
    ],
)
def test_the_degree_in_the_gradient(explained: dict[str, Sheet], name: str, degree: str, exact: bool) -> None:
    (line,) = explained[name].of("degree")
    assert (line.data["degree"], line.data["exact"]) == (degree, exact)
    assert exact == (line.data["epsilons"] == [])


@pytest.mark.parametrize("name", ["Opt1", "Opt7", "Opt10", "none ~ g + 0.1 * g^2", "none ~ tanh(g)"])
def test_a_rule_without_a_degree_has_no_line(explained: dict[str, Sheet], name: str) -> None:
    assert explained[name].of("degree") == ()


def test_in_which_rules_of_the_paper_the_sign_of_a_weight_matters() -> None:
    matters = set()
    for name in PAPER:
        rule = catalog.entry(name)
        assert isinstance(rule, nos_sym.Rule)
        line = reflections(Subject(rule))[0]
        assert (line.key, line.basis.value) == ("odd_jointly", "proved")
        assert ("a history, by intervals" in line.shown_by) == (not line.data["odd"])
        matters |= set() if line.data["odd"] else {name}
    assert matters == {"Opt1", "Opt2", "Opt4", "Opt5", "Opt6", "Opt41", "Opt42", "Opt61"}


def test_decay_is_odd_with_the_weights_and_not_alone(explained: dict[str, Sheet]) -> None:
    sheet = explained["AdamW"]
    assert [line.data["odd"] for key in ("odd_jointly", "odd_in_gradient") for line in sheet.of(key)] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("Adam", "none"),
        ("AdamW", "decoupled"),
        ("AdamWTorch", "decoupled"),
        ("MuonTorch", "decoupled"),
        ("LAMBOptax", "coupled"),
        ("Opt6", "coupled"),
        ("none ~ [a1] (0.1 * w) + g", "decoupled"),
        ("{ w <- w - lr * (g + abs(g) * w) }", "multiple"),
        ("{ state m; m <- 0.9 * m + w; w <- w - lr * (g + m) }", "coupled"),
    ],
)
def test_the_use_of_the_weight(explained: dict[str, Sheet], name: str, use: str) -> None:
    assert explained[name].of("weight")[0].data["use"] == use


def test_a_decay_that_is_off_is_tried(explained: dict[str, Sheet]) -> None:
    off, on = explained["AdamTorch"].of("weight")
    assert (off.data["use"], on.data["use"]) == ("none", "coupled")
    assert on.data["states"] == ["exp_avg", "exp_avg_sq"]


@pytest.mark.parametrize(
    ("name", "tensors"), [("SGD", 0), ("SGDMomentum", 1), ("Adam", 2), ("AMSGrad", 3), ("SGDTorch", 0)]
)
def test_states_and_their_bytes(explained: dict[str, Sheet], name: str, tensors: int) -> None:
    (line,) = explained[name].of("states")
    assert line.data["bytes_per_weight"] == 4 * tensors


def test_operations_of_a_step(explained: dict[str, Sheet]) -> None:
    # SGD multiplies and subtracts, and moves weight, gradient and weight.
    (line,) = explained["SGD"].of("work")
    assert (line.data["operations"], line.data["functions"], line.data["bytes"]) == (2, 0, 12)


def test_what_happens_without_a_gradient(explained: dict[str, Sheet]) -> None:
    assert not explained["Adam"].of("never_hit")[0].data["moves"]
    assert explained["AdamW"].of("never_hit")[0].data["step"] == "w <- w - lr * (0.01 * w)"
    assert explained["SGD"].of("zero_gradient")[0].data["rests"]
    (line,) = explained["Adam"].of("zero_gradient")
    assert (line.basis.value, line.data["rests"]) == ("measured", False)


@pytest.mark.parametrize(
    ("name", "most"),
    [("Lion", 1.0), ("Opt7", 1.0), ("Adam", 7.2703), ("RMSProp", 10.0), ("AdagradTorch", 1.0)],
)
def test_the_bound_of_the_update(explained: dict[str, Sheet], name: str, most: float) -> None:
    (line,) = explained[name].of("bound")
    assert line.data["high"] == pytest.approx(most, rel=1e-4)
    assert line.data["low"] == -line.data["high"]


def test_what_has_no_bound_has_no_line(explained: dict[str, Sheet]) -> None:
    for name in ("SGD", "Opt1", "none ~ v_hat / sqrt(ema_hat(g^2, 0.8))"):
        assert explained[name].of("bound") == ()


def test_singular_points(explained: dict[str, Sheet]) -> None:
    assert explained["Adam"].of("singular_points")[0].data["guards"] == []
    assert len(explained["Opt4"].of("singular_points")[0].data["guards"]) == 1


def test_time_constants(explained: dict[str, Sheet]) -> None:
    first, second = explained["Adam"].of("time_constants")
    assert first.data["time_constant"] == pytest.approx(9.4912, rel=1e-4)
    assert second.data["time_constant"] == pytest.approx(999.5, rel=1e-4)
    assert explained["SGDMomentum"].of("time_constants")[0].data["factor"] == "momentum"


def test_the_schedule_that_leaves(explained: dict[str, Sheet]) -> None:
    (line,) = explained["Opt5"].of("schedule")
    assert line.data["core"] == "none ~ qhm(0.7) / min(2, exp(v_hat))"
    assert explained["Adam"].of("schedule") == ()


def test_entries_of_the_catalog(explained: dict[str, Sheet]) -> None:
    found = {(line.data["level"], line.data["settings"]): line for line in explained["AdamW"].of("catalog")}
    assert found["exact", "weight_decay 0"].data["entries"] == ["Adam", "AdamTorch"]
    (line,) = explained["Opt5"].of("catalog")
    assert (line.data["level"], line.data["entries"]) == ("schedule", ["Opt42"])
    (line,) = explained["none ~ 3 * g"].of("catalog")
    assert (line.data["level"], line.data["entries"]) == ("scale", ["SGD", "SGDTorch"])


@pytest.mark.parametrize(
    ("name", "nearest"), [("AdamW", "Adam"), ("LAMBOptax", "Adam"), ("Opt1", "Nesterov"), ("SGD", "Nesterov")]
)
def test_the_nearest_of_the_well_known(explained: dict[str, Sheet], name: str, nearest: str) -> None:
    (line,) = explained[name].of("most_like")
    assert line.basis.value == "measured" and name not in line.data["cosines"]
    assert max(line.data["cosines"], key=line.data["cosines"].__getitem__) == nearest


def test_every_line_says_what_shows_it(explained: dict[str, Sheet]) -> None:
    for name in ("Adam", "Opt4", "SGDTorch", catalog.entry("LAMBOptax").name):
        for line in explained[name].lines:
            assert line.says and all(line.says) and line.shown_by and line.title


def test_what_is_not_covered_is_left_out(explained: dict[str, Sheet]) -> None:
    # What the gradients of other parameters do, and which branch a shape takes, is not known.
    assert explained["DoGOptax"].of("never_hit") == ()
    assert explained["MuonOptax"].of("work") == ()
    # A dropout and a schedule are no linear recursion with constant coefficients.
    for text in ("none ~ drop(g, 0.5)", "none ~ [a1] g", "none ~ tanh(g)"):
        assert explained[text].of("stability") == ()
