"""Figures can be read: in gray, whatever the size of numbers, with all texts within the page."""

from __future__ import annotations

import io
import itertools
from functools import cache

import matplotlib.image
import numpy as np
import pytest

from nos_sym.language.parser import parse
from nos_sym.report.figures.colors import rgb, shade
from nos_sym.report.figures.drawing import draw
from nos_sym.report.figures.model import Cloud, Figure, Line, Marks, Panel, Surface, numbers
from nos_sym.report.figures.paper import paper_figure
from nos_sym.report.figures.strokes import DASHES, MARKERS, curve_style, exponent_of, in_units
from nos_sym.report.figures.trajectories import paths

X = np.linspace(0, 1, 20)


def gray_of(figure: Figure) -> np.ndarray:
    pixels = matplotlib.image.imread(io.BytesIO(draw(figure, "png")), format="png")
    return pixels[..., :3] @ np.array([0.2126, 0.7152, 0.0722])


def test_no_two_curves_of_many_are_drawn_alike() -> None:
    styles = [curve_style(Line("", X, X, 0), number, True) for number in range(30)]
    assert len({(str(s["linestyle"]), s["marker"]) for s in styles}) == 30
    # Neighbors differ in both, so that either is enough.
    for first, second in itertools.pairwise(styles):
        assert first["linestyle"] != second["linestyle"] and first["marker"] != second["marker"]
    assert np.gcd(len(DASHES), len(MARKERS)) == 1
    assert "marker" not in curve_style(Line("", X, X, 0), 0, False)


def test_shades_go_from_dark_to_light_and_are_no_optimizers() -> None:
    def luminance(color: tuple[float, float, float]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    found = [luminance(shade(place)) for place in np.linspace(0, 1, 8)]
    assert np.all(np.diff(found) > 0.02) and 1.05 / (found[-1] + 0.05) >= 3
    assert not {shade(k / 7) for k in range(8)} & {rgb(number) for number in range(300)}
    (panel,) = paper_figure(7).parts
    assert isinstance(panel, Panel)
    assert [line.color for line in panel.lines] == [None] * 8
    assert [line.shade for line in panel.lines] == sorted({k / 7 for k in range(8)})


@pytest.mark.parametrize("largest", [1e-320, 1e-218, 1e-101, 0.0, 1.0, 1e99, 1e100, 1e285, 1.7e308])
def test_units_bring_values_into_reach_and_lose_none(largest: float) -> None:
    values = numbers([largest, -largest / 4, np.inf, np.nan])
    unit = exponent_of([values])
    shown = in_units(values, unit)
    assert (unit == 0) == (largest == 0 or 1e-100 <= largest < 1e100)
    assert np.isinf(shown[2]) and np.isnan(shown[3])
    if unit:
        assert 0.9 < shown[0] < 10.1 and shown[1] == pytest.approx(-shown[0] / 4, rel=0.1)


@cache
def dark_of(size: float) -> tuple[int, ...]:
    """Return how much of a panel, a cloud and a surface with values of a size is not white."""
    line = Line("l", X, size * X, 1)
    marks = Marks("m", X, size * X, "disk", 2)
    surface = Surface("s", "x", "y", "z", X, X, size * np.add.outer(X, X))
    panel, cloud = Panel("", "x", "y", (line,)), Cloud("x", "y", (line,), (marks,), low=0.0)
    return tuple(int((gray_of(Figure((part,), "f")) < 0.9).sum()) for part in (panel, cloud, surface))


@pytest.mark.parametrize("size", [1e-218, 1e285])
def test_what_is_huge_or_tiny_is_drawn_as_what_is_not(size: float) -> None:
    """But for the unit on the axis, the pictures are the same: nothing is left out."""
    for plain, other in zip(dark_of(1.0), dark_of(size), strict=True):
        assert abs(plain - other) < 0.15 * plain


def test_the_names_of_axes_of_surfaces_are_within_the_page() -> None:
    long = "softsign(clip(1e-5 * w, 1e-5 * w - qhm2(0.95))) + 12345678901234567890"
    surface = Surface(long, long, long, long, X, 1e-9 * X, np.add.outer(X, X))
    for number, figure in ((10, paper_figure(10)), (13, paper_figure(13)), (0, Figure((surface,), ""))):
        pixels = gray_of(figure)
        edges = np.concatenate(
            [pixels[:3].ravel(), pixels[-3:].ravel(), pixels[:, :3].ravel(), pixels[:, -3:].ravel()]
        )
        assert edges.min() > 0.99, number


def test_a_path_that_stays_is_seen() -> None:
    plain = parse("none ~ g")
    figure = paths([parse("none ~ 0 * g")], ["sphere"], 5)
    assert figure.parts[0].starts and "5 steps" in figure.caption  # type: ignore[union-attr]
    assert "1 step," in paths([plain], ["sphere"], 1).caption


def test_a_path_that_goes_far_leaves_its_level_lines_where_they_are() -> None:
    near, far = numbers([0.0, 1.0]), numbers([0.0, 1e140])
    for x in (near, far):
        panel = Panel("", "x", "y", (Line("l", x, near, 0),), contours=(X, X, 1 + np.add.outer(X, X)))
        drawn = draw(Figure((panel,), "f"), "svg").decode()
        assert "<!-- x -->" in drawn and "<!-- 1.0 -->" in drawn


def test_numbers_of_one_whole_number_are_whole() -> None:
    cloud = Cloud("x", "y", (), (Marks("m", numbers([4]), numbers([0.5])),), whole_x=True)
    drawn = draw(Figure((cloud,), "f"), "svg").decode()
    assert "<!-- 3 -->" in drawn and "<!-- 5 -->" in drawn and "<!-- 4.00" not in drawn
