"""The protocol of transfer experiments: which trainings it asks for, and what it makes of them."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import numpy as np
import pytest

from nos_sym.errors import NosSymError
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.program.interpreter import Interpreter
from nos_sym.report.tables.results import read_results
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.records import SettingsError
from nos_sym.search.results import Diverged, Evaluated
from nos_sym.search.store.store import Store
from nos_sym.transfer.entrants import all_names, entrants_of, of_rules
from nos_sym.transfer.experiment import TASKS, Experiment, read_protocol, read_task, scaled
from nos_sym.transfer.outcome import merged, results_json
from nos_sym.transfer.running import best_rate, run_experiment, seeds_of


class Fake:
    """Scores a training by its rate, the best of which depends on the optimizer, without training it."""

    name, backend = "fake", "torch"

    def __init__(self, fails=lambda settings: False, stop_after: int | None = None):
        self.asked: list = []
        self.fails = fails
        self.stop_after = stop_after

    def train(self, source: Path, class_name: str, settings, seed: int):
        if self.stop_after is not None and len(self.asked) >= self.stop_after:
            raise NosSymError("stopped here")
        self.asked.append((class_name, settings, seed))
        if self.fails(settings):
            return Diverged("no number")
        return Evaluated(1 / (1 + abs(settings.learning_rate - 0.05)) / 2 + seed * 1e-14)


def protocol(task="flowers102", **changes):
    return read_protocol({**scaled(read_task(task), 0.01), **changes})


def play(experiment, store, trainer, **more):
    return run_experiment(experiment, store, executor=InProcess(), trainer=trainer, **more)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "t.db") as opened:
        yield opened


def test_tasks_are_those_of_the_paper():
    steps = {"cifar10": 96_000, "cifar100": 96_000, "tinyimagenet": 300_000, "ptb": 99_600}
    for task in (each for each in TASKS if each != "digits"):
        found = read_protocol(read_task(task))
        assert found.rates == (10.0, 1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5)
        assert found.training.steps == steps.get(task, 10_000)
        assert (found.share, found.share_scheduled, found.repeats) == (1 / 3, 2 / 3, 3)
        fine = task in ("flowers102", "cars196", "caltech101")
        assert found.refine == ((0.5, 5.0) if fine else ())
        if task != "ptb":
            assert found.training.pretrained is fine
        assert found.tested(0.1, scheduled=False).ends == -(-found.training.steps // 3)
    # 929,589 words in 20 columns, cut after 70: 150 epochs make the paper's 99,600 steps.
    assert 150 * -(-(929_589 // 20 - 1) // 70) == 99_600


def test_the_whole_protocol(store):
    trainer = Fake()
    experiment = Experiment(protocol(), entrants_of(["Adam", "LR5"]))
    run, rows = play(experiment, store, trainer)
    tests = [s for _, s, _ in trainer.asked if s.scored == "held-out"]
    # Seven rates and two multiples of the best for each; Adam with a schedule is tested twice as long.
    assert sorted({s.ends for s in tests}) == [34, 67]
    assert [row.rate for row in rows] == [0.05, 0.05]
    assert list(rows[0].refined) == [0.005, 0.05]
    finals = [(s, seed) for _, s, seed in trainer.asked if s.scored == "test"]
    assert len(finals) == 6
    assert {seed for _, seed in finals} == set(seeds_of(experiment.protocol))
    assert not {seed for _, s, seed in trainer.asked if s.scored == "held-out"} & set(
        seeds_of(experiment.protocol)
    )
    assert len(rows[0].scores) == 3
    assert run.report["rows"][0]["learning_rate"] == 0.05


def test_without_refinement_the_best_rate_is_final(store):
    _, (row,) = play(Experiment(protocol("cifar10"), entrants_of(["Adam"])), store, Fake())
    assert row.rate == 0.01
    assert row.refined == {}


def test_equal_optimizers_are_trained_once(store):
    trainer = Fake()
    given = entrants_of(["Adam", "SGD", "A1"])
    (copy,) = of_rules([parse("again = none ~ v_hat / (1e-8 + ema_hat(g * g, 0.999)^0.5)")])
    _, rows = play(Experiment(protocol("cifar10"), (*given, copy)), store, trainer)
    assert rows[3].same_as == "Adam"
    assert rows[3].scores == rows[0].scores
    assert len(trainer.asked) == 3 * (7 + 3)


def test_what_the_store_has_is_not_trained_again(store):
    first = Fake()
    play(Experiment(protocol("cifar10"), entrants_of(["Adam"])), store, first)
    second = Fake()
    _, rows = play(Experiment(protocol("cifar10"), entrants_of(["SGD", "Adam"])), store, second)
    assert len(second.asked) == 10
    assert len(rows[1].scores) == 3


@pytest.mark.parametrize("after", [0, 1, 6, 8, 15])
def test_an_experiment_goes_on_where_it_stopped(after, tmp_path):
    experiment = Experiment(protocol(), entrants_of(["Adam", "SGD"]))
    with Store.open(tmp_path / "whole.db") as whole:
        _, expected = play(experiment, whole, Fake())
    with Store.open(tmp_path / "parts.db") as parts:
        with pytest.raises(NosSymError, match="stopped here"):
            play(experiment, parts, Fake(stop_after=after))
        trainer = Fake()
        _, rows = play(experiment, parts, trainer, resume=True)
    assert [row.to_json() for row in rows] == [row.to_json() for row in expected]
    assert len(trainer.asked) == 24 - after


def test_rates_that_diverge_are_not_chosen(store):
    trainer = Fake(fails=lambda s: s.learning_rate >= 0.01)
    _, (row,) = play(Experiment(protocol("cifar10"), entrants_of(["Adam"])), store, trainer)
    assert row.tested[0.01] is None
    assert row.rate == 0.001


def test_an_optimizer_that_never_trains_has_no_result(store):
    rows = play(Experiment(protocol("cifar10"), entrants_of(["Adam"])), store, Fake(fails=lambda s: True))[1]
    assert (rows[0].rate, rows[0].scores, rows[0].mean) == (None, (), None)
    assert results_json(rows, protocol("cifar10"), [1, 2, 3], {})["results"] == []


def test_a_repeat_that_fails_leaves_no_mean(store):
    trainer = Fake()
    trainer.fails = lambda s: s.scored == "test" and len(trainer.asked) == 9
    _, (row,) = play(Experiment(protocol("cifar10"), entrants_of(["Adam"])), store, trainer)
    assert row.scores.count(None) == 1
    assert row.mean is None


def test_results_are_in_the_format_that_tables_read(store):
    found = protocol("cifar10")
    _, rows = play(Experiment(found, entrants_of(["Adam", "SGD"])), store, Fake())
    data = results_json(rows, found, seeds_of(found), {"torch": "2"})
    read = read_results(json.dumps(data), "here")
    score = read.scores["Adam", "CIFAR-10"]
    values = [100 * s for s in rows[0].scores]
    assert score.mean == pytest.approx(statistics.fmean(values))
    assert score.deviation == pytest.approx(statistics.stdev(values))
    assert read.tasks["CIFAR-10"].model == "EfficientNetV2-Small, from scratch"


def test_perplexities_are_lower_where_scores_are_higher(store):
    found = protocol("ptb")
    _, rows = play(Experiment(found, entrants_of(["Adam"])), store, Fake())
    data = results_json(rows, found, seeds_of(found), {})
    assert data["tasks"][0]["better"] == "lower"
    assert 0 < data["results"][0]["mean"] < 1


def test_results_of_tasks_are_merged():
    def part(task, mean, seeds):
        row = {"optimizer": "Adam", "task": task, "mean": mean, "deviation": 0.0, "values": [mean] * 2}
        tasks = [
            {"name": task, "metric": "accuracy", "unit": "%", "better": "higher", "model": "m", "steps": 1}
        ]
        return {"format": "nos-sym results 1", "source": "s", "seeds": seeds, "versions": {}, "tasks": tasks,
                "results": [row]}  # fmt: skip

    both = merged([part("A", 1.0, [1, 2]), part("B", 2.0, [1, 2]), part("A", 3.0, [1, 2])])
    assert [(r["task"], r["mean"]) for r in both["results"]] == [("B", 2.0), ("A", 3.0)]
    read_results(json.dumps(both), "here")
    other = merged([part("A", 1.0, [1, 2]), part("B", 2.0, [3, 4])])
    assert other["seeds"] is None
    read_results(json.dumps(other), "here")


def test_all_stands_for_the_paper_and_for_today():
    names = all_names()
    paper = {"Opt1", "Opt10", "Opt41", "Opt101", "LR1", "LR9", "A1", "A5", "PowerSign", "AddSign", "QHM"}
    assert paper | {"AdamW", "Lion", "Muon"} <= set(names)
    found = {entrant.name: entrant for entrant in entrants_of(["all"])}
    assert list(found) == list(names)
    assert {name for name, each in found.items() if each.scheduled} == {f"LR{n}" for n in range(1, 10)}
    # PowerSign of Table 11 decays linearly.
    assert "a1" in str(found["PowerSign"].rule)


def test_a_schedule_on_adam_is_their_product():
    gradients = np.array([[0.3, -2.0], [0.1, 0.5], [1.0, 0.2], [-0.7, 1e-3]])

    def updates(rule: Rule) -> np.ndarray:
        interpreter = Interpreter(rule, (2,), total_steps=4)
        return np.array([interpreter.update(gradient, np.ones(2)) for gradient in gradients])

    scheduled, adam = (each.rule for each in entrants_of(["LR9", "Adam"]))
    factor = updates(parse("none ~ [tanh(max(a10, a6))] (g / g)"))
    assert len(np.unique(factor)) > 2
    assert np.allclose(updates(scheduled), factor * updates(adam), rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rates": []}, "'rates' is empty"),
        ({"rates": [0.1, 0.1]}, "different positive numbers"),
        ({"share": 0.0}, r"share in \(0, 1\]"),
        ({"repeats": 0}, "'repeats' is 0"),
        ({"refine": [0.0]}, "different positive numbers"),
        ({"kind": "sound"}, "kind"),
    ],
)
def test_settings_are_checked(change, message):
    with pytest.raises(SettingsError, match=message):
        protocol(**change)


def test_scales_leave_a_training():
    for task in TASKS:
        training = read_protocol(scaled(read_task(task), 1e-6)).training
        assert (training.steps, training.warmup, training.hold) == (1, 0, 0)
    with pytest.raises(SettingsError, match="the scale is -1"):
        scaled(read_task("ptb"), -1)


def test_two_of_one_name_are_refused():
    (adam,) = entrants_of(["Adam"])
    with pytest.raises(SettingsError, match="two optimizers are called 'Adam'"):
        Experiment(protocol(), (adam, adam))


def test_resnet_and_the_language_model_are_of_pytorch():
    with pytest.raises(SettingsError, match="'resnet9' is one of PyTorch"):
        Experiment(protocol("tinyimagenet"), entrants_of(["Adam"]), "tensorflow")


def test_of_equal_rates_the_first_is_best():
    assert best_rate({0.1: 0.5, 0.01: 0.5, 0.001: None}) == 0.1
    assert best_rate({0.1: None}) is None
    assert best_rate({}) is None
