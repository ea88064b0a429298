"""Ask and tell: algorithms without a store, with results in any order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support.fake_trainer import FakeTask
from support.search_fakes import fake_settings, register

from nos_sym.search.algorithms.protocol import SearchAlgorithm
from nos_sym.search.candidates import Candidate, Result
from nos_sym.search.errors import SearchError
from nos_sym.search.evolve import ALGORITHMS
from nos_sym.search.listener import Listener
from nos_sym.search.results import Evaluated, Rejected
from nos_sym.search.settings import Algorithm

register()
SMALL = {"evaluations": 22, "population": 8, "sample": 4, "batch": 3, "time_steps": 2, "failures": 3}

Pick = Callable[[list[Candidate]], Candidate]


def made(name: str, seed: int = 5, **changes: Any) -> SearchAlgorithm:
    from nos_sym.search.algorithms.proposing import Proposer

    settings = fake_settings(seed, algorithm=name, **SMALL | changes)
    return ALGORITHMS[Algorithm(name)](settings, Proposer(settings), Listener())


def answer(candidate: Candidate) -> Result:
    """Return a result that is a function of the optimizer; a third of them fail."""
    digest = hashlib.blake2b(str(candidate.rule).encode(), digest_size=4).digest()
    value = int.from_bytes(digest, "big") / 2**32
    return Result(candidate, Rejected("failed") if value < 0.33 else Evaluated(value), 0)


def walk(algorithm: SearchAlgorithm, pick: Pick) -> list[tuple[str, str, int]]:
    """Ask after every result, tell in an order of choice, and return what was asked for."""
    open_: list[Candidate] = []
    asked = []
    while True:
        new = algorithm.ask()
        asked += [(str(c.slot), str(c.rule), c.draw) for c in new]
        open_ += new
        if not open_:
            assert algorithm.ask() == []
            return asked
        chosen = pick(open_)
        open_.remove(chosen)
        algorithm.tell(answer(chosen))


@pytest.mark.parametrize("name", [a.value for a in Algorithm])
def test_the_order_of_results_changes_nothing(name: str) -> None:
    expected = walk(made(name), lambda candidates: candidates[0])
    assert len(expected) > 20
    rng = np.random.default_rng(0)
    for pick in (
        lambda candidates: candidates[-1],
        lambda candidates: candidates[int(rng.integers(len(candidates)))],
    ):
        assert sorted(walk(made(name), pick)) == sorted(expected)
    assert sorted(walk(made(name, seed=6), lambda c: c[0])) != sorted(expected)


@pytest.mark.parametrize("name", [a.value for a in Algorithm])
def test_a_candidate_is_asked_for_once_and_told_once(name: str) -> None:
    algorithm = made(name)
    first = algorithm.ask()
    slots = [candidate.slot for candidate in first]
    assert len(set(slots)) == len(slots) > 1
    # Nothing is new while all of them are open.
    assert algorithm.ask() == []
    algorithm.tell(answer(first[0]))
    with pytest.raises(SearchError, match=f"no result is expected for '{slots[0]}'"):
        algorithm.tell(answer(first[0]))
    with pytest.raises(SearchError, match="no result is expected"):
        made(name).tell(answer(first[1]))


def test_random_search_goes_on_while_some_candidates_are_open() -> None:
    algorithm = made("random")
    first = algorithm.ask()
    algorithm.tell(answer(first[3]))
    second = algorithm.ask()
    assert [c.slot.particle for c in first] == list(range(8))
    assert [c.slot.particle for c in second] == list(range(8, 16))
    assert algorithm.ask() == []


def test_candidates_know_their_task() -> None:
    algorithm = made("particles")
    assert {c.task for c in algorithm.ask()} == {FakeTask("initial")}


def test_a_failed_child_is_replaced_when_its_particle_is_told() -> None:
    algorithm = made("particles", initial=["Adam", "none ~ g"], particles=2)
    for start in algorithm.ask():
        algorithm.tell(Result(start, Evaluated(0.5), 0))
    children = algorithm.ask()
    first, second = (children[:4], children[4:])
    assert {c.slot.particle for c in first} == {0} and {c.slot.particle for c in second} == {1}
    for child in first[1:]:
        algorithm.tell(Result(child, Evaluated(0.5), 0))
    assert algorithm.ask() == []
    algorithm.tell(Result(first[0], Rejected("failed"), 0))
    (again,) = algorithm.ask()
    assert again.slot == first[0].slot.next() and again.rule != first[0].rule
