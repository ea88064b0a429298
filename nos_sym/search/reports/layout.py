"""The two lines of a running search, laid out in the width that there is."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len

from nos_sym.errors import one_line
from nos_sym.search.failures import Ending
from nos_sym.search.reports.tally import Tally, duration
from nos_sym.search.scores import score_text

_GAP = "  "
_SHORTEST_BAR, _LONGEST_BAR = 8, 30
_BAR = "\0"
"""Stands for the bar, whose width is known last."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What is shown.

    Attributes:
        before: the first line before the bar.
        bar: width of the bar in cells; 0 where there is no room for one.
        share: part of the bar that is done, from 0 to 1.
        after: the first line after the bar.
        best: the second line.
    """

    before: str
    bar: int
    share: float
    after: str
    best: str


def lay_out(tally: Tally, width: int) -> Lines:
    """Return two lines of at most a number of cells.

    The first has stage, bar, slots and time left, and then how evaluations ended; what has no room is left
    out, the least important first. The second has the best rule, cut.
    """
    share = min(1.0, tally.done / tally.slots) if tally.slots else 0.0
    columns = _columns(tally)
    chosen: list[int] = []
    used = 0
    for _, place, text in sorted(columns):
        needed = (_SHORTEST_BAR if text == _BAR else cell_len(text)) + (len(_GAP) if chosen else 0)
        if used + needed > width:
            break
        chosen.append(place)
        used += needed
    texts = [text for _, place, text in sorted(columns, key=lambda c: c[1]) if place in chosen]
    best = cut(_best(tally), width)
    if _BAR not in texts:
        return Lines(cut(_GAP.join(texts) or tally.stage, width), 0, share, "", best)
    bar = min(_LONGEST_BAR, _SHORTEST_BAR + width - used)
    at = texts.index(_BAR)
    before, after = (_GAP.join(part) for part in (texts[:at], texts[at + 1 :]))
    return Lines(before + _GAP if before else "", bar, share, _GAP + after if after else "", best)


def cut(text: str, width: int) -> str:
    """Return a text of at most a number of cells, on one line; what is cut ends in dots."""
    shown = one_line(text)
    if cell_len(shown) <= width:
        return shown
    dots = "..."[: max(0, width)]
    room = width - len(dots)
    kept: list[str] = []
    for character in shown:
        room -= cell_len(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + dots


def _columns(tally: Tally) -> list[tuple[int, int, str]]:
    """Return priority, place and text of each column."""
    left = tally.seconds_left()
    duplicates = tally.answered + tally.redrawn
    saved = f", {duration(tally.saved)} saved" if tally.saved >= 1 else ""
    texts = [
        (0, tally.stage or "beginning"),
        (3, _BAR),
        (1, f"{tally.done}/{tally.slots}"),
        (2, "" if left is None else f"{duration(left)} left"),
        (5, f"{tally.evaluations} trained"),
        (6, _count(tally, Ending.STOPPED)),
        (7, _count(tally, Ending.DIVERGED)),
        (4, _count(tally, Ending.FAILED)),
        (8, f"{duplicates} duplicate{'s' * (duplicates > 1)}{saved}" if duplicates else ""),
    ]
    return [(priority, place, text) for place, (priority, text) in enumerate(texts) if text]


def _count(tally: Tally, ending: Ending) -> str:
    return f"{tally.endings[ending]} {ending.value}" if tally.endings[ending] else ""


def _best(tally: Tally) -> str:
    if tally.best is not None:
        return f"best {score_text(tally.best[0])}  {tally.best[1]}"
    reason = tally.frequent_reason()
    return "no fitness yet" if reason is None else f"no fitness yet, most often: {reason}"
