"""Small pictures of optimizers and schedules, in the colors of the page: curves as SVG within HTML.

The figures of ``nos-sym plot`` are for print, black on white, and ten times as large. Here the same curves,
from the same functions, take the colors of the page, light or dark.
"""

from __future__ import annotations

import math
from html import escape
from typing import Any

import numpy as np

STEPS = (0, 9, 99)
TOTAL, REACH, POINTS, LENGTH = 100, 3.0, 81, 1000
_WIDTH, _HEIGHT, _LEFT, _BELOW, _ABOVE = 230, 170, 46, 22, 20


def updates(rule: Any) -> str:
    """Return what an optimizer does to a weight against the gradient, at three steps; else why there is none.

    Raises:
        FigureError: the optimizer reads whole tensors.
    """
    from nos_sym.report.figures.responses import updates as curves

    figure = curves([rule], STEPS, TOTAL, REACH)
    panels = [(f"step {step}", [part.lines[0]]) for step, part in zip(STEPS, figure.parts, strict=True)]
    shared = [line.y for _, lines in panels for line in lines]
    return _figure(panels, shared, (f"{-REACH:g}", f"{REACH:g}"))


def schedule(rule: Any) -> str:
    """Return a learning-rate schedule over a training of 1,000 steps, as a multiple of the base rate."""
    from nos_sym.program.interpreter import schedule_values
    from nos_sym.report.figures.model import Line

    steps = np.arange(LENGTH)
    with np.errstate(all="ignore"):
        values = np.asarray(schedule_values(rule, LENGTH), dtype=np.float64)
    return _figure([("", [Line("", steps / LENGTH, values, None)])], [values], ("start", "end"))


def _figure(panels: list[tuple[str, list[Any]]], values: list[Any], ends: tuple[str, str]) -> str:
    low, high = _range(values)
    width = _WIDTH * len(panels)
    inner = "".join(
        f'<g transform="translate({_WIDTH * number} 0)">{_panel(title, lines, low, high, ends)}</g>'
        for number, (title, lines) in enumerate(panels)
    )
    return (
        f'<svg class="nos-curves" viewBox="0 0 {width} {_HEIGHT}" '
        f'style="max-width: {width}px; min-width: {min(width, 520)}px" '
        f'role="img" aria-label="{escape(_said(panels, low, high))}">{inner}</svg>'
    )


def _said(panels: list[tuple[str, list[Any]]], low: float, high: float) -> str:
    return f"{len(panels)} curves with values from {_number(low)} to {_number(high)}"


def _range(values: list[Any]) -> tuple[float, float]:
    """Return the smallest and largest finite value, 0 among them."""
    finite = np.concatenate([y[np.isfinite(y)] for y in values] + [np.zeros(1)])
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if low < high else (low - 1.0, high + 1.0)


def _panel(title: str, lines: list[Any], low: float, high: float, ends: tuple[str, str]) -> str:
    right, bottom = _WIDTH - 10, _HEIGHT - _BELOW

    def down(value: float) -> float:
        # Halves first: the difference of two large values may be no number.
        part = (high / 2 - value / 2) / (high / 2 - low / 2)
        return _ABOVE + part * (bottom - _ABOVE)

    zero = f"M{_LEFT} {down(0.0):.1f}H{right}"
    parts = [f'<path class="axis" d="M{_LEFT} {_ABOVE}V{bottom}H{right}"/><path class="zero" d="{zero}"/>']
    for line in lines:
        parts.append(f'<path class="curve" d="{_path(line, down, right)}"/>')
    parts.append(f'<text x="{(_LEFT + right) / 2}" y="13" text-anchor="middle">{escape(title)}</text>')
    parts += [
        f'<text x="{_LEFT - 4}" y="{down(value) + 4:.1f}" text-anchor="end">{_number(value)}</text>'
        for value in _marked(low, high)
    ]
    at = f'y="{_HEIGHT - 7}"'
    parts.append(f'<text x="{_LEFT}" {at}>{ends[0]}</text>')
    parts.append(f'<text x="{right}" {at} text-anchor="end">{ends[1]}</text>')
    return "".join(parts)


def _marked(low: float, high: float) -> list[float]:
    """Return the values that are written beside the axis: its ends, and 0 where it is apart from them."""
    apart = min(abs(low), abs(high)) > 0.12 * max(abs(low), abs(high))
    return [low, 0.0, high] if apart else [low, high]


def _path(line: Any, down: Any, right: float) -> str:
    """Return a curve as a path, parted where its values are not finite."""
    count = len(line.x)
    finite = np.where(np.isfinite(line.y), line.y, 0.0)
    ends = [int(finite.argmin()), int(finite.argmax())]  # a peak of one step would be lost
    picked = np.unique([*np.linspace(0, count - 1, min(count, 3 * POINTS)).astype(int), *ends])
    start, end = float(line.x[0]), float(line.x[-1])
    said, pen = [], "M"
    for x, y in zip(line.x[picked], line.y[picked], strict=True):
        if not math.isfinite(y):
            pen = "M"
            continue
        across = _LEFT + (float(x) - start) / (end - start) * (right - _LEFT)
        said.append(f"{pen}{across:.1f} {down(float(y)):.1f}")
        pen = "L"
    return "".join(said)


def _number(value: float) -> str:
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", "\u2212")
