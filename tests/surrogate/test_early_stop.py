"""Both early stops, in the paper's form and in that of the authors' script."""

from __future__ import annotations

from types import ModuleType

import pytest

from nos_sym.search.results import Diverged, Evaluated, Rejected
from nos_sym.surrogate.batches import Phase
from nos_sym.surrogate.early_stop import Curve, choose_rate, ends_run, give_up, rounds_of
from nos_sym.surrogate.evaluation import Evaluation, finish
from nos_sym.surrogate.loading import RenderedFile, Run
from nos_sym.surrogate.settings import TrainingSettings

PAPER = TrainingSettings()
AUTHORS = PAPER.replace(probes=(10.0, 0.01, 1e-5), first_accuracy=0.4)
FILE = RenderedFile(ModuleType("nothing"), object)


def test_the_paper_tries_all_learning_rates_and_takes_the_best() -> None:
    assert rounds_of(PAPER) == (PAPER.learning_rates,)
    accuracies = dict.fromkeys(PAPER.learning_rates, 0.1) | {0.1: 0.3, 0.01: 0.5, 0.001: 0.5}
    assert choose_rate(PAPER, accuracies) == 0.01
    assert choose_rate(PAPER, dict.fromkeys(PAPER.learning_rates, 0.2499)) is None
    assert choose_rate(PAPER, dict.fromkeys(PAPER.learning_rates, 0.25)) == 10.0


def test_the_authors_try_three_first_and_ask_for_more_in_the_end() -> None:
    assert rounds_of(AUTHORS) == ((10.0, 0.01, 1e-5), (1.0, 0.1, 1e-3, 1e-4))
    assert not give_up(AUTHORS, {10.0: 0.1, 0.01: 0.2})
    assert give_up(AUTHORS, {10.0: 0.1, 0.01: 0.2, 1e-5: 0.1})
    accuracies = dict.fromkeys(AUTHORS.learning_rates, 0.1) | {0.01: 0.3, 0.1: 0.39}
    assert choose_rate(AUTHORS, accuracies) is None
    assert choose_rate(AUTHORS, accuracies | {0.1: 0.4}) == 0.1
    # Good where it was not tried first: the authors never see it.
    assert choose_rate(AUTHORS, dict.fromkeys(AUTHORS.learning_rates, 0.1) | {1.0: 0.9}) is None


def test_the_second_stop_looks_from_a_step_on() -> None:
    assert not ends_run(PAPER, 800, 0.1)
    assert ends_run(PAPER, 1000, 0.39)
    assert not ends_run(PAPER, 1000, 0.4)
    assert not ends_run(PAPER.replace(second_accuracy=0.0), 8000, 0.0)


class Recorded:
    """A way to train that knows the curves beforehand."""

    def __init__(self, first: dict[float, Curve], whole: Curve) -> None:
        self.first = first
        self.whole = whole
        self.asked: list[tuple[Phase, tuple[float, ...]]] = []

    def __call__(self, runs: list[Run], phase: Phase) -> list[Curve]:
        self.asked.append((phase, tuple(run.rate for run in runs)))
        return [self.whole if phase is Phase.WHOLE else self.first[run.rate] for run in runs]


def flat(accuracy: float) -> Curve:
    return Curve((accuracy,), steps=800)


def test_an_evaluation_asks_for_what_the_settings_say() -> None:
    first = {rate: flat(0.5 if rate == 0.1 else 0.3) for rate in PAPER.learning_rates}
    train = Recorded(first, Curve((0.5, 0.6), (0.4, 0.7, 0.65), steps=8000))
    evaluation = Evaluation(AUTHORS, FILE, 0)
    finish([evaluation], train)
    assert train.asked == [
        (Phase.FIRST, (10.0, 0.01, 1e-5)),
        (Phase.FIRST, (1.0, 0.1, 1e-3, 1e-4)),
        (Phase.WHOLE, (0.1,)),
    ]
    result = evaluation.result()
    assert isinstance(result, Evaluated)
    assert (result.fitness, result.learning_rate) == (0.7, 0.1)
    assert result.details["first_stop"]["0.1"] == 0.5


def test_what_probes_give_up_is_not_tried_further() -> None:
    train = Recorded(dict.fromkeys(PAPER.learning_rates, flat(0.2)), Curve())
    evaluation = Evaluation(AUTHORS, FILE, 0)
    finish([evaluation], train)
    assert train.asked == [(Phase.FIRST, (10.0, 0.01, 1e-5))]
    result = evaluation.result()
    assert isinstance(result, Rejected)
    assert "20.0% at learning rate 10, below 25%" in result.reason


def test_diverging_everywhere_and_diverging_somewhere() -> None:
    bad = Curve((), (), 7, 7)
    everywhere = Evaluation(PAPER, FILE, 0)
    finish([everywhere], Recorded(dict.fromkeys(PAPER.learning_rates, bad), Curve()))
    result = everywhere.result()
    assert isinstance(result, Diverged)
    assert result.step == 7
    somewhere = Evaluation(PAPER, FILE, 0)
    first = dict.fromkeys(PAPER.learning_rates, flat(0.1)) | {10.0: bad}
    finish([somewhere], Recorded(first, Curve()))
    result = somewhere.result()
    assert isinstance(result, Rejected)
    assert result.details["first_stop_diverged"] == {"10.0": 7}


@pytest.mark.parametrize(
    ("whole", "fitness"), [(Curve((0.5,), (0.6,), 250, 250), 0.6), (Curve((), (), 9, 9), None)]
)
def test_a_whole_run_that_diverges_has_the_best_accuracy_so_far(whole: Curve, fitness: float | None) -> None:
    evaluation = Evaluation(PAPER, FILE, 0)
    finish([evaluation], Recorded(dict.fromkeys(PAPER.learning_rates, flat(0.5)), whole))
    result = evaluation.result()
    if fitness is None:
        assert isinstance(result, Diverged)
    else:
        assert isinstance(result, Evaluated)
        assert result.fitness == fitness
    assert result.details["diverged"] == whole.diverged


def test_without_a_first_stop_there_is_one_run() -> None:
    settings = PAPER.replace(learning_rates=(0.3,), first_steps=0)
    train = Recorded({}, Curve((0.5,), (0.6,), steps=8000))
    evaluation = Evaluation(settings, FILE, 0)
    finish([evaluation], train)
    assert train.asked == [(Phase.WHOLE, (0.3,))]
    assert isinstance(evaluation.result(), Evaluated)
