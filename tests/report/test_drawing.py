"""Figures as files: their types, the same bytes each time, and texts and numbers that are hostile."""

from __future__ import annotations

import io
import re

import matplotlib.image
import numpy as np
import pytest

from nos_sym.report.figures.drawing import FORMATS, draw
from nos_sym.report.figures.model import Figure, FigureError, Line, Panel, Surface

X = np.linspace(0, 1, 20)
BEGINNINGS = {"pdf": b"%PDF-", "svg": b"<?xml", "png": b"\x89PNG"}


def figure(label: str = "one", y: np.ndarray = X, lines: int = 2) -> Figure:
    drawn = tuple(Line(label, X, y + k, k) for k in range(lines))
    return Figure((Panel(label, label, label, (*drawn, Line("base", X, X, None))),), label)


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_figure_gives_the_same_bytes(format: str) -> None:
    first = draw(figure(), format)
    assert first.startswith(BEGINNINGS[format]) and first == draw(figure(), format)
    surface = Surface("s", "x", "y", "z", X, X, np.add.outer(X, X))
    assert draw(Figure((surface,), "s"), format).startswith(BEGINNINGS[format])


@pytest.mark.parametrize(
    "text", ["$x", "$x$", r"\input{a}$\frac$", "</svg><script>", "a\nb\x1b[2J", "x" * 500, "%_^~"]
)
def test_text_is_no_code(text: str) -> None:
    drawn = draw(figure(text), "svg").decode()
    assert "<script>" not in drawn and "\x1b" not in drawn
    assert len(re.findall("</svg>", drawn)) == 1


@pytest.mark.parametrize("values", [[np.inf, 1], [np.nan, np.nan], [1e308, -1e308], [0, 0]])
def test_numbers_that_are_none(values: list[float]) -> None:
    y = np.resize(np.array(values), 20)
    for log in (False, True):
        panel = Panel("t", "x", "y", (Line("l", X + 1, y, 0),), log_x=log, log_y=log and values[0] == 1e308)
        assert draw(Figure((panel,), "f"), "png").startswith(BEGINNINGS["png"])


def test_curves_can_be_told_apart_in_gray() -> None:
    """Dashes differ, so that no two of eight curves are drawn by the same strokes."""
    drawn = draw(figure(lines=8), "svg").decode()
    dashes = re.findall(
        r'<path d="M [^"]*" clip-path="[^"]*" style="fill: none; (stroke-dasharray: [^;]*;)?', drawn
    )
    assert len(set(dashes[-9:-1])) == 8


def test_a_picture_has_the_size_that_was_meant_and_is_not_empty() -> None:
    pixels = matplotlib.image.imread(io.BytesIO(draw(figure(), "png")), format="png")
    assert pixels.shape[1] == 736 and pixels[..., :3].std() > 0.02


def test_a_format_that_there_is_not() -> None:
    with pytest.raises(FigureError, match="a figure is no 'jpg'; expected one of pdf, svg, png"):
        draw(figure(), "jpg")


def test_the_settings_of_a_user_change_nothing() -> None:
    before = draw(figure(), "svg")
    with matplotlib.rc_context(
        {"savefig.bbox": "tight", "axes.facecolor": "black", "font.family": "monospace"}
    ):
        assert draw(figure(), "svg") == before
