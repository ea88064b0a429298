"""Trainings of EfficientNetV2-Small on the framework of ``KERAS_BACKEND``, as a script that prints JSON.

Keras runs on one framework in a process, so that each is tried in one of its own.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import h5py
import keras
import ml_dtypes
import numpy as np
from keras.src.legacy.saving import legacy_h5_format

from nos_sym.codegen.render import render
from nos_sym.errors import NosSymError
from nos_sym.language.parser import parse
from nos_sym.search.loading import RenderedFile, load_file
from nos_sym.transfer.data.images import ImageData, Part
from nos_sym.transfer.models.efficientnet import build_efficientnet
from nos_sym.transfer.settings import ImageTraining

ADAM = "none ~ ema_hat(g, 0.9) / (sqrt(ema_hat(g^2, 0.999)) + 1e-8)"
SETTINGS = ImageTraining(
    "cifar10", "efficientnetv2-s", side=32, augmentation="progressive-randaugment", steps=8, warmup=1, hold=1,
    batch=4, epoch_steps=1, learning_rate=0.001, device="cpu",
)  # fmt: skip


def rendered(folder: Path, backend: str, text: str = ADAM) -> RenderedFile:
    """Return an optimizer that was rendered into a folder."""
    path = folder / f"{backend}{abs(hash(text))}.py"
    path.write_text(render(parse(text).named("Opt", ""), backend), encoding="utf-8")
    return load_file(path, "Opt")


def images(count: int = 24, classes: int = 3) -> ImageData:
    """Return pictures whose brightness tells their class."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % classes
    pixels = (rng.integers(0, 60, (count, 32, 32, 3)) + 60 * labels[:, None, None, None]).astype(np.uint8)
    return ImageData(Part(pixels, labels), Part(pixels[:10], labels[:10]), classes)


def weights_file(path: Path) -> list[np.ndarray]:
    """Write random weights in the format of Keras' own file, and return them."""
    keras.utils.set_random_seed(99)
    base = keras.applications.EfficientNetV2S(
        include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg"
    )
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, base)
    return [keras.ops.convert_to_numpy(w) for w in base.weights]


def rounding_of(half: keras.Model, full: keras.Model, pixels: np.ndarray) -> dict[str, object]:
    """Return how far features of a network in mixed precision are from those of the same weights in float32.

    The distance is relative to the length of all pooled features. A few logits are sums of these in which
    most cancels, so that their own length says little. Without dropout and with the normalization of scored
    images, both compute the same but for rounding.
    """
    weights = full.get_weights()
    half.set_weights(weights)
    found, logits = [], []

    def add(network: keras.Model) -> None:
        both = keras.Model(network.input, [network.get_layer("avg_pool").output, network.output])
        features, last = both(pixels.astype(np.float32), training=False)
        found.append(keras.ops.convert_to_numpy(keras.ops.cast(features, "float32")))
        logits.append(str(keras.ops.convert_to_numpy(last).dtype))

    add(half)
    add(full)
    # What rounding the weights alone does says how much this network with these weights makes of rounding.
    full.set_weights([w.astype(ml_dtypes.bfloat16).astype(np.float32) for w in weights])
    add(full)
    full.set_weights(weights)
    low, high, rounded = found
    error, of_weights = (float(np.linalg.norm(x - high) / np.linalg.norm(high)) for x in (low, rounded))
    return {"error": error, "of weights": of_weights, "logits": logits[:2]}


def main(folder: Path) -> dict[str, object]:
    """Train, and return what came of it."""
    backend = keras.backend.backend()
    if backend == "torch":
        from nos_sym.transfer.training.keras_torch import train_keras_torch as train
    else:
        from nos_sym.transfer.training.keras_tensorflow import train_keras_tensorflow as train
    file, data = rendered(folder, backend), images()

    def curve(seed: int = 1, weights: Path | None = None, **changes: object) -> dict[str, object]:
        return dataclasses.asdict(train(file, data, dataclasses.replace(SETTINGS, **changes), seed, weights))

    keras.utils.set_random_seed(0)
    path = folder / "efficientnetv2-s_notop.h5"
    saved = weights_file(path)
    network = build_efficientnet(3, 32, 0.0, path, "float32")
    loaded = [keras.ops.convert_to_numpy(w) for w in network.weights][: len(saved)]
    (folder / "damaged.h5").write_bytes(path.read_bytes()[:5000])
    (folder / "other.h5").write_bytes(b"nothing")
    refused = []
    for name in ("damaged.h5", "other.h5"):
        try:
            build_efficientnet(3, 32, 0.0, folder / name, "float32")
        except NosSymError as error:
            refused.append(str(error))
    half = build_efficientnet(3, 32, 0.0, None, "bfloat16")
    rounding = rounding_of(half, network, data.training.images)
    wrong = ""
    try:
        curve(stop=1, device="cuda:77")
    except NosSymError as error:
        wrong = str(error)
    return {
        "backend": backend,
        "whole": curve(),
        "again": curve(),
        "begin": curve(stop=4, scored="test"),
        "other_seed": curve(seed=2, stop=2),
        "pretrained": curve(weights=path, stop=2),
        "rounding": rounding,
        "wild": dataclasses.asdict(
            train(
                rendered(folder, backend, "none ~ 1e30 * g"), data,
                dataclasses.replace(SETTINGS, learning_rate=1e6), 1, None,
            )
        ),
        # Last, because TensorFlow keeps what it compiled for settings that are alike.
        "after": curve(stop=2),
        "bfloat16": curve(precision="bfloat16", stop=2),
        "decayed": curve(weight_decay=100.0, stop=4),
        "loaded": all(np.array_equal(a, b) for a, b in zip(saved, loaded, strict=True)),
        "refused": refused,
        "dtypes": sorted({str(w.dtype) for w in half.weights}),
        "computed": sorted({layer.compute_dtype for layer in half.layers}),
        "policy": keras.config.dtype_policy().name,
        "wrong": wrong,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
