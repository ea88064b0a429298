"""What a running transfer experiment says of itself: counts, the time that is left, and curves."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from test_transfer_experiment import Fake, play, protocol

from nos_sym.search.listener import Listener, Listeners
from nos_sym.search.reports import tally as tally_module
from nos_sym.search.reports.display import Display
from nos_sym.search.results import Diverged, Evaluated
from nos_sym.search.store.store import Store
from nos_sym.search.tracking import Tracking
from nos_sym.transfer import progress as progress_module
from nos_sym.transfer.entrants import entrants_of, of_rules
from nos_sym.transfer.experiment import Experiment
from nos_sym.transfer.progress import ExperimentTally, tally_of


class Clock:
    """A clock that a trainer moves by a second for each update that it makes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        for module in (tally_module, progress_module):
            monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.seconds))


class Timed(Fake):
    """Trains in a time that is that of its updates; at large rates the loss is no number after a tenth."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def train(self, source, class_name, settings, seed):
        found = super().train(source, class_name, settings, seed)
        made = max(1, settings.ends // 10) if settings.learning_rate > 1 else settings.ends
        self.clock.seconds += made
        if settings.learning_rate > 1:
            return Diverged("no number", made - 1, 1.0, {"steps": made})
        return Evaluated(found.fitness, 0.1, 1.0, {"steps": made})


class Noting(Listener):
    """Notes after each training what is left, and what was then trained indeed."""

    def __init__(self, tally: ExperimentTally, clock: Clock) -> None:
        self.tally, self.clock = tally, clock
        self.noted: list[tuple[float, float | None]] = []

    def result(self, result):
        self.noted.append((self.clock.seconds, self.tally.seconds_left()))


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "t.db") as opened:
        yield opened


def test_the_time_that_is_left_counts_updates(store, monkeypatch):
    clock = Clock(monkeypatch)
    experiment = Experiment(protocol("cifar10"), entrants_of(["Adam", "SGD", "LR5"]))
    tally = tally_of(experiment)
    tally.started = 0.0
    trainer = Timed(clock)
    noting = Noting(tally, clock)
    with Display(tally, io.StringIO()) as display:
        play(experiment, store, trainer, listener=Listeners(display, noting))
    assert (tally.slots, tally.done, tally.trained, tally.answered) == (30, 30, 30, 0)
    assert tally.best is not None and tally.best[1] in {f"{n} at learning rate 0.01" for n in tally.names}
    total = clock.seconds
    # The largest rate comes first; those after it are trained to the end.
    assert {s.learning_rate for _, s, _ in trainer.asked[:3]} == {10.0}
    assert len(noting.noted) == 30
    for number, (when, left) in enumerate(noting.noted):
        # What the trainings that are left at the largest rate will not make.
        spared = sum(s.ends - max(1, s.ends // 10) for _, s, _ in trainer.asked[number + 1 : 3])
        assert left == pytest.approx(total - when + spared)


def test_what_the_store_has_takes_no_time(store, monkeypatch):
    clock = Clock(monkeypatch)
    play(Experiment(protocol("cifar10"), entrants_of(["Adam"])), store, Timed(clock))
    experiment = Experiment(protocol("cifar10"), entrants_of(["Adam", "SGD"]))
    tally = tally_of(experiment)
    with Display(tally, io.StringIO()) as display:
        play(experiment, store, Timed(clock), listener=display)
    assert (tally.done, tally.trained, tally.answered) == (20, 10, 10)
    assert tally.seconds_left() == 0


def test_optimizers_without_a_rate_leave_less_to_do(store):
    experiment = Experiment(protocol("flowers102"), entrants_of(["Adam", "SGD"]))
    tally = tally_of(experiment)
    stream = io.StringIO()
    assert tally.slots == 2 * (7 + 2 + 3)
    with Display(tally, stream) as display:
        play(experiment, store, Fake(fails=lambda s: True), listener=display)
    assert (tally.slots, tally.done) == (14, 14)
    assert tally.seconds_left() is None
    assert stream.getvalue() == (
        "learning-rate test: 14 trainings\nrefinement: 0 trainings\nrepeats: 0 trainings\n"
    )
    assert "14 diverged" in tally.line() and "14 of 14 trainings" in tally.line()


def test_perplexities_are_shown_as_such(store):
    experiment = Experiment(protocol("ptb"), entrants_of(["Adam"]))
    tally = tally_of(experiment)
    with Display(tally, io.StringIO()) as display:
        play(experiment, store, Fake(), listener=display)
    assert tally.best is not None
    assert tally.best[1].startswith("Adam at learning rate 0.01, perplexity 0.6")


def test_failures_are_tried_again_by_another_experiment(store):
    failing = Fake()

    def broken(source, class_name, settings, seed):
        failing.asked.append(settings)
        if settings.learning_rate == 0.01:
            raise RuntimeError("out of memory")
        return Diverged("no number") if settings.learning_rate > 0.1 else Evaluated(0.5)

    failing.train = broken
    experiment = Experiment(protocol("cifar10"), entrants_of(["Adam"]))
    _, (row,) = play(experiment, store, failing)
    assert row.tested[0.01] is None
    second = Fake()
    _, (row,) = play(experiment, store, second)
    # What diverged was decided, and stays so.
    assert [s.learning_rate for _, s, _ in second.asked] == [0.01]
    assert row.tested[0.01] is not None and row.tested[10.0] is None and len(row.scores) == 3


def test_trainings_that_are_alike_are_trained_once_in_a_part(store):
    (scheduled,) = entrants_of(["LR5"])
    (same,) = of_rules([scheduled.rule.named("again", "")])
    trainer = Fake()
    _, rows = play(Experiment(protocol("cifar10"), (scheduled, same)), store, trainer)
    # Tested for another time each, and then trained at the same rate.
    assert rows[1].same_as is None and rows[0].rate == rows[1].rate
    assert rows[0].scores == rows[1].scores
    assert len(trainer.asked) == 7 + 7 + 3


def test_curves_are_those_of_the_parts(store):
    class Kept:
        place = "a list"

        def __init__(self):
            self.names, self.found, self.closed = set(), [], []

        def open(self, run):
            self.run = run

        def scalars(self, series, values, step, seconds):
            self.names |= {name for name in values if not name.startswith(("counts", "seconds"))}

        def text(self, name, text, step, seconds):
            pass

        def best(self, best):
            self.found.append(best.fitness)

        def flush(self):
            pass

        def close(self, *, complete):
            self.closed.append(complete)

    kept = Kept()
    with Tracking(kept, pytest.fail, by_part=True) as tracking:
        _, rows = play(Experiment(protocol(), entrants_of(["Adam", "SGD"])), store, Fake(), listener=tracking)
    parts = ("learning-rate_test", "refinement", "repeats")
    assert kept.names == {f"{part}/{what}" for part in parts for what in ("fitness", "best_fitness")}
    assert kept.closed == [True]
    assert kept.found[-1] == max(score for row in rows for score in row.scores)
    assert kept.run.settings["protocol.training.task"] == "flowers102"
