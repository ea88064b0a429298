"""The families of an atlas as a picture: a tree in which near optimizers are joined first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nos_sym.atlas.atlas import Atlas
from nos_sym.atlas.tree import CLOSEST, FARTHEST
from nos_sym.report.figures.drawing import save

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

COLORS = {
    "torch": "#b03a1c", "keras": "#8a1f7a", "optax": "#1d5fa8", "pytorch_optimizer": "#2b7a3d",
}  # fmt: skip
"""Colors of libraries, each with a contrast to white of 4.5 or more; others are black."""

_SHORT = {
    "torch.optim.": "torch.", "keras.optimizers.": "keras.", "optax.contrib.": "optax.contrib.",
    "pytorch_optimizer.": "po.",
}  # fmt: skip
_WIDTH, _OF_LEAF, _FRAME = 9.0, 0.155, 0.9
_MOST_NAMES = 4
_BEFORE = 3.0
"""How much nearer than the nearest pair the lines begin."""


def picture(atlas: Atlas, format: str = "svg") -> bytes:
    """Return the tree of families as the bytes of a picture.

    Raises:
        FigureError: Matplotlib is not installed, or there is no such format.
    """
    tree = atlas.tree
    libraries = {entry.name: entry.library for entry in atlas.entries}
    order = tree.order()
    places = {leaf: float(row) for row, leaf in enumerate(order)}
    nearest = min((height for *_, height in tree.merges), default=FARTHEST)
    begin = max(CLOSEST, nearest / _BEFORE)

    def fill(canvas: Canvas) -> None:
        axes: Any = canvas.add_subplot()
        canvas.set_layout_engine("constrained")
        at = {number: (places[number], begin) for number in places}
        for k, (a, b, height) in enumerate(tree.merges):
            (first, x), (second, y) = at[a], at[b]
            reach = max(height, begin)
            axes.plot([x, reach, reach, y], [first, first, second, second], color="#555555", linewidth=0.8)
            at[len(tree.leaves) + k] = ((first + second) / 2, reach)
        axes.set_xscale("log")
        axes.set_xlim(begin * 0.9, FARTHEST * 1.2)
        axes.invert_xaxis()
        axes.yaxis.tick_right()
        axes.set_yticks(
            [places[leaf] for leaf in order], [_label(tree.leaves[leaf]) for leaf in order], fontsize=6.5
        )
        for text, leaf in zip(axes.get_yticklabels(), order, strict=True):
            text.set_color(COLORS.get(libraries.get(tree.leaves[leaf][0], ""), "#000000"))
        axes.set_ylim(len(order) - 0.3, -0.7)
        axes.set_xlabel("largest difference of weights, as a part of how far they move")
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)

    height = _FRAME + _OF_LEAF * max(len(order), 4)
    return save(fill, (_WIDTH, height), "Families of optimizers", format)


def _label(names: tuple[str, ...]) -> str:
    """Return the names of a family, the first of them and how many there are more."""
    shown = [_short(name) for name in names[:_MOST_NAMES]]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return " = ".join(shown) + more


def _short(name: str) -> str:
    for long, short in _SHORT.items():
        if name.startswith(long):
            return short + name[len(long) :]
    return name
