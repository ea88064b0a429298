"""What figures show, against formulas written by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import i1e

from nos_sym import catalog, parse, parse_file
from nos_sym.language.rule import Rule, Schedule
from nos_sym.report.figures.colors import color_of, rgb
from nos_sym.report.figures.model import FigureError, Panel, Surface
from nos_sym.report.figures.paper import FIGURES, paper_figure
from nos_sym.report.figures.responses import inputs_of, response, surface, updates
from nos_sym.report.figures.schedules import base_rates, decays, families, grid, normalized, schedules
from nos_sym.report.figures.trajectories import FUNCTIONS, RATES, best_rate, path, paths, sensitivity


def rule(text: str) -> Rule:
    found = parse(text)
    assert isinstance(found, Rule)
    return found


def schedule(text: str) -> Schedule:
    (found,) = parse_file(text)
    assert isinstance(found, Schedule)
    return found


def entry(name: str) -> Rule:
    found = catalog.entry(name)
    assert isinstance(found, Rule)
    return found


def panel(figure: object, number: int = 0) -> Panel:
    found = figure.parts[number]  # type: ignore[attr-defined]
    assert isinstance(found, Panel)
    return found


def test_schedules_are_times_the_base_schedule_and_have_a_peak_of_one() -> None:
    t = np.arange(1200) / 1200
    base = np.where(t < 1 / 15, t * 15, np.where(t < 0.2, 1, (1 + np.cos(np.pi * (t - 0.2) / 0.8)) / 2))
    assert np.allclose(base_rates(grid()), base, atol=1e-12)
    found = normalized(schedule("schedule ~ a1"))
    assert np.allclose(found, (1 - t) * base / np.max((1 - t) * base), atol=1e-12)
    for i in range(1, 10):
        known = catalog.entry(f"LR{i}")
        assert isinstance(known, Schedule)
        rates = normalized(known)
        assert np.max(rates) == 1 and rates[0] == 0 and np.all((rates >= 0) & np.isfinite(rates))


def test_a_schedule_is_that_which_leaves_a_rule() -> None:
    first = panel(schedules([entry("Opt4")])).lines[0]
    second = panel(schedules([catalog.entry("LR1")])).lines[0]
    assert np.allclose(first.y, second.y, atol=1e-12)
    for text, message in (
        ("none ~ g", "no schedule leaves"),
        ("schedule ~ 0 * a1", "cannot be normalized: its largest rate is 0"),
    ):
        with pytest.raises(FigureError, match=message):
            schedules(parse_file(text))


def test_families_are_the_two_of_the_paper_and_its_two_outsiders() -> None:
    figures = [[line.label for line in panel(paper_figure(n)).lines[:-1]] for n in (3, 4, 5)]
    assert figures == [["LR1", "LR2", "LR3"], ["LR4", "LR5", "LR7", "LR9"], ["LR6", "LR8"]]
    flat, steep = np.zeros(9), np.ones(9)
    assert families([flat, steep, flat, steep]) == [[0, 2], [1, 3]]
    assert families([flat]) == [[0]]


def test_decays_that_stay_within() -> None:
    lines = panel(decays([entry(n) for n in ("Opt4", "Opt7", "Opt10")])).lines
    assert [line.label for line in lines] == [
        "arctan(a13) in Opt4", "max(a6, a10) in Opt7", "a13 * a2 in Opt10",
    ]  # fmt: skip
    assert lines[2].y[0] == 0
    with pytest.raises(FigureError, match="no decay function stays within Opt6"):
        decays([entry("Opt6")])


def test_an_update_of_two_inputs() -> None:
    q, v = inputs_of(entry("Opt42").update)
    x, y = np.meshgrid(np.linspace(-2, 2, 5), np.linspace(-3, 3, 7))
    expected = x / np.minimum(2, np.exp(y))
    assert np.allclose(response(entry("Opt42").update, q, v)(x, y, 0), expected, rtol=1e-12)
    found = surface(entry("Opt42").update, q, v, (2, 3), "Opt42")
    assert (found.x_label, found.y_label, found.z.shape) == ("qhm(0.7)", "v_hat", (61, 61))
    assert np.isclose(found.z[60, 0], -2 / 2) and np.isclose(found.z[0, 60], 2 / np.exp(-3))


def test_an_update_of_one_input_over_time() -> None:
    part = rule("none ~ i1e(i1e([a13 * a2] g))").update
    value = response(part, rule("none ~ g").update)
    x = np.linspace(-20, 20, 11)
    for step in (0, 1000, 45_000, 95_999):
        progress = step / 96_000
        b = 0.95 * (1 - progress - 1 / 96_000)
        decay = progress * b / (0.05 + b)
        assert np.allclose(value(x, x, step), i1e(i1e(decay * x)), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize(
    ("text", "inputs", "message"),
    [
        ("none ~ g * w", ["v_hat"], r"v_hat does not stand in g \* w; expected one of g, w"),
        ("none ~ g * w", ["g"], r"depends on w, too"),
        ("none ~ norm2(g) * w", ["g", "w"], "reads whole tensors, keeps averages"),
        ("none ~ drop(g, 0.5) * w", ["g", "w"], "or has dropout"),
        ("none ~ ema(g * w, 0.9)", ["g", "w"], "reads whole tensors, keeps averages"),
    ],
)
def test_what_is_no_function_of_its_inputs(text: str, inputs: list[str], message: str) -> None:
    with pytest.raises(FigureError, match=message):
        response(rule(text).update, *(rule(f"none ~ {i}").update for i in inputs))


def test_updates_against_the_gradient() -> None:
    figure = updates([entry("Adam"), entry("SGD"), catalog.entry("AdamW")], (0, 9), 10, 2.0)
    first = panel(figure)
    x = first.lines[0].x
    assert np.allclose(first.lines[0].y, -x / (np.abs(x) + 1e-8), atol=1e-12)
    assert np.allclose(first.lines[1].y, -x, atol=1e-12)
    assert [p.title for p in figure.parts] == ["step 0", "step 9"]
    with pytest.raises(FigureError, match="reads whole tensors"):
        updates([entry("A5")], (0,), 10, 2.0)
    with pytest.raises(FigureError, match="is a schedule"):
        updates([catalog.entry("LR1")], (0,), 10, 2.0)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_of_test_functions(name: str) -> None:
    function = FUNCTIONS[name]
    rng = np.random.default_rng(1)
    for at in rng.uniform(-2, 2, (20, 2)):
        numeric = [
            (function.value(at + h) - function.value(at - h)) / 2e-6
            for h in (np.array([1e-6, 0]), np.array([0, 1e-6]))
        ]
        assert np.allclose(function.gradient(at), numeric, rtol=1e-5, atol=1e-4)
    lowest = np.array(function.minimum)
    assert function.value(lowest) == pytest.approx(0, abs=1e-12)
    assert np.allclose(function.gradient(lowest), 0, atol=1e-12)


def test_paths_follow_the_rule_and_end_where_numbers_do() -> None:
    sphere = FUNCTIONS["sphere"]
    points = path(entry("SGD"), sphere, 0.25, 3)
    assert np.allclose(points, np.outer(0.5 ** np.arange(4), sphere.start))
    assert len(path(entry("SGD"), FUNCTIONS["quadratic"], 10.0, 500)) < 500
    rate, ends = best_rate(entry("SGD"), sphere, 30)
    assert 0.3 < rate < 0.7 and ends.shape == RATES.shape
    figure = paths([entry("SGD"), entry("Adam")], ["sphere", "beale"], 20)
    assert [p.title for p in figure.parts] == ["sphere", "beale"]
    curve = panel(sensitivity([entry("SGD")], ["quadratic"], 200)).lines[0]
    stable = RATES < 2 / 100
    assert np.all(np.isfinite(curve.y[stable])) and np.all(np.isnan(curve.y[RATES > 2.5 / 100]))
    with pytest.raises(FigureError, match="no test function 'ackley'; expected one of sphere"):
        paths([entry("SGD")], ["ackley"])


@pytest.mark.parametrize("number", FIGURES)
def test_every_figure_of_the_paper_has_numbers(number: int) -> None:
    for part in paper_figure(number).parts:
        values = [part.z] if isinstance(part, Surface) else [line.y for line in part.lines]
        assert all(np.all(np.isfinite(v)) and np.ptp(v) > 0 for v in values)


def test_a_number_that_is_no_figure() -> None:
    with pytest.raises(FigureError, match="figure 2 is not drawn from the catalog; expected one of 3 to 15"):
        paper_figure(2)


def test_one_color_for_one_optimizer() -> None:
    assert color_of(entry("Adam")) == color_of(catalog.entry("Adam"))
    assert color_of(parse("A = none ~ g * w")) == color_of(parse("B = none ~ g * w"))
    numbers = [color_of(catalog.entry(name)) for name in catalog.names()]
    assert len(set(numbers)) == len(numbers)
    # Dark enough for white paper: the contrast of WCAG for graphics is 3.
    for number in numbers:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(number)]
        assert 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05) >= 3 - 1e-9


def test_time_slices_have_the_rates_of_their_steps() -> None:
    """Of Opt7, whose schedule is the base schedule, at steps that no curve over the training has."""
    x = panel(paper_figure(8)).lines[0].x
    for line, step in zip(panel(paper_figure(8)).lines, (1_000, 10_000, 25_000), strict=False):
        decay = max((1 - np.cos(2 * np.pi * step / 96_000)) / 2, 2 * step % 96_000 / 96_000)
        rate = step / 6400 if step < 6400 else 1.0
        if step > 19_200:
            rate = (1 + np.cos(np.pi * (step - 19_200) / 76_800)) / 2
        assert np.allclose(line.y, rate * np.tanh(decay * np.arcsinh(x)), rtol=1e-12)


def test_schedules_count_the_steps_of_the_training() -> None:
    warm = panel(schedules([schedule("schedule ~ min(1, t / 960)")])).lines[0].y
    assert np.isclose(warm[6], 480 / 960 * 480 / 6400, rtol=1e-12)


def test_a_rule_that_leaves_at_every_rate_has_no_path() -> None:
    line = panel(paths([rule("none ~ 1e300 * g")], ["sphere"], 20)).lines[0]
    assert "leaves at every lr" in line.label and len(line.x) == 0
