"""Archives of the transfer experiments in their official formats, with a few images or sentences each."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat


def jpeg(rng: np.random.Generator, side: int = 40, label: int = 0, kind: str = "JPEG") -> bytes:
    """Return a picture whose brightness tells its class."""
    pixels = rng.integers(0, 60, (side, side + 8, 3)) + 60 * label
    out = io.BytesIO()
    Image.fromarray(np.minimum(pixels, 255).astype(np.uint8)).save(out, kind)
    return out.getvalue()


def tar(path: Path, files: dict[str, bytes]) -> None:
    """Write a compressed tar archive."""
    path.write_bytes(tar_bytes(files))


def tar_bytes(files: dict[str, bytes]) -> bytes:
    """Return a compressed tar archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def matlab(**variables: object) -> bytes:
    """Return a file of MATLAB."""
    out = io.BytesIO()
    savemat(out, variables)
    return out.getvalue()


def cifar10(folder: Path, count: int = 40) -> None:
    """Write CIFAR-10 with as many images in each of the six batches."""
    rng = np.random.default_rng(0)
    names = [f"cifar-10-batches-bin/data_batch_{n}.bin" for n in range(1, 6)]
    files = {name: _records(rng, count, 1) for name in (*names, "cifar-10-batches-bin/test_batch.bin")}
    tar(folder / "cifar-10-binary.tar.gz", files)


def cifar100(folder: Path, count: int = 40) -> None:
    """Write CIFAR-100."""
    rng = np.random.default_rng(0)
    files = {f"cifar-100-binary/{part}.bin": _records(rng, count, 2) for part in ("train", "test")}
    tar(folder / "cifar-100-binary.tar.gz", files)


def _records(rng: np.random.Generator, count: int, labels: int) -> bytes:
    classes = np.arange(count) % 4
    pixels = rng.integers(0, 60, (count, 3072)) + 60 * classes[:, None]
    heads = [np.zeros((count, labels - 1), int), classes[:, None]]
    return np.concatenate([*heads, pixels], axis=1).astype(np.uint8).tobytes()


def tiny_imagenet(folder: Path, classes: int = 3, count: int = 4) -> None:
    """Write TinyImageNet."""
    rng = np.random.default_rng(0)
    root, names = "tiny-imagenet-200", [f"n0{n}" for n in range(classes)]
    with zipfile.ZipFile(folder / f"{root}.zip", "w") as archive:
        archive.writestr(f"{root}/wnids.txt", "\n".join(names))
        rows = []
        for label, name in enumerate(names):
            for number in range(count):
                image = jpeg(rng, 64, label)
                archive.writestr(f"{root}/train/{name}/images/{name}_{number}.JPEG", image)
            archive.writestr(f"{root}/val/images/val_{label}.JPEG", jpeg(rng, 64, label))
            rows.append(f"val_{label}.JPEG\t{name}\t0\t0\t62\t62")
        archive.writestr(f"{root}/val/val_annotations.txt", "\n".join(rows))


def flowers(folder: Path, count: int = 12) -> None:
    """Write Flowers102: as many images, of which a quarter each are for training and validation."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 2 + 1
    files = {f"jpg/image_{n + 1:05}.jpg": jpeg(rng, label=int(labels[n]) - 1) for n in range(count)}
    tar(folder / "102flowers.tgz", files)
    (folder / "imagelabels.mat").write_bytes(matlab(labels=labels[None, :].astype(np.uint8)))
    order, part = np.arange(1, count + 1, dtype=np.uint16), count // 4
    split = {"trnid": order[:part], "valid": order[part : 2 * part], "tstid": order[2 * part :]}
    (folder / "setid.mat").write_bytes(matlab(**split))


def cars(folder: Path, count: int = 4) -> None:
    """Write Cars196."""
    rng = np.random.default_rng(0)
    kind = [(name, "O") for name in ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2", "class", "fname")]

    def annotations() -> bytes:
        rows = [(1, 1, 30, 30, n % 2 + 1, f"{n + 1:05}.jpg") for n in range(count)]
        return matlab(annotations=np.array([rows[n] for n in range(count)], dtype=kind)[None, :])

    for part in ("train", "test"):
        files = {f"cars_{part}/{n + 1:05}.jpg": jpeg(rng, label=n % 2) for n in range(count)}
        tar(folder / f"cars_{part}.tgz", files)
    tar(folder / "car_devkit.tgz", {"devkit/cars_train_annos.mat": annotations()})
    (folder / "cars_test_annos_withlabels.mat").write_bytes(annotations())


def caltech(folder: Path, classes: int = 3, count: int = 4) -> None:
    """Write Caltech101."""
    rng = np.random.default_rng(0)
    names = ["BACKGROUND_Google", *[f"class{n}" for n in range(1, classes)]]
    files = {
        f"101_ObjectCategories/{name}/image_{n + 1:04}.jpg": jpeg(rng, label=label)
        for label, name in enumerate(names)
        for n in range(count)
    }
    with zipfile.ZipFile(folder / "caltech-101.zip", "w") as archive:
        archive.writestr("caltech-101/101_ObjectCategories.tar.gz", tar_bytes(files))


def ptb(folder: Path, lines: int = 40) -> None:
    """Write PTB: sentences that count on."""
    words = [f"w{n}" for n in range(20)] + ["<unk>"]
    text = "\n".join(
        " " + " ".join(words[(n + k) % len(words)] for k in range(8)) + " " for n in range(lines)
    )
    files = {f"./simple-examples/data/ptb.{part}.txt": text.encode() for part in ("train", "valid", "test")}
    tar(folder / "simple-examples.tgz", files)


WRITERS = {
    "cifar10": cifar10,
    "cifar100": cifar100,
    "tinyimagenet": tiny_imagenet,
    "flowers102": flowers,
    "cars196": cars,
    "caltech101": caltech,
    "ptb": ptb,
}
"""What writes the archives of a task into a folder."""
