"""Training, validation and test parts: what a search sees, and what scores a confirmation."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from support.trained_files import write_rendered
from surrogate.test_images import archive, records

from nos_sym.search.records import SettingsError, read_record
from nos_sym.search.results import Evaluated
from nos_sym.surrogate import batched, cifar, single
from nos_sym.surrogate.batches import Phase
from nos_sym.surrogate.data import load_images
from nos_sym.surrogate.loading import Run, load_file
from nos_sym.surrogate.measured import Hits
from nos_sym.surrogate.settings import CLASSES, TRAINING_IMAGES, WITHOUT_TEST, TrainingSettings
from nos_sym.surrogate.task import Task, prepare_task
from nos_sym.surrogate.trainer import TorchTrainer

TINY = TrainingSettings(
    data="synthetic", base=2, steps=60, batch=16, warmup=10, epoch_steps=10, learning_rates=(0.1, 0.001),
    first_steps=10, first_accuracy=0.0, second_accuracy=0.0, dropout=0.0, augment=False, norm_momentum=0.9,
)  # fmt: skip
ON_TEST = TINY.replace(split="test")


def rows_of(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


@pytest.mark.parametrize("data", ["digits-with-test", "synthetic"])
def test_parts_do_not_meet_and_a_search_sees_the_same_with_and_without_the_test(data: str) -> None:
    if data.startswith("digits"):
        pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    whole = load_images(TrainingSettings(data=data, split="test"))
    seen = load_images(TrainingSettings(data=data))
    assert whole.test is not None and len(whole.test) == len(whole.test_labels) > 100
    assert seen.test is None and seen.test_labels is None
    for name in ("training", "training_labels", "validation", "validation_labels"):
        assert np.array_equal(getattr(whole, name), getattr(seen, name))
    parts = [rows_of(part) for part in (whole.training, whole.validation, whole.test)]
    assert not (parts[0] & parts[2]) and not (parts[1] & parts[2]) and not (parts[0] & parts[1])
    assert len(whole.training) == TRAINING_IMAGES[data]
    assert set(whole.test_labels.tolist()) == set(range(CLASSES[data])) == set(range(whole.classes))


def test_digits_with_a_test_part_are_the_digits() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    old = load_images(TrainingSettings(data="digits"))
    new = load_images(TrainingSettings(data="digits-with-test", split="test"))
    assert np.array_equal(np.concatenate([new.training, new.validation]), old.training)
    assert np.array_equal(new.test, old.validation)


def test_images_of_before_are_the_same_bytes() -> None:
    images = load_images(TrainingSettings(data="synthetic"))
    digest = hashlib.sha256(images.training.tobytes() + images.validation.tobytes()).hexdigest()
    assert digest == "07763d29d1d14998aefc29ad5733217c93df3ae91d7f5a71bf88c8bc83972432"


def test_cifar_10_is_tested_on_the_official_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = [records(seed, 1200) for seed in range(5)]
    with pytest.raises(cifar.DataError, match="is no archive of CIFAR-10"):
        cifar.read_records(archive(batches), "it", cifar.TEST)
    content = _with_test_batch(batches, records(7))
    monkeypatch.setattr(cifar, "MD5", hashlib.md5(content).hexdigest())
    (tmp_path / cifar.ARCHIVE).write_bytes(content)
    images = load_images(TrainingSettings(data="cifar10", folder=tmp_path, split="test"))
    assert images.test_labels.tolist() == [7, 7, 7] and images.test.shape == (3, 32, 32, 3)
    assert len(images.validation) == 5000 and len(images.training) == 1000


def _with_test_batch(batches: list[bytes], test: bytes) -> bytes:
    import io
    import tarfile

    buffer = io.BytesIO()
    names = [*cifar.TRAINING, *cifar.TEST]
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in zip(names, [*batches, test], strict=True):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def test_the_name_of_a_task_of_before_stays() -> None:
    # Computed before settings had a split.
    assert TrainingSettings().task_key() == "digits-base48-steps8000-c9d5f02a05ac"
    assert ON_TEST.task_key() != TINY.task_key() and ON_TEST.task_key().endswith("-test")
    assert read_record(TrainingSettings, {}) == TrainingSettings(split="validation")
    assert TrainingSettings(data="cifar10").chance == 0.1


def test_data_without_a_test_part_is_refused() -> None:
    for data in WITHOUT_TEST:
        with pytest.raises(SettingsError, match="'digits-with-test' has"):
            TrainingSettings(data=data, split="test")
    with pytest.raises(SettingsError, match=r"'split' is 'train'; expected one of 'validation', 'test'"):
        read_record(TrainingSettings, {"split": "train"})


def alone(hits: Hits) -> Hits:
    return Hits(hits.right[0], hits.total)


@pytest.mark.parametrize("way", ["single", "batched"])
def test_the_epoch_is_chosen_by_validation_and_scored_on_the_test_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    validation, test = iter([0.3, 0.7, 0.5, 0.7, 0.6, 0.1]), iter([0.2, 0.4, 0.9])
    asked: list[str] = []
    task = prepare_task(ON_TEST)

    def answer(part: object) -> Hits:
        asked.append("test" if part is task.tested else "validation")
        accuracy = next(test if part is task.tested else validation)
        return Hits(torch.tensor([round(10 * accuracy)]), 10)

    monkeypatch.setattr(Task, "_hits", lambda task, network, part: alone(answer(part)))
    monkeypatch.setattr(batched._Stack, "_accuracies", lambda stack, part: answer(part))
    run = Run(load_file(*write_rendered(tmp_path, "SGD")), 0.01, 0)
    if way == "single":
        curve = single.train_single(run, task, Phase.WHOLE)
    else:
        [curve] = batched.train_batched([run], task, Phase.WHOLE)
    # The first of the best epochs is the second; the third and later tests are never made.
    assert curve.validation == (0.3, 0.7, 0.5, 0.7, 0.6, 0.1) and curve.test == 0.4
    assert asked.count("test") == 2


def test_a_training_on_the_test_part_is_that_of_the_search_scored_elsewhere(tmp_path: Path) -> None:
    files = write_rendered(tmp_path, "Adam")
    trainer = TorchTrainer()
    searched, confirmed = (trainer.train(*files, settings, 3) for settings in (TINY, ON_TEST))
    assert isinstance(searched, Evaluated) and isinstance(confirmed, Evaluated)
    for name in ("training", "validation", "first_stop"):
        assert searched.details[name] == confirmed.details[name]
    assert "test" not in searched.details and searched.fitness == max(searched.details["validation"])
    assert confirmed.fitness == confirmed.details["test"]
    single_way = trainer.train(*files, ON_TEST.replace(mode="single"), 3)
    batched_way = trainer.train(*files, ON_TEST.replace(mode="batched"), 3)
    assert abs(single_way.fitness - batched_way.fitness) < 0.1
