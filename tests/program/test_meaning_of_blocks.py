"""What a block means, a sentence of the language at a time, in numbers that are worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.harness import problem, run_backend, run_numpy

from nos_sym.algebra.canonical import key_of
from nos_sym.errors import RuleError, SourceError
from nos_sym.faces import faces
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.program.interpreter import Interpreter
from nos_sym.program.lower import lower
from nos_sym.program.parameters import Parameters


def moves(
    text: str, gradients: Sequence[float], weight: float = 0.0, rates: Sequence[float] = ()
) -> list[float]:
    """Return the weights of one number after each step."""
    running = Interpreter(parse(text), (1,), total_steps=10)
    found, w = [], np.array([weight])
    for g, lr in zip(gradients, rates or [1.0] * len(gradients), strict=True):
        w = running.apply(w, np.array([g]), lr)
        found.append(float(w[0]))
    return found


# Reads.


def test_a_read_is_the_nearest_assignment_above_or_what_the_step_before_left() -> None:
    assert moves("{ state m; w <- m; m <- m + g }", [1, 2, 3]) == [0, 1, 3]
    assert moves("{ state m; m <- m + g; w <- m }", [1, 2, 3]) == [1, 3, 6]
    assert moves("{ state m; m <- m + g; m <- 2 * m; w <- m }", [1, 2]) == [2, 8]


def test_the_weight_is_assigned_more_than_once() -> None:
    decay, then_step = "w <- w / 2", "w <- w - g"
    assert moves(f"{{ {decay}; {then_step} }}", [1, 1], 8) == [3, 0.5]
    assert moves(f"{{ {then_step}; {decay} }}", [1, 1], 8) == [3.5, 1.25]


def test_in_an_assignment_every_read_of_the_state_is_old() -> None:
    assert moves("{ state x = 1; x <- x + x * g + x; w <- x }", [3, 3]) == [5, 25]
    # Who needs both names the old one above.
    assert moves("{ state x = 1; q = x; x <- x + g; w <- x - q / 2 }", [3, 3]) == [3.5, 5]


# Starts.


def test_a_start_is_of_the_first_step_of_its_parameter_wherever_it_stands() -> None:
    above = "{ state a = g + 10 * w + 100 * lr; w <- w - g; w <- a }"
    below = "{ w <- w - g; state a = g + 10 * w + 100 * lr; w <- a }"
    assert moves(above, [1, 5], 2, [3, 4]) == moves(below, [1, 5], 2, [3, 4]) == [321, 321]
    assert parse(str(parse(below))) == parse(below) == parse(above)


def test_a_start_reads_settings() -> None:
    assert moves("A(eps=0.25) = { state a = 2 * eps; w <- a }", [1]) == [0.5]


@pytest.mark.parametrize("read", ["m", "u", "t", "T", "p", "a1", "ema(g, 0.9)"])
def test_a_start_reads_no_states_names_or_steps(read: str) -> None:
    with pytest.raises(SourceError, match="start"):
        parse(f"{{ state m; u = g; state n = {read}; w <- w - n - m - u }}")


@pytest.mark.timeout(300)  # of which most is the import of the frameworks, on a machine that does other work
@pytest.mark.parametrize("backend", ["torch", "optax", "keras"])
def test_where_states_are_made_before_there_is_a_gradient_the_first_step_makes_the_start(
    backend: str, tmp_path: Path
) -> None:
    rule = parse(
        "Started = { state a = g + w + lr, b: row = 2, c; c <- c + a; a <- a / 2; w <- w - lr * (c + b) }"
    )
    given = problem(4, 5, (3, 2))
    found = run_backend(backend, rule, given, tmp_path, "float64")
    np.testing.assert_allclose(found, run_numpy(rule, given), rtol=1e-12)


def test_a_kind_and_a_start_are_those_of_the_one_name_before_them() -> None:
    rule = parse("{ state a, b: row = 1, c; a <- a + 0; b <- b + 0; c <- c + 0; w <- w + a + b + c }")
    assert isinstance(rule, Block)
    assert [(s.kind.name, str(s.start)) for s in rule.states] == [
        ("TENSOR", "0"),
        ("ROW", "1"),
        ("TENSOR", "0"),
    ]


# Kinds and rows.


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("norm2(1)", math.sqrt(6)), ("norm1(2)", 12), ("sum(lr)", 3), ("mean(lr)", 0.5), ("rms(t + 2)", 2),
     ("norm_inf(-3)", 3), ("row_sum(1)", 2), ("col_sum(1)", 3), ("row_mean(lr)", 0.5),
     ("mean_rest(lr)", 0.5)],
)  # fmt: skip
def test_a_reduction_broadcasts_its_argument_first(value: str, wanted: float) -> None:
    moved = Interpreter(parse(f"{{ w <- {value} }}"), (3, 2)).apply(np.zeros((3, 2)), np.ones((3, 2)), 0.5)
    np.testing.assert_allclose(moved, np.full((3, 2), wanted), rtol=1e-14)


@pytest.mark.parametrize("kind", ["step", "scalar", "row", "col", "tensor"])
def test_a_kind_does_not_change_a_value(kind: str) -> None:
    text = "{{ state k{}; k <- k / 2 + lr; w <- w - g * k - sum(k) - norm2(k) }}"
    given = problem(4, 2, (3, 2))
    wanted = run_numpy(parse(text.format("")), given)
    found = run_numpy(parse(text.format("" if kind == "tensor" else f": {kind}")), given)
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


@pytest.mark.parametrize(
    ("shape", "wanted"), [((2, 3, 4), (2, 3, 1)), ((3, 4), (3, 1)), ((4,), (1,)), ((), ())]
)
def test_rows_have_one_number_each_leading_axes_stay_and_missing_ones_count_one(
    shape: tuple[int, ...], wanted: tuple[int, ...]
) -> None:
    running = Interpreter(parse("{ state r0: row; r0 <- r0 + row_sum(g); w <- w - r0 }"), shape)
    running.apply(np.zeros(shape), np.ones(shape), 1.0)
    (state,) = running.states.values()
    assert np.broadcast_shapes(np.shape(state), wanted) == wanted
    np.testing.assert_array_equal(np.broadcast_to(state, wanted), np.full(wanted, shape[-1] if shape else 1))


# where and if.


def test_where_chooses_a_value_and_never_whether_a_state_moves() -> None:
    assert moves("{ state m; m <- m + g; w <- where(t < 2, 0, m) }", [1, 2, 3]) == [0, 0, 6]
    average = [0, 0, 0.1 * (0.81 + 2 * 0.9 + 3)]
    np.testing.assert_allclose(moves("{ w <- where(t < 2, 0, ema(g, 0.9)) }", [1, 2, 3]), average, rtol=1e-14)


def test_what_a_choice_or_a_name_that_is_not_used_computes_does_not_count() -> None:
    assert moves("{ u = 1 / (g - g); w <- where(g == 0, exp(1e9), 2) }", [1]) == [2]


@pytest.mark.parametrize("beta2", [0.6, 0.999])
def test_rectified_adam_divides_by_zero_where_it_does_not_use_it(beta2: float) -> None:
    """At 0.6 ``rho_inf`` is 4, and ``rect``, which is not used there, has it less 4 for a divisor."""
    torch = pytest.importorskip("torch")
    text = f"""RAdam(beta1=0.9, beta2={beta2}, eps=1e-8) = {{
        state m, v; m <- beta1 * m + (1 - beta1) * g; v <- beta2 * v + (1 - beta2) * g^2
        rho_inf = 2 / (1 - beta2) - 1; rho = rho_inf - 2 * (t + 1) * beta2^(t + 1) / (1 - beta2^(t + 1))
        rect = sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))
        w <- w - lr * m / (1 - beta1^(t + 1))
            * where(rho > 5, rect * sqrt(1 - beta2^(t + 1)) / (sqrt(v) + eps), 1)
    }}"""
    parameter = torch.nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    original = torch.optim.RAdam([parameter], lr=0.1, betas=(0.9, beta2), eps=1e-8)
    running, w = Interpreter(parse(text), (2,)), np.array([1.0, -2.0])
    for step in range(9):
        g = np.array([math.sin(step + 1), 0.0])
        parameter.grad = torch.tensor(g)
        original.step()
        w = running.apply(w, g, 0.1)
        np.testing.assert_allclose(w, parameter.detach().numpy(), rtol=1e-9)


def test_branches_are_scopes_of_their_own() -> None:
    text = "{ if rank >= 2 { a = 1; u = a } else { a = 2; u = 10 * a }; w <- u }"
    assert Interpreter(parse(text), (1, 1)).apply(np.zeros((1, 1)), np.ones((1, 1)), 1.0).tolist() == [[1]]
    assert Interpreter(parse(text), (1,)).apply(np.zeros(1), np.ones(1), 1.0).tolist() == [20]
    for wrong in ("{ if rank >= 2 { a = 1 }; w <- a }", "{ if rank >= 2 { state s; s <- g }; w <- s }"):
        with pytest.raises(SourceError, match="unknown name"):
            parse(wrong)


# Names.


@pytest.mark.parametrize("function", ["ema({}, 0.9)", "delta({})", "running_max({})"])
def test_a_named_average_names_its_state(function: str) -> None:
    call = function.format("g")
    rule = parse(f"{{ mine = {call}; w <- w - lr * mine - {call} }}")
    assert [slot.name for slot in lower(rule).slots] == ["mine"]
    assert f"mine = {call}" in str(rule)
    assert [slot.name for slot in lower(parse(str(rule))).slots] == ["mine"]
    assert key_of(rule) == key_of(parse(f"{{ w <- w - lr * {call} - {call} }}"))


def test_of_a_corrected_average_the_value_is_named_and_not_the_state() -> None:
    assert [slot.name for slot in lower(parse("{ m = ema_hat(g, 0.8); w <- w - m }")).slots] == ["v"]
    both = parse("{ m_hat = ema_hat(g, 0.8); m = ema(g, 0.8); w <- w - m_hat - m }")
    assert [slot.name for slot in lower(both).slots] == ["m"]


def test_a_named_average_gives_way_to_a_state_of_that_name_in_another_branch() -> None:
    rule = parse(
        "{ if rank >= 2 { state m; m <- g; u = m } else { u = ema(g, 0.9) }; "
        "if rank == 0 { k = ema(w, 0.9) } else { k = ema(w, 0.8) }; w <- w - u - k }"
    )
    names = [slot.name for slot in lower(rule).slots]
    assert len(set(names)) == len(names) == 4


@pytest.mark.parametrize(
    "name", ["g", "w", "lr", "t", "T", "p", "r", "rows", "cols", "size", "rank", "tanh", "max"]
)
def test_what_has_a_meaning_everywhere_is_not_named_anew(name: str) -> None:
    for text in (f"{{ {name} = 2 * g; w <- w - g }}", f"{{ state {name}; {name} <- g; w <- w }}"):
        with pytest.raises(SourceError, match=f"'{name}' (has a meaning already|is a state; assign it)"):
            parse(text)


@pytest.mark.parametrize("name", ["v_hat", "s_hat", "lam_hat"])
def test_operands_of_the_paper_may_be_named_anew(name: str) -> None:
    assert moves(f"{{ {name} = 2 * g; w <- w - {name} }}", [1, 1]) == [-2, -4]
    assert moves(f"{{ state {name}; {name} <- {name} + g; w <- {name} }}", [1, 1]) == [1, 2]


# Sums over all parameters.


def test_a_total_is_of_the_parameters_that_have_a_gradient_at_the_step() -> None:
    several = Parameters(parse("{ m = 2 * g; w <- w - total(m) }"), [(2,), (1,)])
    both = several.apply([np.zeros(2), np.zeros(1)], [np.ones(2), np.array([5.0])], 1.0)
    assert [x.tolist() for x in both] == [[-14, -14], [-14]]
    alone = several.apply(both, [np.ones(2), None], 1.0)
    assert [x.tolist() for x in alone] == [[-18, -18], [-14]]


def test_what_stands_above_a_total_is_done_for_all_parameters_first() -> None:
    several = Parameters(parse("{ state m; m <- m + g; w <- w - total(m) }"), [(1,), (1,)])
    parts = [np.zeros(1), np.zeros(1)]
    for wanted in (-3, -9):
        parts = several.apply(parts, [np.ones(1), np.array([2.0])], 1.0)
        assert [x.tolist() for x in parts] == [[wanted], [wanted]]


# Settings and counts.


def test_a_setting_of_a_whole_default_may_be_a_fraction() -> None:
    """So that ``momentum=0`` may be 0.9, as in every library."""
    rule = parse("A(momentum=0) = { state m; m <- momentum * m + g; w <- w - m }")
    assert isinstance(rule, Block)
    half = Interpreter(rule.with_settings(momentum=0.5), (1,))
    assert half.apply(half.apply(np.zeros(1), np.ones(1), 1.0), np.ones(1), 1.0).tolist() == [-2.5]


def test_momentum_of_a_head_varies_and_a_setting_of_that_name_does_not() -> None:
    given = problem(4, 3, (2,))
    cycled = run_numpy(parse("{ state m; m <- momentum * m - lr * g; w <- w + m }"), given)
    np.testing.assert_allclose(cycled, run_numpy(parse("momentum ~ g"), given), rtol=1e-13)
    fixed = "{ state m; m <- 0.9 * m - lr * g; w <- w + m }"
    named = parse("A(momentum=0.9) = " + fixed.replace("0.9", "momentum"))
    np.testing.assert_allclose(run_numpy(named, given), run_numpy(parse(fixed), given), rtol=1e-13)
    assert not np.allclose(run_numpy(named, given), cycled)


def test_rules_of_one_line_have_settings_too() -> None:
    assert moves("A(gain=2) = none ~ gain * g", [1, 1]) == [-2, -4]
    with pytest.raises(RuleError, match="gain"):
        parse("A(gain=2 in [0, 3]) = none ~ gain * g").with_settings(gain=4)  # type: ignore[union-attr]


def test_a_face_says_whose_steps_its_original_counts() -> None:
    counts = {face.library: {f.counts for f in faces() if f.library == face.library} for face in faces()}
    assert counts["torch"] == {"parameter"}
    assert "group" in counts["pytorch_optimizer"]
    assert all("parameter" not in counts[library] for library in ("keras", "optax"))
