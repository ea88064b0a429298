"""Augmentation as indices, held against padding and slicing; batches that only the seed decides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nos_sym.surrogate.augment import cut_pixels, draw_crops, reflect
from nos_sym.surrogate.batches import Phase, draw_epochs, seeds_of
from nos_sym.surrogate.data import Augmentation, load_images
from nos_sym.surrogate.settings import TrainingSettings

SIZE = (6, 9)


def test_reflection_is_numpys() -> None:
    values = np.arange(10)
    padded = np.pad(values, 4, mode="reflect")
    assert np.array_equal(values[reflect(np.arange(-4, 14), 10)], padded)


@given(st.integers(0, 2**31), st.integers(0, 4), st.booleans(), st.integers(0, 5))
def test_every_crop_is_a_window_of_the_padded_image(seed: int, pad: int, flip: bool, cutout: int) -> None:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (5, *SIZE, 3), dtype=np.uint8)
    index = rng.integers(0, 5, 4)
    crops = draw_crops(rng, (4,), SIZE, Augmentation(pad, flip, cutout))
    shown = cut_pixels(images, index, crops.rows, crops.columns)
    assert shown.shape == (4, *SIZE, 3)
    for picture, number in zip(shown, index, strict=True):
        padded = np.pad(images[number], ((pad, pad), (pad, pad), (0, 0)), mode="reflect")
        windows = [
            padded[row : row + SIZE[0], column : column + SIZE[1]]
            for row in range(2 * pad + 1)
            for column in range(2 * pad + 1)
        ]
        candidates = windows + [window[:, ::-1] for window in windows] * flip
        assert any(np.array_equal(picture, candidate) for candidate in candidates)


def test_crops_reach_every_place_and_both_sides() -> None:
    rng = np.random.default_rng(0)
    crops = draw_crops(rng, (4000,), SIZE, Augmentation(2, True, 3))
    mirrored = np.diff(crops.columns[:, 3:6]).sum(axis=1) < 0
    assert 0.45 < mirrored.mean() < 0.55
    assert {tuple(row) for row in crops.rows} == {tuple(reflect(np.arange(6) + d, 6)) for d in range(-2, 3)}


def test_cutout_is_a_square_cut_off_at_the_border() -> None:
    rng = np.random.default_rng(0)
    crops = draw_crops(rng, (5000,), SIZE, Augmentation(0, False, 4))
    sides = crops.cut_rows.sum(axis=1)
    assert set(sides.tolist()) == {2, 3, 4}
    assert np.isclose((sides == 4).mean(), 3 / 6, atol=0.03)  # centers 2, 3 and 4 of six rows
    for line in crops.cut_rows[:200]:
        places = np.flatnonzero(line)
        assert np.array_equal(places, np.arange(places[0], places[-1] + 1))
    assert not draw_crops(rng, (9,), SIZE, Augmentation(0, False, 0)).cut_rows.any()


@pytest.mark.parametrize("augment", [True, False])
def test_batches_depend_on_the_seed_alone(augment: bool) -> None:
    settings = TrainingSettings(data="synthetic", base=4, batch=48, epoch_steps=8, augment=augment)
    images = load_images(settings)

    def drawn(seed: int, epoch_steps: int = 8, phase: Phase = Phase.WHOLE) -> list[np.ndarray]:
        changed = settings.replace(epoch_steps=epoch_steps)
        epochs = draw_epochs(images, changed, 20, seeds_of(seed, phase))
        arrays = [(epoch.index, epoch.crops.rows, epoch.keep) for epoch in epochs]
        return [np.concatenate(parts) for parts in zip(*arrays, strict=True)]

    for first, again in zip(drawn(1), drawn(1), strict=True):
        assert np.array_equal(first, again)
    assert not np.array_equal(drawn(1)[0], drawn(2)[0])
    assert not np.array_equal(drawn(1)[0], drawn(1, phase=Phase.FIRST)[0])
    # The order of the images does not depend on the length of an epoch, the last of which is shorter.
    assert np.array_equal(drawn(1)[0], drawn(1, epoch_steps=20)[0])


def test_every_image_is_seen_once_before_any_is_seen_twice() -> None:
    settings = TrainingSettings(data="synthetic", base=4, batch=64, epoch_steps=8)
    images = load_images(settings)
    epochs = draw_epochs(images, settings, 24, seeds_of(0, Phase.WHOLE))
    order = np.concatenate([epoch.index.ravel() for epoch in epochs])
    count = len(images.training)
    for start in range(0, len(order), count):
        part = order[start : start + count]
        assert len(set(part.tolist())) == len(part)
