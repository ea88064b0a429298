"""EfficientNetV2-Small on both frameworks: repeatable, from weights in a file, in mixed precision."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(3000)]


@pytest.fixture(scope="module", params=["tensorflow", "torch"])
def found(request: Any, tmp_path_factory: pytest.TempPathFactory, repository: Path) -> dict[str, Any]:
    """Return what ``support/transfer_on_keras.py`` prints on a framework."""
    pytest.importorskip("keras")
    pytest.importorskip(request.param)
    own = {"KERAS_BACKEND": request.param, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(
        [sys.executable, "-m", "support.transfer_on_keras", str(tmp_path_factory.mktemp("keras"))],
        cwd=repository / "tests", env=os.environ | own | {"PYTHONPATH": str(repository)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    read: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert read["backend"] == request.param
    return read


def finite(curve: dict[str, Any]) -> bool:
    return curve["diverged"] is None and all(map(math.isfinite, (*curve["losses"], *curve["scores"])))


def test_trainings_end_and_repeat(found: dict[str, Any]) -> None:
    whole = found["whole"]
    assert finite(whole) and whole["steps"] == 8
    assert len(whole["losses"]) == len(whole["scores"]) == 8
    assert whole == found["again"]
    assert whole["losses"][0] != found["other_seed"]["losses"][0]
    # What trainings before it left in the process is nothing to a training.
    assert found["after"]["losses"] == whole["losses"][:2]


def test_a_test_of_the_rate_is_the_beginning_of_the_whole_training(found: dict[str, Any]) -> None:
    whole, begin = found["whole"], found["begin"]
    assert begin["losses"] == whole["losses"][:4]
    assert begin["scores"] == whole["scores"][:4]


def test_what_is_asked_for_changes_the_training(found: dict[str, Any]) -> None:
    begin = found["begin"]["losses"]
    decayed = found["decayed"]["losses"]
    # The decay changes what comes after the first update.
    assert decayed[0] == begin[0] and decayed[1:] != begin[1:] and finite(found["decayed"])
    half = found["bfloat16"]
    assert finite(half) and half["losses"][0] != begin[0]
    # A layer rounds its weights, and about eight results besides: sums, normalized values, both factors of
    # swish, a squeezed mean, a residue. Independent errors add as squares, so that three times what the
    # weights alone do is expected; eight times would be some sixty roundings.
    rounding = found["rounding"]
    assert 2**-12 < rounding["of weights"] < rounding["error"] < 8 * rounding["of weights"]
    assert rounding["logits"] == ["float32", "float32"]
    assert found["dtypes"] == ["float32"]
    assert "bfloat16" in found["computed"]
    assert found["policy"] == "float32"


def test_weights_come_from_a_file(found: dict[str, Any]) -> None:
    assert found["loaded"] is True
    assert finite(found["pretrained"])
    assert found["pretrained"]["losses"][0] != found["begin"]["losses"][0]
    assert len(found["refused"]) == 2
    for message in found["refused"]:
        assert "holds no weights of EfficientNetV2-Small" in message
        assert "download 'efficientnetv2-s_notop.h5' (82 MB, MD5 af0682" in message
        assert "\n" not in message


def test_a_loss_that_is_no_number_ends_the_training(found: dict[str, Any]) -> None:
    assert found["wild"]["diverged"] is not None
    assert found["wild"]["steps"] == found["wild"]["diverged"] < 8


def test_a_device_that_is_not_here_is_one_line(found: dict[str, Any]) -> None:
    assert "'device' is 'cuda:77', which is not here; expected auto, cpu" in found["wrong"]


IMAGES = """
import dataclasses, hashlib, os, sys
if len(sys.argv) > 1:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
import numpy as np
from support.transfer_on_keras import SETTINGS, images
from nos_sym.transfer.training import augmenting, keras_data

part = images().training
settings = dataclasses.replace(SETTINGS, steps=16)
batches = list(keras_data.training_batches(part, settings, 3))
begin = list(keras_data.training_batches(part, dataclasses.replace(settings, stop=7), 3))
for (a, x), (b, y) in zip(batches, begin):
    assert np.array_equal(a, b) and np.array_equal(x, y)
assert len(batches) == 16 and len(begin) == 7
# Two magnitudes, each of which Keras' own way to compute it confirms to the bit.
for magnitude in (5.0, 15.0):
    chosen, every = (augmenting.augmentation(magnitude, (32, 32, 3), every=e) for e in (False, True))
    for place in range(40):
        image = part.images[place % len(part)].astype(np.float32)
        ours = chosen(image, np.int64(3), np.int64(place)).numpy()
        assert np.array_equal(ours, every(image, np.int64(3), np.int64(place)).numpy())
        assert ours.min() >= 0 and ours.max() <= 255
whole = np.stack([a for a, _ in batches])
without = dataclasses.replace(settings, augmentation="none")
plain = np.stack([a for a, _ in keras_data.training_batches(part, without, 3)])
assert 0.2 < np.mean((whole != plain).reshape(-1, 3072).any(axis=1))
assert sorted(np.concatenate([y for _, y in batches[:6]]).tolist()) == sorted(part.labels.tolist())
print(hashlib.sha256(whole.tobytes()).hexdigest())
"""


def test_images_depend_on_seed_and_place_alone(repository: Path) -> None:
    """The same on both frameworks and on one processor, and what Keras' layer makes of the same numbers."""
    pytest.importorskip("tensorflow")
    digests = set()
    for backend, more in (("tensorflow", []), ("torch", []), ("tensorflow", ["one processor"])):
        own = {"KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "2"}
        done = subprocess.run(
            [sys.executable, "-c", IMAGES, *more],
            cwd=repository / "tests", env=os.environ | own | {"PYTHONPATH": f"{repository}:."},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        digests.add(done.stdout.split()[-1])
    assert len(digests) == 1
