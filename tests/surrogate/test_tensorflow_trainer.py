"""The trainer for TensorFlow is the one for PyTorch in another framework: same network, same curves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.harness import backends
from support.trained_files import TINY, write_rendered

from nos_sym.search.records import SettingsError
from nos_sym.search.results import Diverged, Evaluated
from nos_sym.search.trainers import Trainer
from nos_sym.surrogate.batches import Phase, draw_epochs, seeds_of
from nos_sym.surrogate.data import load_images

if {"torch", "tensorflow"} - set(backends()):
    pytest.skip("torch or tensorflow is not installed", allow_module_level=True)

import keras
import tensorflow as tf
import torch

from nos_sym.surrogate.halving import finished, train_halving
from nos_sym.surrogate.loading import Run, load_file
from nos_sym.surrogate.task import prepare_task
from nos_sym.surrogate.tensorflow_trainer import TensorFlowTrainer, build_network, train_run
from nos_sym.surrogate.trainer import TorchTrainer

TRAINER = TensorFlowTrainer()
SHORT = TINY.replace(
    steps=20, warmup=4, epoch_steps=5, learning_rates=(1.0,), first_steps=0, second_accuracy=0.0
)


def test_it_is_a_trainer_of_the_search() -> None:
    assert isinstance(TRAINER, Trainer)
    assert TRAINER.backend == "tensorflow"


@pytest.mark.parametrize("data", ["synthetic", "digits"])
def test_the_networks_are_the_same(data: str) -> None:
    """Padding, normalization, swish and pooling agree, in training and after it."""
    if data == "digits":
        pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    settings = SHORT.replace(data=data, base=6)
    images = load_images(settings)
    task = prepare_task(settings)
    ours, theirs = task.network(3), build_network(settings, images, 3)
    epoch = next(draw_epochs(images, settings, 5, seeds_of(0, Phase.WHOLE)))
    for batch in task.batches(epoch):
        pixels = batch.images.permute(0, 2, 3, 1).numpy()
        expected = ours.train()(batch.images, batch.keep).detach().numpy()
        found = theirs([tf.constant(pixels), tf.constant(batch.keep.numpy())], training=True)
        assert np.allclose(found, expected, rtol=1e-4, atol=1e-5)
    ones = tf.ones((len(pixels), 24))
    with torch.no_grad():
        expected = ours.eval()(batch.images).numpy()
    # Keras takes the variance of the batch, PyTorch estimates that of the population, 64/63 as much at 2 x 2.
    assert np.allclose(theirs([tf.constant(pixels), ones], training=False), expected, rtol=1e-2, atol=1e-3)
    assert theirs.count_params() == sum(t.numel() for t in (*ours.parameters(), *ours.buffers()))


@pytest.mark.parametrize("rule", ["SGD", "Opt9"])
def test_curves_are_those_of_the_trainer_for_torch(rule: str, tmp_path: Path) -> None:
    """Opt9 has Nesterov's momentum, which is cycled, and decays over the whole run."""
    results = [
        trainer.train(*write_rendered(tmp_path, rule, trainer.backend), SHORT, 2)
        for trainer in (TRAINER, TorchTrainer())
    ]
    mine, theirs = results
    assert isinstance(mine, Evaluated)
    assert isinstance(theirs, Evaluated)
    assert mine.details["training"] == pytest.approx(theirs.details["training"], abs=0.0126)
    assert mine.details["validation"] == pytest.approx(theirs.details["validation"], abs=0.024)
    assert len(set(mine.details["training"])) > 1


def test_the_same_seed_gives_the_same_result(tmp_path: Path) -> None:
    source = write_rendered(tmp_path, "none ~ drop(g, 0.3)", "tensorflow")
    short = SHORT.replace(steps=10, epoch_steps=10)
    first, again, other = (TRAINER.train(*source, short, seed) for seed in (4, 4, 5))
    assert first.details == again.details
    assert first.details != other.details


def test_a_loss_that_is_not_finite_is_a_result(tmp_path: Path) -> None:
    source, name = write_rendered(tmp_path, "none ~ 1e30 * g", "tensorflow")
    result = TRAINER.train(source, name, SHORT.replace(learning_rates=(1e6,), epoch_steps=20), 0)
    assert isinstance(result, Diverged)
    assert result.step is not None


def test_an_unknown_device_and_another_framework_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, name = write_rendered(tmp_path, "SGD", "tensorflow")
    with pytest.raises(SettingsError, match="'device' is 'cuda:9', which is not here"):
        TRAINER.train(source, name, SHORT.replace(device="cuda:9"), 0)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(Exception, match="Keras runs on 'jax' here; expected TensorFlow"):
        TRAINER.train(source, name, SHORT, 0)


@pytest.mark.heavy
@pytest.mark.timeout(240)
def test_a_halved_sweep_is_the_sweep_as_far_as_it_goes(tmp_path: Path) -> None:
    """A rule that draws random numbers, so that trainings side by side must not share a generator."""
    settings = TINY.replace(learning_rates=(1.0, 0.1, 0.01), first_steps=15, epoch_steps=5)
    file = load_file(*write_rendered(tmp_path, "none ~ drop(g, 0.3)", "keras"))
    images = load_images(settings)
    runs = [Run(file, rate, 1) for rate in settings.learning_rates]
    whole = [finished(train_run(run, images, settings, Phase.FIRST)) for run in runs]
    halving = settings.replace(halving=(5, 10))
    trainings = [train_run(run, images, halving, Phase.FIRST) for run in runs]
    halved = train_halving(halving, runs, trainings)
    assert sorted(curve.steps for curve in halved) == [5, 10, 15]
    for mine, other in zip(halved, whole, strict=True):
        assert mine.training == other.training[: len(mine.training)]


@pytest.mark.heavy
def test_short_batches_and_the_cut_are_those_of_the_trainer_for_torch(tmp_path: Path) -> None:
    settings = SHORT.replace(
        shuffle=False, batch=48, scaled_by="all", steps=26, learning_rates=(1.0, 1e-9), first_steps=20,
        first_epoch_steps=6, first_cut_after=12, first_cut_accuracy=0.45, first_judged="final",
    )  # fmt: skip
    results = [
        trainer.train(*write_rendered(tmp_path, "SGD", trainer.backend), settings, 2)
        for trainer in (TRAINER, TorchTrainer())
    ]
    mine, theirs = results
    assert isinstance(mine, Evaluated) and isinstance(theirs, Evaluated)
    for name in ("training", "validation"):
        assert np.allclose(mine.details[name], theirs.details[name], atol=0.02)
    first = [result.details["first_stop"] for result in (mine, theirs)]
    assert first[0].keys() == first[1].keys()
    assert all(abs(first[0][rate] - first[1][rate]) < 0.02 for rate in first[0])
