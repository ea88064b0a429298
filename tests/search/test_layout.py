"""The two lines of a running search: what is shown at a width, and what is left out first."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from rich.cells import cell_len

from nos_sym.search.failures import Ending
from nos_sym.search.reports.layout import cut, lay_out
from nos_sym.search.reports.tally import Tally

RULE = "none ~ wmean(agg_v, sqrt([erfc(dsig(a7))] s_hat), 0.95)"


@pytest.fixture
def tally() -> Tally:
    """Return the counts of a search that is half done after a minute."""
    counts = Tally(1000, stage="time-step 2/5", done=500, trained=480, answered=20, saved=7200.0)
    counts.started = time.monotonic() - 60
    counts.best = (0.87654, RULE)
    counts.endings.update({Ending.STOPPED: 31, Ending.DIVERGED: 4, Ending.FAILED: 3})
    return counts


def first(tally: Tally, width: int) -> str:
    lines = lay_out(tally, width)
    return f"{lines.before}{'#' * lines.bar}{lines.after}"


@pytest.mark.parametrize("width", [0, 1, 5, 12, 20, 40, 60, 80, 120, 200, 500])
def test_no_line_is_wider_than_the_terminal(tally: Tally, width: int) -> None:
    assert cell_len(first(tally, width)) <= width
    assert cell_len(lay_out(tally, width).best) <= width


def test_a_wide_line_has_everything_in_its_order(tally: Tally) -> None:
    bar = "#" * 30
    assert first(tally, 200) == (
        f"time-step 2/5  {bar}  500/1000  60 s left  480 trained  31 stopped early  4 diverged  3 failed  "
        "20 duplicates, 2.0 h saved"
    )


def test_columns_are_left_out_by_their_importance(tally: Tally) -> None:
    orders = [
        "time-step 2/5",
        "500/1000",
        "60 s left",
        "#",
        "3 failed",
        "480 trained",
        "stopped",
        "duplicates",
    ]
    shown = [[name for name in orders if name in first(tally, width)] for width in range(14, 160)]
    for before, after in pairwise(shown):
        assert len(after) >= len(before)
    assert all(names == orders[: len(names)] for names in shown)
    assert {3, 8} <= {len(names) for names in shown}
    assert first(tally, 60) == "time-step 2/5  ##############  500/1000  60 s left  3 failed"


def test_the_best_rule_is_cut_to_the_width(tally: Tally) -> None:
    assert lay_out(tally, 200).best == f"best 0.8765  {RULE}"
    assert lay_out(tally, 30).best == "best 0.8765  none ~ wmean(a..."
    tally.best = None
    assert lay_out(tally, 60).best == "no fitness yet"
    tally.reasons[Ending.STOPPED, "too low"] = 9
    tally.reasons[Ending.FAILED, "ValueError: no"] = 2
    assert lay_out(tally, 60).best == "no fitness yet, most often: ValueError: no"


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert first(Tally(36), 80) == f"beginning  {'#' * 30}  0/36  0 trained"
    assert lay_out(Tally(0), 80).share == 0


def test_wide_characters_count_as_two_and_control_characters_are_escaped() -> None:
    assert cut("優化器の規則", 9) == "優化器..."
    assert cut("優化器の規則", 8) == "優化..." and cell_len(cut("優化器の規則", 8)) == 7
    assert cut("優化器の規則", 12) == "優化器の規則"
    assert cut("a\x1b[2Jb\nc", 40) == "a\\x1b[2Jb\\nc"
    assert cut("abcdef", 2) == ".." and cut("abcdef", 0) == ""
