"""Trainings of the transfer experiments on tiny data: they learn, repeat, and end where a loss overflows."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from nos_sym.codegen.render import render  # noqa: E402
from nos_sym.language.parser import parse  # noqa: E402
from nos_sym.search.loading import load_file  # noqa: E402
from nos_sym.search.records import SettingsError  # noqa: E402
from nos_sym.search.results import Diverged, Evaluated  # noqa: E402
from nos_sym.surrogate.cifar import DataError  # noqa: E402
from nos_sym.transfer.data.images import ImageData, Part  # noqa: E402
from nos_sym.transfer.data.ptb import Corpus  # noqa: E402
from nos_sym.transfer.settings import ImageTraining, TextTraining  # noqa: E402
from nos_sym.transfer.training.curve import Curve, perplexity, result_of  # noqa: E402
from nos_sym.transfer.training.parts import shuffled  # noqa: E402
from nos_sym.transfer.training.resnet import channel_scale, train_resnet  # noqa: E402
from nos_sym.transfer.training.text import columns, train_text  # noqa: E402

TEXT = TextTraining(
    embedding=8, hidden=12, layers=2, steps=40, warmup=4, hold=4, batch=6, sequence=7, epoch_steps=20,
    learning_rate=0.1, dropout_recurrent=0.1, dropout_inputs=0.0, dropout_outputs=0.0, dropout_words=0.0,
    dropout_hidden=0.0, activation=0.0, temporal=0.0,
)  # fmt: skip
IMAGES = ImageTraining(
    "tinyimagenet", "resnet9", width=4, side=16, resized=20, augmentation="crop-translate-flip", steps=30,
    warmup=3, hold=3, batch=16, epoch_steps=15, learning_rate=0.01,
)  # fmt: skip


@pytest.fixture(scope="module")
def adam(tmp_path_factory):
    return _file("none ~ ema_hat(g, 0.9) / (sqrt(ema_hat(g^2, 0.999)) + 1e-8)", tmp_path_factory)


def _file(text, tmp_path_factory):
    path = tmp_path_factory.mktemp("rendered") / "opt.py"
    path.write_text(render(parse(text).named("Opt", ""), "torch"), encoding="utf-8")
    return load_file(path, "Opt")


@pytest.fixture(scope="module")
def corpus():
    # Each word tells the next.
    text = np.arange(900) % 9
    return Corpus(text, text[:200], text[3:160], tuple("abcdefghi"))


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 120)
    pixels = (rng.integers(0, 60, (120, 20, 20, 3)) + 60 * labels[:, None, None, None]).astype(np.uint8)
    return ImageData(Part(pixels, labels), Part(pixels[:, 2:18, 2:18], labels), 3)


def test_the_language_model_learns_and_repeats(adam, corpus):
    curve = train_text(adam, corpus, TEXT, 1)
    assert curve.steps == 40
    assert curve.losses[1] < curve.losses[0]
    # Nine words, none of which is more frequent than another.
    assert perplexity(curve.scores[-1]) < 6
    assert train_text(adam, corpus, TEXT, 1) == curve
    assert train_text(adam, corpus, TEXT, 2) != curve


def test_a_test_of_the_rate_is_the_beginning_of_the_whole_training(adam, corpus):
    whole = train_text(adam, corpus, TEXT, 1)
    begin = train_text(adam, corpus, dataclasses.replace(TEXT, stop=20), 1)
    assert (begin.losses, begin.scores) == (whole.losses[:1], whole.scores[:1])


def test_the_score_is_that_of_the_part_that_is_asked_for(adam, corpus):
    held = train_text(adam, corpus, dataclasses.replace(TEXT, stop=20), 1)
    test = train_text(adam, corpus, dataclasses.replace(TEXT, stop=20, scored="test"), 1)
    assert held.losses == test.losses
    assert held.scores != test.scores


def test_clipping_and_weight_decay_change_the_gradient(corpus, tmp_path_factory):
    descent = _file("none ~ g", tmp_path_factory)
    short = dataclasses.replace(TEXT, stop=20, clip=0.0, weight_decay=0.0, learning_rate=1.0)
    plain = train_text(descent, corpus, short, 1)
    assert plain != train_text(descent, corpus, dataclasses.replace(short, clip=0.01), 1)
    assert plain != train_text(descent, corpus, dataclasses.replace(short, weight_decay=0.1), 1)


def test_resnet_learns_and_repeats(adam, images):
    curve = train_resnet(adam, images, IMAGES, 1)
    assert curve.losses[-1] < 0.7 * math.log(3)
    assert train_resnet(adam, images, IMAGES, 1) == curve


def test_images_that_are_held_out_train_no_more(adam, images):
    held = dataclasses.replace(IMAGES, stop=2, epoch_steps=2, scored="held-out", held_out=0.5, resized=0)
    curve = train_resnet(adam, images, held, 1)
    assert len(curve.scores) == 1
    assert 0 <= curve.scores[0] <= 1


def test_a_loss_that_is_no_number_ends_the_training(images, tmp_path_factory):
    wild = _file("none ~ 1e30 * g", tmp_path_factory)
    curve = train_resnet(wild, images, dataclasses.replace(IMAGES, learning_rate=1e6), 1)
    assert curve.diverged is not None
    result = result_of(curve, IMAGES, 1.0)
    assert isinstance(result, Diverged)
    assert result.reason == "the loss stopped being finite at learning rate 0.01"


def test_results_report_the_last_score_or_the_best():
    curve = Curve((1.0, 1.0), (0.9, 0.5), 30)
    assert result_of(curve, IMAGES, 1.0).fitness == 0.5
    assert result_of(curve, dataclasses.replace(IMAGES, reported="best"), 1.0).fitness == 0.9
    text = result_of(Curve((1.0,), (-math.log(80),), 1), TEXT, 1.0)
    assert isinstance(text, Evaluated)
    assert text.details["perplexity"] == pytest.approx(80)


def test_a_text_is_read_in_columns():
    found = columns(np.arange(11), 3)
    assert found.tolist() == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]
    with pytest.raises(DataError, match="too short for 6 columns"):
        columns(np.arange(11), 6)


def test_every_image_comes_once_before_any_comes_again():
    batches = shuffled(np.random.default_rng(0), 10, 4)
    seen = np.concatenate([next(batches) for _ in range(5)])
    assert sorted(seen[:10].tolist()) == list(range(10)) == sorted(seen[10:].tolist())


def test_a_batch_may_be_larger_than_the_data():
    batch = next(shuffled(np.random.default_rng(0), 3, 8))
    assert len(batch) == 8
    assert set(batch.tolist()) == {0, 1, 2}


def test_channels_are_scaled_by_all_images():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (1203, 4, 4, 3)).astype(np.uint8)
    pixels[..., 2] = 7
    mean, deviation = channel_scale(Part(pixels, np.zeros(1203, np.int64)))
    assert np.allclose(mean, pixels.mean(axis=(0, 1, 2)))
    assert np.allclose(deviation[:2], pixels[..., :2].std(axis=(0, 1, 2)))
    assert deviation[2] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 6}, "'steps': expected more than 'warmup' and 'hold'"),
        ({"stop": 31}, "'stop': expected 0 to the number of 'steps'"),
        ({"learning_rate": 0.0}, "'learning_rate'"),
        ({"learning_rate": math.nan}, "'learning_rate'"),
        ({"held_out": 1.0}, "'held_out'"),
        ({"resized": 8}, "'resized': expected 0, or 'side' at least"),
        ({"augmentation": "randaugment", "resized": 0}, "'augmentation'"),
        ({"pretrained": True}, "'pretrained'"),
        ({"weight_decay": math.inf}, "'weight_decay'"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(change, message):
    with pytest.raises(SettingsError, match=message):
        dataclasses.replace(IMAGES, **change)


def test_where_a_training_runs_is_no_part_of_its_task():
    from pathlib import Path

    here = dataclasses.replace(IMAGES, data=Path("elsewhere"), device="cpu", threads=4)
    assert here.task_key() == IMAGES.task_key()
    assert dataclasses.replace(IMAGES, batch=17).task_key() != IMAGES.task_key()
