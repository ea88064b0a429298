"""Readers of official archives: a few images in each format; missing, damaged and hostile archives."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib

import numpy as np
import pytest
from support import archives

pytest.importorskip("PIL")

from nos_sym.surrogate.cifar import DataError
from nos_sym.transfer.data.archive import Archive
from nos_sym.transfer.data.images import Part, decode, hold_out
from nos_sym.transfer.data.matlab import counted
from nos_sym.transfer.data.ptb import read_ptb
from nos_sym.transfer.data.reading import read_images

IMAGES = [task for task in archives.WRITERS if task != "ptb"]
COUNTS = {
    "cifar10": (200, 40, 10),
    "cifar100": (40, 40, 100),
    "tinyimagenet": (12, 3, 3),
    "flowers102": (6, 6, 102),
    "cars196": (4, 4, 196),
    "caltech101": (6, 6, 3),
}


@pytest.mark.parametrize("task", IMAGES)
def test_images_have_their_classes(task, tmp_path):
    archives.WRITERS[task](tmp_path)
    data = read_images(task, tmp_path, 32, "bilinear", check=False)
    assert (len(data.training), len(data.test), data.classes) == COUNTS[task]
    for part in (data.training, data.test):
        assert part.images.dtype == np.uint8
        assert part.images.shape[1:] == (
            (64, 64, 3) if part is data.test and task == "tinyimagenet" else (32, 32, 3)
        )
        # The pictures are as bright as the number of their class says.
        brightness = part.images.mean(axis=(1, 2, 3)) - 29.5
        assert np.abs(brightness - 60 * part.labels).max() < 8


@pytest.mark.parametrize("task", list(archives.WRITERS))
def test_other_archives_and_missing_ones_say_what_to_get(task, tmp_path):
    def read(check: bool):
        if task == "ptb":
            return read_ptb(tmp_path, check=check)
        return read_images(task, tmp_path, 32, "bilinear", check=check)

    with pytest.raises(
        DataError, match=r"there is no '.*'; download '.*' \(.*, MD5 [0-9a-f]{32}\) from http"
    ):
        read(False)
    archives.WRITERS[task](tmp_path)
    with pytest.raises(DataError, match=r"is damaged or another file: its MD5 is .* again"):
        read(True)
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError) as caught:
        read(False)
    assert "\n" not in str(caught.value)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match=r"there is no folder '.*nowhere'"):
        read_ptb(tmp_path / "nowhere")


def test_words_are_numbered_as_the_training_text_has_them(tmp_path):
    text = {"train": " the cat <unk> \n the dog \n", "valid": " a cat \n", "test": " the end \n"}
    archives.tar(
        tmp_path / "simple-examples.tgz",
        {f"./simple-examples/data/ptb.{part}.txt": words.encode() for part, words in text.items()},
    )
    corpus = read_ptb(tmp_path, check=False)
    assert corpus.vocabulary == ("the", "cat", "<unk>", "<eos>", "dog")
    assert corpus.training.tolist() == [0, 1, 2, 3, 0, 4, 3]
    assert corpus.validation.tolist() == [2, 1, 3]


def test_a_word_that_nothing_stands_for_is_refused(tmp_path):
    text = {"train": "the cat\n", "valid": "a cat\n", "test": "the cat\n"}
    archives.tar(
        tmp_path / "simple-examples.tgz",
        {f"simple-examples/data/ptb.{part}.txt": words.encode() for part, words in text.items()},
    )
    with pytest.raises(DataError, match="has the word 'a' outside of the training text"):
        read_ptb(tmp_path, check=False)


def test_members_outside_of_the_archive_are_not_read(tmp_path):
    archives.ptb(tmp_path)
    path = tmp_path / "simple-examples.tgz"
    with tarfile.open(path) as tar:
        files = {m.name: tar.extractfile(m).read() for m in tar}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        link = tarfile.TarInfo("simple-examples/data/ptb.train.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
        for name in (n for n in files if "train" not in n):
            member = tarfile.TarInfo(name)
            member.size = len(files[name])
            tar.addfile(member, io.BytesIO(files[name]))
    path.write_bytes(out.getvalue())
    with pytest.raises(DataError, match=r"has no 'simple-examples/data/ptb.train.txt'"):
        read_ptb(tmp_path, check=False)


def test_a_class_beyond_the_last_is_refused(tmp_path):
    archives.flowers(tmp_path)
    (tmp_path / "imagelabels.mat").write_bytes(archives.matlab(labels=np.full((1, 12), 103, np.uint8)))
    with pytest.raises(DataError, match="has classes such as 103; expected 1 to 102"):
        read_images("flowers102", tmp_path, 32, "bilinear", check=False)


@pytest.mark.parametrize("number", [0, -1, 13, 65535, 1.5, np.nan, np.inf])
def test_an_image_that_is_not_there_is_refused(number, tmp_path):
    """An index of 0 or below would be one from the end: another flower with its class."""
    archives.flowers(tmp_path)
    split = {"trnid": np.array([1.0, number]), "valid": np.arange(3, 6), "tstid": np.arange(6, 12)}
    (tmp_path / "setid.mat").write_bytes(archives.matlab(**split))
    with pytest.raises(DataError, match=r"has images such as .*; expected 1 to 12"):
        read_images("flowers102", tmp_path, 32, "bilinear", check=False)


@pytest.mark.parametrize("number", [0, 197, 2.5, np.nan, "Audi", ""])
def test_a_class_of_cars_that_is_not_there_is_refused(number, tmp_path):
    archives.cars(tmp_path)
    kind = [("class", "O"), ("fname", "O")]
    rows = np.array([(1, "00001.jpg"), (number, "00002.jpg")], dtype=kind)
    content = archives.matlab(annotations=rows[None, :])
    (tmp_path / "cars_test_annos_withlabels.mat").write_bytes(content)
    with pytest.raises(DataError, match=r"has classes .*; expected 1 to 196"):
        read_images("cars196", tmp_path, 32, "bilinear", check=False)


def test_numbers_that_are_none_are_refused():
    with pytest.raises(DataError, match="'x' has no classes; expected 1 to 3"):
        counted([], 3, "classes", "x")


def test_files_of_matlab_hold_data_alone(tmp_path):
    archives.flowers(tmp_path)
    (tmp_path / "setid.mat").write_bytes(b"\x80\x04cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(DataError, match="is no file of MATLAB"):
        read_images("flowers102", tmp_path, 32, "bilinear", check=False)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\xff\xd8\xff", b"%PDF-1.4"])
def test_what_is_no_image_is_one_line(content):
    with pytest.raises(DataError, match=r"'x.jpg' is no image that can be read"):
        decode(content, "x.jpg", 8, "bilinear")


def test_a_bomb_of_pixels_is_refused():
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )
    with pytest.raises(DataError, match=r"is no image that can be read: Image size"):
        decode(bomb, "x.png", 8, "bilinear")


def test_gray_images_and_palettes_become_colors():
    from PIL import Image

    for mode in ("L", "P", "RGBA", "1"):
        out = io.BytesIO()
        Image.new(mode, (9, 5)).save(out, "PNG")
        assert decode(out.getvalue(), "x.png", 8, "bicubic").shape == (8, 8, 3)


def test_an_encrypted_or_foreign_zip_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "caltech-101.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(DataError, match=r"has no '101_ObjectCategories.tar.gz'"):
        read_images("caltech101", tmp_path, 32, "bilinear", check=False)


def test_caltech_trains_on_thirty_of_a_class(tmp_path):
    archives.caltech(tmp_path, classes=2, count=31)
    data = read_images("caltech101", tmp_path, 8, "bilinear", check=False)
    assert np.bincount(data.training.labels).tolist() == [30, 30]
    assert np.bincount(data.test.labels).tolist() == [1, 1]


def test_what_is_held_out_is_a_share_of_each_class():
    part = Part(np.zeros((42, 1, 1, 3), np.uint8), np.array([0] * 30 + [1] * 10 + [2] * 2))
    rest, held = hold_out(part, 0.1, seed=0)
    assert np.bincount(held.labels).tolist() == [3, 1, 1]
    assert np.bincount(rest.labels).tolist() == [27, 9, 1]
    with pytest.raises(DataError, match="class 3 has one training image"):
        hold_out(Part(np.zeros((1, 1, 1, 3), np.uint8), np.array([3])), 0.1, seed=0)


def test_advice_names_size_digest_and_page(tmp_path):
    archive = Archive("a.zip", "0" * 32, "1 MB", "https://example.org")
    with pytest.raises(DataError) as caught:
        archive.find(tmp_path)
    assert str(caught.value) == (
        f"there is no 'a.zip' in the folder '{tmp_path}'; download 'a.zip' (1 MB, MD5 {'0' * 32}) "
        f"from https://example.org into '{tmp_path}'"
    )
