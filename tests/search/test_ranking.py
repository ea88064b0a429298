"""Mean ranks over several tasks: ties, order, repeats, answers, and what has no scores."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import pytest

from nos_sym.language.parser import parse
from nos_sym.search.candidates import Candidate, Result, best_first
from nos_sym.search.fingerprints import Fingerprints
from nos_sym.search.ranking import rank_sums, scores_by_task
from nos_sym.search.results import Diverged, DuplicateOf, Evaluated
from nos_sym.search.settings import Dedup
from nos_sym.search.slots import Slot, Stage


@dataclass(frozen=True)
class Several:
    combine: str = "ranks"

    def task_key(self) -> str:
        return "several"


RULE = parse("none ~ g")
PRINT = Fingerprints(Dedup.OFF).of(RULE)


def result(number: int, scores: dict[str, float] | None, combine: str = "ranks", **more: Any) -> Result:
    details: dict[str, Any] = {} if scores is None else {"scores": scores}
    mean = 0.0 if not scores else sum(scores.values()) / len(scores)
    outcome = more.get("outcome") or Evaluated(more.get("fitness", mean), details=details)
    candidate = Candidate(Slot(Stage.CHILD, child=number), RULE, None, PRINT, Several(combine))
    return Result(candidate, outcome, number)


def children(results: list[Result]) -> list[int]:
    return [each.slot.child for each in results]


def test_ranks_and_means_may_disagree() -> None:
    """One task decides the mean of scores, most tasks the mean of ranks."""
    rows = [{"a": 1.0, "b": 0.1, "c": 0.1}, {"a": 0.2, "b": 0.2, "c": 0.2}, {"a": 0.1, "b": 0.0, "c": 0.3}]
    assert children(best_first([result(i, row) for i, row in enumerate(rows)])) == [1, 0, 2]
    assert children(best_first([result(i, row, "scores") for i, row in enumerate(rows)])) == [0, 1, 2]


def test_equal_scores_share_the_mean_of_their_ranks() -> None:
    assert rank_sums([{"a": 0.5}, {"a": 0.5}, {"a": 0.7}, {"a": 0.1}]) == [5, 5, 2, 8]
    assert rank_sums([{"a": 0.0}] * 3) == [4, 4, 4]
    assert rank_sums([{"a": 0.3, "b": 0.1}]) == [4]
    assert rank_sums([]) == []


def test_of_equal_ranks_the_fitness_decides_and_then_the_order() -> None:
    rows = [{"a": 0.2, "b": 0.1}, {"a": 0.1, "b": 0.9}, {"a": 0.2, "b": 0.1}]
    found = children(best_first([result(i, row) for i, row in enumerate(rows)]))
    # Ranks 1.5 + 2.5, 3 + 1, 1.5 + 2.5: all four.
    assert found == [1, 0, 2]


def test_the_best_is_the_same_in_whatever_order_they_come() -> None:
    rows = [{"a": 0.9, "b": 0.1}, {"a": 0.5, "b": 0.6}, {"a": 0.1, "b": 0.7}, {"a": 0.4, "b": 0.5}]
    results = [result(i, row) for i, row in enumerate(rows)]
    found = {tuple(children(best_first(list(order)))) for order in itertools.permutations(results)}
    assert len(found) == 1


def test_one_that_is_drawn_twice_competes_once() -> None:
    rows = [{"a": 0.9, "b": 0.1}, {"a": 0.5, "b": 0.6}, {"a": 0.1, "b": 0.7}]
    results = [result(i, row) for i, row in enumerate(rows)]
    assert children(best_first([*results, results[0], results[0]])) == children(best_first(results))


def test_failed_ones_have_no_rank_and_nothing_is_an_answer() -> None:
    failed = result(0, None, outcome=Diverged("bad"))
    fit = result(1, {"a": 0.1})
    assert children(best_first([failed, fit, None])) == [1]
    assert best_first([failed, None]) == []
    assert best_first([]) == []


def test_scores_of_repeats_and_of_answers() -> None:
    repeats = Evaluated(0.4, details={"repeats": [{"scores": {"a": 0.2}}, {"scores": {"a": 0.6}}]})
    assert scores_by_task(repeats) == pytest.approx({"a": 0.4})
    assert scores_by_task(DuplicateOf("k", 1, repeats)) == pytest.approx({"a": 0.4})
    assert scores_by_task(Evaluated(0.4)) is None
    assert scores_by_task(Evaluated(0.4, details={"repeats": []})) is None
    assert scores_by_task(Evaluated(0.4, details={"repeats": [{"scores": {"a": 1.0}}, {}]})) is None


def test_without_scores_the_fitness_decides() -> None:
    results = [result(0, {"a": 0.9}), result(1, None, fitness=0.95)]
    assert children(best_first(results)) == [1, 0]
