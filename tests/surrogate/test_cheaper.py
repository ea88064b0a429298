"""Settings of cheaper trainings, ends by the curve, and the levels that are learned for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.harness import backends
from support.trained_files import TINY, write_rendered

from nos_sym.search.curve_levels import learn_levels
from nos_sym.search.protocols.elimination_settings import EliminationSettings, EliminationStage
from nos_sym.search.records import SettingsError, read_record, record_to_table
from nos_sym.search.results import Evaluated
from nos_sym.search.resuming import what_decides
from nos_sym.search.settings import PRESETS, preset
from nos_sym.surrogate.early_stop import ends_run
from nos_sym.surrogate.settings import TrainingSettings

CURVE = TrainingSettings(curve_steps=(400, 800), curve_accuracies=(0.3, 0.5))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"halving": (100,)},
            "'halving' is (100,); expected ends of epochs in ascending order: multiples of",
        ),
        ({"halving": (400, 200)}, "ascending order"),
        ({"halving": (200, 200)}, "ascending order"),
        ({"halving": (0,)}, "ascending order"),
        ({"halving": (-200,)}, "ascending order"),
        ({"halving": (800,)}, "below 'first_steps', 800"),
        ({"halving": (200,), "first_epoch_steps": 400}, "multiples of 'first_epoch_steps', 400, below"),
        (
            {"curve_steps": (100,), "curve_accuracies": (0.5,), "first_epoch_steps": 100},
            "multiples of 'epoch_steps', 200, below",
        ),
        ({"curve_steps": (200,)}, "'curve_accuracies' is (); expected 1 numbers"),
        ({"curve_steps": (8000,), "curve_accuracies": (0.5,)}, "below 'steps', 8000"),
        ({"curve_accuracies": (0.5,)}, "'curve_accuracies' is (0.5,); expected 0 numbers"),
        ({"curve_steps": (200,), "curve_accuracies": (50.0,)}, "expected numbers in [0, 1]"),
        ({"curve_steps": (200,), "curve_accuracies": (float("nan"),)}, "expected numbers in [0, 1]"),
        ({"check_every": -1}, "'check_every' is -1"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TrainingSettings().replace(**changes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_they_are_part_of_the_task_and_off_they_are_none() -> None:
    # The name that this task had before there were these settings.
    assert TrainingSettings().task_key() == "digits-base48-steps8000-c9d5f02a05ac"
    keys = {
        TrainingSettings().replace(**changes).task_key()
        for changes in (
            {},
            {"halving": (200,)},
            {"halving": (400,)},
            {"curve_steps": (400,), "curve_accuracies": (0.3,)},
            {"curve_steps": (400,), "curve_accuracies": (0.4,)},
        )
    }
    assert len(keys) == 5


def test_rungs_are_ends_of_the_epochs_of_the_sweep() -> None:
    assert TrainingSettings().replace(halving=(100, 300), first_epoch_steps=100).halving == (100, 300)


def test_presets_have_them_off() -> None:
    for name in PRESETS:
        settings = preset(name)
        for training in (settings.training, settings.initial_training):
            assert isinstance(training, TrainingSettings)
            assert (training.halving, training.curve_steps, training.capture) == ((), (), False)


def test_runs_from_before_are_resumed_and_others_are_not() -> None:
    now = preset("demo").to_json()
    before = json.loads(now)
    for section in ("training", "initial_training"):
        for name in ("halving", "curve_steps", "curve_accuracies", "capture", "check_every"):
            del before[section][name]
    assert what_decides(json.dumps(before)) == what_decides(now)
    halved = preset("demo", training={"halving": [40]}, initial_training={"halving": []}).to_json()
    assert what_decides(halved) != what_decides(now)


def test_no_curve_ends_a_training_of_an_elimination() -> None:
    stage = EliminationStage(base=64, steps=600, repeats=1, keep=1)
    short = CURVE.replace(halving=(200,), warmup=100, first_steps=400)
    training = EliminationSettings((stage,), short).stage_training(0)
    assert training == short.replace(base=64, steps=600, curve_steps=(), curve_accuracies=())


def test_they_are_read_back() -> None:
    settings = CURVE.replace(halving=(200, 400), capture=True, check_every=0)
    assert read_record(TrainingSettings, json.loads(json.dumps(record_to_table(settings)))) == settings


def test_a_run_is_ended_where_its_curve_is_below_the_level() -> None:
    assert not ends_run(CURVE, 200, 0.1)
    assert ends_run(CURVE, 400, 0.29) and not ends_run(CURVE, 400, 0.3)
    assert not ends_run(CURVE, 600, 0.3)
    assert ends_run(CURVE, 800, 0.49)
    # The second early stop goes on as before.
    assert ends_run(CURVE, 1000, 0.39)


def test_levels_are_quantiles_of_what_is_there() -> None:
    curves = [(0.1, 0.5), (0.3,), (0.2, 0.4), (0.4, 0.9)]
    assert learn_levels(curves, 20, [20, 40], 0.5) == (0.3, 0.5)
    assert learn_levels(curves, 20, [20], 0.0) == (0.1,)
    assert learn_levels(curves, 20, [20], 1.0) == (0.4,)
    for quantile in (0.0, 0.25, 0.3, 0.5, 0.99, 1.0):
        (level,) = learn_levels(curves, 20, [20], quantile)
        assert sum(curve[0] < level for curve in curves) <= quantile * len(curves)
    assert learn_levels([(0.5,)] * 3, 20, [20], 0.7) == (0.5,)


@pytest.mark.parametrize(
    ("curves", "looks", "quantile", "message"),
    [
        ([(0.1,)], [30], 0.5, "30 is no end of an epoch; expected a multiple of 20"),
        ([(0.1,)], [0], 0.5, "0 is no end of an epoch"),
        ([(0.1,)], [40], 0.5, "no whole run has 40 steps"),
        ([], [20], 0.5, "no whole run has 20 steps"),
        ([(0.1,)], [20], 1.5, "the quantile is 1.5"),
        ([(0.1,)], [20], float("nan"), "the quantile is nan"),
    ],
)
def test_what_no_level_can_be_learned_from_is_refused(
    curves: list[tuple[float, ...]], looks: list[int], quantile: float, message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        learn_levels(curves, 20, looks, quantile)


if "torch" in backends():
    from nos_sym.surrogate.trainer import TorchTrainer

    @pytest.mark.parametrize("mode", ["single", "batched"])
    def test_an_ended_run_has_the_fitness_that_it_had(tmp_path: Path, mode: str) -> None:
        settings = TINY.replace(learning_rates=(0.1,), first_steps=0, mode=mode)
        files = write_rendered(tmp_path, "SGD")
        whole = TorchTrainer().train(*files, settings, 0)
        ended = TorchTrainer().train(
            *files, settings.replace(curve_steps=(10, 20), curve_accuracies=(0.0, 1.0)), 0
        )
        assert isinstance(whole, Evaluated) and isinstance(ended, Evaluated)
        assert (whole.details["steps"], ended.details["steps"]) == (40, 20)
        assert ended.details["validation"] == whole.details["validation"][:2]
        assert ended.fitness == max(ended.details["validation"])
