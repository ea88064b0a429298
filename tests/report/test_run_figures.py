"""Figures of a store: what is drawn of a search, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.search_fakes import fake_settings, register
from support.store_fakes import filled

from nos_sym.report.figures.drawing import draw
from nos_sym.report.figures.fitness import fitness, lowest_shown
from nos_sym.report.figures.front import pareto, pareto_front
from nos_sym.report.figures.history import history
from nos_sym.report.figures.model import Cloud, FigureError
from nos_sym.report.figures.repeats import duplicates, spread_of
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.store.store import Store


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    register()
    path = tmp_path_factory.mktemp("runs") / "run.db"
    with Store.open(path) as store:
        evolve(fake_settings(1), store, executor=InProcess())
        store.begin_run("search", "particles", "{}", 3)
    return path


def test_lineages_are_the_moves_and_every_evaluation_is_somewhere(searched: Path) -> None:
    with Store.read(searched) as store:
        found, figure = history(store), fitness(store)
        moves = {(p, t): f for p, t, _, _, f, _ in store.moves(1) if f is not None}
        count = sum(1 for _ in store.evaluations(1))
    drawn = {(p, t): e.fitness for p, way in found.lineages.items() for t, e in way.items()}
    assert moves.items() <= drawn.items()
    assert sum(not trial.answered for trial in found.trials) == count
    (cloud,) = figure.parts
    assert isinstance(cloud, Cloud)
    best = next(line for line in cloud.lines if line.label == "best so far")
    assert np.all(np.diff(best.y) >= 0) and best.y[-1] == max(drawn.values())
    assert {row.label.split(" (")[0] for row in cloud.rows} >= {"stopped early", "diverged"}
    assert draw(figure, "pdf") == draw(figure, "pdf")


def test_what_trained_after_a_search_is_not_the_search(tmp_path: Path) -> None:
    """A search that is confirmed is followed by runs of other kinds, whose trainings have no time-steps."""
    register()
    with Store.open(tmp_path / "run.db") as store:
        evolve(fake_settings(1, confirm=[1, 2], references="default"), store, executor=InProcess())
        kinds = {run.kind: run.id for run in store.runs() if next(store.scores(run.id), None) is not None}
        assert max(kinds.values()) > kinds["search"]
        assert history(store).run.id == kinds.pop("search")
        assert kinds
        for number in kinds.values():
            with pytest.raises(FigureError, match="expected a search or an imported log"):
                history(store, run=number)


def test_the_front_has_ties_and_nothing_that_is_dominated() -> None:
    points = [(3, 0.5), (1, 0.2), (3, 0.5), (2, 0.2), (5, 0.4), (4, 0.9), (4, 0.8)]
    assert pareto_front(points) == [1, 0, 2, 5]
    assert pareto_front([(1, 0.0)]) == [0]


def test_values_far_below_are_not_on_the_axis() -> None:
    assert lowest_shown(np.array([0.8, 0.81, 0.82, 0.83, -1e9])) == 0.8
    assert lowest_shown(np.array([0.5])) == 0.5


def test_spread_within_and_overall(tmp_path: Path) -> None:
    with filled(tmp_path / "run.db") as store:
        found = spread_of(store)
        assert len(found.classes) == 12 and found.within == pytest.approx(0.001 / 2**0.5)
        assert found.overall == pytest.approx(float(np.std(found.values, ddof=1)))
        for figure in (duplicates(store), pareto(store)):
            assert draw(figure, "svg").startswith(b"<?xml")


def test_what_is_not_there_is_refused(searched: Path) -> None:
    with Store.read(searched) as store:
        with pytest.raises(FigureError, match=r"run 2 of .* has no evaluation yet"):
            fitness(store, 2)
        with pytest.raises(FigureError, match="was trained twice"):
            duplicates(store, 1)
