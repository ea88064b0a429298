"""Data sets: their parts, and an archive that is missing, damaged, or another one."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from nos_sym.surrogate import cifar
from nos_sym.surrogate.cifar import DataError, read_cifar10, read_records
from nos_sym.surrogate.data import load_images
from nos_sym.surrogate.settings import TrainingSettings


def archive(batches: list[bytes]) -> bytes:
    """Return an archive in the form of the official one."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for number, content in enumerate(batches, 1):
            info = tarfile.TarInfo(f"cifar-10-batches-bin/data_batch_{number}.bin")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def records(seed: int, count: int = 3) -> bytes:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, 3072), dtype=np.uint8)
    return np.hstack([np.full((count, 1), seed, np.uint8), images]).tobytes()


def test_records_are_label_and_planes() -> None:
    batches = [records(seed) for seed in range(5)]
    images, labels = read_records(archive(batches), "it")
    assert labels.tolist() == [seed for seed in range(5) for _ in range(3)]
    assert images.shape == (15, 32, 32, 3)
    # The second image of the third batch: red plane first, row by row.
    content = batches[2][3073:6146]
    assert content[0] == 2
    for row, column, color in [(0, 0, 0), (5, 7, 1), (31, 31, 2)]:
        assert images[7, row, column, color] == content[1 + color * 1024 + row * 32 + column]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no archive", "is no archive of CIFAR-10"),
        (gzip.compress(b"neither"), "is no archive of CIFAR-10"),
        (archive([records(0)]), "is no archive of CIFAR-10"),
        (archive([records(0)[:-1]] * 5), "expected records of 3073"),
        (archive([b""] * 5), "has 0 bytes; expected records"),
        (archive([records(11)] * 5), "has the label 11; expected labels below 10"),
        (archive([records(n) for n in range(5)])[:20_000], "is no archive of CIFAR-10"),
        (archive([records(n) for n in range(5)])[:9000] + bytes(60_000), "is no archive of CIFAR-10"),
    ],
    # Compressed contents hold the time, and the names of tests must not.
    ids=["text", "gzip", "one-batch", "short", "empty", "labels", "cut", "overwritten"],
)
def test_a_damaged_archive_is_one_line(content: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_records(content, "place.tar.gz")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_archive_says_what_to_download_and_where_to_put_it(tmp_path: Path) -> None:
    settings = TrainingSettings(data="cifar10", folder=tmp_path)
    with pytest.raises(DataError) as caught:
        load_images(settings)
    for part in (cifar.ARCHIVE, cifar.MD5, str(tmp_path)):
        assert part in str(caught.value)
    (tmp_path / "cifar-10-python.tar.gz").touch()
    with pytest.raises(DataError, match=r"'cifar-10-python.tar.gz' there is another version"):
        read_cifar10(tmp_path)


def test_another_digest_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = archive([records(seed, 2) for seed in range(5)])
    (tmp_path / cifar.ARCHIVE).write_bytes(content)
    with pytest.raises(DataError, match="is damaged or another file: its MD5 is"):
        read_cifar10(tmp_path)
    monkeypatch.setattr(cifar, "MD5", hashlib.md5(content).hexdigest())
    images, labels = read_cifar10(tmp_path)
    assert (len(images), len(labels)) == (10, 10)


def test_digits_are_whole_and_parts_do_not_meet() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    images = load_images(TrainingSettings())
    assert (len(images.training), len(images.validation), images.classes) == (1437, 360, 10)
    assert images.size == (8, 8)
    assert images.channels == 1
    assert images.training.max() == images.largest == 16


def test_synthetic_images_are_the_same_every_time() -> None:
    images = load_images(TrainingSettings(data="synthetic"))
    digest = hashlib.sha256(images.training.tobytes() + images.training_labels.tobytes()).hexdigest()
    load_images.__globals__["_load"].cache_clear()
    again = load_images(TrainingSettings(data="synthetic"))
    assert again is not images
    assert hashlib.sha256(again.training.tobytes() + again.training_labels.tobytes()).hexdigest() == digest
    assert sorted(set(images.training_labels.tolist())) == list(range(images.classes))


def test_scaling() -> None:
    images = load_images(TrainingSettings(data="synthetic"))
    mean, divisor = images.scale("standard")
    seen = (images.training - mean) / divisor
    assert np.allclose(seen.mean(axis=(0, 1, 2)), 0, atol=1e-4)
    assert np.allclose(seen.var(axis=(0, 1, 2)), 1, atol=1e-4)
    mean, divisor = images.scale("unit")
    assert ((images.training - mean) / divisor).max() == 1
