"""What a training of the authors' script has of its own: order of images, epochs, statistics, early stop.

``tests/data/order_of_images_in_keras.json`` is a recording of Keras: which images each step of ``fit`` has of
a data set that is batched and repeated and not shuffled, and what the accuracies of its epochs are.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from support.harness import backends
from support.trained_files import TINY, write_rendered

from nos_sym.search.records import SettingsError
from nos_sym.search.results import Rejected
from nos_sym.search.settings import preset
from nos_sym.surrogate.batches import Epoch, Phase, draw_epochs, seeds_of
from nos_sym.surrogate.data import Augmentation, Images, load_images
from nos_sym.surrogate.early_stop import Curve, cuts_rate
from nos_sym.surrogate.evaluation import Evaluation
from nos_sym.surrogate.loading import RenderedFile, Run, load_file
from nos_sym.surrogate.settings import TrainingSettings

RECORDED = json.loads(
    (Path(__file__).parents[1] / "data" / "order_of_images_in_keras.json").read_text(encoding="utf-8")
)


def epochs_of(settings: TrainingSettings, count: int, phase: Phase, steps: int | None = None) -> list[Epoch]:
    pixels, labels = np.zeros((count, 1, 1, 1), np.uint8), np.zeros(count, np.int64)
    images = Images(pixels, labels, pixels, labels, 1, 255, Augmentation(0, False, 0))
    seeds = seeds_of(5, phase)
    steps = steps or phase.steps(settings)
    return list(draw_epochs(images, settings, steps, seeds, phase.epoch_steps(settings)))


def rows_of(epochs: list[Epoch]) -> list[list[int]]:
    return [
        row[:size].tolist()
        for epoch in epochs
        for row, size in zip(epoch.index, epoch.sizes.tolist(), strict=True)
    ]


def script(**changes: Any) -> TrainingSettings:
    """Return the training of the preset, with what is not looked at made small."""
    training = preset("authors-script").training
    assert isinstance(training, TrainingSettings)
    return training.replace(base=1, augment=False, **changes)


def test_order_and_epochs_are_those_that_keras_makes_of_the_script() -> None:
    settings = script()
    first = epochs_of(settings, 45_000, Phase.FIRST)
    whole = epochs_of(settings, 45_000, Phase.WHOLE, steps=1200)
    assert [len(epoch) for epoch in first] == [200] * 4
    assert [len(epoch) for epoch in whole] == [400] * 3
    short = {step: (begin, end, size) for step, begin, end, size in RECORDED["short"]}
    expected = []
    for step, begin in enumerate(RECORDED["starts"]):
        begin, end, size = short.get(step, (begin, begin + 127, 128))
        expected.append(list(range(begin, end + 1)))
        assert len(expected[-1]) == size
    assert rows_of(whole) == expected
    assert rows_of(first) == expected[:800]
    for epochs, accuracies in ((first, RECORDED["first_stop"]), (whole, RECORDED["whole_run"])):
        for epoch, accuracy in zip(epochs, accuracies, strict=True):
            right = sum(image < 3000 or image >= 44_900 for row in rows_of([epoch]) for image in row)
            # Keras keeps its metrics in float32.
            assert right / epoch.seen == pytest.approx(accuracy, abs=1e-6)


def test_the_initial_population_of_the_script_has_epochs_of_200_steps() -> None:
    initial = preset("authors-script").initial_training
    assert isinstance(initial, TrainingSettings)
    assert Phase.FIRST.epoch_steps(initial) == Phase.WHOLE.epoch_steps(initial) == 200
    assert not initial.shuffle and not initial.augment and initial.first_cut_after == 600


def test_the_paper_shuffles_and_has_whole_batches() -> None:
    paper = preset("paper").training
    assert isinstance(paper, TrainingSettings)
    epochs = epochs_of(paper.replace(base=1, augment=False), 45_000, Phase.FIRST)
    assert [(len(epoch), epoch.seen) for epoch in epochs] == [(200, 25_600)] * 4
    images = [image for row in rows_of(epochs) for image in row]
    assert sorted(images[:45_000]) == list(range(45_000)) and images[:128] != list(range(128))


@pytest.mark.parametrize(
    ("count", "batch", "sizes"),
    [
        (7, 3, [3, 3, 1, 3, 3]),
        (6, 3, [3, 3, 3, 3, 3]),
        (3, 3, [3] * 5),
        (1, 1, [1] * 5),
        (5, 4, [4, 1] * 2 + [4]),
    ],
)
def test_short_batches_of_every_size(count: int, batch: int, sizes: list[int]) -> None:
    small = TINY.replace(
        shuffle=False, batch=batch, steps=9, warmup=1, epoch_steps=2, first_steps=5, augment=False
    )
    epochs = epochs_of(small, count, Phase.FIRST)
    assert [size for epoch in epochs for size in epoch.sizes] == sizes
    assert [len(epoch) for epoch in epochs] == [2, 2, 1]
    flat = [image for row in rows_of(epochs) for image in row]
    assert flat == [i % count for i in range(sum(sizes))]


def test_statistics_are_those_of_all_images_that_train_or_validate() -> None:
    images = load_images(TINY.replace(split="test"))
    mean, deviation = images.scale("standard", "all")
    both = np.concatenate([images.training, images.validation]).astype(np.float64)
    np.testing.assert_allclose(mean, both.mean(axis=(0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(deviation, both.std(axis=(0, 1, 2)), rtol=1e-6)
    assert not np.array_equal(mean, images.scale("standard")[0])
    assert np.array_equal(images.scale("unit", "all")[1], images.scale("unit")[1])


def test_only_what_differs_from_before_is_in_the_name_of_a_task() -> None:
    names = {TINY.task_key()}
    for change in (
        {"shuffle": False},
        {"scaled_by": "all"},
        {"first_epoch_steps": 5},
        {"first_judged": "final"},
        {"first_cut_after": 10},
        {"first_cut_accuracy": 0.3},
    ):
        names.add(TINY.replace(**change).task_key())
    assert len(names) == 7
    assert TINY.replace(first_epoch_steps=0, shuffle=True, scaled_by="training").task_key() == TINY.task_key()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"first_epoch_steps": -1}, "'first_epoch_steps' is -1; expected 0 to"),
        ({"first_cut_after": -1}, "'first_cut_after' is -1; expected 0 to"),
        ({"first_cut_accuracy": 1.5}, "'first_cut_accuracy' is 1.5; expected a number in"),
        ({"first_cut_accuracy": float("nan")}, "'first_cut_accuracy' is nan; expected a number in"),
    ],
)
def test_what_is_no_setting_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        TINY.replace(**change)


FIRST = TINY.replace(first_accuracy=0.25, first_judged="final")
RATES = FIRST.learning_rates


def curves(*accuracies: tuple[float, ...], diverged: int | None = None) -> list[Curve]:
    return [Curve(each, steps=20, diverged=diverged) for each in accuracies]


def evaluated(settings: TrainingSettings, first: list[Curve]) -> tuple[Evaluation, float | None]:
    """Return an evaluation whose first early stop is recorded, and the learning rate of its whole run."""
    evaluation = Evaluation(settings, RenderedFile(ModuleType("nothing"), object), 0)
    evaluation.record_first(first)
    run = evaluation.whole_run()
    return evaluation, None if run is None else run.rate


def test_the_final_epoch_counts_in_the_paper_and_the_best_in_the_script() -> None:
    first = curves((0.9, 0.2), (0.3, 0.3), (0.1, 0.4), (0.1, 0.26))
    assert evaluated(FIRST, first)[1] == RATES[2]
    assert evaluated(FIRST.replace(first_judged="best"), first)[1] == RATES[0]


def test_a_final_accuracy_has_to_lie_above_and_a_best_one_to_reach() -> None:
    first = curves(*[(0.1, 0.25)] * 4)
    assert evaluated(FIRST.replace(first_judged="best"), first)[1] == RATES[0]
    evaluation, rate = evaluated(FIRST, first)
    assert rate is None
    result = evaluation.result()
    assert isinstance(result, Rejected)
    end = "the best final training accuracy was 25.0% at learning rate 10, not above 25%"
    assert result.reason.endswith(end)


def test_a_training_that_diverges_has_no_final_accuracy() -> None:
    first = [*curves((0.9, 0.8), diverged=15), *curves((0.3, 0.3), (), (0.2, 0.2))]
    evaluation, rate = evaluated(FIRST, first)
    assert rate == RATES[1]
    assert evaluation.accuracies == dict(zip(RATES, (0.0, 0.3, 0.0, 0.2), strict=True))


def test_the_cut_begins_after_its_step() -> None:
    settings = script()
    assert not cuts_rate(settings, 400, 0.1)
    assert cuts_rate(settings, 600, 0.2499) and not cuts_rate(settings, 600, 0.25)
    assert not cuts_rate(settings.replace(first_cut_after=0), 800, 0.0)


if "torch" in backends():
    import torch

    from nos_sym.surrogate import batched, single
    from nos_sym.surrogate import task as task_module
    from nos_sym.surrogate.task import prepare_task, reproducible

    UNSHUFFLED = TINY.replace(shuffle=False, batch=48, scaled_by="all", first_epoch_steps=6)
    """512 images in batches of 48: the last one of a pass has 32."""

    def test_networks_are_trained_on_short_batches_one_by_one_and_as_one(tmp_path: Path) -> None:
        task = prepare_task(UNSHUFFLED)
        file = load_file(*write_rendered(tmp_path, "SGDMomentum"))
        runs = [Run(file, rate, seed) for rate, seed in ((0.1, 1), (0.1, 2))]
        with reproducible(task):
            for phase in Phase:
                alone = [single.train_single(run, task, phase) for run in runs]
                stacked = batched.train_batched(runs, task, phase)
                for one, other in zip(alone, stacked, strict=True):
                    assert one.steps == other.steps and len(one.training) == len(other.training)
                    np.testing.assert_allclose(one.training, other.training, atol=0.01)
                assert len(alone[0].training) == 4

    def test_an_accuracy_is_a_mean_over_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where every image counts as right, the accuracy is 1 whatever the sizes of batches."""

        def all_right(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            return torch.full(labels.shape[:-1], labels.shape[-1])

        monkeypatch.setattr(task_module, "count_hits", all_right)
        monkeypatch.setattr(batched, "count_hits", all_right)
        task = prepare_task(UNSHUFFLED)
        run = Run(load_file(*write_rendered(tmp_path, "SGD")), 0.01, 3)
        with reproducible(task):
            for curve in (
                single.train_single(run, task, Phase.WHOLE),
                *batched.train_batched([run, run], task, Phase.WHOLE),
            ):
                assert curve.training == (1.0,) * 4

    def test_a_learning_rate_that_is_no_good_ends_at_the_cut(tmp_path: Path) -> None:
        settings = UNSHUFFLED.replace(
            first_steps=36, first_cut_after=18, first_cut_accuracy=0.45, mode="single"
        )
        task = prepare_task(settings)
        file = load_file(*write_rendered(tmp_path, "SGDMomentum"))
        good, bad = Run(file, 0.1, 1), Run(file, 1e-9, 1)
        with reproducible(task):
            alone = [single.train_single(run, task, Phase.FIRST) for run in (good, bad)]
            stacked = batched.train_batched([good, bad], task, Phase.FIRST)
        for curves in (alone, stacked):
            assert [curve.steps for curve in curves] == [36, 18]
            assert [len(curve.training) for curve in curves] == [6, 3]
            assert curves[1].training[2] < 0.45 and curves[1].diverged is None
